import { describe, expect, it } from 'vitest';
import { ReadMemory } from './read-memory.ts';

describe('ReadMemory', () => {
  it('lends no more than its limit, and the same pieces again', () => {
    const memory = new ReadMemory(2_000);
    const pieces = [memory.lend(1_000), memory.lend(1_000)];
    expect(memory.lend(1)).toBeUndefined();
    expect(memory.lentBytes).toBe(2_000);
    memory.giveBack(pieceOf(pieces[0]));
    expect(memory.lend(1_000)?.buffer).toBe(pieces[0]?.buffer);
  });

  it('counts what was kept as gone, and takes all of it back when it is needed no longer', () => {
    const memory = new ReadMemory(1_000);
    const piece = pieceOf(memory.lend(1_000));
    memory.forget(piece, 700);
    expect(memory.lentBytes).toBe(0);
    memory.recover(piece.subarray(0, 700));
    const again = memory.lend(1_000);
    expect(again?.buffer).toBe(piece.buffer);
    expect(again).toHaveLength(1_000);
  });

  it.each([
    { what: 'a part from the start', take: (piece: Buffer) => piece.subarray(0, 699) },
    { what: 'a part to the end', take: (piece: Buffer) => piece.subarray(1, 700) },
    { what: 'more than was read', take: (piece: Buffer) => piece },
    { what: 'other memory', take: () => Buffer.alloc(700) },
  ])('does not take back $what, since the rest may be with somebody else', ({ take }) => {
    const memory = new ReadMemory(1_000);
    const piece = pieceOf(memory.lend(1_000));
    memory.forget(piece, 700);
    memory.recover(take(piece));
    expect(memory.lend(1_000)?.buffer).not.toBe(piece.buffer);
  });

  it('takes nothing back twice, nor what is lent', () => {
    const memory = new ReadMemory(3_000);
    const piece = pieceOf(memory.lend(1_000));
    memory.recover(piece);
    expect(memory.lend(1_000)?.buffer).not.toBe(piece.buffer);
    memory.forget(piece, 1_000);
    memory.recover(piece);
    memory.recover(piece);
    expect(memory.lend(1_000)?.buffer).toBe(piece.buffer);
    expect(memory.lend(1_000)?.buffer).not.toBe(piece.buffer);
  });
});

function pieceOf(lent: Buffer | undefined): Buffer {
  if (lent === undefined) throw new Error('nothing was lent');
  return lent;
}
