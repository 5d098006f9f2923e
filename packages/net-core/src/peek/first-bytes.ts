import type { Clock, Lifecycle, Timer } from '@lamella/service-core';
import { ClosedError, TimeoutError } from '@lamella/service-core';
import { afterFirstMoment } from '../connection/after-first-moment.ts';

/** What a {@link FirstBytes} needs. */
export interface FirstBytesOptions {
  /** What is waited for, as the error of a silent peer calls it. */
  readonly phase: string;
  /** Longest wait, in milliseconds, greater than 0. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
  /** Where the wait takes part in draining. */
  readonly lifecycle?: Lifecycle | undefined;
}

/**
 * The wait for what a peer says first: it ends by a deadline, by a signal, or since the server leaves and the peer has said nothing.
 *
 * @remarks
 * A peer that has said nothing has nothing under way, such as a connection that a browser keeps in store: a drain lets it go when its first moment is
 * over. Who has begun is waited for.
 */
export class FirstBytes {
  readonly #options: FirstBytesOptions;
  readonly #waiting = new AbortController();
  readonly #timer: Timer;
  readonly #ended: (() => void) | undefined;
  #timeout: TimeoutError | undefined;
  #hasBegun = false;
  #wasLetGo = false;

  constructor(options: FirstBytesOptions) {
    const { phase, timeoutMs, clock, signal, lifecycle } = options;
    this.#options = options;
    this.#timer = clock.startTimer(timeoutMs, () => {
      this.#timeout = new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { phase } });
      this.#waiting.abort(this.#timeout);
    });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#ended = lifecycle === undefined ? undefined : this.#takePart(lifecycle, clock);
  }

  /** Ends the reads that wait. */
  get signal(): AbortSignal {
    return this.#waiting.signal;
  }

  /** Whether the peer has said something. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The peer has said something. */
  begin(): void {
    this.#hasBegun = true;
  }

  /** Whether a drain has ended the wait since nothing had come: nobody's failure. */
  get wasLetGo(): boolean {
    return this.#wasLetGo;
  }

  /** Whether `error` is that of the deadline. */
  isTimeout(error: unknown): boolean {
    return error !== undefined && error === this.#timeout;
  }

  /** The wait is over. */
  end(): void {
    this.#timer.cancel();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#ended?.();
  }

  readonly #onAbort = (): void => this.#waiting.abort(this.#options.signal?.reason);

  /** @returns What to call when the wait has ended. */
  #takePart(lifecycle: Lifecycle, clock: Clock): () => void {
    const sinceMs = clock.nowMs();
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    const isIdle = (): boolean => !this.#hasBegun;
    let firstMoment: Timer | undefined;
    const registration = lifecycle.register({
      protocol: 'first-bytes',
      get isIdle() {
        return isIdle();
      },
      startDrain: () => {
        firstMoment = afterFirstMoment(clock, sinceMs, () => this.#letGo());
      },
      drained,
      destroy: (reason) => this.#waiting.abort(reason),
    });
    return () => {
      firstMoment?.cancel();
      resolve();
      registration[Symbol.dispose]();
    };
  }

  #letGo(): void {
    if (this.#hasBegun || this.#waiting.signal.aborted) return;
    this.#wasLetGo = true;
    this.#waiting.abort(new ClosedError('the server is shutting down'));
  }
}
