import type { Clock } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';

/** How a check came out. */
export interface CheckOutcome {
  readonly name: string;
  readonly isWell: boolean;
  readonly durationMs: number;
  /** What was wrong, for people who may know. */
  readonly error: string | undefined;
}

/** Runs a check once at a time, bounded by time, and remembers how it came out for a while. */
export class HealthCheck {
  readonly #name: string;
  readonly #check: (signal: AbortSignal) => unknown;
  readonly #options: { readonly timeoutMs: number; readonly cacheMs: number; readonly clock: Clock };
  #running: Promise<CheckOutcome> | undefined;
  #known: { readonly outcome: CheckOutcome; readonly atMs: number } | undefined;

  constructor(
    name: string,
    check: (signal: AbortSignal) => unknown,
    options: { readonly timeoutMs: number; readonly cacheMs: number; readonly clock: Clock },
  ) {
    this.#name = name;
    this.#check = check;
    this.#options = options;
  }

  outcome(): Promise<CheckOutcome> {
    const { cacheMs, clock } = this.#options;
    if (this.#known !== undefined && clock.nowMs() - this.#known.atMs < cacheMs) {
      return Promise.resolve(this.#known.outcome);
    }
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<CheckOutcome> {
    const { clock, timeoutMs } = this.#options;
    const startMs = clock.nowMs();
    let error: string | undefined;
    let isWell = false;
    try {
      isWell = (await this.#inTime(timeoutMs)) !== false;
      if (!isWell) error = 'it says so';
    } catch (cause) {
      error = cause instanceof Error ? cause.message : String(cause);
    }
    const outcome = { name: this.#name, isWell, durationMs: clock.nowMs() - startMs, error };
    this.#known = { outcome, atMs: clock.nowMs() };
    return outcome;
  }

  /** A check that does not listen to its signal is not waited for. */
  #inTime(timeoutMs: number): Promise<unknown> {
    const controller = new AbortController();
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = this.#options.clock.startTimer(timeoutMs, () => {
      const error = new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { phase: 'health check' } });
      controller.abort(error);
      reject(error);
    });
    const checked = (async () => this.#check(controller.signal))();
    return Promise.race([checked, promise]).finally(() => timer.cancel());
  }
}
