import type { Cell, Clock, Lifecycle, Timer } from '@lamella/service-core';
import {
  AbortScope,
  ClosedError,
  cell,
  systemClock,
  TimeoutError,
  tellFailure,
  UsageError,
} from '@lamella/service-core';
import { parseDomain } from '../address/domain.ts';
import type { IpAddress } from '../address/ip-address.ts';
import type { Resolver } from '../connection/resolver.ts';
import { resolveRequest } from '../connection/resolver.ts';

/** Options of {@link followName}. */
export interface FollowNameOptions {
  /** Finds the addresses, such as `systemResolver()`. */
  readonly resolver: Resolver;
  /** The name, such as that of a headless service of Kubernetes. */
  readonly host: string;
  /** Families to ask for. Default: both. */
  readonly families?: readonly (4 | 6)[];
  /** Time from one lookup to the next, in milliseconds, greater than 0; varies by a tenth. Default 30_000. */
  readonly intervalMs?: number;
  /** Least time between two lookups, in milliseconds, greater than 0, however often `refresh` is called. Default 5_000. */
  readonly minIntervalMs?: number;
  /** Longest time for a lookup, in milliseconds, greater than 0; then it has failed. Default 15_000. */
  readonly timeoutMs?: number;
  /** Hears when a lookup of a family fails; its addresses stay as they were. Default: nobody. */
  readonly onError?: (error: unknown) => void;
  /** Where the lookups end with draining. Default: nowhere; call `close`. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /** Source of chance: at least 0 and less than 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** The addresses of a name: a cell that follows it. */
export interface FollowedName extends Cell<readonly IpAddress[]>, Disposable {
  /** Looks the name up soon, such as after a failure; at most once in `minIntervalMs`. */
  readonly refresh: () => void;
  /** Resolves when the first lookup is over, whatever it has found, or the lookups have ended. */
  readonly firstLookup: Promise<void>;
  /** What the last lookup failed with; `undefined` if it has not, for one family at least. */
  readonly failure: () => unknown;
  /** Ends the lookups; the addresses stay as they are. */
  readonly close: () => void;
}

/**
 * Follows the addresses of a name.
 *
 * @remarks
 * The name is looked up at once, then every `intervalMs`, however many ask. A family whose lookup fails keeps the addresses that it had,
 * whatever becomes of the other one; and if nothing is found at all, nothing changes: names fail more often than all servers go away. The
 * addresses stand in the order of the resolver, each once; the same ones in another order are no change. Whoever knows better, such as a
 * control plane, may `set` the cell.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const resolver = overrideResolver(memoryNetwork().resolver, { 'api.test': ['192.0.2.7'] });
 * const addresses = followName({ resolver, host: 'api.test' });
 * await addresses.firstLookup;
 * addresses.get().map(String); // ['192.0.2.7']
 * addresses.close();
 */
export function followName(options: FollowNameOptions): FollowedName {
  const { resolver, families = [4, 6], intervalMs = 30_000, minIntervalMs = 5_000, timeoutMs = 15_000 } = options;
  const { onError = ignore, clock = systemClock, random = Math.random, lifecycle } = options;
  const domain = parseDomain(options.host);
  for (const [name, value] of Object.entries({ intervalMs, minIntervalMs, timeoutMs })) {
    if (!(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
  }

  const addresses = cell<readonly IpAddress[]>([]);
  const scope = new AbortScope();
  const first = Promise.withResolvers<void>();
  let timer: Timer | undefined;
  let lookedUpMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let isLooking = false;
  let failures: unknown[] = [];

  /** What the last good lookup of each family has found. */
  const known = new Map<4 | 6, readonly IpAddress[]>();

  /** Never rejects. */
  const lookUpFamily = async (family: 4 | 6): Promise<void> => {
    const attempt = new AbortScope(scope);
    const timer = clock.startTimer(timeoutMs, () => {
      const facts = { phase: 'resolve', peer: domain.name };
      attempt.abort(new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts }));
    });
    try {
      known.set(family, await attempt.race(resolver.serve(resolveRequest(domain, family, { scope: attempt }))));
    } catch (error) {
      failures.push(error);
      if (!isClosed) guarded(() => onError(error));
    } finally {
      timer.cancel();
      attempt.close();
    }
  };
  const lookUp = async (): Promise<void> => {
    lookedUpMs = clock.nowMs();
    isLooking = true;
    failures = [];
    await Promise.all(families.map(lookUpFamily));
    isLooking = false;
    if (isClosed) return;
    schedule(intervalMs * (0.9 + 0.2 * random()));
    const found = families.flatMap((family) => known.get(family) ?? []);
    if (found.length > 0) guarded(() => change(found));
    first.resolve();
  };
  const change = (found: readonly IpAddress[]): void => {
    const next = new Map(found.map((address) => [String(address), address]));
    const before = addresses.get();
    if (next.size === before.length && before.every((address) => next.has(String(address)))) return;
    addresses.set([...next.values()]);
  };
  const schedule = (delayMs: number): void => {
    timer?.cancel();
    timer = clock.startTimer(delayMs, () => void lookUp());
  };
  let registration: Disposable | undefined;
  const close = (): void => {
    isClosed = true;
    timer?.cancel();
    registration?.[Symbol.dispose]();
    scope.abort(new ClosedError('nobody wants to know the addresses any more'));
    first.resolve();
  };
  registration = lifecycle?.register({
    protocol: 'followed-name',
    isIdle: true,
    drained: Promise.resolve(),
    startDrain: close,
    destroy: close,
  });
  if (!isClosed) void lookUp(); // a lifecycle that is draining already has closed it
  return {
    ...addresses,
    refresh() {
      if (!isClosed && !isLooking) schedule(Math.max(0, lookedUpMs + minIntervalMs - clock.nowMs()));
    },
    firstLookup: first.promise,
    failure: () => (failures.length === families.length ? failures[0] : undefined),
    close,
    [Symbol.dispose]: close,
  };
}

/** Who hears of it shall not end the lookups by throwing. */
function guarded(step: () => void): void {
  try {
    step();
  } catch (error) {
    tellFailure('a listener of followName', error);
  }
}

function ignore(): void {}
