import type { Clock, Lifecycle, Timer } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import { FirstBytesDrain } from '../connection/first-bytes-drain.ts';

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

/** The wait for what a peer says first: it ends by a deadline, by a signal, or since the server leaves and the peer has said nothing. */
export class FirstBytes {
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new AbortController();
  readonly #timer: Timer;
  readonly #drain: FirstBytesDrain;
  readonly #registration: Disposable | undefined;
  #timeout: TimeoutError | undefined;
  #hasBegun = false;

  constructor({ phase, timeoutMs, clock, signal, lifecycle }: FirstBytesOptions) {
    this.#signal = signal;
    this.#timer = clock.startTimer(timeoutMs, () => {
      this.#timeout = new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { phase } });
      this.#waiting.abort(this.#timeout);
    });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#drain = new FirstBytesDrain({
      protocol: 'first-bytes',
      hasBegun: () => this.#hasBegun,
      abort: (reason) => this.#waiting.abort(reason),
      clock,
    });
    this.#drain.hear();
    this.#registration = lifecycle?.register(this.#drain);
  }

  /** Ends the reads that wait. */
  get signal(): AbortSignal {
    return this.#waiting.signal;
  }

  /** The peer has said something. */
  begin(): void {
    this.#hasBegun = true;
  }

  /** Whether a drain has ended the wait since nothing had come: nobody's failure. */
  get wasLetGo(): boolean {
    return this.#drain.wasIdle;
  }

  /** Whether `error` is that of the deadline. */
  isTimeout(error: unknown): boolean {
    return error !== undefined && error === this.#timeout;
  }

  /** The wait is over. */
  end(): void {
    this.#timer.cancel();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#drain.end();
    this.#registration?.[Symbol.dispose]();
  }

  readonly #onAbort = (): void => this.#waiting.abort(this.#signal?.reason);
}
