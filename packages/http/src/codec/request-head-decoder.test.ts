import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, assertDecodes } from '@lamella/net-core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { token } from '../../test/support/arbitraries.ts';
import { bytesOf, type Plain, plainDecoder } from '../../test/support/codec.ts';
import type { RequestHead } from './request-head-decoder.ts';
import { RequestHeadDecoder } from './request-head-decoder.ts';

const LIMITS = { maxStartLineBytes: 64, maxHeadBytes: 256, maxHeaders: 9 };

describe('RequestHeadDecoder', () => {
  it('reads a head, and no byte behind it', () => {
    assertDecodes(create, bytesOf('GET / HTTP/1.1\r\n\r\n'), [head({})]);
    const input = new ByteCursor(bytesOf('GET / HTTP/1.1\r\n\r\nbody'));
    expect(new RequestHeadDecoder(LIMITS).decode(input)?.method).toBe('GET');
    expect(input.remaining).toBe(4);
  });

  it('answers for single names as for all fields together, whether they are there or not', () => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 6 }), token, (names, other) => {
        const decoder = new RequestHeadDecoder({ ...LIMITS, maxHeadBytes: 10_000 });
        const text = `GET / HTTP/1.1\r\n${names.map((name, index) => `${name}: v${index}\r\n`).join('')}\r\n`;
        const decode = () => decoder.decode(new ByteCursor(bytesOf(text)))?.headers;
        for (const name of [...names, other, '', 'Ä']) {
          for (const asked of [name, name.toLowerCase(), name.toUpperCase()]) {
            const values = Array.from(decode() ?? [])
              .filter(([given]) => given.toLowerCase() === asked.toLowerCase())
              .map(([, value]) => value);
            const joined =
              values.length === 0 ? undefined : values.join(asked.toLowerCase() === 'cookie' ? '; ' : ', ');
            // Each from a head that nobody has asked anything yet.
            expect([decode()?.get(asked), decode()?.has(asked)]).toEqual([joined, values.length > 0]);
          }
        }
      }),
    );
  });

  it('reads one head after the other, and remembers nothing of the one before', () => {
    assertDecodes(
      create,
      bytesOf(
        'POST /a?b HTTP/1.0\r\nHost: a.test\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n' +
          'options * HTTP/1.1\r\nhost:b.test\r\nTransfer-Encoding: Chunked\r\nExpect: 100-continue\r\n\r\n' +
          'G3T! http://c.test/ HTTP/1.1\r\nConnection: upgrade,close\r\nUpgrade: x\r\nExpect: y\r\n\r\n',
      ),
      [
        head({
          method: 'POST',
          target: '/a?b',
          version: '1.0',
          headers: [
            ['Host', 'a.test'],
            ['Content-Length', '12'],
            ['Connection', 'keep-alive'],
          ],
          contentLength: 12,
          hasKeepAlive: true,
          hostCount: 1,
          host: 'a.test',
        }),
        head({
          method: 'options',
          target: '*',
          headers: [
            ['host', 'b.test'],
            ['Transfer-Encoding', 'Chunked'],
            ['Expect', '100-continue'],
          ],
          isChunked: true,
          expectsContinue: true,
          hostCount: 1,
          host: 'b.test',
        }),
        head({
          method: 'G3T!',
          target: 'http://c.test/',
          headers: [
            ['Connection', 'upgrade,close'],
            ['Upgrade', 'x'],
            ['Expect', 'y'],
          ],
          hasClose: true,
          wantsUpgrade: true,
          expectsOther: true,
        }),
      ],
    );
  });

  it.each([
    ['Connection: upgrade', false],
    ['Upgrade: x', false],
    ['Upgrade: x\r\nConnection: close', false],
    ['Upgrade: x\r\nConnection: close, Upgrade', true],
    ['Connection: upgrade\r\nUpgrade: \r\n', false],
  ])('takes an upgrade to be asked for only by both fields, and a protocol: %j', (lines, wantsUpgrade) => {
    const input = new ByteCursor(bytesOf(`GET / HTTP/1.1\r\n${lines}\r\n\r\n`));
    expect(new RequestHeadDecoder(LIMITS).decode(input)?.wantsUpgrade).toBe(wantsUpgrade);
  });

  it('trims blanks around values, keeps those within, and bytes beyond ASCII', () => {
    assertDecodes(create, bytesOf('GET / HTTP/1.1\r\na: \t b \t c\t \r\nb:\r\nc: \t\r\nd:\xe9\xff:\r\n\r\n'), [
      head({
        headers: [
          ['a', 'b \t c'],
          ['b', ''],
          ['c', ''],
          ['d', '\xe9\xff:'],
        ],
      }),
    ]);
  });

  it('ignores one empty line in front of each request, and not two', () => {
    assertDecodes(create, bytesOf('\r\nGET / HTTP/1.1\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n'), [head({}), head({})]);
    assertDecodeFails(create, bytesOf('\r\n\r\nGET / HTTP/1.1\r\n\r\n'), 'LML_ERR_HTTP1_BAD_METHOD');
    assertDecodeFails(create, bytesOf('\rGET / HTTP/1.1\r\n\r\n'), 'LML_ERR_HTTP1_BAD_LINE_END');
    assertDecodeFails(create, bytesOf('\nGET / HTTP/1.1\r\n\r\n'), 'LML_ERR_HTTP1_BAD_METHOD');
  });

  it('is partial from the first byte of a head to its last, empty lines apart', () => {
    const decoder = new RequestHeadDecoder(LIMITS);
    const bytes = bytesOf('\r\nGET / HTTP/1.1\r\n\r\n');
    const partial = Array.from(bytes, (byte) => {
      decoder.decode(new ByteCursor(Uint8Array.of(byte)));
      return decoder.isPartial;
    });
    expect(partial).toEqual([false, false, ...Array(bytes.length - 3).fill(true), false]);
  });

  it('gives nothing for no input', () => {
    expect(new RequestHeadDecoder(LIMITS).decode(new ByteCursor(bytesOf('')))).toBeUndefined();
  });

  it.each([
    ['LML_ERR_HTTP1_BAD_METHOD', ' GET / HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_METHOD', '\tGET / HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_METHOD', ': GET / HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_METHOD', 'GET\t/ HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_METHOD', 'GET'],
    ['LML_ERR_HTTP1_BAD_METHOD', 'GET/ HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_METHOD', 'GE(T / HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_METHOD', 'GE\0T / HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_METHOD', 'G\xc9T / HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_METHOD', '\x16\x03\x01'],
    ['LML_ERR_HTTP1_BAD_TARGET', 'GET  / HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_TARGET', 'GET \t/ HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_TARGET', 'GET /\tHTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_TARGET', 'GET /\0 HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_TARGET', 'GET /\x7f HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_TARGET', 'GET /\xe9 HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_TARGET', 'GET /#a HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET'.concat(' ')],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET /'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / '],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET /\nHost: a'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET /\rHost: a'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET /  HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / a HTTP/1.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / http/1.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / Http/1.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / HTTP/1,1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / HTTP/11.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / HTTP/a.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / HTTP/1.a'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / HTTP/-.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / HTTP/1./'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / HTTPS/1.1'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'GET / ICY/1.1'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'GET / HTTP/2.0'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'PRI * HTTP/2.0'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'GET / HTTP/0.9'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'GET / HTTP/1.2'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'GET / HTTP/9.9'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'GET / HTTP/1.1 '],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'GET / HTTP/1.10'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'GET / HTTP/1.1\t'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'GET / HTTP/1.1\n'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'GET / HTTP/1.1\rHost: a'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'GET / HTTP/1.1\r'],
    ['LML_ERR_HTTP1_OBS_FOLD', 'GET / HTTP/1.1\r\n Host: a'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'GET / HTTP/1.1\r\nHost : a'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'GET / HTTP/1.1\r\nHost: a\0'],
    ['LML_ERR_HTTP1_DUPLICATE_CONTENT_LENGTH', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1'],
    ['LML_ERR_HTTP1_BAD_CONTENT_LENGTH', 'GET / HTTP/1.1\r\nContent-Length: +1'],
    ['LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', 'GET / HTTP/1.1\r\nTransfer-Encoding: x'],
    ['LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING', 'GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked'],
  ])('refuses with %s: %j', (code, start) => {
    assertDecodeFails(create, bytesOf(`${start}\r\n\r\n`), code);
  });

  it.each(['|', '"', '{', '}', '<', '>', '\\', '^', '`', '[', '%zz'])(
    'lets %s pass in a target, as browsers send it',
    (text) => {
      assertDecodes(create, bytesOf(`GET /${text} HTTP/1.1\r\n\r\n`), [head({ target: `/${text}` })]);
    },
  );

  it('gives frequent methods and others alike', () => {
    for (const method of ['GET', 'POST', 'PUT', 'PSST', 'GEX', 'get']) {
      assertDecodes(create, bytesOf(`${method} / HTTP/1.1\r\n\r\n`), [head({ method })]);
    }
  });
});

function create() {
  return plainDecoder(new RequestHeadDecoder(LIMITS));
}

function head(changes: Partial<Plain<RequestHead>>): Plain<RequestHead> {
  return {
    method: 'GET',
    target: '/',
    version: '1.1',
    headers: [],
    contentLength: -1,
    isChunked: false,
    hasClose: false,
    hasKeepAlive: false,
    wantsUpgrade: false,
    expectsContinue: false,
    expectsOther: false,
    hostCount: 0,
    host: '',
    ...changes,
  };
}
