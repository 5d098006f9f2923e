import type { Cell, Drainable, Lifecycle } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';
import { disposeOutput } from '../shared/dispose-output.ts';
import { isCallerAbort } from '../shared/is-caller-abort.ts';
import type { BalanceContext, BalancePolicy } from './balance-policy.ts';
import type { Balancer, BalancerOptions } from './balancer-options.ts';
import type { BalancedEndpoint, Endpoint } from './endpoint.ts';
import type { EndpointPool } from './endpoint-pool.ts';
import type { EndpointState } from './endpoint-state.ts';
import { NoEndpointError } from './no-endpoint-error.ts';

/** What {@link LeasedCalls} works by. */
export interface LeasedCallsOptions<Input, Output>
  extends Pick<BalancerOptions<Input, Output>, 'endpoints'>,
    Pick<Required<BalancerOptions<Input, Output>>, 'name' | 'random'> {
  readonly policy: BalancePolicy<Input>;
  readonly isFailure: BalancerOptions<Input, Output>['isFailure'] | undefined;
  readonly holdUntil: BalancerOptions<Input, Output>['holdUntil'] | undefined;
  readonly avoid: BalancerOptions<Input, Output>['avoid'] | undefined;
  readonly onPick: BalancerOptions<Input, Output>['onPick'] | undefined;
  readonly lifecycle: Lifecycle | undefined;
}

/** The service of a balancer: chooses an endpoint for each call, and keeps the books. */
export class LeasedCalls<Input, Output> implements Balancer<Input, Output>, Drainable {
  readonly protocol = 'balancer' as const;
  readonly drained: Promise<void>;
  readonly #pool: EndpointPool<Input, Output>;
  readonly #options: LeasedCallsOptions<Input, Output>;
  readonly #watch: Disposable | undefined;
  readonly #registration: Disposable | undefined;
  readonly #resolveDrained: () => void;
  readonly #closed: Promise<void>;
  readonly #resolveClosed: () => void;
  #active = 0;
  #isClosed = false;

  constructor(pool: EndpointPool<Input, Output>, options: LeasedCallsOptions<Input, Output>) {
    this.#pool = pool;
    this.#options = options;
    const drained = Promise.withResolvers<void>();
    this.drained = drained.promise;
    this.#resolveDrained = drained.resolve;
    const closed = Promise.withResolvers<void>();
    this.#closed = closed.promise;
    this.#resolveClosed = closed.resolve;
    const { endpoints } = options;
    pool.replace(isCell(endpoints) ? endpoints.get() : endpoints);
    if (isCell(endpoints)) this.#watch = endpoints.watch((next) => pool.replace(next));
    this.#registration = options.lifecycle?.register(this);
  }

  readonly serve = (input: Input): Promise<Output> => {
    if (this.#isClosed) return Promise.reject(new ClosedError(`${this.#options.name} is closed`));
    let state: EndpointState<Input, Output> | undefined;
    try {
      state = this.#pick(input);
      if (state === undefined) throw new NoEndpointError(this.#options.name, this.#pool.all.length);
      this.#options.onPick?.(state, input);
    } catch (error) {
      return Promise.reject(error);
    }
    const endpoint = state;
    endpoint.active++;
    endpoint.calls++;
    this.#active++;
    try {
      return endpoint.endpoint.service.serve(input).then(
        (output) => this.#succeeded(endpoint, input, output),
        (error: unknown) => this.#failed(endpoint, input, error),
      );
    } catch (error) {
      return Promise.reject(error).catch((reason: unknown) => this.#failed(endpoint, input, reason));
    }
  };

  readonly gauges = (): readonly BalancedEndpoint[] =>
    this.#pool.all.map(({ id, weight, fullWeight, active, calls, failures, ejections, health }) => {
      return { id, weight, fullWeight, active, calls, failures, ejections, health };
    });

  readonly close = (): Promise<void> => {
    this.#isClosed = true;
    this.startDrain();
    if (this.#active === 0) this.#resolveClosed();
    return this.#closed;
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- Drainable: what drains elsewhere may still need the balancer, so calls go on, but nothing is checked any more

  readonly isIdle = true as const;

  startDrain(): void {
    this.#watch?.[Symbol.dispose]();
    this.#pool.stop();
    this.#registration?.[Symbol.dispose]();
    this.#resolveDrained();
  }

  destroy(): void {
    this.startDrain();
  }

  // ---- calls

  #pick(input: Input): EndpointState<Input, Output> | undefined {
    const { policy, avoid, random } = this.#options;
    const { all, candidates } = this.#pool;
    if (candidates.length === 0) return undefined;
    const avoided = avoid?.(input);
    const avoidsNone = avoided === undefined || avoided.size === 0;
    const wanted = avoidsNone ? candidates : candidates.filter(({ id }) => !avoided.has(id));
    // What had better be avoided is better than nothing.
    const choice = wanted.length > 0 ? wanted : candidates;
    const [only] = choice;
    if (choice.length === 1) return only;
    const context: BalanceContext<Input> = { input, random, all };
    return policy.pick(choice, context) as EndpointState<Input, Output>; // one of those that it was given
  }

  #succeeded(state: EndpointState<Input, Output>, input: Input, output: Output): Output {
    const { isFailure, holdUntil } = this.#options;
    let held: ReturnType<NonNullable<typeof holdUntil>>;
    try {
      this.#pool.note(state, isFailure?.({ type: 'output', output }, input) ?? false);
      held = holdUntil?.(output);
    } catch (error) {
      this.#release(state);
      disposeOutput(output);
      throw error;
    }
    if (held === undefined) {
      this.#release(state);
      return output;
    }
    const release = (): void => this.#release(state);
    held.ended.then(release, release);
    return held.output;
  }

  #failed(state: EndpointState<Input, Output>, input: Input, error: unknown): never {
    try {
      const isFailure = this.#options.isFailure?.({ type: 'error', error }, input) ?? !isCallerAbort(input, error);
      if (isFailure) this.#pool.note(state, true);
    } finally {
      this.#release(state);
    }
    throw error;
  }

  #release(state: EndpointState<Input, Output>): void {
    state.active--;
    this.#active--;
    if (this.#isClosed && this.#active === 0) this.#resolveClosed();
  }
}

function isCell<Input, Output>(
  endpoints: BalancerOptions<Input, Output>['endpoints'],
): endpoints is Cell<readonly Endpoint<Input, Output>[]> {
  return !Array.isArray(endpoints);
}
