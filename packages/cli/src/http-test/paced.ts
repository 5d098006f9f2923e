import type { Clock, Timer } from '@lamella/service-core';

/** What {@link paced} gives, and when. */
export interface PacedOptions<Item> {
  /** Number of items. */
  readonly count: number;
  /** Time from one item to the next, in milliseconds; the first comes at once. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly make: (index: number) => Item;
}

/**
 * Gives items, each at its time.
 *
 * @remarks
 * No generator: one that waits can't be ended before it wakes, and a client that has left would be remembered until then. Times count
 * from the first item, so that delays do not add up.
 */
export function paced<Item>({ count, intervalMs, clock, make }: PacedOptions<Item>): AsyncIterableIterator<Item> {
  let index = 0;
  let startMs: number | undefined;
  let timer: Timer | undefined;
  let wake: (() => void) | undefined;

  const wait = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      timer = clock.startTimer(delayMs, resolve);
    });

  return {
    async next() {
      if (index >= count) return { value: undefined, done: true };
      startMs ??= clock.nowMs();
      const delayMs = startMs + index * intervalMs - clock.nowMs();
      if (delayMs > 0) await wait(delayMs);
      if (index >= count) return { value: undefined, done: true };
      return { value: make(index++), done: false };
    },
    async return() {
      index = count;
      timer?.cancel();
      wake?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
