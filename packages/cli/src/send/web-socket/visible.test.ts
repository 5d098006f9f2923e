import { describe, expect, it } from 'vitest';
import { visible } from './visible.ts';

describe('visible', () => {
  it.each([
    ['a colour', '\x1b[31mred', '\\x1b[31mred'],
    ['a title, in one character', '\x9d0;owned\x9c', '\\x9d0;owned\\x9c'],
    ['a bell, a backspace and a delete', '\x07\b\x7f', '\\x07\\x08\\x7f'],
    ['line ends and tabs', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['breaks that are no line ends', '\u0085\u2028\u2029', '\\x85\\u2028\\u2029'],
    ['text that turns around', '\u202egnp.exe\u2066', '\\u202egnp.exe\\u2066'],
    ['tags that nobody sees', '\u{e0041}\ufeff', '\\u{e0041}\\ufeff'],
    ['nothing, in a tongue of people', 'Grüße, שלום, 👩‍💻', 'Grüße, שלום, 👩‍💻'],
  ])('shows %s', (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('lets no control character through', () => {
    const controls = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_none, index) => 0x7f + index)];
    for (const code of controls) expect(visible(String.fromCharCode(code))).toMatch(/^\\/);
  });
});
