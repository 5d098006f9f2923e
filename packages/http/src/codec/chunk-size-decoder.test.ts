import { assertDecodeFails, assertDecodes } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../test/support/codec.ts';
import { ChunkSizeDecoder } from './chunk-size-decoder.ts';

const LIMITS = { maxChunkLineBytes: 32, maxExtensionBytes: 40 };

describe('ChunkSizeDecoder', () => {
  it('reads sizes in both cases, with leading zeros, extensions and blanks in front of them', () => {
    assertDecodes(create, bytesOf('1aF\r\n0\r\n4;a="b;c"\r\n5 \t;x\r\n000A\r\nffff\r\n'), [431, 0, 4, 5, 10, 65_535]);
  });

  it.each([
    ['1fffffffffffff', undefined],
    ['fffffffffffff', 2 ** 52 - 1],
    ['0000000000001', 1],
    ['00000000000001', undefined],
  ])('takes up to 13 digits: %s', (digits, size) => {
    if (size === undefined) assertDecodeFails(create, bytesOf(`${digits}\r\n`), 'LML_ERR_HTTP1_BAD_CHUNK_SIZE');
    else assertDecodes(create, bytesOf(`${digits}\r\n`), [size]);
  });

  it.each([
    ['nothing', '\r\n'],
    ['a sign', '+5\r\n'],
    ['a minus', '-5\r\n'],
    ['a prefix', '0x5\r\n'],
    ['a blank in front', ' 5\r\n'],
    ['a tab in front', '\t5\r\n'],
    ['no digit', 'g\r\n'],
    ['a dot', '5.0\r\n'],
    ['an underscore', '5_0\r\n'],
    ['a comma', '5,5\r\n'],
    ['a NUL', '5\0\r\n'],
    ['a digit beyond ASCII', '\xb2\r\n'],
    ['blanks that no extension follows', '5 \r\n'],
    ['a tab that no extension follows', '5\t\r\n'],
    ['digits behind a blank', '5 5\r\n'],
    ['an extension without a size', ';a\r\n'],
    ['a NUL in an extension', '5;\0\r\n'],
    ['a control character in an extension', '5;a\x1b\r\n'],
    ['DEL in an extension', '5;a\x7f\r\n'],
  ])('refuses %s', (_what, line) => {
    assertDecodeFails(create, bytesOf(line), 'LML_ERR_HTTP1_BAD_CHUNK_SIZE');
  });

  it.each([
    ['a bare LF', '5\n'],
    ['a bare LF behind an extension', '5;a\n'],
    ['a bare CR', '5\rx\r\n'],
    ['two CRs', '5\r\r\n'],
    ['a bare CR behind an extension', '5;a\rb\r\n'],
  ])('refuses %s as the end of the line', (_what, line) => {
    assertDecodeFails(create, bytesOf(line), 'LML_ERR_HTTP1_BAD_LINE_END');
  });

  it('keeps bytes beyond ASCII and tabs out of nobody`s extension', () => {
    assertDecodes(create, bytesOf('1;a=\xe9\xff\t\r\n'), [1]);
  });

  it.each([
    ['digits and extension', (length: number) => `5;${'a'.repeat(length - 4)}\r\n`],
    ['blanks', (length: number) => `5${' '.repeat(length - 4)};\r\n`],
  ])('allows lines of maxChunkLineBytes and not one more: %s', (_what, line) => {
    assertDecodes(create, bytesOf(line(32)), [5]);
    assertDecodeFails(create, bytesOf(line(33)), 'LML_ERR_HTTP1_CHUNK_LINE_TOO_LONG');
  });

  it.each([
    ['extensions', [';abcdefghi', ';abcdefghi', ';abcdefghi', ';abcdefghi']],
    ['semicolons', [';'.repeat(20), ';'.repeat(20)]],
    ['blanks', [`${' '.repeat(19)};`, `${'\t'.repeat(19)};`]],
  ])('allows maxExtensionBytes in all lines together and not one more: %s', (_what, extensions) => {
    const lines = extensions.map((extension) => `1${extension}\r\n`).join('');
    assertDecodes(
      create,
      bytesOf(lines),
      extensions.map(() => 1),
    );
    // One more byte of any kind, in a line of its own.
    for (const more of [';', ' ;']) {
      assertDecodeFails(create, bytesOf(`${lines}1${more}\r\n`), 'LML_ERR_HTTP1_CHUNK_LINE_TOO_LONG');
    }
  });

  it('allows no extension at all if told so', () => {
    const strict = () => new ChunkSizeDecoder({ ...LIMITS, maxExtensionBytes: 0 });
    assertDecodes(strict, bytesOf('5\r\n'), [5]);
    assertDecodeFails(strict, bytesOf('5;\r\n'), 'LML_ERR_HTTP1_CHUNK_LINE_TOO_LONG');
  });

  it('says what is wrong', () => {
    const fail = (line: string) => () => assertDecodes(create, bytesOf(line), []);
    expect(fail('+5\r\n')).toThrow('the chunk size is malformed: it starts with byte 0x2b');
    expect(fail(`5;${'a'.repeat(40)}`)).toThrow('the line of a chunk is longer than 32 bytes');
    expect(fail(`1;${'a'.repeat(25)}\r\n`.repeat(2))).toThrow('longer than 40 bytes');
  });
});

function create(): ChunkSizeDecoder {
  return new ChunkSizeDecoder(LIMITS);
}
