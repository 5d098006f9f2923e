import type { HttpAttempt, HttpRequest, HttpResponse } from '@lamella/http';
import { httpRetryLayer } from '@lamella/http';
import type { Backoff } from '@lamella/layers';
import { exponentialBackoff, retryBudget } from '@lamella/layers';
import type { Clock, Layer } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import { CliError, EXIT, messageOf } from '../cli-error.ts';
import { sendExitCode } from './exit-code.ts';

/** What `--retry` and its sisters say. */
export interface SendRetriesOptions {
  /** Most retries of the whole command. */
  readonly count: number;
  /** Wait in front of each, in milliseconds; `undefined`: 1 second, twice as long each time, up to 10 minutes. */
  readonly delayMs: number | undefined;
  /** Whether any failure is worth a retry. */
  readonly hasAllErrors: boolean;
  /** Whether a status of 400 or more is a failure. */
  readonly isFailing: boolean;
  /** Hears of each retry, before the wait. */
  readonly onRetry: (told: { readonly delayMs: number; readonly text: string }) => void;
  /** Hears, once, why there is no retry although there should be one. */
  readonly onStuck: (text: string) => void;
  readonly clock?: Clock;
}

/**
 * The retries of one command, as curl means them.
 *
 * @remarks
 * Worth a retry are a name that is not found, whatever was too slow, and the statuses 408, 429, 500, 502, 503 and 504, by any method;
 * with `hasAllErrors` any failure but a wrong command. {@link layer} repeats single requests, whose responses nobody has seen yet; what is
 * worth a retry behind that goes by {@link delayAfter}, and begins the command anew.
 */
export class SendRetries {
  readonly #options: SendRetriesOptions;
  readonly #backoff: Backoff;
  #left: number;
  #isStuck = false;

  constructor(options: SendRetriesOptions) {
    this.#options = options;
    this.#left = options.count;
    const { delayMs } = options;
    const growing = exponentialBackoff({ minDelayMs: 1_000, maxDelayMs: 600_000, jitterRatio: 0 });
    // Counted over the whole command, which may have several requests.
    this.#backoff = { delayMs: () => delayMs ?? growing.delayMs(options.count - this.#left + 1) };
  }

  /** Repeats requests by these methods. */
  layer(methods: readonly string[]): Layer<HttpRequest, HttpResponse> {
    const { count, clock = systemClock } = this.#options;
    const retrying = httpRetryLayer({
      maxAttempts: count + 1,
      methods,
      statuses: this.#statuses(),
      maxRetryAfterMs: Number.POSITIVE_INFINITY, // as long as the server says, as curl does
      backoff: this.#backoff,
      budget: retryBudget({ minRetriesPerSecond: Number.POSITIVE_INFINITY }), // `count` is the only bound
      shouldRetry: (attempt) => this.#left > 0 && this.#isWorthOne(attempt),
      onRetry: ({ result, delayMs }) => this.#take(delayMs, reasonOf(result)),
      clock,
    });
    return (inner) => {
      const service = retrying(inner);
      return {
        serve: async (request) => {
          try {
            const response = await service.serve(request);
            if (this.#statuses().includes(response.status)) this.#tellIfStuck(request);
            return response;
          } catch (error) {
            if (this.#isWorth(error)) this.#tellIfStuck(request);
            throw error;
          }
        },
      };
    };
  }

  /**
   * Takes a retry for a failure that ended the command, and says how long to wait before.
   *
   * @param findObstacle - Says why the command can not begin anew, if it can't; asked if it should.
   * @returns Milliseconds, or `undefined` if that was all.
   */
  async delayAfter(error: unknown, findObstacle: () => Promise<string | undefined>): Promise<number | undefined> {
    if (this.#left === 0 || !this.#isWorth(error)) return undefined;
    const obstacle = await findObstacle();
    if (obstacle !== undefined) {
      this.#tellStuck(obstacle);
      return undefined;
    }
    const delayMs = this.#backoff.delayMs(1);
    this.#take(delayMs, messageOf(error));
    return delayMs;
  }

  #statuses(): readonly number[] {
    const { hasAllErrors, isFailing } = this.#options;
    return hasAllErrors && isFailing ? ALL_FAILURES : TRANSIENT_STATUSES;
  }

  #isWorthOne(attempt: HttpAttempt): boolean {
    return attempt.outcome === 'ok' || this.#isWorth(attempt.error); // the layer has looked at the status
  }

  #isWorth(error: unknown): boolean {
    const exitCode = sendExitCode(error);
    if (TRANSIENT_EXITS.has(exitCode)) return !(error instanceof CliError);
    if (!this.#options.hasAllErrors) return false;
    // What we refuse to do, we refuse every time.
    return error instanceof CliError ? REPEATABLE_REFUSALS.has(exitCode) : exitCode !== EXIT.usage;
  }

  #take(delayMs: number, reason: string): void {
    this.#left--;
    const left = this.#left === 0 ? 'the last time' : `${this.#left} more left`;
    this.#options.onRetry({ delayMs, text: `Trying again in ${delayMs / 1_000} s, ${left}: ${reason}` });
  }

  #tellIfStuck({ body }: HttpRequest): void {
    if (this.#left > 0 && !body.canClone) this.#tellStuck(ONCE);
  }

  #tellStuck(obstacle: string): void {
    if (!this.#isStuck) this.#options.onStuck(`not tried again: ${obstacle}`);
    this.#isStuck = true;
  }
}

function reasonOf(attempt: HttpAttempt): string {
  if (attempt.outcome === 'error') return messageOf(attempt.error);
  return `the server answered ${attempt.output.status} ${attempt.output.reason}`.trimEnd();
}

/** Why content stands in the way of a retry. */
export const ONCE = 'the content can be sent only once';
const TRANSIENT_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504];
const ALL_FAILURES: readonly number[] = Array.from({ length: 200 }, (_none, index) => 400 + index);
const TRANSIENT_EXITS: ReadonlySet<number> = new Set([EXIT.proxyNotFound, EXIT.nameNotFound, EXIT.timedOut]);
const REPEATABLE_REFUSALS: ReadonlySet<number> = new Set([EXIT.httpError, EXIT.tooManyRedirects]);
