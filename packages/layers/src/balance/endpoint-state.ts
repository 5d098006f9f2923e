import type { Clock, Timer } from '@lamella/service-core';
import type { EjectionOptions } from './ejection.ts';
import { EjectionLength, OutcomeWindow } from './ejection.ts';
import type { BalancedEndpoint, Endpoint, EndpointHealth } from './endpoint.ts';

/** One endpoint of a balancer, and all that it remembers of it. */
export class EndpointState<Input, Output> implements BalancedEndpoint {
  endpoint: Endpoint<Input, Output>;
  readonly outcomes: OutcomeWindow | undefined;
  readonly ejectionLength: EjectionLength | undefined;
  active = 0;
  calls = 0;
  failures = 0;
  ejections = 0;
  isHealthy: boolean;
  /** Ends the ejection, while there is one. */
  ejection: Timer | undefined;
  /** Stops the active checks. */
  stopChecks: (() => void) | undefined;
  isRemoved = false;
  readonly #clock: Clock;
  readonly #slowStartMs: number;
  /** Since when it takes a growing share; `undefined` once it takes all of its own. */
  #startedMs: number | undefined;

  constructor(
    endpoint: Endpoint<Input, Output>,
    options: {
      readonly clock: Clock;
      readonly slowStartMs: number;
      readonly isHealthy: boolean;
      readonly ejection: Required<EjectionOptions> | undefined;
    },
  ) {
    this.endpoint = endpoint;
    this.outcomes = options.ejection && new OutcomeWindow(options.ejection);
    this.ejectionLength = options.ejection && new EjectionLength(options.ejection);
    this.isHealthy = options.isHealthy;
    this.#clock = options.clock;
    this.#slowStartMs = options.slowStartMs;
  }

  get id(): string {
    return this.endpoint.id;
  }

  get fullWeight(): number {
    return this.endpoint.weight ?? 1;
  }

  get weight(): number {
    const weight = this.fullWeight;
    if (this.#startedMs === undefined) return weight;
    const share = (this.#clock.coarseNowMs() - this.#startedMs) / this.#slowStartMs;
    if (share < 1) return weight * Math.max(LEAST_SHARE, share);
    this.#startedMs = undefined;
    return weight;
  }

  get health(): EndpointHealth {
    if (this.ejection !== undefined) return 'ejected';
    return this.isHealthy ? 'available' : 'unhealthy';
  }

  /** From now on it takes a share that grows to its own. */
  startSlowly(): void {
    if (this.#slowStartMs > 0) this.#startedMs = this.#clock.coarseNowMs();
  }

  /** Lets go of all timers. */
  stop(): void {
    this.ejection?.cancel();
    this.ejection = undefined;
    this.stopChecks?.();
    this.stopChecks = undefined;
  }
}

const LEAST_SHARE = 0.1;
