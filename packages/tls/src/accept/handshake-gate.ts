import type { AbortScope, Clock } from '@lamella/service-core';
import { LimitError, TimeoutError } from '@lamella/service-core';

/** Limits of a {@link HandshakeGate}. */
export interface HandshakeGateOptions {
  readonly maxConcurrentHandshakes: number;
  readonly maxWaitingHandshakes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Lets in so many at a time; the others wait in line, not for ever, and not too many of them. */
export class HandshakeGate {
  readonly #options: HandshakeGateOptions;
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(options: HandshakeGateOptions) {
    this.#options = options;
  }

  /**
   * Enters, at once if there is room.
   *
   * @returns `undefined` if there was room, else a promise to wait for. It rejects with LimitError, TimeoutError or the reason of
   * `scope`; who is in has to {@link leave}.
   */
  enter(scope: AbortScope): Promise<void> | undefined {
    const { maxConcurrentHandshakes, maxWaitingHandshakes } = this.#options;
    if (this.#count < maxConcurrentHandshakes) {
      this.#count++;
      return undefined;
    }
    if (this.#waiting.size < maxWaitingHandshakes) return this.#wait(scope);
    const observed = this.#waiting.size + 1;
    const facts = { layer: 'tls', phase: 'handshake' };
    return Promise.reject(
      new LimitError({ limit: 'maxWaitingHandshakes', maximum: maxWaitingHandshakes, observed, facts }),
    );
  }

  /** Makes room: whoever waits the longest is in. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#count--;
    else next();
  }

  async #wait(scope: AbortScope): Promise<void> {
    const { timeoutMs, clock } = this.#options;
    const turn = Promise.withResolvers<void>();
    const enter = (): void => {
      this.#waiting.delete(enter);
      turn.resolve();
    };
    // At once, not when the promise is looked at: a turn that was given to who has left would be lost.
    const giveUp = (reason: unknown): void => {
      this.#waiting.delete(enter);
      turn.reject(reason);
    };
    this.#waiting.add(enter);
    const facts = { layer: 'tls', phase: 'handshake' };
    const timer = clock.startTimer(timeoutMs, () => giveUp(new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts })));
    const listener = scope.onAbort(giveUp);
    try {
      await turn.promise;
    } finally {
      timer.cancel();
      listener.close();
    }
  }
}
