import { assertDecodes } from '@lamella/net-core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, plainDecoder, wholeBodyDecoder } from '../../test/support/codec.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import { ChunkedBodyDecoder } from './body-decoder.ts';
import { DateLine, encodeChunkSize, encodeLastChunk, encodeRequestLine, encodeStatusLine } from './head-encoder.ts';
import { ResponseHeadDecoder } from './response-head-decoder.ts';

describe('encodeStatusLine', () => {
  it.each([
    [200, 'OK', 'HTTP/1.1 200 OK\r\n'],
    [200, 'Fine', 'HTTP/1.1 200 Fine\r\n'],
    [404, '', 'HTTP/1.1 404 \r\n'],
    [599, '', 'HTTP/1.1 599 \r\n'],
    [299, 'Odd', 'HTTP/1.1 299 Odd\r\n'],
    [103, 'Early Hints', 'HTTP/1.1 103 Early Hints\r\n'],
  ])('writes %d %s', (status, reason, line) => {
    expect(encodeStatusLine(status, reason)).toBe(line);
  });

  it('writes what a decoder reads, for every status', () => {
    const limits = { maxStartLineBytes: 64, maxHeadBytes: 64, maxHeaders: 1 };
    for (let status = 100; status < 1_000; status += 37) {
      const bytes = bytesOf(`${encodeStatusLine(status, 'why')}\r\n`);
      assertDecodes(() => plainDecoder(new ResponseHeadDecoder(limits)), bytes, [
        {
          status,
          reason: 'why',
          version: '1.1',
          headers: [],
          contentLength: -1,
          isChunked: false,
          hasClose: false,
          hasKeepAlive: false,
          keepAlive: '',
        },
      ]);
    }
  });
});

describe('encodeRequestLine', () => {
  it('writes method and target as they are', () => {
    expect(encodeRequestLine('GET', '/a?b')).toBe('GET /a?b HTTP/1.1\r\n');
  });
});

describe('chunks', () => {
  it('have their size in hexadecimal', () => {
    expect([encodeChunkSize(1), encodeChunkSize(255), encodeChunkSize(65_536)]).toEqual([
      '1\r\n',
      'ff\r\n',
      '10000\r\n',
    ]);
  });

  it('end with a last chunk and trailers', () => {
    expect(encodeLastChunk(undefined)).toBe('0\r\n\r\n');
    expect(encodeLastChunk(HttpHeaders.from())).toBe('0\r\n\r\n');
    expect(encodeLastChunk(HttpHeaders.from([['X-Sum', '1']]))).toBe('0\r\nX-Sum: 1\r\n\r\n');
  });

  it('never end with trailers that decide framing or routing', () => {
    const trailers = HttpHeaders.from([
      ['Content-Length', '5'],
      ['x-a', '1'],
      ['TRANSFER-ENCODING', 'chunked'],
      ['host', 'a.test'],
      ['Host', 'b.test'],
    ]);
    expect(encodeLastChunk(trailers)).toBe('0\r\nx-a: 1\r\n\r\n');
    expect(trailers.size).toBe(5);
    expect(encodeLastChunk(HttpHeaders.from([['host', 'a.test']]))).toBe('0\r\n\r\n');
  });

  it('are read as they were written', () => {
    const limits = { maxChunkLineBytes: 16, maxExtensionBytes: 0, maxTrailerBytes: 64, maxTrailers: 2 };
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: 'grapheme-ascii' }), { maxLength: 4 }), (chunks) => {
        const wire = chunks.map((chunk) => `${encodeChunkSize(chunk.length)}${chunk}\r\n`).join('');
        const last = encodeLastChunk(HttpHeaders.from({ 'x-count': String(chunks.length) }));
        assertDecodes(() => wholeBodyDecoder(new ChunkedBodyDecoder(limits)), bytesOf(wire + last), [
          { content: chunks.join(''), trailers: [['x-count', String(chunks.length)]] },
        ]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('DateLine', () => {
  it('is made once a second, when the second of the calendar changes', () => {
    const line = new DateLine();
    let asked = 0;
    const at = (nowMs: number): string =>
      line.at(nowMs, () => {
        asked++;
        return Date.UTC(2024, 1, 29, 23, 59, 58, 250) + nowMs;
      });
    const first = 'Date: Thu, 29 Feb 2024 23:59:58 GMT\r\n';
    const second = 'Date: Thu, 29 Feb 2024 23:59:59 GMT\r\n';
    expect([at(0), at(1), at(749), asked]).toEqual([first, first, first, 1]);
    expect([at(750), at(1_749), asked]).toEqual([second, second, 2]);
    expect(at(1_750)).toBe('Date: Fri, 01 Mar 2024 00:00:00 GMT\r\n');
  });
});
