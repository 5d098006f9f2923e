import type { RecordWithTtl } from 'node:dns';
import { Resolver as DnsClient } from 'node:dns/promises';
import type { ResolvedAddresses, Resolver } from '@lamella/net-core';
import { resolvedAddresses, tryParseIp } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { systemCodeOf } from '../errors.ts';
import { lookupTimedOut, toResolveError } from './resolve-error.ts';

/** Options of {@link dnsResolver}. */
export interface DnsResolverOptions {
  /** Name servers: IP addresses, with a port if it is not 53. Default: those of the system. */
  readonly servers?: readonly string[];
  /** Longest wait for an answer, of whichever server, in milliseconds, greater than 0. Default 5_000. */
  readonly timeoutMs?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Looks names up by asking name servers, and tells for how long answers hold.
 *
 * @remarks
 * It reads no hosts file. Unlike {@link systemResolver} it takes no thread of Node's pool: name servers that are slow keep neither files
 * nor other names waiting, and a lookup that is given up ends.
 *
 * @throws UsageError if an option is out of its range; ConnectError of phase `resolve` when resolving.
 *
 * @example
 * const resolver = cachingResolver(dnsResolver({ servers: ['192.0.2.53', '192.0.2.54:5353'] }));
 * const connector = tcpConnector({ resolver });
 */
export function dnsResolver(options: DnsResolverOptions = {}): Resolver {
  const { servers, timeoutMs = 5_000, clock = systemClock } = options;
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
  openClient(servers); // refuses what is no server now, not at the first lookup
  return {
    async serve({ scope, domain, family }) {
      scope.throwIfAborted();
      const client = openClient(servers); // one for each lookup: a client can only cancel all of its own
      const { promise, reject } = Promise.withResolvers<never>();
      const timer = clock.startTimer(timeoutMs, () => reject(lookupTimedOut(domain.name, timeoutMs)));
      const listener = scope.onAbort(reject);
      try {
        return await Promise.race([ask(client, domain.name, family), promise]);
      } finally {
        timer.cancel();
        listener.close();
        client.cancel();
      }
    },
  };
}

async function ask(client: DnsClient, name: string, family: 4 | 6): Promise<ResolvedAddresses> {
  try {
    const records = await (family === 4 ? client.resolve4(name, { ttl: true }) : client.resolve6(name, { ttl: true }));
    const addresses = records.flatMap(({ address }) => tryParseIp(address) ?? []);
    return resolvedAddresses(addresses, shortestMs(records));
  } catch (error) {
    if (systemCodeOf(error) === 'ENODATA') return [];
    throw toResolveError(error, name);
  }
}

/** The time of the record that holds for the shortest. */
function shortestMs(records: readonly RecordWithTtl[]): number {
  return Math.min(...records.map(({ ttl }) => ttl)) * 1_000;
}

function openClient(servers: readonly string[] | undefined): DnsClient {
  const client = new DnsClient();
  if (servers === undefined) return client;
  if (servers.length === 0) throw new UsageError('servers must name at least one server');
  try {
    client.setServers(servers);
  } catch (error) {
    throw new UsageError(`servers must be IP addresses with optional ports, got ${servers.join(', ')}`, {
      cause: error,
    });
  }
  return client;
}
