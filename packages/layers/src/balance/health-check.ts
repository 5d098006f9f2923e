import type { Clock, Timer } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import { requireCount, requireFunction, requirePositive, requireRange } from '../shared/checks.ts';
import type { Endpoint } from './endpoint.ts';

/** How endpoints are asked whether they are well. */
export interface HealthCheckOptions<Input, Output> {
  /**
   * Asks one. It is well if this resolves to anything but `false`.
   *
   * @param signal - Aborts when the time is up, or nobody wants to know any more.
   */
  readonly check: (endpoint: Endpoint<Input, Output>, signal: AbortSignal) => Promise<unknown>;
  /** Time from the end of one check to the next, in milliseconds, greater than 0. Default 10_000. */
  readonly intervalMs?: number;
  /** Part of that time by which it varies by chance, from 0 to 1, so that checks do not fall together. Default 0.1. */
  readonly jitterRatio?: number;
  /** Longest time for one check, in milliseconds, greater than 0. Default 5_000. */
  readonly timeoutMs?: number;
  /** Good checks in a row that make an endpoint available again, an integer of at least 1. Default 2. */
  readonly rise?: number;
  /** Bad checks in a row that make it unhealthy, an integer of at least 1. Default 3. */
  readonly fall?: number;
  /** Whether an endpoint is used before its first check has ended. Default `true`. */
  readonly initiallyHealthy?: boolean;
}

/** {@link HealthCheckOptions}, complete and checked. @throws UsageError if one is out of its range. */
export function fullHealthCheckOptions<Input, Output>(
  options: HealthCheckOptions<Input, Output>,
): Required<HealthCheckOptions<Input, Output>> {
  const full = {
    check: options.check,
    intervalMs: options.intervalMs ?? 10_000,
    jitterRatio: options.jitterRatio ?? 0.1,
    timeoutMs: options.timeoutMs ?? 5_000,
    rise: options.rise ?? 2,
    fall: options.fall ?? 3,
    initiallyHealthy: options.initiallyHealthy ?? true,
  };
  requireFunction('check', full.check);
  requirePositive('intervalMs', full.intervalMs);
  requireRange('jitterRatio', full.jitterRatio, 0, 1);
  requirePositive('timeoutMs', full.timeoutMs);
  requireCount('rise', full.rise, 1);
  requireCount('fall', full.fall, 1);
  return full;
}

/** What a {@link HealthChecker} needs besides. */
export interface HealthCheckerParts {
  readonly clock: Clock;
  readonly random: () => number;
  /** Hears when the endpoint becomes well or unwell. */
  readonly onChange: (isHealthy: boolean) => void;
}

/** Asks one endpoint, again and again, until it is stopped. The first check starts at once. */
export class HealthChecker<Input, Output> {
  readonly #endpoint: Endpoint<Input, Output>;
  readonly #options: Required<HealthCheckOptions<Input, Output>>;
  readonly #parts: HealthCheckerParts;
  #isHealthy: boolean;
  /** Checks in a row that say the opposite of what is believed. */
  #contrary = 0;
  #isFirst = true;
  #timer: Timer | undefined;
  #controller: AbortController | undefined;
  #isStopped = false;

  constructor(
    endpoint: Endpoint<Input, Output>,
    options: Required<HealthCheckOptions<Input, Output>>,
    parts: HealthCheckerParts,
  ) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#parts = parts;
    this.#isHealthy = options.initiallyHealthy;
    void this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#controller?.abort(new Error('the balancer no longer checks this endpoint'));
  }

  async #run(): Promise<void> {
    const isWell = await this.#ask();
    if (this.#isStopped) return;
    this.#note(isWell);
    if (this.#isStopped) return; // by whoever heard of it
    const { intervalMs, jitterRatio } = this.#options;
    const delayMs = intervalMs * (1 + jitterRatio * (2 * this.#parts.random() - 1));
    this.#timer = this.#parts.clock.startTimer(delayMs, () => void this.#run());
  }

  /** A check that does not listen to its signal is not waited for. */
  async #ask(): Promise<boolean> {
    const { check, timeoutMs } = this.#options;
    const controller = new AbortController();
    this.#controller = controller;
    this.#timer = this.#parts.clock.startTimer(timeoutMs, () => {
      controller.abort(new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { phase: 'health check' } }));
    });
    const aborted = new Promise<false>((resolve) => {
      controller.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    try {
      return (await Promise.race([check(this.#endpoint, controller.signal), aborted])) !== false;
    } catch {
      return false;
    } finally {
      this.#timer.cancel();
      this.#controller = undefined;
    }
  }

  #note(isWell: boolean): void {
    // Nothing is believed yet of an endpoint that was not used so far: the first answer counts.
    const needed = this.#isFirst && !this.#isHealthy ? 1 : isWell ? this.#options.rise : this.#options.fall;
    this.#isFirst = false;
    this.#contrary = isWell === this.#isHealthy ? 0 : this.#contrary + 1;
    if (this.#contrary < needed) return;
    if (isWell === this.#isHealthy) return;
    this.#isHealthy = isWell;
    this.#contrary = 0;
    this.#parts.onChange(isWell);
  }
}
