import { AbortScope } from '@lamella/service-core';

/** What a {@link Flight} is made of. */
export interface FlightParts<Output> {
  /** Makes the call; called once, at once. */
  readonly start: (scope: AbortScope) => Promise<Output>;
  /** Makes the output of one waiter; `rest` says how many are still to come. */
  readonly share: (output: Output, rest: number) => Output;
  /** Frees an output that nobody waited for to the end. */
  readonly discard: (output: Output) => void;
  /** Nobody may join any more. */
  readonly onClosed: () => void;
}

/** One call that several wait for. It is aborted when the last of them has left. */
export class Flight<Output> {
  readonly #parts: FlightParts<Output>;
  readonly #scope = new AbortScope();
  readonly #waiters = new Set<Waiter<Output>>();
  #isAbandoned = false;

  constructor(parts: FlightParts<Output>) {
    this.#parts = parts;
  }

  /** Makes the call. Whoever joins before has its outcome. */
  start(): void {
    try {
      this.#parts.start(this.#scope).then(
        (output) => this.#onOutput(output),
        (error: unknown) => this.#onError(error),
      );
    } catch (error) {
      this.#onError(error);
    }
  }

  /** Waits for the outcome; an abort of `scope` leaves, and rejects with its reason. */
  join(scope: AbortScope): Promise<Output> {
    return new Promise((resolve, reject) => {
      const listener = scope.onAbort((reason) => {
        this.#waiters.delete(waiter);
        reject(reason);
        if (this.#waiters.size > 0) return;
        this.#isAbandoned = true;
        this.#parts.onClosed();
        this.#scope.abort(reason);
      });
      const waiter: Waiter<Output> = { resolve, reject, close: () => listener.close() };
      this.#waiters.add(waiter);
    });
  }

  #onOutput(output: Output): void {
    if (this.#isAbandoned) {
      this.#parts.discard(output);
      return;
    }
    let rest = this.#waiters.size;
    this.#land((waiter) => {
      try {
        waiter.resolve(this.#parts.share(output, --rest));
      } catch (error) {
        waiter.reject(error);
        if (rest === 0) this.#parts.discard(output); // the last one would have had the original
      }
    });
  }

  #onError(error: unknown): void {
    if (!this.#isAbandoned) this.#land((waiter) => waiter.reject(error));
  }

  #land(settle: (waiter: Waiter<Output>) => void): void {
    this.#parts.onClosed();
    this.#scope.close();
    for (const waiter of this.#waiters) {
      waiter.close();
      settle(waiter);
    }
    this.#waiters.clear();
  }
}

interface Waiter<in Output> {
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
  readonly close: () => void;
}
