import { describe, expect, it } from 'vitest';
import { messageText } from './message-text.ts';

describe('messageText', () => {
  it('is the text as it came, in a pipe', () => {
    expect(messageText('a\x1b[31m\nb', false)).toBe('a\x1b[31m\nb\n');
    expect(messageText('', false)).toBe('\n');
  });

  it('is marked on a terminal, which has nothing to obey', () => {
    expect(messageText('hello', true)).toBe('< hello\n');
    expect(messageText('one\r\ntwo\n\x1b]0;owned\x07', true)).toBe('< one\n  two\n  \\x1b]0;owned\\x07\n');
  });

  it('tells of bytes how many and the first of them', () => {
    expect(messageText(Uint8Array.of(0, 255, 27), true)).toBe('< [binary, 3 bytes: 00 ff 1b]\n');
    expect(messageText(Uint8Array.of(7), false)).toBe('[binary, 1 byte: 07]\n');
    expect(messageText(new Uint8Array(0), false)).toBe('[binary, 0 bytes]\n');
    expect(messageText(new Uint8Array(32), false)).toBe(`[binary, 32 bytes:${' 00'.repeat(32)}]\n`);
    expect(messageText(new Uint8Array(33), false)).toBe(`[binary, 33 bytes:${' 00'.repeat(32)} ...]\n`);
  });
});
