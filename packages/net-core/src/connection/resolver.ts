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
export type Resolver = Service<ResolveRequest, readonly IpAddress[]>;

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
