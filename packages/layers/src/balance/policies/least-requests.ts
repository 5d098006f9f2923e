import type { BalanceContext, BalancePolicy } from '../balance-policy.ts';
import type { BalancedEndpoint } from '../endpoint.ts';

/**
 * Takes the endpoint with the fewest calls under way for its weight; among equals, one by chance and weight.
 *
 * @remarks
 * Looks at every endpoint for each call. Several balancers before the same endpoints all see the same idle one, and run to it
 * together; `powerOfTwoChoices` does not.
 *
 * @example
 * const echo = serviceFn(async (input: string) => input);
 * const endpoints = [{ id: 'a', service: echo }, { id: 'b', service: echo }];
 * const service = balancer({ endpoints, policy: leastRequests() });
 */
export function leastRequests(): BalancePolicy {
  return {
    pick(candidates, { random }) {
      let best: BalancedEndpoint | undefined;
      let least = Number.POSITIVE_INFINITY;
      let weightOfEquals = 0;
      for (const endpoint of candidates) {
        const load = loadOf(endpoint);
        if (load > least) continue;
        weightOfEquals = load < least ? endpoint.weight : weightOfEquals + endpoint.weight;
        // Each of the equals is kept with the chance that its weight gives it, without a list of them.
        if (load < least || random() * weightOfEquals < endpoint.weight) best = endpoint;
        least = load;
      }
      return required(best);
    },
  };
}

/**
 * Looks at two endpoints by chance and weight, and takes the one with fewer calls under way for its weight.
 *
 * @remarks
 * As good as `leastRequests` in practice, at the cost of two looks however many endpoints there are, and without the rush of several
 * balancers to the same one. The default.
 *
 * @example
 * const echo = serviceFn(async (input: string) => input);
 * const endpoints = [{ id: 'a', service: echo }, { id: 'b', service: echo }];
 * const service = balancer({ endpoints, policy: powerOfTwoChoices() });
 */
export function powerOfTwoChoices(): BalancePolicy {
  return { pick: (candidates, context) => betterOfTwo(candidates, context) };
}

/** The better one of two that are chosen by chance and weight; the first one, if both are as good. */
export function betterOfTwo(
  candidates: readonly BalancedEndpoint[],
  { random }: Pick<BalanceContext<unknown>, 'random'>,
): BalancedEndpoint {
  const total = totalWeight(candidates);
  const one = drawn(candidates, random() * total, undefined);
  if (candidates.length === 1) return one;
  const other = drawn(candidates, random() * (total - one.weight), one);
  return loadOf(other) < loadOf(one) ? other : one;
}

function totalWeight(candidates: readonly BalancedEndpoint[]): number {
  let total = 0;
  for (const { weight } of candidates) total += weight;
  return total;
}

/** The endpoint at a place on the line of all weights, `except` left out. */
function drawn(
  candidates: readonly BalancedEndpoint[],
  place: number,
  except: BalancedEndpoint | undefined,
): BalancedEndpoint {
  let rest = place;
  let last: BalancedEndpoint | undefined;
  for (const endpoint of candidates) {
    if (endpoint === except) continue;
    last = endpoint;
    rest -= endpoint.weight;
    if (rest < 0) break;
  }
  return required(last); // sums of fractions may fall short by a hair: then it is the last one
}

/** Calls under way for the weight: nothing is nothing, however much an endpoint could bear. */
function loadOf({ active, weight }: BalancedEndpoint): number {
  return active / weight;
}

function required(endpoint: BalancedEndpoint | undefined): BalancedEndpoint {
  if (endpoint === undefined) throw new RangeError('there is nothing to choose from');
  return endpoint;
}
