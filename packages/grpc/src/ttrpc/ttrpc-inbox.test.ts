import { describe, expect, it, vi } from 'vitest';
import { TtrpcInbox } from './ttrpc-inbox.ts';

describe('messages that wait', () => {
  it('are given in their order, however many of them were taken before the next ones come', async () => {
    const { inbox, held } = setup();
    let pushed = 0;
    let taken = 0;
    for (const [pushes, takes] of [
      [5, 2],
      [3, 4],
      [0, 2],
      [4, 1],
      [1, 4],
    ] as const) {
      for (let count = 0; count < pushes; count++) inbox.push(new Uint8Array([pushed++]));
      for (let count = 0; count < takes; count++) expect((await inbox.next()).value).toEqual(new Uint8Array([taken++]));
      expect(held()).toBe((pushed - taken) * 129);
    }
    expect(taken).toBe(pushed);
    inbox.end();
    expect(await inbox.next()).toEqual({ done: true, value: undefined });
  });

  it('do not keep the chunk that they came in', async () => {
    const { inbox } = setup();
    const chunk = Buffer.alloc(65_536, 'x');
    inbox.push(chunk.subarray(10, 13));
    const { value } = await inbox.next();
    expect([value, value?.buffer.byteLength]).toEqual([Uint8Array.of(0x78, 0x78, 0x78), 3]);
  });

  it('weigh nothing when nobody wants them any more', async () => {
    const { inbox, held } = setup();
    for (let count = 0; count < 4; count++) inbox.push(new Uint8Array(10));
    await inbox.next();
    expect(held()).toBe(3 * 138);
    inbox.fail(new Error('over'));
    expect(held()).toBe(0);
    await expect(inbox.next()).rejects.toThrow('over');
    inbox.push(new Uint8Array(1));
    expect(held()).toBe(0);
  });

  it('are not moved for each that is taken', async () => {
    const { inbox } = setup();
    for (let count = 0; count < 64_000; count++) inbox.push(new Uint8Array(0));
    const moves = [vi.spyOn(Array.prototype, 'shift'), vi.spyOn(Array.prototype, 'splice')];
    for (let count = 0; count < 64_000; count++) await inbox.next();
    const count = moves.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    for (const move of moves) move.mockRestore();
    expect(count).toBeLessThan(100);
  });
});

function setup() {
  let bytes = 0;
  const inbox = new TtrpcInbox({
    hold(more) {
      bytes += more;
    },
  });
  return { inbox, held: () => bytes };
}
