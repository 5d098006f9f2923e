import type { Timer } from './clock.ts';
import { COARSE_TICK_MS } from './coarse-time.ts';
import { outsideOfCalls } from './outside-of-calls.ts';

/**
 * All running timers of one duration, in the order in which they elapse, behind one system timer.
 *
 * @remarks
 * Equal durations elapse in the order of their start, so starting appends and cancelling unlinks: no heap.
 * The system timer keeps the process alive only while a timer is running, and comes a tick late, so that what elapses
 * within one tick elapses together.
 */
export class CoarseTimerList {
  readonly #durationMs: number;
  readonly #onRetired: () => void;
  #first: CoarseTimer | undefined;
  #last: CoarseTimer | undefined;
  #handle: ReturnType<typeof setTimeout> | undefined;
  #isSweeping = false;
  #size = 0;

  /** @param onRetired - Called once, when the list has been without timers for a while; it must not be used after. */
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
    // Not the coarse time: after a blocked turn it is behind by as much, and the timer would elapse as much too early.
    const timer = new CoarseTimer(this, performance.now() + this.#durationMs, onElapsed);
    if (this.#last === undefined) this.#first = timer;
    else {
      this.#last.next = timer;
      timer.previous = this.#last;
    }
    this.#last = timer;
    this.#size++;
    if (this.#isSweeping) return timer; // the sweep arms at its end
    if (this.#handle === undefined) this.#arm(this.#durationMs);
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
    if (this.#size === 0 && !this.#isSweeping) this.#rest();
  }

  /** Without timers. A list of a long duration goes at once: whoever names ever new durations must not fill the memory. */
  #rest(): void {
    if (this.#durationMs <= MAX_REST_MS) {
      this.#handle?.unref();
      return;
    }
    clearTimeout(this.#handle);
    this.#handle = undefined;
    this.#onRetired();
  }

  #arm(delayMs: number): void {
    // Beyond its maximum setTimeout would fire at once; the sweep arms again for what is left.
    const systemDelayMs = Math.min(delayMs + COARSE_TICK_MS, MAX_SYSTEM_DELAY_MS);
    this.#handle = outsideOfCalls(() => setTimeout(() => this.#sweep(), systemDelayMs));
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#isSweeping = true;
    try {
      for (let timer = this.#first; timer !== undefined && timer.atMs <= nowMs; timer = this.#first) timer.elapse();
    } finally {
      this.#isSweeping = false;
      this.#armForFirst(nowMs);
    }
  }

  /** A callback may have thrown, or started a timer of this very list: the rest must still be served. */
  #armForFirst(nowMs: number): void {
    this.#handle = undefined;
    if (this.#first === undefined) this.#onRetired();
    // What is due already was left behind by a callback that threw.
    else this.#arm(Math.max(0, this.#first.atMs - nowMs));
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
/** The longest duration whose list is kept without timers, in milliseconds: there are 1,200 at most. */
const MAX_REST_MS = 60_000;
