import { describe, expect, it } from 'vitest';
import { visible, visibleJson } from './visible.ts';

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

describe('visibleJson', () => {
  it.each([0, 2])('hides nothing of a value, and means the same, indented by %i', (indent) => {
    const value = { 'a\x9b31m': ['\x7f\x1b[0m', '\u202egnp\u{e0041}', 'a\nb', 'Grüße 👩‍💻'], n: 1.5 };
    const shown = visibleJson(JSON.stringify(value, undefined, indent));
    expect(JSON.parse(shown)).toEqual(value);
    expect(shown).not.toMatch(/[^\P{Cc}\n]|\u202e|\u{e0041}/u);
    expect(shown).toContain('\\u009b31m');
    expect(shown).toContain('\\u202egnp\\udb40\\udc41');
    expect(shown).toContain('Grüße 👩‍💻');
  });
});
