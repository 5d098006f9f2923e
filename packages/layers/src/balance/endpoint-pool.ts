import type { Clock } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { requirePositive } from '../shared/checks.ts';
import type { EjectionOptions } from './ejection.ts';
import type { BalancedEndpoint, Endpoint } from './endpoint.ts';
import { EndpointState } from './endpoint-state.ts';
import type { HealthCheckOptions } from './health-check.ts';
import { HealthChecker } from './health-check.ts';

/** How a call ended. */
export type CallOutcome<Output> =
  | { readonly type: 'output'; readonly output: Output }
  | { readonly type: 'error'; readonly error: unknown };

/** What an {@link EndpointPool} works by; checked already. */
export interface EndpointPoolOptions<Input, Output> {
  readonly slowStartMs: number;
  readonly panicRatio: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ejection: Required<EjectionOptions> | undefined;
  readonly healthCheck: Required<HealthCheckOptions<Input, Output>> | undefined;
  readonly onHealthChange: (endpoint: BalancedEndpoint) => void;
}

/** The endpoints of a balancer, and which of them may be chosen now. */
export class EndpointPool<Input, Output> {
  readonly #options: EndpointPoolOptions<Input, Output>;
  #all: readonly EndpointState<Input, Output>[] = [];
  /** Made anew when an endpoint or its health changes, which is seldom, so that a call only reads it. */
  #candidates: readonly EndpointState<Input, Output>[] = [];
  #hasStarted = false;
  #isStopped = false;

  constructor(options: EndpointPoolOptions<Input, Output>) {
    this.#options = options;
  }

  /** All endpoints; the same array as long as they are the same. */
  get all(): readonly EndpointState<Input, Output>[] {
    return this.#all;
  }

  /** Those that may be chosen now. */
  get candidates(): readonly EndpointState<Input, Output>[] {
    return this.#candidates;
  }

  /** Changes what there is. @throws UsageError if two have one id, or a weight is not greater than 0; nothing changes then. */
  replace(endpoints: readonly Endpoint<Input, Output>[]): void {
    const ids = new Set<string>();
    for (const { id, weight = 1 } of endpoints) {
      if (ids.has(id)) throw new UsageError(`two endpoints have the id ${JSON.stringify(id)}`);
      ids.add(id);
      requirePositive(`weight of ${id}`, weight);
    }
    const known = new Map(this.#all.map((state) => [state.id, state]));
    const next = endpoints.map((endpoint) => {
      const state = known.get(endpoint.id);
      if (state === undefined || state.endpoint.service !== endpoint.service) return this.#add(endpoint);
      known.delete(endpoint.id);
      state.endpoint = endpoint;
      return state;
    });
    for (const gone of known.values()) {
      gone.isRemoved = true;
      gone.stop();
    }
    this.#all = next;
    this.#hasStarted = true;
    this.#update();
  }

  /** Notes how a call of an endpoint ended. */
  note(state: EndpointState<Input, Output>, isFailure: boolean): void {
    if (isFailure) state.failures++;
    const { outcomes } = state;
    if (outcomes === undefined) return;
    if (outcomes.note(isFailure, this.#options.clock.coarseNowMs()) && state.ejection === undefined) this.#eject(state);
  }

  /** Ends all checks and timers, for good: nobody is ejected any more. What is known stays. */
  stop(): void {
    this.#isStopped = true;
    for (const state of this.#all) state.stop();
    this.#update();
  }

  #add(endpoint: Endpoint<Input, Output>): EndpointState<Input, Output> {
    const { clock, random, slowStartMs, ejection, healthCheck } = this.#options;
    const state = new EndpointState(endpoint, {
      clock,
      slowStartMs,
      isHealthy: healthCheck?.initiallyHealthy ?? true,
      ejection,
    });
    // At the very start everything is new, and nothing is spared by holding back.
    if (this.#hasStarted) state.startSlowly();
    if (healthCheck === undefined) return state;
    const onChange = (isHealthy: boolean): void => {
      state.isHealthy = isHealthy;
      if (isHealthy) state.startSlowly();
      this.#update();
      this.#options.onHealthChange(state);
    };
    const checker = new HealthChecker(endpoint, healthCheck, { clock, random, onChange });
    state.stopChecks = () => checker.stop();
    return state;
  }

  #eject(state: EndpointState<Input, Output>): void {
    const { ejection, clock } = this.#options;
    if (
      ejection === undefined ||
      state.ejectionLength === undefined ||
      state.isRemoved ||
      this.#isStopped ||
      !this.#mayEject(ejection.maxEjectedRatio)
    )
      return;
    state.ejections++;
    state.ejection = clock.startTimer(state.ejectionLength.next(clock.coarseNowMs()), () => {
      state.ejection = undefined;
      state.outcomes?.reset(); // calls from before the ejection may have failed during it
      state.startSlowly();
      this.#update();
      this.#options.onHealthChange(state);
    });
    this.#update();
    this.#options.onHealthChange(state);
  }

  /** One of several may always go; more only up to the share. */
  #mayEject(maxEjectedRatio: number): boolean {
    const ejected = this.#all.filter(({ health }) => health === 'ejected').length;
    if (ejected === 0) return this.#all.length > 1 && maxEjectedRatio > 0;
    return (ejected + 1) / this.#all.length <= maxEjectedRatio;
  }

  #update(): void {
    const available = this.#all.filter(({ health }) => health === 'available');
    const isPanic = available.length < this.#all.length * this.#options.panicRatio;
    this.#candidates = isPanic ? this.#all : available;
  }
}
