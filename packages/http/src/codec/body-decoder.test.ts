import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, assertDecodes, splitsOf } from '@lamella/net-core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes } from '../../test/support/arbitraries.ts';
import { bytesOf, textOf, wholeBodyDecoder } from '../../test/support/codec.ts';
import type { BodyDecoder } from './body-decoder.ts';
import { ChunkedBodyDecoder, LengthBodyDecoder, UntilCloseBodyDecoder } from './body-decoder.ts';

const LIMITS = { maxChunkLineBytes: 32, maxExtensionBytes: 40, maxTrailerBytes: 64, maxTrailers: 3 };

describe('LengthBodyDecoder', () => {
  it('gives as many bytes as there are, and takes none behind them', () => {
    assertDecodes(() => wholeBodyDecoder(new LengthBodyDecoder(5)), bytesOf('12345'), [
      { content: '12345', trailers: undefined },
    ]);
    const decoder = new LengthBodyDecoder(5);
    const input = new ByteCursor(bytesOf('12345GET '));
    expect(textOf(decoder.decode(input) ?? bytesOf('nothing'))).toBe('12345');
    expect(decoder.decode(input)).toBeUndefined();
    expect([decoder.isDone, input.remaining]).toEqual([true, 4]);
  });

  it('is done at once if there are none', () => {
    expect(new LengthBodyDecoder(0).isDone).toBe(true);
  });

  it('knows at every byte whether the end of the connection is the end of the body', () => {
    for (let length = 0; length <= 5; length++) {
      const decoder = new LengthBodyDecoder(5);
      decoder.decode(new ByteCursor(bytesOf('12345'.slice(0, length))));
      if (length === 5) expect(() => decoder.receiveEnd()).not.toThrow();
      else expect(() => decoder.receiveEnd()).toThrow(`${5 - length} bytes short of its content-length`);
    }
  });
});

describe('UntilCloseBodyDecoder', () => {
  it('gives everything until the connection ends', () => {
    for (const { parts } of splitsOf(bytesOf('12345'))) {
      const decoder = new UntilCloseBodyDecoder();
      let content = '';
      for (const part of parts) {
        const input = new ByteCursor(part);
        for (let piece = decoder.decode(input); piece !== undefined; piece = decoder.decode(input)) {
          content += textOf(piece);
        }
      }
      expect(decoder.isDone).toBe(false);
      decoder.receiveEnd();
      expect([content, decoder.isDone, decoder.trailers]).toEqual(['12345', true, undefined]);
    }
  });
});

describe('ChunkedBodyDecoder', () => {
  it.each([
    ['no chunk', '0\r\n\r\n', '', undefined],
    ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello', undefined],
    ['chunks', '5\r\nhello\r\n6;a=b\r\n world\r\n0;last\r\n\r\n', 'hello world', undefined],
    ['CRLF and framing in the data', '9\r\n\r\n0\r\n\r\n\r\n\r\n000\r\n\r\n', '\r\n0\r\n\r\n\r\n', undefined],
    ['every kind of byte', '4\r\n\0\r\n\xff\r\n0\r\n\r\n', '\0\r\n\xff', undefined],
    ['trailers', '1\r\na\r\n0\r\nX-Sum: 1\r\nx-b:\r\n\r\n', 'a', { 'X-Sum': '1', 'x-b': '' }],
  ])('reads %s', (_what, input, content, trailers) => {
    assertDecodes(() => wholeBodyDecoder(create()), bytesOf(input), [
      { content, trailers: trailers === undefined ? undefined : Object.entries(trailers) },
    ]);
  });

  it('takes no byte behind the body', () => {
    const decoder = create();
    const input = new ByteCursor(bytesOf('1\r\na\r\n0\r\n\r\nGET '));
    expect(textOf(decoder.decode(input) ?? bytesOf('nothing'))).toBe('a');
    expect(decoder.decode(input)).toBeUndefined();
    expect([decoder.isDone, input.remaining]).toEqual([true, 4]);
    expect(decoder.decode(input)).toBeUndefined();
    expect(input.remaining).toBe(4);
  });

  it.each([
    ['LML_ERR_HTTP1_BAD_CHUNK_SIZE', '\r\n'],
    ['LML_ERR_HTTP1_BAD_CHUNK_SIZE', '5\r\nhello\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_CHUNK_SIZE', '5\r\nhello\r\n-1\r\n'],
    ['LML_ERR_HTTP1_BAD_CHUNK_END', '5\r\nhelloo\r\n0\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_CHUNK_END', '5\r\nhello\n0\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_CHUNK_END', '5\r\nhello\r0\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_CHUNK_END', '5\r\nhello0\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_LINE_END', '5\nhello\r\n0\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_LINE_END', '0\r\n\n'],
    ['LML_ERR_HTTP1_BAD_TRAILER', '0\r\ncontent-length: 5\r\n\r\n'],
    ['LML_ERR_HTTP1_OBS_FOLD', '0\r\na: b\r\n c\r\n\r\n'],
    ['LML_ERR_HTTP1_TRAILERS_TOO_LARGE', '0\r\na:\r\na:\r\na:\r\na:\r\n\r\n'],
    ['LML_ERR_HTTP1_TRAILERS_TOO_LARGE', `0\r\na: ${'b'.repeat(62)}`],
    ['LML_ERR_HTTP1_CHUNK_LINE_TOO_LONG', `5;${'a'.repeat(31)}`],
    ['LML_ERR_HTTP1_CHUNK_LINE_TOO_LONG', '1;0123456789\r\na\r\n'.repeat(4)],
  ])('refuses with %s: %j', (code, input) => {
    assertDecodeFails(() => wholeBodyDecoder(create()), bytesOf(input), code);
  });

  it('knows at every byte whether the end of the connection is the end of the body', () => {
    const body = bytesOf('5;x\r\nhello\r\n0\r\na: b\r\n\r\n');
    for (let length = 0; length < body.length; length++) {
      const decoder = create();
      takeAll(decoder, body.slice(0, length));
      expect(() => decoder.receiveEnd(), `after ${length} bytes`).toThrow('the connection ended in a body');
    }
    const decoder = create();
    takeAll(decoder, body);
    expect(() => decoder.receiveEnd()).not.toThrow();
  });

  it('gives views of the input, not copies', () => {
    const bytes = bytesOf('5\r\nhello\r\n0\r\n\r\n');
    expect(create().decode(new ByteCursor(bytes))?.buffer).toBe(bytes.buffer);
  });

  it('reads what any chunking makes of any content', () => {
    const chunk = fc.record({
      data: anyBytes({ minLength: 1, maxLength: 40 }),
      extension: fc.constantFrom('', '', '', ';a', ' ;b=c', ';d="e"'),
      isUpper: fc.boolean(),
      zeros: fc.constantFrom('', '0', '000'),
    });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), (chunks, step) => {
        const wire = chunks.map(({ data, extension, isUpper, zeros }) => {
          const size = data.length.toString(16);
          return `${zeros}${isUpper ? size.toUpperCase() : size}${extension}\r\n${data}\r\n`;
        });
        const bytes = bytesOf(`${wire.join('')}0\r\n\r\n`);
        const decoder = create();
        let content = '';
        for (let at = 0; at < bytes.length; at += step) content += takeAll(decoder, bytes.slice(at, at + step));
        expect(content).toBe(chunks.map(({ data }) => data).join(''));
        expect(decoder.isDone).toBe(true);
      }),
    );
  });
});

function create(): ChunkedBodyDecoder {
  return new ChunkedBodyDecoder(LIMITS);
}

function takeAll(decoder: BodyDecoder, bytes: Uint8Array): string {
  const input = new ByteCursor(bytes);
  let content = '';
  for (let piece = decoder.decode(input); piece !== undefined; piece = decoder.decode(input)) content += textOf(piece);
  return content;
}
