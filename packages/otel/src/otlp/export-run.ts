import type { Timer } from '@lamella/service-core';
import { AbortScope, sleep, TimeoutError } from '@lamella/service-core';
import { OtlpError } from '../errors.ts';
import type { OtlpSignal } from '../receiver/otlp-data.ts';
import type { OtlpExporterOptions } from './otlp-exporter-options.ts';
import type { OtlpOutcome, OtlpTransport } from './otlp-transport.ts';

/** What all exports of an exporter have in common. */
export interface ExportTerms {
  readonly signal: OtlpSignal;
  readonly transport: OtlpTransport;
  readonly options: Required<OtlpExporterOptions>;
}

/** One export: its attempts, and the time for all of them, which begins when it is made. */
export class ExportRun {
  readonly #terms: ExportTerms;
  readonly #bytes: Uint8Array;
  readonly #scope = new AbortScope();
  readonly #endMs: number;
  readonly #timer: Timer;

  constructor(terms: ExportTerms, bytes: Uint8Array) {
    const { clock, timeoutMs } = terms.options;
    this.#terms = terms;
    this.#bytes = bytes;
    this.#endMs = clock.nowMs() + timeoutMs;
    this.#timer = clock.startTimer(timeoutMs, () =>
      this.#scope.abort(new TimeoutError({ limit: 'timeoutMs', timeoutMs })),
    );
  }

  /** Gives it up, at once. */
  abort(reason: unknown): void {
    this.#scope.abort(reason);
  }

  /** Calls `listener` when the time is over, or it is given up; for one that waits in a queue. */
  onAbort(listener: (reason: unknown) => void): { close(): void } {
    return this.#scope.onAbort(listener);
  }

  /** Ends it; every run must be ended. */
  end(): void {
    this.#timer.cancel();
    this.#scope.close();
  }

  /** Makes attempts until one succeeds. @returns The collector's answer. Rejects with what the last attempt failed with. */
  async send(): Promise<Uint8Array> {
    const { maxAttempts } = this.#terms.options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt();
      if (outcome.type === 'taken') return outcome.answer;
      if (outcome.type === 'refused') throw new OtlpError('LML_ERR_OTLP_REFUSED', outcome.message);
      const waitMs = this.#waitMs(attempt, outcome.retryAfterMs);
      if (attempt >= maxAttempts || waitMs >= this.#leftMs) {
        throw new OtlpError('LML_ERR_OTLP_UNAVAILABLE', outcome.message, { cause: outcome.cause });
      }
      await sleep(this.#terms.options.clock, waitMs, this.#scope);
    }
  }

  get #leftMs(): number {
    return this.#endMs - this.#terms.options.clock.nowMs();
  }

  /** What could not be reached may be there later. */
  async #attempt(): Promise<OtlpOutcome & { readonly cause?: unknown }> {
    const { signal, transport } = this.#terms;
    this.#scope.throwIfAborted();
    const attempt = { signal, bytes: this.#bytes, timeoutMs: Math.max(1, this.#leftMs), scope: this.#scope };
    try {
      return await this.#race(transport.send(attempt));
    } catch (error) {
      if (this.#scope.aborted) throw error;
      return { type: 'busy', message: 'the collector could not be reached', cause: error };
    }
  }

  #waitMs(attempt: number, retryAfterMs: number | undefined): number {
    const { backoffMs, maxBackoffMs, random } = this.#terms.options;
    const baseMs = Math.min(maxBackoffMs, backoffMs * 1.5 ** (attempt - 1));
    return Math.max(baseMs * (0.8 + 0.4 * random()), retryAfterMs ?? 0);
  }

  /** A transport that does not hear of the end of the time must not hold an export. */
  async #race<Value>(work: Promise<Value>): Promise<Value> {
    const { promise, reject } = Promise.withResolvers<never>();
    const listener = this.#scope.onAbort(reject);
    try {
      return await Promise.race([work, promise]);
    } finally {
      listener.close();
    }
  }
}
