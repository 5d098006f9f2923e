import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

afterEach(() => vi.useRealTimers());

describe('timers of the system clock that are shared', () => {
  it('call back outside of the call that started the first of them, and of all others', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
    const storage = new AsyncLocalStorage<string>();
    const armedIn: (string | undefined)[] = [];
    const { setTimeout: fake } = globalThis;
    vi.stubGlobal('setTimeout', (...parameters: Parameters<typeof fake>) => {
      armedIn.push(storage.getStore());
      return fake(...parameters);
    });
    try {
      let elapsed = 0;
      storage.run('first', () => systemClock.startTimer(1_000, () => elapsed++));
      storage.run('second', () => systemClock.startTimer(1_000, () => elapsed++));
      storage.run('reads', () => systemClock.coarseNowMs());
      expect(storage.run('own', () => storage.getStore())).toBe('own');
      vi.advanceTimersByTime(1_200);
      expect(elapsed).toBe(2);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(armedIn.length).toBeGreaterThanOrEqual(2);
    expect(new Set(armedIn)).toEqual(new Set([undefined]));
  });
});
