import { AsyncLocalStorage } from 'node:async_hooks';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { TurnWrites } from './turn-writes.ts';

describe('TurnWrites', () => {
  it('has all write at the end of the turn, in their order, and those of the next turn at the end of that', () => {
    const { writes, written, endTurn } = setup();
    expect([writes.gather(writer('a', written)), writes.gather(writer('b', written))]).toEqual([true, true]);
    expect(written).toEqual([]);
    endTurn();
    expect(written).toEqual(['a', 'b']);
    writes.gather(writer('c', written));
    endTurn();
    expect(written).toEqual(['a', 'b', 'c']);
    endTurn();
    expect(written).toEqual(['a', 'b', 'c']);
  });

  it('lets nobody wait for much longer than a millisecond', () => {
    const { writes, written, clock, endTurn } = setup();
    writes.gather(writer('a', written));
    clock.advance(0.9);
    writes.gather(writer('b', written));
    expect(written).toEqual([]);
    clock.advance(0.1);
    writes.gather(writer('c', written));
    expect(written).toEqual(['a', 'b']);
    clock.advance(0.9);
    writes.gather(writer('d', written));
    expect(written).toEqual(['a', 'b']);
    endTurn();
    expect(written).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets no more than 64 wait: what they have to write is held in memory', () => {
    const { writes, written, endTurn } = setup();
    const names = Array.from({ length: 130 }, (_, number) => `${number}`);
    for (const name of names.slice(0, 64)) expect(writes.gather(writer(name, written))).toBe(true);
    expect(written).toEqual([]);
    for (const name of names.slice(64)) expect(writes.gather(writer(name, written))).toBe(true);
    expect(written).toEqual(names.slice(0, 128));
    endTurn();
    expect(written).toEqual(names);
  });

  it('has a connection that is alone write at once, and looks again after 32 writes', () => {
    const { writes, written, endTurn } = setup();
    const ask = (name: string): boolean => writes.gather(writer(name, written));
    for (let turn = 0; turn < 4; turn++) {
      expect(ask('alone')).toBe(true);
      endTurn();
    }
    for (let count = 0; count < 32; count++) expect(ask('alone')).toBe(false);
    expect(ask('alone')).toBe(true);
    endTurn();
    for (let count = 0; count < 32; count++) expect(ask('alone')).toBe(false);
    // Now there are two.
    expect([ask('one'), ask('other')]).toEqual([true, true]);
    endTurn();
    for (let turn = 0; turn < 3; turn++) {
      expect(ask('alone')).toBe(true);
      endTurn();
    }
    expect(ask('alone')).toBe(true);
  });

  it('counts those who wrote before the millisecond was over: nobody of them is alone', () => {
    const { writes, written, clock, endTurn } = setup();
    for (let turn = 0; turn < 10; turn++) {
      expect(writes.gather(writer('a', written))).toBe(true);
      clock.advance(1);
      expect(writes.gather(writer('b', written))).toBe(true);
      endTurn();
    }
    expect(written.length).toBe(20);
  });

  it('keeps none from writing because another one fails, and tells that one', () => {
    const { writes, written, failures, endTurn } = setup();
    const failing = turnOf(() => fail(String(written.push('fails'))), failures);
    for (const each of [writer('a', written), failing, failing, writer('b', written)]) writes.gather(each);
    endTurn();
    expect(written).toEqual(['a', 'fails', 'fails', 'b']);
    expect(failures.map(String)).toEqual(['Error: 2', 'Error: 3']);
  });

  it('has nobody hear of the failure of another one, who writes when a millisecond is over', () => {
    const { writes, written, failures, clock, endTurn } = setup();
    writes.gather(turnOf(() => fail('no'), failures));
    clock.advance(1);
    expect(writes.gather(writer('a', written))).toBe(true);
    expect(failures.map(String)).toEqual(['Error: no']);
    endTurn();
    expect(written).toEqual(['a']);
  });

  it('writes for others outside of the call of whoever comes by', () => {
    const { writes, clock } = setup();
    const calls = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    writes.gather(turnOf(() => seen.push(calls.getStore())));
    clock.advance(1);
    calls.run('of another one', () => writes.gather(writer('a', [])));
    expect(seen).toEqual([undefined]);
  });

  it('leaves what is gathered while others write to the next turn', () => {
    const { writes, written, endTurn } = setup();
    writes.gather(turnOf(() => writes.gather(writer('later', written))));
    writes.gather(writer('now', written));
    endTurn();
    expect(written).toEqual(['now']);
    endTurn();
    expect(written).toEqual(['now', 'later']);
  });
});

function setup() {
  const clock = new FakeClock();
  const due: (() => void)[] = [];
  const failures: unknown[] = [];
  const writes = new TurnWrites(clock, (run) => due.push(run));
  const endTurn = (): void => {
    for (const run of due.splice(0)) run();
  };
  return { writes, clock, written: [] as string[], failures, endTurn };
}

function writer(name: string, written: string[]) {
  return turnOf(() => written.push(name));
}

function turnOf(write: () => unknown, failures: unknown[] = []) {
  return { writeTurn: () => void write(), failTurn: (error: unknown) => void failures.push(error) };
}

function fail(message: string): never {
  throw new Error(message);
}
