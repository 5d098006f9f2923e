import type { IpAddress } from '../address/ip-address.ts';
import type { ResolveRequest, Resolver } from '../connection/resolver.ts';
import { ConnectError } from '../errors.ts';

/** How a name fails: it does not exist, nobody could be asked, or no answer ever comes. */
export type NameFailure = 'not-found' | 'lookup-failed' | 'silent';

/** The names of a network in memory. */
export class MemoryNames implements Resolver {
  readonly #names = new Map<string, readonly IpAddress[] | NameFailure>();

  set(name: string, addresses: readonly IpAddress[] | NameFailure): void {
    this.#names.set(name.toLowerCase(), addresses);
  }

  /** Addresses of a name; none if it has none. */
  addressesOf(name: string): readonly IpAddress[] {
    const found = this.#names.get(name);
    return typeof found === 'object' ? found : [];
  }

  readonly serve = async (request: ResolveRequest): Promise<readonly IpAddress[]> => {
    request.scope.throwIfAborted();
    const { name } = request.domain;
    const found = this.#names.get(name) ?? 'not-found';
    if (found === 'silent') return request.scope.race(new Promise<never>(() => {}));
    if (typeof found === 'object') return found.filter(({ family }) => family === request.family);
    const code = found === 'not-found' ? 'LML_ERR_CONNECT_NAME_NOT_FOUND' : 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED';
    const message = found === 'not-found' ? `${name} does not exist` : `${name} could not be looked up`;
    throw new ConnectError(code, message, { phase: 'resolve', facts: { layer: 'memory', peer: name } });
  };
}
