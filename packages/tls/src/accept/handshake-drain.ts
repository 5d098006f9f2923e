import { afterFirstMoment } from '@lamella/net-core';
import type { Clock, Drainable, Timer } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';

/** What a {@link HandshakeDrain} needs. */
export interface HandshakeDrainOptions {
  /** Whether the client has sent something, as far as it is heard. */
  readonly hasBegun: () => boolean;
  /** Ends the handshake, or the wait for it. */
  readonly abort: (reason: unknown) => void;
  readonly clock: Clock;
}

/**
 * A handshake that takes part in draining: one that the client has not begun ends when its first moment is over, others may go on until the grace is
 * over. So may those who wait for their turn, or for a certificate: what they have sent is not known yet.
 */
export class HandshakeDrain implements Drainable {
  readonly protocol = 'tls-handshake';
  readonly drained: Promise<void>;
  readonly #options: HandshakeDrainOptions;
  readonly #resolve: () => void;
  /** Since when the client is heard. */
  #sinceMs: number | undefined;
  #isDraining = false;
  #firstMoment: Timer | undefined;
  #wasIdle = false;

  constructor(options: HandshakeDrainOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.drained = promise;
    this.#resolve = resolve;
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#sinceMs !== undefined && !this.#options.hasBegun();
  }

  /** Whether it was ended because nothing had come: nobody has to hear of that. */
  get wasIdle(): boolean {
    return this.#wasIdle;
  }

  /** The client is heard from now on. */
  hear(): void {
    this.#sinceMs = this.#options.clock.nowMs();
    if (this.#isDraining) this.#leaveLater(this.#sinceMs);
  }

  startDrain(): void {
    this.#isDraining = true;
    if (this.#sinceMs !== undefined) this.#leaveLater(this.#sinceMs);
  }

  /** It has ended. */
  end(): void {
    this.#firstMoment?.cancel();
    this.#resolve();
  }

  #leaveLater(sinceMs: number): void {
    this.#firstMoment = afterFirstMoment(this.#options.clock, sinceMs, () => this.#leave());
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
