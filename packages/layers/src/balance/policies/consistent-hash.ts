import { requireCount, requireFunction, requireRange } from '../../shared/checks.ts';
import type { BalancePolicy } from '../balance-policy.ts';
import type { BalancedEndpoint } from '../endpoint.ts';
import { hash32 } from './hash32.ts';
import { betterOfTwo } from './least-requests.ts';

/** Options of {@link consistentHash}. */
export interface ConsistentHashOptions<in Input> {
  /** What decides, such as a user or a path. `undefined`: any endpoint will do. */
  readonly key: (input: Input) => string | undefined;
  /** Points on the ring for a weight of 1, an integer from 1 to 1_000; more spread keys more evenly. Default 100. */
  readonly pointsPerWeight?: number;
  /**
   * How much more than its share of the calls under way an endpoint may have before keys go to the next one on the ring, at least 1.
   * Default `Infinity`: a key always goes to its endpoint.
   */
  readonly maxLoadRatio?: number;
}

/**
 * Sends the same key to the same endpoint, as long as that can be chosen.
 *
 * @remarks
 * A hash ring: an endpoint that comes or goes moves only the keys that were or are to be its own, about one in the number of
 * endpoints. An endpoint that can't be chosen passes its keys to the next ones on the ring, and has them back afterwards. The hash is not
 * keyed: whoever chooses keys can aim them at one endpoint, so bound the load (`maxLoadRatio`) where keys come from clients.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const echo = serviceFn(async (input: { user: string }) => input.user);
 * const endpoints = [{ id: 'a', service: echo }, { id: 'b', service: echo }];
 * const service = balancer({ endpoints, policy: consistentHash({ key: (input: { user: string }) => input.user }) });
 */
export function consistentHash<Input>(options: ConsistentHashOptions<Input>): BalancePolicy<Input> {
  const { key, pointsPerWeight = 100, maxLoadRatio = Number.POSITIVE_INFINITY } = options;
  requireFunction('key', key);
  requireCount('pointsPerWeight', pointsPerWeight, 1);
  requireRange('pointsPerWeight', pointsPerWeight, 1, 1_000);
  requireRange('maxLoadRatio', maxLoadRatio, 1);
  let ring: HashRing | undefined;
  return {
    pick(candidates, context) {
      const value = key(context.input);
      if (value === undefined) return betterOfTwo(candidates, context);
      if (ring?.endpoints !== context.all) ring = new HashRing(context.all, pointsPerWeight);
      const allowed = new Set(candidates);
      const mostPerWeight =
        maxLoadRatio === Number.POSITIVE_INFINITY ? maxLoadRatio : loadPerWeight(candidates) * maxLoadRatio;
      const found = ring.find(hash32(value), (endpoint) => {
        return allowed.has(endpoint) && endpoint.active + 1 <= Math.ceil(mostPerWeight * endpoint.weight);
      });
      // All have more than their share only for a moment: then whoever is next on the ring takes it.
      return found ?? ring.find(hash32(value), (endpoint) => allowed.has(endpoint)) ?? betterOfTwo(candidates, context);
    },
  };
}

/** Calls under way for a weight of 1, the present one included. */
function loadPerWeight(candidates: readonly BalancedEndpoint[]): number {
  let active = 1;
  let weights = 0;
  for (const endpoint of candidates) {
    active += endpoint.active;
    weights += endpoint.weight;
  }
  return active / weights;
}

/** Endpoints at points of a circle of 2^32. */
class HashRing {
  readonly endpoints: readonly BalancedEndpoint[];
  readonly #points: Uint32Array;
  readonly #owners: readonly BalancedEndpoint[];

  constructor(endpoints: readonly BalancedEndpoint[], pointsPerWeight: number) {
    this.endpoints = endpoints;
    const points = endpoints.flatMap((endpoint) => {
      // By the weight that it is to have in the end: a slow start moves no keys.
      const count = Math.min(MAX_POINTS, Math.max(1, Math.round(pointsPerWeight * endpoint.fullWeight)));
      return Array.from({ length: count }, (_, index) => ({ at: hash32(`${endpoint.id}#${index}`), endpoint }));
    });
    points.sort((one, other) => one.at - other.at);
    this.#points = Uint32Array.from(points, ({ at }) => at);
    this.#owners = points.map(({ endpoint }) => endpoint);
  }

  /** The owner of the first point from `at` on whom `accepts` takes. */
  find(at: number, accepts: (endpoint: BalancedEndpoint) => boolean): BalancedEndpoint | undefined {
    const { length } = this.#owners;
    const start = this.#indexFrom(at);
    let last: BalancedEndpoint | undefined;
    for (let step = 0; step < length; step++) {
      const endpoint = this.#owners[(start + step) % length] as BalancedEndpoint; // within its length
      if (endpoint === last) continue;
      if (accepts(endpoint)) return endpoint;
      last = endpoint;
    }
    return undefined;
  }

  #indexFrom(at: number): number {
    let [low, high] = [0, this.#points.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#points[middle] as number) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const MAX_POINTS = 10_000;
