import type { Clock, Timer } from '../clock/clock.ts';

/** Options of {@link FakeClock}. */
export interface FakeClockOptions {
  /** What `epochMs()` says at the start, in milliseconds since the Unix epoch. Default 2020-01-01T00:00:00Z. */
  readonly epochMs?: number;
}

/**
 * A {@link Clock} that stands still until a test moves it.
 *
 * @remarks
 * Timers elapse in the order of their times, equal times in the order of their starts. A timer that a
 * callback starts elapses in the same `advance`, if its time has come too.
 *
 * @example
 * const clock = new FakeClock();
 * clock.startTimer(250, () => console.log('elapsed'));
 * clock.advance(249); // nothing
 * clock.advance(1); // elapsed
 */
export class FakeClock implements Clock {
  readonly #startEpochMs: number;
  readonly #timers: FakeTimer[] = []; // a binary heap, the next timer to elapse first
  #nowMs = 0;
  #started = 0;
  #pending = 0;

  constructor(options: FakeClockOptions = {}) {
    this.#startEpochMs = options.epochMs ?? Date.UTC(2020, 0, 1);
  }

  /** Timers started and neither elapsed nor cancelled. */
  get pendingTimers(): number {
    return this.#pending;
  }

  /** When the next timer elapses, as `nowMs()` will then say, or `undefined` if none is pending. */
  get nextTimerMs(): number | undefined {
    this.#dropCancelled();
    return this.#timers[0]?.atMs;
  }

  readonly nowMs = (): number => this.#nowMs;

  readonly coarseNowMs = (): number => this.#nowMs;

  readonly epochMs = (): number => this.#startEpochMs + this.#nowMs;

  readonly startTimer = (delayMs: number, onElapsed: () => void): Timer => {
    const timer: FakeTimer = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#started++,
      onElapsed,
      isPending: true,
    };
    this.#pending++;
    this.#push(timer);
    return { cancel: () => this.#end(timer) };
  };

  /**
   * Moves time on, and runs every timer whose time comes, at its time.
   *
   * @param durationMs - In milliseconds, at least 0.
   */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    while (this.#elapseNext(untilMs));
    this.#nowMs = untilMs;
  }

  /**
   * Moves time on like {@link advance}, and lets everything that waits on promises run before the first timer,
   * after each timer and at the end. This is how a whole memory network lives through simulated time.
   *
   * @param durationMs - In milliseconds, at least 0.
   */
  async advanceAsync(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    await settle();
    while (this.#elapseNext(untilMs)) await settle();
    this.#nowMs = untilMs;
    await settle();
  }

  #elapseNext(untilMs: number): boolean {
    this.#dropCancelled();
    const timer = this.#timers[0];
    if (timer === undefined || timer.atMs > untilMs) return false;
    this.#pop();
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    this.#end(timer);
    timer.onElapsed();
    return true;
  }

  #end(timer: FakeTimer): void {
    if (!timer.isPending) return;
    timer.isPending = false;
    this.#pending--;
  }

  #dropCancelled(): void {
    while (this.#timers[0]?.isPending === false) this.#pop();
  }

  #push(timer: FakeTimer): void {
    const heap = this.#timers;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!swapIfLater(heap, above, index)) return;
      index = above;
    }
  }

  #pop(): void {
    const heap = this.#timers;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const right = left + 1;
      const earlier = right < heap.length && isLater(heap[left], heap[right]) ? right : left;
      if (earlier >= heap.length || !swapIfLater(heap, index, earlier)) return;
      index = earlier;
    }
  }
}

/**
 * Waits until nothing is left that runs without time passing: promises, microtasks and immediates.
 *
 * @param rounds - How many turns of the event loop to give. Default 4.
 */
export async function settle(rounds = 4): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}

interface FakeTimer {
  readonly atMs: number;
  readonly order: number;
  readonly onElapsed: () => void;
  isPending: boolean;
}

function isLater(first: FakeTimer | undefined, second: FakeTimer | undefined): boolean {
  if (first === undefined || second === undefined) return false;
  return first.atMs === second.atMs ? first.order > second.order : first.atMs > second.atMs;
}

function swapIfLater(heap: FakeTimer[], above: number, below: number): boolean {
  const upper = heap[above];
  const lower = heap[below];
  if (upper === undefined || lower === undefined || !isLater(upper, lower)) return false;
  heap[above] = lower;
  heap[below] = upper;
  return true;
}
