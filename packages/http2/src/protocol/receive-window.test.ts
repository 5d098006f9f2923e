import { describe, expect, it } from 'vitest';
import { ReceiveWindow } from './receive-window.ts';

describe('ReceiveWindow', () => {
  it('takes as much as it has, and not one byte more', () => {
    const window = new ReceiveWindow(100, 0);
    expect([window.receive(60), window.receive(40), window.receive(0), window.left]).toEqual([true, true, true, 0]);
    expect(window.receive(1)).toBe(false);
  });

  it('gives back what was read when it is half of it', () => {
    const window = new ReceiveWindow(100, 0);
    window.receive(100);
    expect([window.consume(49, 0, 0, 100), window.left]).toEqual([0, 0]);
    expect([window.consume(1, 0, 0, 100), window.left]).toEqual([50, 50]);
    expect([window.consume(50, 0, 0, 100), window.left]).toEqual([50, 100]);
  });

  it('doubles when it was read empty within two round trips, up to the most that is allowed', () => {
    const window = new ReceiveWindow(100, 0);
    window.receive(100);
    expect([window.consume(50, 39, 20, 350), window.size]).toEqual([150, 200]);
    expect([window.consume(100, 50, 20, 350), window.size]).toEqual([250, 350]);
    expect([window.consume(175, 51, 20, 350), window.size]).toEqual([175, 350]);
  });

  it('stays as it is with a slow reader, with an unknown way, and where it is larger than it may grow', () => {
    const slow = new ReceiveWindow(100, 0);
    expect([slow.consume(50, 40, 20, 1_000), slow.size]).toEqual([50, 100]);
    const unknown = new ReceiveWindow(100, 0);
    expect([unknown.consume(50, 0, 0, 1_000), unknown.size]).toEqual([50, 100]);
    const large = new ReceiveWindow(100, 0);
    expect([large.consume(50, 1, 20, 80), large.size]).toEqual([50, 100]);
  });

  it('never promises more than its size beside what waits to be read', () => {
    const window = new ReceiveWindow(64, 0);
    let waiting = 0;
    for (let round = 0; round < 1_000; round++) {
      const length = Math.min(window.left, 1 + ((round * 37) % 50));
      expect(window.receive(length)).toBe(true);
      waiting += length;
      const read = Math.min(waiting, (round * 13) % 60);
      window.consume(read, round, 5, 4_096);
      waiting -= read;
      expect(window.left + waiting).toBeLessThanOrEqual(window.size);
    }
    expect(window.size).toBe(1_024);
  });

  it('can be told another size, which takes back what it had promised, below zero too', () => {
    const window = new ReceiveWindow(1_000, 0);
    window.receive(300);
    expect([window.resize(-900), window.size, window.left]).toEqual([0, 100, -200]);
    expect([window.receive(0), window.receive(1)]).toEqual([true, false]);
    const read = new ReceiveWindow(1_000, 0);
    read.receive(300);
    read.consume(300, 0, 0, 1_000);
    expect([read.resize(-900), read.size, read.left]).toEqual([300, 100, 100]);
  });
});
