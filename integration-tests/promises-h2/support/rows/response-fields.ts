import { responseRow } from '../message-rows.ts';
import type { TranslationRow } from '../translation-row.ts';

const LONG = 'v'.repeat(8_000);

/** What becomes of the fields of responses. Ways are named from the client to the origin. */
export const responseFieldRows: readonly TranslationRow[] = [
  responseRow({
    rule: 'names are in lower case in HTTP/2, and keep their case in HTTP/1.1 (RFC 9113 section 8.2)',
    sent: { h1: ['ETag: "A"', 'X-CamelCase: B'], h2: ['etag: "A"', 'x-camelcase: B'] },
    arrives: {
      'h1-h1': ['ETag: "A"', 'X-CamelCase: B'],
      'h2-h1': ['etag: "A"', 'x-camelcase: B'],
      'h1-h2': ['etag: "A"', 'x-camelcase: B'],
      'h2-h2': ['etag: "A"', 'x-camelcase: B'],
    },
  }),
  ...(['reverse', 'forward'] as const).map((type) =>
    responseRow({
      rule: `what must enter no table on the way stays so, behind a ${type} proxy (RFC 7541 section 7.1.3)`,
      proxy: { type },
      sent: { h2: ['never x-key: 1', 'a: 2', 'never set-cookie: b=3'] },
      arrives: {
        ...(type === 'reverse' ? { 'h1-h2': ['x-key: 1', 'a: 2', 'set-cookie: b=3'] } : {}),
        'h2-h2': ['never x-key: 1', 'a: 2', 'never set-cookie: b=3'],
      },
    }),
  ),
  responseRow({
    rule: 'Set-Cookie is never joined, and keeps its order (RFC 6265 section 3)',
    sent: {
      h1: ['set-cookie: a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT', 'x: 1', 'set-cookie: b=2', 'set-cookie: a=3'],
      h2: ['set-cookie: a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT', 'x: 1', 'set-cookie: b=2', 'set-cookie: a=3'],
    },
    arrives: {
      all: ['set-cookie: a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT', 'x: 1', 'set-cookie: b=2', 'set-cookie: a=3'],
    },
  }),
  responseRow({
    rule: 'fields of one name keep their order, and are not joined (RFC 9110 section 5.3)',
    sent: {
      h1: ['vary: a', 'link: 1', 'vary: b', 'www-authenticate: x', 'www-authenticate: y z="1, 2"'],
      h2: ['vary: a', 'link: 1', 'vary: b', 'www-authenticate: x', 'www-authenticate: y z="1, 2"'],
    },
    arrives: { all: ['vary: a', 'link: 1', 'vary: b', 'www-authenticate: x', 'www-authenticate: y z="1, 2"'] },
  }),
  responseRow({
    rule: 'bytes beyond ASCII stay the bytes that they are (RFC 9110 section 5.5, obs-text)',
    sent: {
      h1: ['content-disposition: f="\xe4\xff"', 'b: \xc3\xa4'],
      h2: ['content-disposition: f="\xe4\xff"', 'b: \xc3\xa4'],
    },
    arrives: { all: ['content-disposition: f="\xe4\xff"', 'b: \xc3\xa4'] },
  }),
  responseRow({
    rule: 'blanks around a value belong to no value (RFC 9112 section 5.1)',
    sent: { h1: ['a: \t 1\t2 \t '] },
    arrives: { all: ['a: 1\t2'] },
  }),
  responseRow({
    rule: 'an empty value stays empty (RFC 9110 section 5.5)',
    sent: { h1: ['server: ', 'b: 1'], h2: ['server: ', 'b: 1'] },
    arrives: { all: ['server: ', 'b: 1'] },
  }),
  responseRow({
    rule: 'a long value comes whole',
    sent: { h1: [`a: ${LONG}`], h2: [`a: ${LONG}`] },
    arrives: { all: [`a: ${LONG}`] },
  }),
  responseRow({
    rule: 'what Connection names goes no further (RFC 9110 section 7.6.1)',
    sent: { h1: ['Connection: x-secret', 'x-secret: 1', 'kept: 2'] },
    arrives: { all: ['kept: 2'] },
  }),
  responseRow({
    rule: 'Connection takes nothing away that belongs to the message (RFC 9110 section 7.6.1)',
    sent: { h1: ['Connection: set-cookie, cache-control', 'set-cookie: a=1', 'cache-control: no-store'] },
    arrives: { all: ['set-cookie: a=1', 'cache-control: no-store'] },
  }),
  responseRow({
    rule: 'Keep-Alive and Proxy-Connection are for one hop (RFC 9113 section 8.2.2)',
    sent: { h1: ['Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'kept: 1'] },
    arrives: { all: ['kept: 1'] },
  }),
  responseRow({
    rule: 'Upgrade as an offer is for one hop (RFC 9110 section 7.8)',
    sent: { h1: ['Connection: Upgrade', 'Upgrade: h2c', 'kept: 1'] },
    arrives: { all: ['kept: 1'] },
  }),
  responseRow({
    rule: 'challenges of a proxy are for its own client (RFC 9110 section 11.7.1)',
    sent: {
      h1: ['proxy-authenticate: Basic realm="x"', 'kept: 1'],
      h2: ['proxy-authenticate: Basic realm="x"', 'kept: 1'],
    },
    arrives: { all: ['kept: 1'] },
  }),
  responseRow({
    rule: 'Via names the version in which a response came, behind what others have written (RFC 9110 section 7.6.3)',
    sent: { h1: ['via: 1.1 origin-gateway', 'kept: 1'], h2: ['via: 1.1 origin-gateway', 'kept: 1'] },
    arrives: { all: ['via: 1.1 origin-gateway', 'kept: 1', '@via'] },
  }),
  responseRow({
    rule: 'Alt-Svc, Age and Expires go on (RFC 7838 section 3)',
    sent: { h1: ['alt-svc: h3=":443"', 'age: 5', 'expires: 0'], h2: ['alt-svc: h3=":443"', 'age: 5', 'expires: 0'] },
    arrives: { all: ['alt-svc: h3=":443"', 'age: 5', 'expires: 0'] },
  }),
  responseRow({
    rule: 'TE means nothing in a response, and goes no further (RFC 9110 section 10.1.4)',
    sent: { h1: ['te: gzip', 'kept: 1'] },
    arrives: { all: ['kept: 1'] },
  }),
];
