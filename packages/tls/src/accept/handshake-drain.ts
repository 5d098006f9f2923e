import type { Drainable } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';

/** What a {@link HandshakeDrain} needs. */
export interface HandshakeDrainOptions {
  /** Whether the client has sent something. */
  readonly hasBegun: () => boolean;
  /** Ends the handshake. */
  readonly abort: (reason: unknown) => void;
}

/** A handshake that takes part in draining: one that the client has not begun ends at once, others may go on until the grace is over. */
export class HandshakeDrain implements Drainable {
  readonly protocol = 'tls-handshake';
  readonly drained: Promise<void>;
  /** Says that it has ended. */
  readonly end: () => void;
  readonly #options: HandshakeDrainOptions;
  #wasIdle = false;

  constructor(options: HandshakeDrainOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.drained = promise;
    this.end = resolve;
    this.#options = options;
  }

  get isIdle(): boolean {
    return !this.#options.hasBegun();
  }

  /** Whether it was ended because nothing had come: nobody has to hear of that. */
  get wasIdle(): boolean {
    return this.#wasIdle;
  }

  startDrain(): void {
    if (!this.isIdle) return;
    this.#wasIdle = true;
    this.#options.abort(new ClosedError('the server is shutting down'));
  }

  destroy(reason: unknown): void {
    this.#options.abort(reason);
  }
}
