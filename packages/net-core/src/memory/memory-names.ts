import type { IpAddress } from '../address/ip-address.ts';
import type { ResolveRequest, Resolver } from '../connection/resolver.ts';
import { nameFailed } from './memory-connect-error.ts';

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

  /** How the lookup of a name fails; `undefined` if it does not, or if nobody has said anything about the name. */
  failureOf(name: string): NameFailure | undefined {
    const found = this.#names.get(name);
    return typeof found === 'string' ? found : undefined;
  }

  readonly serve = async (request: ResolveRequest): Promise<readonly IpAddress[]> => {
    request.scope.throwIfAborted();
    const { name } = request.domain;
    const found = this.#names.get(name) ?? 'not-found';
    if (found === 'silent') return request.scope.race(new Promise<never>(() => {}));
    if (typeof found === 'object') return found.filter(({ family }) => family === request.family);
    throw nameFailed(name, found);
  };
}
