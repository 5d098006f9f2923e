import type { Clock, Drainable, Timer } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';
import { afterFirstMoment } from './after-first-moment.ts';

/** What a {@link FirstBytesDrain} needs. */
export interface FirstBytesDrainOptions {
  /** Under which name the report of a drain counts it. */
  readonly protocol: string;
  /** Whether the peer has sent something, as far as it is heard. */
  readonly hasBegun: () => boolean;
  /** Ends the wait. */
  readonly abort: (reason: unknown) => void;
  /** Source of time. */
  readonly clock: Clock;
}

/**
 * The begin of a connection as a part of a drain.
 *
 * @remarks
 * A peer that has said nothing has nothing under way, such as a connection that a browser keeps in store: it is let go when its first moment is over. Who
 * has begun may go on until the grace is over, and so may who is not heard yet: what they have sent is not known.
 */
export class FirstBytesDrain implements Drainable {
  readonly protocol: string;
  readonly drained: Promise<void>;
  readonly #options: FirstBytesDrainOptions;
  readonly #resolve: () => void;
  /** Since when the peer is heard. */
  #sinceMs: number | undefined;
  #isDraining = false;
  #firstMoment: Timer | undefined;
  #wasIdle = false;

  constructor(options: FirstBytesDrainOptions) {
    this.protocol = options.protocol;
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

  /** The peer is heard from now on. */
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
