import { describe, expect, it } from 'vitest';
import { ByteCursor } from './byte-cursor.ts';

describe('ByteCursor', () => {
  it('gives bytes one by one, and nothing at the end', () => {
    const cursor = new ByteCursor(Uint8Array.of(0, 255));
    expect([cursor.peek(), cursor.next(), cursor.peek(), cursor.next()]).toEqual([0, 0, 255, 255]);
    expect([cursor.peek(), cursor.next(), cursor.remaining]).toEqual([undefined, undefined, 0]);
  });

  it('stays between its position and its end, whatever is around them', () => {
    const cursor = new ByteCursor(Uint8Array.of(9, 1, 2, 9), 1, 3);
    expect(cursor.remaining).toBe(2);
    expect([...cursor.take(5)]).toEqual([1, 2]);
    expect([cursor.next(), cursor.remaining, [...cursor.take(1)]]).toEqual([undefined, 0, []]);
  });

  it('takes views, not copies', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const cursor = new ByteCursor(bytes);
    const taken = cursor.take(2);
    bytes[0] = 7;
    expect([...taken]).toEqual([7, 2]);
    expect(cursor.position).toBe(2);
  });
});
