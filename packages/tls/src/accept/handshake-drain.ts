import { afterFirstMoment } from '@lamella/net-core';
import type { Clock, Drainable, Timer } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';

/** What a {@link HandshakeDrain} needs. */
export interface HandshakeDrainOptions {
  /** Whether the client has sent something. */
  readonly hasBegun: () => boolean;
  /** Ends the handshake. */
  readonly abort: (reason: unknown) => void;
  readonly clock: Clock;
}

/**
 * A handshake that takes part in draining: one that the client has not begun ends when its first moment is over, others may go on until the grace is
 * over.
 */
export class HandshakeDrain implements Drainable {
  readonly protocol = 'tls-handshake';
  readonly drained: Promise<void>;
  readonly #options: HandshakeDrainOptions;
  readonly #sinceMs: number;
  readonly #resolve: () => void;
  #firstMoment: Timer | undefined;
  #wasIdle = false;

  constructor(options: HandshakeDrainOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.drained = promise;
    this.#resolve = resolve;
    this.#options = options;
    this.#sinceMs = options.clock.nowMs();
  }

  get isIdle(): boolean {
    return !this.#options.hasBegun();
  }

  /** Whether it was ended because nothing had come: nobody has to hear of that. */
  get wasIdle(): boolean {
    return this.#wasIdle;
  }

  startDrain(): void {
    this.#firstMoment = afterFirstMoment(this.#options.clock, this.#sinceMs, () => this.#leave());
  }

  /** It has ended. */
  end(): void {
    this.#firstMoment?.cancel();
    this.#resolve();
  }

  #leave(): void {
    if (!this.isIdle) return;
    this.#wasIdle = true;
    this.#options.abort(new ClosedError('the server is shutting down'));
  }

  destroy(reason: unknown): void {
    this.#options.abort(reason);
  }
}
