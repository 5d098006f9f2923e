import type { Clock, ExtensionKey, Layer } from '@lamella/service-core';
import { extensionKey, systemClock, TimeoutError, tellFailure, UsageError } from '@lamella/service-core';
import { IpAddress } from '../address/ip-address.ts';
import type { Connection } from '../connection/connection.ts';
import { PeerAddress } from '../connection/keys.ts';
import { requireFinite } from '../shared/checks.ts';

/** What a database of addresses knows of one; each part only if it does. */
export interface GeoFacts {
  /** Two-letter code of the country, by ISO 3166-1, such as `'NL'`. */
  readonly country?: string;
  /** Two-letter code of the continent, such as `'EU'`. */
  readonly continent?: string;
  /** Code of the subdivision, by ISO 3166-2 without the country, such as `'NH'`. */
  readonly subdivision?: string;
  /** Name of the city. */
  readonly city?: string;
  /** Number of the autonomous system. */
  readonly asn?: number;
  /** Who runs the autonomous system. */
  readonly organization?: string;
}

/** Where the other end of a connection is, by its address. Written by {@link geoLayer}. */
export const PeerGeo: ExtensionKey<GeoFacts, 'connection'> = extensionKey('net/peer-geo', { scope: 'connection' });

/** Options of {@link geoLayer}. */
export interface GeoLayerOptions {
  /** Says what is known of an address, at once or later; IPv4 in IPv6 comes as IPv4. `undefined`: nothing. */
  readonly lookup: (address: IpAddress) => GeoFacts | undefined | Promise<GeoFacts | undefined>;
  /** Longest wait for an answer that comes later, in milliseconds, greater than 0 and finite. Default 1_000. */
  readonly timeoutMs?: number;
  /** Hears of every lookup that has failed or taken too long. Default: nobody does. */
  readonly onError?: (error: unknown, address: IpAddress) => void;
  /** Source of timers. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Looks up where each connection comes from, and notes it under {@link PeerGeo} for all layers inside and every request.
 *
 * @remarks
 * Brings no database: `lookup` asks one of yours, such as a reader of MaxMind's files. Stands inside of `proxyProtocolAcceptLayer`, which says
 * who the peer really is. What fails, takes too long or is not known refuses nobody: the connection is served without the facts.
 * Whether to refuse one with them is a matter of a layer of yours.
 *
 * @throws UsageError at construction if an option is out of its range.
 *
 * @example
 * const countries = new Map([['192.0.2.7', 'NL']]); // in earnest, a database
 * const layer = geoLayer({
 *   lookup: (address) => {
 *     const country = countries.get(String(address));
 *     return country === undefined ? undefined : { country };
 *   },
 * });
 */
export function geoLayer(options: GeoLayerOptions): Layer<Connection, void> {
  const { lookup, timeoutMs = 1_000, onError = () => {}, clock = systemClock } = options;
  for (const [name, value] of Object.entries({ lookup, onError })) {
    if (typeof value !== 'function') throw new UsageError(`${name} must be a function, got ${typeof value}`);
  }
  requireFinite('timeoutMs', timeoutMs);

  return (inner) => ({
    async serve(connection) {
      const peer = connection.extensions.get(PeerAddress);
      if (peer?.type !== 'tcp' || !(peer.host instanceof IpAddress)) return inner.serve(connection);
      const address = peer.host.unmapped();
      let facts: GeoFacts | undefined;
      try {
        const answer = lookup(address);
        facts = answer instanceof Promise ? await within(answer, timeoutMs, connection, clock) : answer;
      } catch (error) {
        connection.scope.throwIfAborted(); // nobody is left to be served
        tell(onError, error, address);
      }
      if (facts !== undefined) connection.extensions.insert(PeerGeo, facts);
      return inner.serve(connection);
    },
  });
}

/** A hook looks on: its own failure must not cost the connection. */
function tell(hook: (error: unknown, address: IpAddress) => void, error: unknown, address: IpAddress): void {
  try {
    hook(error, address);
  } catch (hookError) {
    tellFailure('hook onError', hookError);
  }
}

async function within<Value>(
  answer: Promise<Value>,
  timeoutMs: number,
  connection: Connection,
  clock: Clock,
): Promise<Value> {
  const tooLate = Promise.withResolvers<never>();
  const timer = clock.startTimer(timeoutMs, () =>
    tooLate.reject(new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { layer: 'geo', phase: 'lookup' } })),
  );
  try {
    return await connection.scope.race(Promise.race([answer, tooLate.promise]));
  } finally {
    timer.cancel();
  }
}
