import { requestRow, rowOf } from '../message-rows.ts';
import type { TranslationRow } from '../translation-row.ts';

const LONG = 'v'.repeat(8_000);
const MANY = Array.from({ length: 90 }, (_, index) => `f${index}: ${index}`);

/** What becomes of the fields of requests. */
export const requestFieldRows: readonly TranslationRow[] = [
  // ---- names and values
  requestRow({
    rule: 'names are in lower case in HTTP/2, and keep their case in HTTP/1.1 (RFC 9113 section 8.2)',
    sent: { h1: ['X-One: 1', 'x-TWO: 2', 'ETag-Like: 3'], h2: ['x-one: 1', 'x-two: 2', 'etag-like: 3'] },
    arrives: {
      'h1-h1': ['X-One: 1', 'x-TWO: 2', 'ETag-Like: 3'],
      'h1-h2': ['x-one: 1', 'x-two: 2', 'etag-like: 3'],
      'h2-h1': ['x-one: 1', 'x-two: 2', 'etag-like: 3'],
      'h2-h2': ['x-one: 1', 'x-two: 2', 'etag-like: 3'],
    },
  }),
  requestRow({
    rule: 'fields of one name keep their order, and are not joined (RFC 9110 section 5.3)',
    sent: { h1: ['a: 1', 'b: 2', 'a: 3', 'a: 1'], h2: ['a: 1', 'b: 2', 'a: 3', 'a: 1'] },
    arrives: { all: ['a: 1', 'b: 2', 'a: 3', 'a: 1'] },
  }),
  requestRow({
    rule: 'a list stays as it was written, blanks and quotes included (RFC 9110 section 5.6.1)',
    sent: { h1: ['accept: a/b ,, "c,d";q=1, ,e'], h2: ['accept: a/b ,, "c,d";q=1, ,e'] },
    arrives: { all: ['accept: a/b ,, "c,d";q=1, ,e'] },
  }),
  requestRow({
    rule: 'every character of a token may stand in a name (RFC 9110 section 5.6.2)',
    sent: { h1: ["!#$%&'*+-.^_`|~09az: 1"], h2: ["!#$%&'*+-.^_`|~09az: 1"] },
    arrives: { all: ["!#$%&'*+-.^_`|~09az: 1"] },
  }),
  requestRow({
    rule: 'bytes beyond ASCII stay the bytes that they are (RFC 9110 section 5.5, obs-text)',
    sent: { h1: ['a: \x80\xa0\xff', 'b: \xc3\xa4'], h2: ['a: \x80\xa0\xff', 'b: \xc3\xa4'] },
    arrives: { all: ['a: \x80\xa0\xff', 'b: \xc3\xa4'] },
  }),
  requestRow({
    rule: 'blanks around a value belong to no value (RFC 9112 section 5.1)',
    sent: { h1: ['a: \t 1 2 \t '] },
    arrives: { all: ['a: 1 2'] },
  }),
  requestRow({
    rule: 'blanks and tabs within a value stay (RFC 9110 section 5.5)',
    sent: { h1: ['a: 1  2\t3'], h2: ['a: 1  2\t3'] },
    arrives: { all: ['a: 1  2\t3'] },
  }),
  requestRow({
    rule: 'an empty value stays empty, and the field stays there (RFC 9110 section 5.5)',
    sent: { h1: ['a: ', 'b: 1'], h2: ['a: ', 'b: 1'] },
    arrives: { all: ['a: ', 'b: 1'] },
  }),
  ...(['reverse', 'forward'] as const).map((type) =>
    requestRow({
      rule: `what must enter no table on the way stays so, behind a ${type} proxy (RFC 7541 section 7.1.3)`,
      proxy: { type },
      sent: { h2: ['never x-key: 1', 'a: 2', 'never x-key: 3', 'never b: '] },
      arrives: {
        'h2-h1': ['x-key: 1', 'a: 2', 'x-key: 3', 'b: '],
        'h2-h2': ['never x-key: 1', 'a: 2', 'never x-key: 3', 'never b: '],
      },
    }),
  ),
  requestRow({
    rule: 'a long value comes whole',
    sent: { h1: [`a: ${LONG}`], h2: [`a: ${LONG}`] },
    arrives: { all: [`a: ${LONG}`] },
  }),
  requestRow({
    rule: 'many fields come in their order',
    sent: { h1: MANY, h2: MANY },
    arrives: { all: MANY },
  }),
  requestRow({
    rule: 'names that mean something to a programming language mean nothing here',
    sent: { h1: ['__proto__: 1', 'constructor: 2'], h2: ['__proto__: 1', 'constructor: 2'] },
    arrives: { all: ['__proto__: 1', 'constructor: 2'] },
  }),
  // ---- cookies
  requestRow({
    rule: 'crumbs of a cookie are put together (RFC 9113 section 8.2.3)',
    sent: { h2: ['cookie: a=1', 'cookie: b=2', 'cookie: c=3'] },
    arrives: { all: ['cookie: a=1; b=2; c=3'] },
  }),
  requestRow({
    rule: 'crumbs are put together where the first one stood, whatever stands between (RFC 9113 section 8.2.3)',
    sent: { h2: ['x: 1', 'cookie: a=1', 'y: 2', 'cookie: b=2', 'z: 3'] },
    arrives: { all: ['x: 1', 'cookie: a=1; b=2', 'y: 2', 'z: 3'] },
  }),
  requestRow({
    rule: 'empty crumbs leave no blank at the end, which no value may have (RFC 9113 sections 8.2.1 and 8.2.3)',
    sent: { h2: ['cookie: a=1', 'cookie: ', 'cookie: b=2', 'cookie: '] },
    arrives: { all: ['cookie: a=1; b=2'] },
  }),
  requestRow({
    rule: 'a cookie that came in one piece stays in one (RFC 6265 section 5.4)',
    sent: { h1: ['Cookie: a=1; b="2; x"'], h2: ['cookie: a=1; b="2; x"'] },
    arrives: {
      'h1-h1': ['Cookie: a=1; b="2; x"'],
      'h1-h2': ['cookie: a=1; b="2; x"'],
      'h2-h1': ['cookie: a=1; b="2; x"'],
      'h2-h2': ['cookie: a=1; b="2; x"'],
    },
  }),
  requestRow({
    rule: 'Cookie lines that a client of HTTP/1.1 has split itself stay as they are (RFC 9110 section 5.3)',
    sent: { h1: ['cookie: a=1', 'cookie: b=2'] },
    arrives: { all: ['cookie: a=1', 'cookie: b=2'] },
  }),
  // ---- what is for one hop
  requestRow({
    rule: 'what Connection names goes no further (RFC 9110 section 7.6.1)',
    sent: { h1: ['Connection: x-secret, X-Other', 'X-Secret: 1', 'kept: 2', 'x-other: 3'] },
    arrives: { all: ['kept: 2'] },
  }),
  requestRow({
    rule: 'Connection can be split over lines, and each of them counts (RFC 9110 sections 5.3 and 7.6.1)',
    sent: { h1: ['Connection: a', 'connection: b', 'a: 1', 'b: 2', 'c: 3'] },
    arrives: { all: ['c: 3'] },
  }),
  requestRow({
    rule: 'Connection takes nothing away that belongs to the message (RFC 9110 section 7.6.1)',
    sent: { h1: ['Connection: host, cookie, authorization, via', 'cookie: a=1', 'authorization: x'] },
    arrives: { all: ['cookie: a=1', 'authorization: x'] },
  }),
  requestRow({
    rule: 'Keep-Alive and Proxy-Connection are for one hop, named or not (RFC 9113 section 8.2.2)',
    sent: { h1: ['Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'kept: 1'] },
    arrives: { all: ['kept: 1'] },
  }),
  requestRow({
    rule: 'credentials for a proxy go no further (RFC 9110 section 11.7.2)',
    sent: { h1: ['Proxy-Authorization: Basic eDp5', 'kept: 1'], h2: ['proxy-authorization: Basic eDp5', 'kept: 1'] },
    arrives: { all: ['kept: 1'] },
  }),
  requestRow({
    rule: 'Upgrade without a Connection that names it counts for nothing (RFC 9110 section 7.8)',
    sent: { h1: ['Upgrade: websocket', 'kept: 1'] },
    arrives: { all: ['kept: 1'] },
  }),
  requestRow({
    rule: 'an upgrade to h2c is ignored, and its settings are not told to others (RFC 9113 section 3.1)',
    sent: {
      h1: ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAA', 'kept: 1'],
    },
    arrives: { all: ['kept: 1'] },
  }),
  requestRow({
    rule: 'TE: trailers is said anew on each hop, in HTTP/1.1 with a Connection that names it (RFC 9110 section 10.1.4)',
    sent: { h1: ['Connection: TE', 'TE: trailers', 'kept: 1'], h2: ['te: trailers', 'kept: 1'] },
    arrives: {
      h1: ['kept: 1', 'TE: trailers', 'Connection: TE', '@via'],
      h2: ['kept: 1', 'te: trailers', '@via'],
    },
  }),
  requestRow({
    rule: 'of TE nothing but trailers goes on (RFC 9113 section 8.2.2)',
    sent: { h1: ['Connection: TE', 'TE: gzip;q=0.5, Trailers, deflate', 'kept: 1'] },
    arrives: {
      h1: ['kept: 1', 'TE: trailers', 'Connection: TE', '@via'],
      h2: ['kept: 1', 'te: trailers', '@via'],
    },
  }),
  requestRow({
    rule: 'TE that does not ask for trailers does not go on at all (RFC 9110 section 10.1.4)',
    sent: { h1: ['Connection: TE', 'TE: gzip', 'kept: 1'] },
    arrives: { all: ['kept: 1'] },
  }),
  requestRow({
    rule: 'what HTTP/2 has no place for does not get there, even where the owner of the proxy has added it (RFC 9113 section 8.2.2)',
    proxy: {
      type: 'reverse',
      editRequest: (headers) => {
        for (const name of ['te', 'keep-alive', 'kept']) headers.append(name, 'gzip');
      },
    },
    sent: { h1: [], h2: [] },
    arrives: { h1: ['@via', 'te: gzip', 'keep-alive: gzip', 'kept: gzip'], h2: ['@via', 'kept: gzip'] },
  }),
  // ---- what is for all hops
  requestRow({
    rule: 'Via names the version in which a request came, behind what others have written (RFC 9110 section 7.6.3)',
    sent: { h1: ['via: 1.0 old, 2 new', 'kept: 1'], h2: ['via: 1.0 old, 2 new', 'kept: 1'] },
    arrives: { all: ['via: 1.0 old, 2 new', 'kept: 1', '@via'] },
  }),
  requestRow({
    rule: 'Priority is for all hops (RFC 9218 section 5)',
    sent: { h1: ['priority: u=1, i'], h2: ['priority: u=1, i'] },
    arrives: { all: ['priority: u=1, i'] },
  }),
  requestRow({
    rule: 'leave for content that is not there is the business of the origin (RFC 9110 section 10.1.1)',
    sent: { h1: ['expect: 100-continue'], h2: ['expect: 100-continue'] },
    arrives: { all: ['expect: 100-continue'] },
  }),
  requestRow({
    rule: 'Trailer goes on, with whatever it announces (RFC 9110 section 6.6.2)',
    sent: { h1: ['trailer: x-sum'], h2: ['trailer: x-sum'] },
    arrives: { all: ['trailer: x-sum'] },
  }),
  requestRow({
    rule: 'Max-Forwards counts for OPTIONS and TRACE alone (RFC 9110 section 7.6.2)',
    sent: { h1: ['max-forwards: 0'], h2: ['max-forwards: 0'] },
    arrives: { all: ['max-forwards: 0'] },
  }),
  requestRow({
    rule: 'Date, Accept-Encoding and User-Agent are the business of the client: none is added or changed (RFC 9110)',
    sent: { h1: ['date: yesterday', 'user-agent: '], h2: ['date: yesterday', 'user-agent: '] },
    arrives: { all: ['date: yesterday', 'user-agent: '] },
  }),
  requestRow({
    rule: 'what tells of the client is written in one way for both versions (RFC 7239)',
    proxy: { type: 'reverse', forwarded: 'x-forwarded' },
    sent: {
      h1: ['x-forwarded-for: 1.2.3.4', 'x-forwarded-proto: https'],
      h2: ['x-forwarded-for: 1.2.3.4', 'x-forwarded-proto: https'],
    },
    arrives: {
      h1: ['X-Forwarded-For: unknown', 'X-Forwarded-Host: origin.test', 'X-Forwarded-Proto: http', '@via'],
      h2: ['x-forwarded-for: unknown', 'x-forwarded-host: origin.test', 'x-forwarded-proto: http', '@via'],
    },
  }),
  rowOf('a Host beside :authority that says the same says it once (RFC 9113 section 8.3.1)', undefined, (way) => {
    if (!way.startsWith('h2')) return undefined;
    const sends = [
      'HEADERS END',
      ':method: GET',
      ':scheme: http',
      ':authority: Origin.test',
      ':path: /',
      'host: origin.TEST',
    ];
    const origin =
      way === 'h2-h1' ? 'GET / HTTP/1.1\r\nhost: Origin.test\r\nVia: 2 p\r\n\r\n' : [...sends.slice(0, 5), 'via: 2 p'];
    return { steps: [{ by: 'client', sends, origin }] };
  }),
];
