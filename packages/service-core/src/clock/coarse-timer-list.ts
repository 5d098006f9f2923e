import type { Timer } from './clock.ts';
import { COARSE_TICK_MS, coarseNowMs } from './coarse-time.ts';

/**
 * All running timers of one duration, in the order in which they elapse, behind one system timer.
 *
 * @remarks
 * Equal durations elapse in the order of their start, so starting appends and cancelling unlinks: no heap.
 * The system timer keeps the process alive only while a timer is running.
 */
export class CoarseTimerList {
  readonly #durationMs: number;
  readonly #onRetired: () => void;
  #first: CoarseTimer | undefined;
  #last: CoarseTimer | undefined;
  #handle: ReturnType<typeof setTimeout> | undefined;
  #size = 0;

  /** @param onRetired - Called when the list has been without timers for a whole duration. */
  constructor(durationMs: number, onRetired: () => void) {
    this.#durationMs = durationMs;
    this.#onRetired = onRetired;
  }

  /** Number of running timers. */
  get size(): number {
    return this.#size;
  }

  /** Starts a timer that elapses one duration from now. */
  start(onElapsed: () => void): Timer {
    // One tick more than asked for makes up for the age of the coarse time.
    const timer = new CoarseTimer(this, coarseNowMs() + this.#durationMs + COARSE_TICK_MS, onElapsed);
    if (this.#last === undefined) this.#first = timer;
    else {
      this.#last.next = timer;
      timer.previous = this.#last;
    }
    this.#last = timer;
    this.#size++;
    if (this.#handle === undefined) this.#arm(this.#durationMs + COARSE_TICK_MS);
    else if (this.#size === 1) this.#handle.ref();
    return timer;
  }

  /** Takes a timer out of the list. */
  unlink(timer: CoarseTimer): void {
    if (timer.previous === undefined) this.#first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === undefined) this.#last = timer.previous;
    else timer.next.previous = timer.previous;
    timer.previous = timer.next = undefined;
    this.#size--;
    if (this.#size === 0) this.#handle?.unref();
  }

  #arm(delayMs: number): void {
    // Beyond its maximum setTimeout would fire at once; the sweep arms again for what is left.
    this.#handle = setTimeout(() => this.#sweep(), Math.min(delayMs, MAX_SYSTEM_DELAY_MS));
  }

  #sweep(): void {
    this.#handle = undefined;
    const nowMs = performance.now();
    try {
      for (let timer = this.#first; timer !== undefined && timer.atMs <= nowMs; timer = this.#first) timer.elapse();
    } finally {
      // A callback may throw, or start a timer of this very list: the rest must still be served.
      if (this.#handle === undefined) this.#armForFirst(nowMs);
    }
  }

  #armForFirst(nowMs: number): void {
    if (this.#first !== undefined) this.#arm(Math.max(1, this.#first.atMs - nowMs));
    else this.#onRetired();
  }
}

class CoarseTimer implements Timer {
  readonly #onElapsed: () => void;
  #list: CoarseTimerList | undefined;
  readonly atMs: number;
  previous: CoarseTimer | undefined;
  next: CoarseTimer | undefined;

  constructor(list: CoarseTimerList, atMs: number, onElapsed: () => void) {
    this.#list = list;
    this.atMs = atMs;
    this.#onElapsed = onElapsed;
  }

  cancel(): void {
    const list = this.#list;
    this.#list = undefined;
    list?.unlink(this);
  }

  elapse(): void {
    this.cancel();
    this.#onElapsed();
  }
}

const MAX_SYSTEM_DELAY_MS = 2 ** 31 - 1;
