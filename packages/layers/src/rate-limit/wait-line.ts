import type { AbortListener, AbortScope, Clock, Timer } from '@lamella/service-core';
import type { RateLimitDecision } from './gcra.ts';

/** How a line takes for its head. */
export type TakeForHead = (cost: number) => RateLimitDecision | Promise<RateLimitDecision>;

/**
 * Those who wait for the limit of one key, strictly in the order of arrival.
 *
 * @remarks
 * Only the head asks for its turn, when it is told that it may come; the others cost nothing while they wait.
 */
export class WaitLine {
  readonly #clock: Clock;
  readonly #take: TakeForHead;
  readonly #onEmpty: () => void;
  readonly #waiters = new Set<Waiter>(); // in the order of arrival
  #timer: Timer | undefined;
  #nextTryMs = 0;
  #isTaking = false;
  #queuedCost = 0;

  constructor(clock: Clock, take: TakeForHead, onEmpty: () => void) {
    this.#clock = clock;
    this.#take = take;
    this.#onEmpty = onEmpty;
  }

  /** When the turn of a newcomer will come, in milliseconds from now, if `costMs` is what one unit takes to come. */
  turnAfterMs(cost: number, costMs: number): number {
    const headCost = this.#head()?.cost ?? 0;
    const headMs = Math.max(0, this.#nextTryMs - this.#clock.nowMs());
    return headMs + (this.#queuedCost - headCost + cost) * costMs;
  }

  /**
   * Waits at the end of the line. Resolves when the cost has been taken.
   *
   * @param firstTryMs - When to ask for the first time, if the line was empty.
   * @param maxWaitMs - Rejects with what `tooLong` makes when that has passed.
   */
  join(cost: number, scope: AbortScope, firstTryMs: number, maxWaitMs: number, tooLong: () => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { cost, resolve, reject, timer: undefined, listener: undefined };
      this.#waiters.add(waiter);
      this.#queuedCost += cost;
      waiter.timer = this.#clock.startTimer(maxWaitMs, () => {
        // Who may come just now comes: it is a matter of chance which of two timers for the same moment elapses first.
        if (this.#nextTryMs <= this.#clock.nowMs()) void this.#serveHead();
        if (this.#leave(waiter)) reject(tooLong());
      });
      waiter.listener = scope.onAbort((reason) => {
        this.#leave(waiter);
        reject(reason);
      });
      if (this.#waiters.size === 1) this.#tryAfter(firstTryMs);
    });
  }

  #tryAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#nextTryMs = this.#clock.nowMs() + delayMs;
    this.#timer = this.#clock.startTimer(delayMs, () => {
      this.#timer = undefined;
      void this.#serveHead();
    });
  }

  /** Never rejects: what goes wrong goes to the head. */
  async #serveHead(): Promise<void> {
    if (this.#isTaking) return;
    this.#isTaking = true;
    for (let head = this.#head(); head !== undefined; head = this.#head()) {
      try {
        const taken = this.#take(head.cost);
        const decision = taken instanceof Promise ? await taken : taken;
        // A head that left in the meantime leaves its turn to nobody: what was taken is taken.
        if (!decision.allowed) {
          if (this.#waiters.size > 0) this.#tryAfter(decision.retryAfterMs);
          break;
        }
        if (this.#leave(head)) head.resolve();
      } catch (error) {
        if (this.#leave(head)) head.reject(error);
      }
    }
    this.#isTaking = false;
  }

  #head(): Waiter | undefined {
    for (const waiter of this.#waiters) return waiter;
    return undefined;
  }

  /** @returns Whether it was still in the line. */
  #leave(waiter: Waiter): boolean {
    if (!this.#waiters.delete(waiter)) return false;
    this.#queuedCost -= waiter.cost;
    waiter.timer?.cancel();
    waiter.listener?.close();
    if (this.#waiters.size > 0) return true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#onEmpty();
    return true;
  }
}

interface Waiter {
  readonly cost: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  timer: Timer | undefined;
  listener: AbortListener | undefined;
}
