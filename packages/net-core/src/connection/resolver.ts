import type { Extensions, ForkOptions, Scoped, Service } from '@lamella/service-core';
import { AbortScope, createExtensions, forkedScope } from '@lamella/service-core';
import type { Domain } from '../address/domain.ts';
import type { IpAddress } from '../address/ip-address.ts';

/** Asks for the addresses of a name, of one family: the families are asked for side by side. */
export interface ResolveRequest extends Scoped<ResolveRequest, 'request'> {
  /** The name. */
  readonly domain: Domain;
  /** Which addresses: IPv4 or IPv6. */
  readonly family: 4 | 6;
}

/**
 * Finds the addresses of names.
 *
 * @remarks
 * Gives them in the order in which they should be tried; none if the name has none of the family. Rejects with a
 * `ConnectError` of phase `resolve` if the name does not exist or nobody could be asked.
 */
export type Resolver = Service<ResolveRequest, ResolvedAddresses>;

/** What a {@link Resolver} found: addresses, and for how long they hold. A plain array of addresses is one. */
export interface ResolvedAddresses extends ReadonlyArray<IpAddress> {
  /** For how long the answer may be used again, in milliseconds, at least 0. `undefined`: nobody has said. */
  readonly ttlMs?: number;
}

/**
 * Makes the answer of a resolver that knows for how long it holds.
 *
 * @param addresses - In the order in which they should be tried.
 * @param ttlMs - In milliseconds, at least 0.
 *
 * @example
 * resolvedAddresses([parseIp('192.0.2.7')], 30_000).ttlMs; // 30_000
 */
export function resolvedAddresses(addresses: Iterable<IpAddress>, ttlMs: number): ResolvedAddresses {
  return Object.assign([...addresses], { ttlMs });
}

/** Options of {@link resolveRequest}. */
export interface ResolveRequestOptions {
  /** Scope of whoever asks. Default: one of its own. */
  readonly scope?: AbortScope;
  /** Store of whoever asks. Default: an empty one. */
  readonly extensions?: Extensions<'request'>;
}

/** Makes a {@link ResolveRequest}. */
export function resolveRequest(domain: Domain, family: 4 | 6, options: ResolveRequestOptions = {}): ResolveRequest {
  const { scope = new AbortScope(), extensions = createExtensions('request') } = options;
  return {
    domain,
    family,
    scope,
    extensions,
    get signal() {
      return scope.signal;
    },
    fork: (changes: ForkOptions<'request'>) =>
      resolveRequest(domain, family, {
        scope: forkedScope(scope, changes),
        extensions: changes.extensions ?? extensions,
      }),
  };
}
