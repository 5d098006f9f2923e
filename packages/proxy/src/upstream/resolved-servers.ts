import type { IpAddress, Resolver } from '@lamella/net-core';
import { formatAuthority, parseDomain, resolveRequest } from '@lamella/net-core';
import type { Cell, Clock, Lifecycle, Timer } from '@lamella/service-core';
import { AbortScope, cell, systemClock, TimeoutError, UsageError } from '@lamella/service-core';
import type { UpstreamServer } from './upstream-server.ts';

/** Options of {@link resolvedServers}. */
export interface ResolvedServersOptions {
  /** Finds the addresses, such as `systemResolver()`. */
  readonly resolver: Resolver;
  /** The name that all servers share, such as a headless service of Kubernetes. */
  readonly host: string;
  /** Port of all servers, 1 to 65535. Default 80. */
  readonly port?: number;
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

/** The servers behind a name: a cell that follows the name. */
export interface ResolvedServers extends Cell<readonly UpstreamServer[]>, Disposable {
  /** Looks the name up soon, such as after a failure; at most once in `minIntervalMs`. */
  readonly refresh: () => void;
  /** Ends the lookups; the servers stay as they are. */
  readonly close: () => void;
}

/**
 * Follows the addresses of a name, as servers of an upstream group.
 *
 * @remarks
 * The name is looked up at once, then every `intervalMs`, however many requests there are. A family whose lookup fails keeps the addresses
 * that it had, whatever becomes of the other one; and if nothing is found at all, nothing changes: names fail more often than all servers
 * go away. Whoever knows better, such as a control plane, may `set` the cell.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector() });
 * const servers = resolvedServers({ resolver: systemResolver(), host: 'api.internal', port: 8080 });
 * const api = upstreamGroup({ name: 'api', client, servers, onHealthChange: () => servers.refresh() });
 */
export function resolvedServers(options: ResolvedServersOptions): ResolvedServers {
  const { resolver, port = 80, families = [4, 6], intervalMs = 30_000, minIntervalMs = 5_000 } = options;
  const { timeoutMs = 15_000, onError = ignore, clock = systemClock, random = Math.random, lifecycle } = options;
  const domain = parseDomain(options.host);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`port must be 1 to 65535, got ${port}`);
  }
  if (!(intervalMs > 0)) throw new UsageError(`intervalMs must be > 0, got ${intervalMs}`);
  if (!(minIntervalMs > 0)) throw new UsageError(`minIntervalMs must be > 0, got ${minIntervalMs}`);
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);

  const servers = cell<readonly UpstreamServer[]>([]);
  const scope = new AbortScope();
  let timer: Timer | undefined;
  let lookedUpMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let isLooking = false;

  /** What the last good lookup of each family has found. */
  const known = new Map<4 | 6, readonly IpAddress[]>();

  /** Never rejects. */
  const lookUpFamily = async (family: 4 | 6): Promise<void> => {
    const attempt = new AbortScope(scope);
    const timer = clock.startTimer(timeoutMs, () => {
      attempt.abort(
        new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { phase: 'resolve', peer: domain.name } }),
      );
    });
    try {
      known.set(family, await attempt.race(resolver.serve(resolveRequest(domain, family, { scope: attempt }))));
    } catch (error) {
      if (!isClosed) guarded(() => onError(error));
    } finally {
      timer.cancel();
      attempt.close();
    }
  };
  const lookUp = async (): Promise<void> => {
    lookedUpMs = clock.nowMs();
    isLooking = true;
    await Promise.all(families.map(lookUpFamily));
    isLooking = false;
    if (isClosed) return;
    schedule(intervalMs * (0.9 + 0.2 * random()));
    const addresses = families.flatMap((family) => known.get(family) ?? []);
    if (addresses.length > 0) guarded(() => change(addresses));
  };
  const change = (addresses: readonly IpAddress[]): void => {
    const urls = [...new Set(addresses.map((host) => `http://${formatAuthority({ host, port })}`))].sort();
    const same = servers.get();
    if (urls.length === same.length && urls.every((url, index) => url === same[index]?.url)) return;
    servers.set(urls.map((url) => ({ url })));
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
    scope.abort(new Error('nobody wants to know any more'));
  };
  registration = lifecycle?.register({
    protocol: 'upstream-names',
    isIdle: true,
    drained: Promise.resolve(),
    startDrain: close,
    destroy: close,
  });
  if (!isClosed) void lookUp(); // a lifecycle that is draining already has closed it
  return {
    ...servers,
    refresh() {
      if (!isClosed && !isLooking) schedule(Math.max(0, lookedUpMs + minIntervalMs - clock.nowMs()));
    },
    close,
    [Symbol.dispose]: close,
  };
}

/** Who hears of it shall not end the lookups by throwing. */
function guarded(step: () => void): void {
  try {
    step();
  } catch (error) {
    console.error('lamella: a listener of resolvedServers failed:', error);
  }
}

function ignore(): void {}
