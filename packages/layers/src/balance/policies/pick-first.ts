import type { BalancePolicy } from '../balance-policy.ts';
import type { BalancedEndpoint } from '../endpoint.ts';

/**
 * Stays with one endpoint, the first one at first, as long as its calls do not fail; then goes on to the next one.
 *
 * @remarks
 * For servers of which one is enough, and every connection has a price. All clients that know the endpoints in the same order go to the same
 * one. Weights say nothing. What counts as a failure is for the balancer to say: `isFailure`.
 *
 * @example
 * const echo = serviceFn(async (input: string) => input);
 * const endpoints = [{ id: 'a', service: echo }, { id: 'b', service: echo }];
 * const service = balancer({ endpoints, policy: pickFirst() });
 */
export function pickFirst(): BalancePolicy {
  let current: BalancedEndpoint | undefined;
  let failures = 0;
  return {
    pick(candidates, { all }) {
      const isGood = current !== undefined && current.failures === failures && candidates.includes(current);
      const next = isGood ? current : nextOf(candidates, all, current);
      if (next === undefined) throw new RangeError('there is nothing to choose from');
      if (next !== current || !isGood) failures = next.failures;
      current = next;
      return next;
    },
  };
}

/** The first candidate behind `current`, and from the start again. */
function nextOf(
  candidates: readonly BalancedEndpoint[],
  all: readonly BalancedEndpoint[],
  current: BalancedEndpoint | undefined,
): BalancedEndpoint | undefined {
  const start = current === undefined ? 0 : all.indexOf(current) + 1;
  const chosen = new Set(candidates);
  for (let step = 0; step < all.length; step++) {
    const endpoint = all[(start + step) % all.length];
    if (endpoint !== undefined && chosen.has(endpoint)) return endpoint;
  }
  return candidates[0];
}
