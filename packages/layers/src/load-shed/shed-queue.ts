import type { AbortListener, AbortScope, Clock, Timer } from '@lamella/service-core';
import { LimitError } from '@lamella/service-core';

/** Rules of a {@link ShedQueue}, all set and checked. */
export interface ShedRules {
  readonly maxConcurrent: number;
  readonly maxQueued: number;
  readonly targetMs: number;
  readonly intervalMs: number;
  readonly order: 'fifo' | 'adaptive-lifo';
  readonly clock: Clock;
}

/**
 * Slots, and a queue whose patience depends on whether it gets empty now and then.
 *
 * @remarks
 * As long as the queue was empty at some time within the last `intervalMs` it is a buffer for bursts, and patient:
 * everybody may wait for `intervalMs`. A queue that has not been empty for so long only adds delay: nobody may wait
 * longer than `targetMs` then.
 */
export class ShedQueue {
  readonly #rules: ShedRules;
  readonly #waiters = new Set<Waiter>(); // in the order of arrival
  #newest: Waiter | undefined; // the end of a list over the same waiters, for the other end of the set
  #active = 0;
  #shed = 0;
  #emptyMs: number;
  #timer: Timer | undefined;

  constructor(rules: ShedRules) {
    this.#rules = rules;
    this.#emptyMs = rules.clock.nowMs();
  }

  get active(): number {
    return this.#active;
  }

  get queued(): number {
    return this.#waiters.size;
  }

  get shed(): number {
    return this.#shed;
  }

  /** Whether the queue has not been empty for `intervalMs`. */
  get isOverloaded(): boolean {
    return this.#waiters.size > 0 && this.#rules.clock.nowMs() - this.#emptyMs >= this.#rules.intervalMs;
  }

  /** @returns Whether a slot was free; the caller owns it then and must {@link release} it once. */
  tryTake(): boolean {
    if (this.#active >= this.#rules.maxConcurrent) return false;
    this.#active++;
    return true;
  }

  /** Waits for a slot; when the promise resolves, the caller owns one and must {@link release} it once. */
  wait(scope: AbortScope): Promise<void> {
    const { maxQueued, clock } = this.#rules;
    if (this.#waiters.size >= maxQueued) {
      this.#shed++;
      const observed = this.#waiters.size + 1;
      return Promise.reject(new LimitError({ limit: 'maxQueued', maximum: maxQueued, observed, facts: FACTS }));
    }
    return new Promise((resolve, reject) => {
      if (this.#waiters.size === 0) this.#emptyMs = clock.nowMs();
      const waiter: Waiter = {
        sinceMs: clock.nowMs(),
        resolve,
        reject,
        older: this.#newest,
        newer: undefined,
        listener: undefined,
      };
      if (this.#newest !== undefined) this.#newest.newer = waiter;
      this.#newest = waiter;
      this.#waiters.add(waiter);
      waiter.listener = scope.onAbort((reason) => {
        this.#leave(waiter);
        reject(reason);
      });
      this.#arm();
    });
  }

  /** Gives a slot back: to a waiter who has not waited too long, else it becomes free. */
  release(): void {
    this.#shedOld();
    const isLifo = this.#rules.order === 'adaptive-lifo' && this.isOverloaded;
    const next = isLifo ? this.#newest : this.#oldest();
    if (next === undefined) {
      this.#active--;
      return;
    }
    this.#leave(next);
    next.resolve();
  }

  /** Lets those go who have waited too long. */
  #shedOld(): void {
    const { clock, targetMs, intervalMs } = this.#rules;
    const nowMs = clock.nowMs();
    // Asked once: what is let go now must not make the rest look like a queue that got empty.
    const isOverloaded = this.isOverloaded;
    const maximum = isOverloaded ? targetMs : intervalMs;
    for (const waiter of this.#waiters) {
      const observed = nowMs - waiter.sinceMs;
      if (observed < maximum) break;
      this.#shed++;
      this.#leave(waiter);
      const limit = isOverloaded ? 'targetMs' : 'intervalMs';
      waiter.reject(new LimitError({ limit, maximum, observed, facts: FACTS }));
    }
  }

  /** One timer for all: when the oldest has waited too long, or the queue has been full for too long. */
  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const oldest = this.#oldest();
    if (oldest === undefined) return;
    const { clock, targetMs, intervalMs } = this.#rules;
    const nowMs = clock.nowMs();
    const patienceMs = this.isOverloaded ? targetMs : intervalMs;
    const atMs = Math.min(oldest.sinceMs + patienceMs, Math.max(this.#emptyMs + intervalMs, oldest.sinceMs + targetMs));
    this.#timer = clock.startTimer(Math.max(0, atMs - nowMs), () => {
      this.#timer = undefined;
      this.#shedOld();
      this.#arm();
    });
  }

  #oldest(): Waiter | undefined {
    for (const waiter of this.#waiters) return waiter;
    return undefined;
  }

  #leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (waiter.older !== undefined) waiter.older.newer = waiter.newer;
    if (waiter.newer !== undefined) waiter.newer.older = waiter.older;
    else this.#newest = waiter.older;
    waiter.listener?.close();
    if (this.#waiters.size > 0) return;
    this.#emptyMs = this.#rules.clock.nowMs();
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

interface Waiter {
  readonly sinceMs: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  older: Waiter | undefined;
  newer: Waiter | undefined;
  listener: AbortListener | undefined;
}

/** The inner service never saw the input, so sending it again is safe, though it may be wiser to send it elsewhere. */
const FACTS = { layer: 'load-shed', phase: 'queue', retryable: true } as const;
