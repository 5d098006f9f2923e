import type { Clock } from '@lamella/service-core';

/** Whose servers want HTTP/1.1, as far as they have said so lately. */
export class Http1Memory {
  readonly #clock: Clock;
  /** Until when it holds, on the monotonic clock, in the order in which it ends. */
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether HTTP/1.1 is wanted there. */
  has(key: string): boolean {
    if (this.#untilMs.size === 0) return false;
    const untilMs = this.#untilMs.get(key);
    if (untilMs === undefined) return false;
    if (this.#clock.coarseNowMs() < untilMs) return true;
    this.#untilMs.delete(key);
    return false;
  }

  /** A server has said that it wants HTTP/1.1. */
  note(key: string): void {
    this.#untilMs.delete(key);
    this.#untilMs.set(key, this.#clock.coarseNowMs() + HOLDS_MS);
    const [first] = this.#untilMs.keys();
    if (this.#untilMs.size > MAX_KEYS && first !== undefined) this.#untilMs.delete(first);
  }
}

/** A server that is set up anew is found again by then, for one request in vain. */
const HOLDS_MS = 600_000;
const MAX_KEYS = 1_000;
