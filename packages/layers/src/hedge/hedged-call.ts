import type { AbortListener, Clock, Service, Timer } from '@lamella/service-core';
import { AbortScope, ClosedError, tellFailure } from '@lamella/service-core';
import type { Attemptable } from '../attempt/attempt.ts';
import { attemptInput } from '../attempt/attempt.ts';

/** What a {@link HedgedCall} is made of. */
export interface HedgedCallParts<Input, Output> {
  readonly inner: Service<Input, Output>;
  /** The input as the layer got it. */
  readonly caller: Input;
  /** Makes what an attempt is made of. */
  readonly prepare: (attempt: number) => Input;
  /** Frees an output that came too late. */
  readonly discard: (output: Output) => void;
  /** How long to wait before each further attempt, in milliseconds. */
  readonly waitMs: number;
  readonly maxAttempts: number;
  /** Asked before each further attempt. */
  readonly mayHedge: () => boolean;
  /** Hears how long the attempt that won took, in milliseconds. */
  readonly onLatency: (latencyMs: number) => void;
  readonly clock: Clock;
}

/** One call with up to `maxAttempts` attempts at the same time, of which the first output wins. */
export class HedgedCall<Input extends Attemptable<Input>, Output> {
  /** Settles as the call does. */
  readonly outcome: Promise<Output>;
  readonly #parts: HedgedCallParts<Input, Output>;
  readonly #running = new Set<AbortScope>();
  readonly #listener: AbortListener;
  readonly #resolve: (output: Output) => void;
  readonly #reject: (error: unknown) => void;
  #timer: Timer | undefined;
  #attempts = 0;
  #isOver = false;

  constructor(parts: HedgedCallParts<Input, Output>) {
    const { promise, resolve, reject } = Promise.withResolvers<Output>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#parts = parts;
    // Attempts are aborted by their own scopes, which stand below the caller's.
    this.#listener = parts.caller.scope.onAbort((reason) => {
      this.#end();
      reject(reason);
    });
    this.#start();
  }

  #start(): void {
    const { inner, caller, prepare, maxAttempts, waitMs, clock } = this.#parts;
    const attempt = ++this.#attempts;
    const scope = new AbortScope(caller.scope);
    this.#running.add(scope);
    const startMs = clock.nowMs();
    try {
      const input = attemptInput(prepare(attempt), caller, attempt, scope);
      inner.serve(input).then(
        (output) => this.#onOutput(scope, output, clock.nowMs() - startMs),
        (error: unknown) => this.#onError(scope, error),
      );
    } catch (error) {
      this.#onError(scope, error);
    }
    if (!this.#isOver && attempt < maxAttempts) this.#timer = clock.startTimer(waitMs, () => this.#hedge());
  }

  #hedge(): void {
    this.#timer = undefined;
    if (this.#parts.mayHedge()) this.#start();
  }

  #onOutput(scope: AbortScope, output: Output, latencyMs: number): void {
    this.#running.delete(scope);
    if (this.#isOver) {
      this.#parts.discard(output);
      return;
    }
    scope.close(); // says that the work has ended; what streams on still hears of an abort
    this.#parts.onLatency(latencyMs);
    this.#resolve(output);
    this.#end();
  }

  #onError(scope: AbortScope, error: unknown): void {
    this.#running.delete(scope);
    scope.close();
    if (this.#isOver || this.#running.size > 0) return;
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#listener.close();
    if (this.#running.size === 0) return;
    const reason = new ClosedError('another attempt has answered first');
    for (const loser of this.#running) {
      try {
        loser.abort(reason);
      } catch (error) {
        // The caller has its answer, and the other attempts shall end as well.
        tellFailure('the end of an attempt that was too late', error);
      }
    }
  }
}
