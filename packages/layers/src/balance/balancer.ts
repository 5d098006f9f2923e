import { systemClock, UsageError } from '@lamella/service-core';
import { requireOptionalFunction, requireRange } from '../shared/checks.ts';
import { guardedHook } from '../shared/guarded-hook.ts';
import type { Balancer, BalancerOptions } from './balancer-options.ts';
import { fullEjectionOptions } from './ejection.ts';
import { EndpointPool } from './endpoint-pool.ts';
import { fullHealthCheckOptions } from './health-check.ts';
import { LeasedCalls } from './leased-calls.ts';
import { powerOfTwoChoices } from './policies/least-requests.ts';

/**
 * Spreads calls over endpoints that do the same, and keeps away from those that fail.
 *
 * @remarks
 * Endpoints are any services. One is left out while active checks find it unwell, and for a time after its calls have failed
 * (passive ejection); too many are never left out (`maxEjectedRatio`, `panicRatio`). A call is made once: to try another
 * endpoint, put `retryLayer` outside and say in `avoid` which ones it has tried.
 *
 * The call costs one reaction to the inner promise.
 *
 * @throws UsageError at construction if an option is out of its range, or two endpoints have one id. The service rejects with
 * NoEndpointError `LML_ERR_BALANCE_NO_ENDPOINT` if there is nothing to choose from, else with what the endpoint gives.
 *
 * @example
 * const echo = (name: string) => serviceFn(async (input: string) => `${name}: ${input}`);
 * const service = balancer({
 *   endpoints: [{ id: 'a', service: echo('a') }, { id: 'b', service: echo('b'), weight: 2 }],
 *   policy: roundRobin(),
 * });
 * await service.serve('hello'); // 'b: hello'
 *
 * @public
 */
export function balancer<Input, Output>(options: BalancerOptions<Input, Output>): Balancer<Input, Output> {
  const { slowStartMs = 0, panicRatio = 0.25, clock = systemClock, random = Math.random } = options;
  requireRange('slowStartMs', slowStartMs, 0);
  requireRange('panicRatio', panicRatio, 0, 1);
  for (const name of ['isFailure', 'holdUntil', 'avoid', 'onPick', 'onHealthChange'] as const) {
    requireOptionalFunction(name, options[name]);
  }
  if (options.endpoints === undefined) throw new UsageError('endpoints must be a list or a cell of one');
  const pool = new EndpointPool<Input, Output>({
    slowStartMs,
    panicRatio,
    clock,
    random,
    ejection: options.ejection === false ? undefined : fullEjectionOptions(options.ejection ?? {}),
    healthCheck: options.healthCheck === undefined ? undefined : fullHealthCheckOptions(options.healthCheck),
    onHealthChange: guardedHook('onHealthChange', options.onHealthChange ?? ignore),
  });
  return new LeasedCalls(pool, {
    endpoints: options.endpoints,
    policy: options.policy ?? powerOfTwoChoices(),
    name: options.name ?? 'the balancer',
    isFailure: options.isFailure,
    holdUntil: options.holdUntil,
    avoid: options.avoid,
    onPick: options.onPick,
    lifecycle: options.lifecycle,
    random,
  });
}

function ignore(): void {}
