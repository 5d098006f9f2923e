import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

describe('LineSplitter', () => {
  const text = 'one\r\n\nzwölf\nlast';
  const bytes = Buffer.from(text, 'utf8');

  it('gives the same lines wherever the bytes are split', () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(linesOf(1_000, bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(['one', '', 'zwölf', 'last']);
    }
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(linesOf(1_000, ...single)).toEqual(['one', '', 'zwölf', 'last']);
  });

  it('has no line behind the last line end', () => {
    expect(linesOf(1_000, Buffer.from('a\n'))).toEqual(['a']);
    expect(linesOf(1_000)).toEqual([]);
    expect(linesOf(1_000, Buffer.from('\n'))).toEqual(['']);
  });

  it('takes lines of maxLineBytes, and no longer ones, whether they end or not', () => {
    expect(linesOf(4, Buffer.from('four\nfour'))).toEqual(['four', 'four']);
    const failure = { exitCode: 63, message: 'line 2 of the input has more than 4 bytes' };
    expect(() => linesOf(4, Buffer.from('four\nfives\n'))).toThrow(expect.objectContaining(failure));
    expect(() => linesOf(4, Buffer.from('four\nfi'), Buffer.from('ves'))).toThrow(expect.objectContaining(failure));
  });

  it('refuses what is no UTF-8', () => {
    const failure = { exitCode: 26, message: 'line 2 of the input is no UTF-8, which messages of text are' };
    expect(() => linesOf(9, Buffer.from('a\n\xff\n', 'latin1'))).toThrow(expect.objectContaining(failure));
    expect(() => linesOf(9, Buffer.from('a\n\xc3', 'latin1'))).toThrow(expect.objectContaining(failure));
  });
});

function linesOf(maxLineBytes: number, ...chunks: readonly Uint8Array[]): readonly string[] {
  const splitter = new LineSplitter(maxLineBytes);
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  const rest = splitter.end();
  return rest === undefined ? lines : [...lines, rest];
}
