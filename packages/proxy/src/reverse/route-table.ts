import { tryParseAuthority } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { pathAsRead } from './path-as-read.ts';
import type { CompiledRoute, ReverseRoute } from './route.ts';
import { compileRoute } from './route.ts';

/** The routes of a reverse proxy, the most specific ones first. */
export class RouteTable {
  readonly #routes: readonly CompiledRoute[];
  readonly #namesHosts: boolean;

  /** @throws UsageError if there is no route, one makes no sense, or two are for the same host and path. */
  constructor(routes: readonly ReverseRoute[]) {
    if (routes.length === 0) throw new UsageError('routes must name at least one route');
    this.#routes = routes.map(compileRoute).sort(bySpecificity);
    this.#namesHosts = this.#routes.some(({ host }) => host !== undefined);
    const known = new Set<string>();
    for (const { host = 'any host', prefix } of this.#routes) {
      const key = `${host} ${prefix}/`;
      if (known.has(key)) throw new UsageError(`two routes are for ${key}`);
      known.add(key);
    }
  }

  /**
   * @param authority - Host and optional port that the request is for.
   * @param path - Path of the request as it was sent, without the query.
   * @returns The route, or what of the request no route has.
   */
  find(authority: string | undefined, path: string): CompiledRoute | 'no-host' | 'no-path' {
    const host = this.#namesHosts ? hostOf(authority) : '';
    const read = pathAsRead(path);
    let isHostServed = false;
    for (const route of this.#routes) {
      if (!hostMatches(route.host, host)) continue;
      if (pathMatches(route.prefix, read)) return route;
      isHostServed = true;
    }
    return isHostServed ? 'no-path' : 'no-host';
  }
}

function bySpecificity(first: CompiledRoute, second: CompiledRoute): number {
  return hostRank(second.host) - hostRank(first.host) || second.prefix.length - first.prefix.length;
}

/** A named host, then the domains of which all are meant, the longest first, then any. */
function hostRank(host: string | undefined): number {
  if (host === undefined) return 0;
  return host.startsWith('*.') ? host.length : Number.MAX_SAFE_INTEGER;
}

function hostOf(authority: string | undefined): string {
  return authority === undefined ? '' : (tryParseAuthority(authority)?.host.toString() ?? '');
}

function hostMatches(pattern: string | undefined, host: string): boolean {
  if (pattern === undefined) return true;
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}

function pathMatches(prefix: string, path: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');
}
