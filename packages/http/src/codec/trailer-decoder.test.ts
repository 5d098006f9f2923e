import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, assertDecodes } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import { bytesOf, mapDecoder } from '../../test/support/codec.ts';
import { TrailerDecoder } from './trailer-decoder.ts';

const LIMITS = { maxTrailerBytes: 64, maxTrailers: 3 };

describe('TrailerDecoder', () => {
  it('reads an empty section', () => {
    assertDecodes(create, bytesOf('\r\n'), [[]]);
  });

  it('reads fields in order, in their case, trimmed', () => {
    assertDecodes(create, bytesOf('X-Sum: \t4 2\t \r\nx-sum:\r\n\r\n'), [
      [
        ['X-Sum', '4 2'],
        ['x-sum', ''],
      ],
    ]);
  });

  it('takes no byte behind the section', () => {
    const input = new ByteCursor(bytesOf('a: b\r\n\r\nGET '));
    expect(new TrailerDecoder(LIMITS).decode(input)?.get('a')).toBe('b');
    expect(input.remaining).toBe(4);
  });

  it.each([
    ['content-length', 'Content-Length: 5'],
    ['transfer-encoding', 'transfer-ENCODING: chunked'],
    ['host', 'Host: a.test'],
    ['an empty host', 'Host:'],
  ])('refuses %s, which is settled before the content', (_what, line) => {
    assertDecodeFails(create, bytesOf(`${line}\r\n\r\n`), 'LML_ERR_HTTP1_BAD_TRAILER');
    assertDecodeFails(create, bytesOf(`a: b\r\n${line}\r\n\r\n`), 'LML_ERR_HTTP1_BAD_TRAILER');
  });

  it.each([
    ['LML_ERR_HTTP1_OBS_FOLD', ' folded\r\n\r\n'],
    ['LML_ERR_HTTP1_OBS_FOLD', 'a: b\r\n\tfolded\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_LINE_END', '\n\r\n'],
    ['LML_ERR_HTTP1_BAD_LINE_END', '\rx\r\n'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'a: b\n\r\n'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'a: b\rc\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a : b\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', ': b\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'a: \0\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_CONTENT_LENGTH', 'content-length: x\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', 'transfer-encoding: x\r\n\r\n'],
  ])('refuses with %s: %j', (code, section) => {
    assertDecodeFails(create, bytesOf(section), code);
  });

  it('allows maxTrailerBytes, the empty line included, and not one more', () => {
    const section = (length: number): string => `a: ${'b'.repeat(length - 7)}\r\n\r\n`;
    assertDecodes(create, bytesOf(section(64)), [[['a', 'b'.repeat(57)]]]);
    assertDecodeFails(create, bytesOf(section(65)), 'LML_ERR_HTTP1_TRAILERS_TOO_LARGE');
    // An endless line is refused without its end.
    assertDecodeFails(create, bytesOf(`a: ${'b'.repeat(62)}`), 'LML_ERR_HTTP1_TRAILERS_TOO_LARGE');
  });

  it('allows maxTrailers lines and not one more', () => {
    assertDecodes(create, bytesOf(`${'a: b\r\n'.repeat(3)}\r\n`), [Array.from({ length: 3 }, () => ['a', 'b'])]);
    assertDecodeFails(create, bytesOf(`${'a: b\r\n'.repeat(4)}\r\n`), 'LML_ERR_HTTP1_TRAILERS_TOO_LARGE');
  });

  it('allows none at all if told so', () => {
    const strict = () => plain(new TrailerDecoder({ maxTrailerBytes: 2, maxTrailers: 0 }));
    assertDecodes(strict, bytesOf('\r\n'), [[]]);
    assertDecodeFails(strict, bytesOf('a:\r\n'), 'LML_ERR_HTTP1_TRAILERS_TOO_LARGE');
  });

  it('gives nothing for no input', () => {
    expect(new TrailerDecoder(LIMITS).decode(new ByteCursor(bytesOf('')))).toBeUndefined();
  });
});

function create() {
  return plain(new TrailerDecoder(LIMITS));
}

function plain(decoder: TrailerDecoder) {
  return mapDecoder(decoder, (headers) => [...headers]);
}
