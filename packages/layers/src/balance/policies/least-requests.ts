import type { BalanceContext, BalancePolicy } from '../balance-policy.ts';
import type { BalancedEndpoint } from '../endpoint.ts';

/**
 * Takes the endpoint with the fewest calls under way for its weight; among equals, one by chance.
 *
 * @remarks
 * Looks at every endpoint for each call. Several balancers before the same endpoints all see the same idle one, and run to it
 * together; `powerOfTwoChoices` does not.
 *
 * @example
 * const service = balancer({ endpoints, policy: leastRequests() });
 */
export function leastRequests(): BalancePolicy {
  return {
    pick(candidates, { random }) {
      let best = first(candidates);
      let least = loadOf(best);
      let equals = 1;
      for (let index = 1; index < candidates.length; index++) {
        const endpoint = candidates[index] as BalancedEndpoint; // within its length
        const load = loadOf(endpoint);
        if (load > least) continue;
        equals = load < least ? 1 : equals + 1;
        // Each of the equals is kept with the same chance, without a list of them.
        if (equals === 1 || random() * equals < 1) best = endpoint;
        least = load;
      }
      return best;
    },
  };
}

/**
 * Looks at two endpoints by chance and takes the one with fewer calls under way for its weight.
 *
 * @remarks
 * As good as `leastRequests` in practice, at the cost of two looks however many endpoints there are, and without the rush of several
 * balancers to the same one. The default.
 *
 * @example
 * const service = balancer({ endpoints, policy: powerOfTwoChoices() });
 */
export function powerOfTwoChoices(): BalancePolicy {
  return { pick: (candidates, context) => betterOfTwo(candidates, context) };
}

/** The better one of two that are chosen by chance. */
export function betterOfTwo(
  candidates: readonly BalancedEndpoint[],
  { random }: Pick<BalanceContext<unknown>, 'random'>,
): BalancedEndpoint {
  const { length } = candidates;
  if (length === 1) return first(candidates);
  const one = Math.floor(random() * length);
  const step = 1 + Math.floor(random() * (length - 1));
  const [here, there] = [candidates[one], candidates[(one + step) % length]] as [BalancedEndpoint, BalancedEndpoint]; // within its length
  return loadOf(there) < loadOf(here) ? there : here;
}

/** Calls under way if this one comes too, for the weight. */
function loadOf({ active, weight }: BalancedEndpoint): number {
  return (active + 1) / weight;
}

function first(candidates: readonly BalancedEndpoint[]): BalancedEndpoint {
  const [endpoint] = candidates;
  if (endpoint === undefined) throw new RangeError('there is nothing to choose from');
  return endpoint;
}
