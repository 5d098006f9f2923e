import type { BalancePolicy } from '../balance-policy.ts';
import type { BalancedEndpoint } from '../endpoint.ts';

/**
 * Takes the endpoints in turns, those with more weight more often, and evenly spread.
 *
 * @remarks
 * Smooth weighted round robin: with weights 5, 1, 1 the turns are a a b a c a a, never five of one in a row. With equal weights that is
 * plain round robin. What is chosen does not depend on how long calls take: prefer `leastRequests` where that differs.
 *
 * @example
 * const echo = serviceFn(async (input: string) => input);
 * const endpoints = [{ id: 'a', service: echo }, { id: 'b', service: echo }];
 * const service = balancer({ endpoints, policy: roundRobin() });
 */
export function roundRobin(): BalancePolicy {
  /** What each endpoint is owed; one that is gone takes its entry with it. */
  const credits = new WeakMap<BalancedEndpoint, number>();
  return {
    pick(candidates) {
      let total = 0;
      let best: BalancedEndpoint | undefined;
      let most = Number.NEGATIVE_INFINITY;
      for (const endpoint of candidates) {
        const { weight } = endpoint;
        const credit = (credits.get(endpoint) ?? 0) + weight;
        credits.set(endpoint, credit);
        total += weight;
        if (credit > most) {
          most = credit;
          best = endpoint;
        }
      }
      if (best === undefined) throw new RangeError('there is nothing to choose from');
      credits.set(best, most - total);
      return best;
    },
  };
}
