import type { RouterContext } from 'rou3';
import { addRoute, createRouter, findRoute } from 'rou3';
import type { PathPattern } from './path-pattern.ts';

/** One entry of a {@link RouteTree}: a pattern, for one method or, with `''`, for all. */
export interface TreeRoute {
  /** Method, or `''` for all. */
  readonly method: string;
  /** Which paths. */
  readonly pattern: PathPattern;
}

/**
 * Finds the most specific route for a method and a canonical path.
 *
 * @remarks
 * The trees below take a path with and without a slash at its end for the same; here these are two paths. So there are two trees, and
 * which one is asked depends on the slash.
 */
export class RouteTree<Route extends TreeRoute> {
  readonly #plain: RouterContext<Route> = createRouter();
  readonly #slashed: RouterContext<Route> = createRouter();
  readonly #methods = new Set<string>();

  constructor(routes: readonly Route[]) {
    const explicit = new Set(routes.map(({ method, pattern }) => `${method} ${pattern.shape}`));
    for (const route of routes) {
      this.#add(route.method, route);
      // HEAD is answered by what answers GET, also where a route for all methods would match less specifically.
      if (route.method === 'GET' && !explicit.has(`HEAD ${route.pattern.shape}`)) this.#add('HEAD', route);
    }
  }

  /** @returns The route, or `undefined` if there is none for this method. */
  find(method: string, path: string): Route | undefined {
    // An empty segment has no one meaning: merged by some, kept by others.
    if (path.includes('//')) return undefined;
    if (!path.endsWith('/')) return findRoute(this.#plain, method, path, NO_PARAMS)?.data;
    return findRoute(this.#slashed, method, path === '/' ? '/' : path.slice(0, -1), NO_PARAMS)?.data;
  }

  /** Methods that there are routes for, sorted. */
  methodsOf(path: string): string[] {
    return [...this.#methods].filter((method) => this.find(method, path) !== undefined).sort();
  }

  #add(method: string, route: Route): void {
    const { plain, slashed } = route.pattern;
    if (plain !== undefined) addRoute(this.#plain, method, plain, route);
    if (slashed !== undefined) addRoute(this.#slashed, method, slashed, route);
    if (method !== '') this.#methods.add(method);
  }
}

const NO_PARAMS = { params: false } as const;
