import type { AbortListener, AbortScope, Clock, Timer } from '@lamella/service-core';
import { LimitError, TimeoutError } from '@lamella/service-core';

/** Limits of a {@link SlotQueue}, all set and checked. */
export interface SlotQueueLimits {
  /** Number of slots. */
  readonly maxConcurrent: number;
  /** How many may wait. */
  readonly maxQueued: number;
  /** Longest wait, in milliseconds. */
  readonly queueTimeoutMs: number;
  /** Source of timers. */
  readonly clock: Clock;
}

/**
 * A number of slots, and a strict first-in-first-out queue of those who wait for one.
 *
 * @remarks
 * A released slot passes to the first waiter directly, without becoming free in between: so as long as anybody waits
 * no slot is free, and a newcomer can't overtake. Joining, leaving from anywhere and moving up are O(1).
 */
export class SlotQueue {
  readonly #limits: SlotQueueLimits;
  #active = 0;
  #queued = 0;
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  constructor(limits: SlotQueueLimits) {
    this.#limits = limits;
  }

  /** Slots that are taken. */
  get active(): number {
    return this.#active;
  }

  /** Waiters in the queue. */
  get queued(): number {
    return this.#queued;
  }

  /** @returns Whether a slot was free; the caller owns it then and must {@link release} it once. */
  tryTake(): boolean {
    if (this.#active >= this.#limits.maxConcurrent) return false;
    this.#active++;
    return true;
  }

  /**
   * Waits for a slot; when the promise resolves, the caller owns one and must {@link release} it once.
   *
   * @remarks
   * An abort between the grant and the reaction to the promise is not seen here: look at the scope again.
   */
  wait(scope: AbortScope): Promise<void> {
    const { maxQueued } = this.#limits;
    if (this.#queued >= maxQueued) {
      const observed = this.#queued + 1;
      return Promise.reject(new LimitError({ limit: 'maxQueued', maximum: maxQueued, observed, facts: FACTS }));
    }
    return new Promise((resolve, reject) => this.#join(new Waiter(resolve, reject), scope));
  }

  /** Gives a slot back: to the first waiter, else it becomes free. */
  release(): void {
    const waiter = this.#first;
    if (waiter === undefined) {
      this.#active--;
      return;
    }
    this.#leave(waiter);
    waiter.resolve();
  }

  #join(waiter: Waiter, scope: AbortScope): void {
    if (this.#last === undefined) this.#first = waiter;
    else {
      this.#last.next = waiter;
      waiter.previous = this.#last;
    }
    this.#last = waiter;
    this.#queued++;

    const { clock, queueTimeoutMs } = this.#limits;
    waiter.timer = clock.startTimer(queueTimeoutMs, () => {
      this.#leave(waiter);
      waiter.reject(new TimeoutError({ limit: 'queueTimeoutMs', timeoutMs: queueTimeoutMs, facts: FACTS }));
    });
    waiter.abortListener = scope.onAbort((reason) => {
      this.#leave(waiter);
      waiter.reject(reason);
    });
  }

  /** Takes a waiter out, wherever it stands. Its timer and its listener end here, so it leaves only once. */
  #leave(waiter: Waiter): void {
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.previous = waiter.next = undefined;
    this.#queued--;

    waiter.timer?.cancel();
    waiter.abortListener?.close();
  }
}

class Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
  timer: Timer | undefined;
  abortListener: AbortListener | undefined;

  constructor(resolve: () => void, reject: (reason: unknown) => void) {
    this.resolve = resolve;
    this.reject = reject;
  }
}

/** The inner service never saw the input, so sending it again is safe. */
const FACTS = { layer: 'concurrency-limit', phase: 'queue', retryable: true } as const;
