import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, assertDecodes } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import { bytesOf, type Plain, plainDecoder } from '../../test/support/codec.ts';
import type { ResponseHead } from './response-head-decoder.ts';
import { ResponseHeadDecoder } from './response-head-decoder.ts';

const LIMITS = { maxStartLineBytes: 64, maxHeadBytes: 256, maxHeaders: 9 };

describe('ResponseHeadDecoder', () => {
  it('reads one head after the other, and remembers nothing of the one before', () => {
    assertDecodes(
      create,
      bytesOf(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nlink: </b>\r\n\r\n' +
          'HTTP/1.0 200 OK\r\nContent-Length:\t5\r\nConnection: Keep-Alive\r\n\r\n' +
          'HTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\nConnection: x, close\r\n\r\n',
      ),
      [
        head({
          status: 103,
          reason: 'Early Hints',
          headers: [
            ['Link', '</a>'],
            ['link', '</b>'],
          ],
        }),
        head({
          version: '1.0',
          headers: [
            ['Content-Length', '5'],
            ['Connection', 'Keep-Alive'],
          ],
          contentLength: 5,
          hasKeepAlive: true,
        }),
        head({
          status: 404,
          reason: '',
          headers: [
            ['Transfer-Encoding', 'chunked'],
            ['Connection', 'x, close'],
          ],
          isChunked: true,
          hasClose: true,
        }),
      ],
    );
  });

  it.each([
    ['200 OK', 200, 'OK'],
    ['200 ', 200, ''],
    ['200', 200, ''],
    ['999 Odd', 999, 'Odd'],
    ['100 Continue', 100, 'Continue'],
    ['200  two\tblanks ', 200, ' two\tblanks '],
    ['200 Gr\xfc\xdfe', 200, 'Gr\xfc\xdfe'],
  ])('reads the status line HTTP/1.1 %s', (line, status, reason) => {
    assertDecodes(create, bytesOf(`HTTP/1.1 ${line}\r\n\r\n`), [head({ status, reason })]);
  });

  it('takes no byte behind the head, and is partial in between', () => {
    const decoder = new ResponseHeadDecoder(LIMITS);
    expect(decoder.decode(new ByteCursor(bytesOf('')))).toBeUndefined();
    expect(decoder.isPartial).toBe(false);
    expect(decoder.decode(new ByteCursor(bytesOf('HTTP/1.1 2')))).toBeUndefined();
    expect(decoder.isPartial).toBe(true);
    const input = new ByteCursor(bytesOf('00 OK\r\n\r\nbody'));
    expect(decoder.decode(input)?.status).toBe(200);
    expect([input.remaining, decoder.isPartial]).toEqual([4, false]);
  });

  it.each([
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', ''],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', '\r\nHTTP/1.1 200 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', ' HTTP/1.1 200 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'http/1.1 200 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'ICY 200 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'SSH-2.0-OpenSSH'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1  200 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1\t200 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 20 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 2000 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 200OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 200\tOK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 099 Low'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 000 Zero'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 -20 Odd'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 2x0 OK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 200 \0'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 200 O\x7fK'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 200\nOK'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'HTTP/1,1 200 OK'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'HTTP/11.1 200 OK'],
    ['LML_ERR_HTTP1_BAD_VERSION', 'HTTP/x.1 200 OK'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'HTTP/2.0 200 OK'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'HTTP/0.9 200 OK'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'HTTP/1.2 200 OK'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'HTTP/1.1 200 OK\nA: b'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'HTTP/1.1 200 OK\rA: b'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'HTTP/1.1 200\rA: b'],
    ['LML_ERR_HTTP1_OBS_FOLD', 'HTTP/1.1 200 OK\r\n A: b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'HTTP/1.1 200 OK\r\nA : b'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'HTTP/1.1 200 OK\r\nA: \x07'],
    ['LML_ERR_HTTP1_DUPLICATE_CONTENT_LENGTH', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1'],
    ['LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip'],
  ])('refuses with %s: %j', (code, start) => {
    assertDecodeFails(create, bytesOf(`${start}\r\n\r\n`), code);
  });
});

function create() {
  return plainDecoder(new ResponseHeadDecoder(LIMITS));
}

function head(changes: Partial<Plain<ResponseHead>>): Plain<ResponseHead> {
  return {
    status: 200,
    reason: 'OK',
    version: '1.1',
    headers: [],
    contentLength: -1,
    isChunked: false,
    hasClose: false,
    hasKeepAlive: false,
    keepAlive: '',
    ...changes,
  };
}
