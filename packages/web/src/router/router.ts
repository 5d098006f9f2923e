import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse, isToken, OriginalTarget } from '@lamella/http';
import type { Layer, Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { problemResponse } from '../problem/problem.ts';
import { canonicalPath, pathSegments } from '../shared/canonical-path.ts';
import type { PathParams } from './path-params.ts';
import { MatchedRoute, MountedAt, RouteParams, routeParams } from './path-params.ts';
import type { PathPattern } from './path-pattern.ts';
import { parsePathPattern } from './path-pattern.ts';
import { RouteTree } from './route-tree.ts';

/** What serves a route: a service, or a function that is handed the captures of its path. */
export type RouteHandler<Path extends string> =
  | Service<HttpRequest, HttpResponse>
  | ((request: HttpRequest, params: PathParams<Path>) => HttpResponse | Promise<HttpResponse>);

/** Options of one route. */
export interface RouteOptions {
  /** Layers around this route alone, outermost first; they see its captures. Default: none. */
  readonly layers?: readonly Layer<HttpRequest, HttpResponse>[];
}

/** Options of {@link router}. */
export interface RouterOptions {
  /** Layers around each route, outside of the route's own, outermost first; not around 404 and 405. Default: none. */
  readonly layers?: readonly Layer<HttpRequest, HttpResponse>[];
  /** Serves what no route matches. Default: 404 as a problem. */
  readonly fallback?: Service<HttpRequest, HttpResponse>;
  /** Whether OPTIONS is answered with the methods of a path, where no route does. Default `true`. */
  readonly answersOptions?: boolean;
}

/** Adds a route for one method. */
export type AddRoute = <const Path extends string>(
  path: Path,
  handler: RouteHandler<Path>,
  options?: RouteOptions,
) => Router;

/** The service that {@link router} makes. Routes may be added until it serves for the first time. */
export interface Router extends Service<HttpRequest, HttpResponse> {
  /** Adds a route for GET, and for HEAD unless that has a route of its own. */
  readonly get: AddRoute;
  /** Adds a route for POST. */
  readonly post: AddRoute;
  /** Adds a route for PUT. */
  readonly put: AddRoute;
  /** Adds a route for PATCH. */
  readonly patch: AddRoute;
  /** Adds a route for DELETE. */
  readonly delete: AddRoute;
  /** Adds a route for all methods that have none at the paths of their own. */
  readonly all: AddRoute;
  /** Adds a route for any one method. */
  readonly route: <const Path extends string>(
    method: string,
    path: Path,
    handler: RouteHandler<Path>,
    options?: RouteOptions,
  ) => Router;
  /**
   * Adds a service for a path and everything below it, for all methods. The service gets the rest of the path as its path, which begins
   * with a slash; `MountedAt` tells what was taken off. Captures of the mount path merge with those of a router that is mounted.
   */
  readonly mount: (path: string, service: Service<HttpRequest, HttpResponse>, options?: RouteOptions) => Router;
}

/**
 * Makes a service that passes each request to the route for its method and path.
 *
 * @remarks
 * A pattern is made of segments: text, `:name` for one segment, and `*name` (or `*`, called `rest`) at the end for what follows, possibly
 * nothing. Text is more specific than `:name`, that than `*`; the most specific route wins, in whatever order they were added. `/a` and
 * `/a/` are two paths, `*` matches behind a slash only, and a path with an empty segment (`//`) matches nothing.
 *
 * A path is split first, then each segment is decoded once, so `%2F` splits nothing. What is routed is the path in one spelling, and the
 * service gets a request with that very spelling (`OriginalTarget` keeps the first): no `/%61dmin` passes by a route for `/admin`. A
 * malformed encoding, a control character and dot segments are answered with 400. `:name` captures decoded text; `*` captures
 * what is still encoded, or else a `%2F` could pass for a slash (take it apart with `pathSegments`).
 *
 * Paths with routes for other methods only are answered with 405 and Allow, OPTIONS with 204 and Allow.
 *
 * @throws UsageError for a path or method that is none, and for a route that is there already.
 *
 * @example
 * const app = router()
 *   .get('/', () => HttpResponse.text('hello'))
 *   .get('/items/:id', (_request, { id }) => HttpResponse.text(`item ${id}`))
 *   .mount('/api/v1', router().get('/version', () => HttpResponse.json({ version: 1 })));
 * const response = await app.serve(HttpRequest.from({ target: '/items/a%20b' }));
 * await response.body.text(); // 'item a b'
 */
export function router(options: RouterOptions = {}): Router {
  const { layers = [], fallback = NOT_FOUND, answersOptions = true } = options;
  const routes: Route[] = [];
  const taken = new Set<string>();
  let tree: RouteTree<Route> | undefined;

  const add = (method: string, path: string, target: Target, routeOptions: RouteOptions = {}): void => {
    if (tree !== undefined) throw new UsageError('the router serves already; add routes before that');
    if (method !== '' && !isToken(method)) throw new UsageError(`method ${JSON.stringify(method)} is not a token`);
    const pattern = parsePathPattern(path);
    const key = `${method} ${pattern.shape}`;
    if (taken.has(key)) throw new UsageError(`there is a route for ${method || 'all methods'} ${path} already`);
    taken.add(key);
    const around = [...layers, ...(routeOptions.layers ?? [])];
    const service = around.reduceRight((inner, layer) => layer(inner), target.service);
    routes.push({ method, pattern, service, name: target.name ?? path });
  };

  const adder =
    (method: string): AddRoute =>
    (path, handler, routeOptions) => {
      add(method, path, { service: serviceOf(handler) }, routeOptions);
      return self;
    };

  const self: Router = {
    get: adder('GET'),
    post: adder('POST'),
    put: adder('PUT'),
    patch: adder('PATCH'),
    delete: adder('DELETE'),
    all: adder(''),
    route: (method, path, handler, routeOptions) => adder(method)(path, handler, routeOptions),
    mount(path, service, routeOptions) {
      const prefix = path.endsWith('/') ? path.slice(0, -1) : path;
      if (prefix.includes('*')) throw new UsageError(`path pattern ${JSON.stringify(path)}: a mount has no *`);
      const depth = prefix === '' ? 0 : prefix.split('/').length - 1;
      const target = { service: mounted(service, depth), name: prefix };
      if (prefix !== '') add('', prefix, target, routeOptions);
      add('', `${prefix}/*${MOUNT_REST}`, target, routeOptions);
      return self;
    },
    async serve(request) {
      tree ??= new RouteTree(routes);
      const { form, path: given } = request.parsedTarget;
      if (form === 'asterisk') return HttpResponse.from({ status: 204 });
      if (form === 'authority') return fallback.serve(request);
      const path = canonicalPath(given === '' ? '/' : given);
      if (path === undefined) return problemResponse({ status: 400, detail: 'the path is malformed' });
      const respelled = path === given ? request : withPath(request, path);
      const route = tree.find(request.method, path);
      if (route !== undefined) return serveRoute(route, respelled, path);
      const allowed = tree.methodsOf(path);
      if (allowed.length === 0) return fallback.serve(respelled);
      if (answersOptions) allowed.push('OPTIONS');
      const headers = { Allow: [...new Set(allowed)].sort().join(', ') };
      if (request.method === 'OPTIONS' && answersOptions) return HttpResponse.from({ status: 204, headers });
      return problemResponse({ status: 405 }, { headers });
    },
  };
  return self;
}

interface Target {
  readonly service: Service<HttpRequest, HttpResponse>;
  readonly name?: string;
}

interface Route {
  readonly method: string;
  readonly pattern: PathPattern;
  readonly service: Service<HttpRequest, HttpResponse>;
  readonly name: string;
}

async function serveRoute(route: Route, request: HttpRequest, path: string): Promise<HttpResponse> {
  const { extensions } = request;
  const { captures } = route.pattern;
  extensions.insert(MatchedRoute, `${mountName(request)}${route.name}`);
  if (captures.length > 0) extensions.insert(RouteParams, capturesOf(captures, path, routeParams(request)));
  const response = await route.service.serve(request);
  return request.method === 'HEAD' && route.method === 'GET' ? withoutContent(response) : response;
}

/** What the routers outside of this one have matched. */
function mountName(request: HttpRequest): string {
  return request.extensions.get(MountedAt) === undefined ? '' : (request.extensions.get(MatchedRoute) ?? '');
}

function capturesOf(
  captures: PathPattern['captures'],
  path: string,
  outer: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  // Without a prototype: names come from the code, but whoever looks up one that is not there must find nothing.
  const params: Record<string, string> = Object.assign(Object.create(null), outer);
  const encoded = path.slice(1).split('/');
  for (const { name, index, isRest } of captures) {
    if (name === MOUNT_REST) continue;
    if (isRest) params[name] = encoded.slice(index).join('/');
    else params[name] = pathSegments(`/${encoded[index] ?? ''}`)?.[0] ?? '';
  }
  return params;
}

function mounted(service: Service<HttpRequest, HttpResponse>, depth: number): Service<HttpRequest, HttpResponse> {
  return {
    serve(request) {
      const segments = request.path.split('/');
      const prefix = segments.slice(0, depth + 1).join('/');
      const rest = segments.slice(depth + 1).join('/');
      const outer = request.extensions.get(MountedAt)?.prefix ?? '';
      request.extensions.insert(MountedAt, { prefix: `${outer}${prefix}`, isBare: segments.length === depth + 1 });
      return service.serve(withPath(request, `/${rest}`, false));
    },
  };
}

/** The request with another path; scheme, authority and query stay. */
function withPath(request: HttpRequest, path: string, keepsOriginal = true): HttpRequest {
  const { form, authority = '', query } = request.parsedTarget;
  const origin =
    form === 'absolute' ? request.target.slice(0, request.target.indexOf('://') + 3 + authority.length) : '';
  if (keepsOriginal && request.extensions.get(OriginalTarget) === undefined) {
    request.extensions.insert(OriginalTarget, request.target);
  }
  return request.with({ target: `${origin}${path}${query === undefined ? '' : `?${query}`}` });
}

/** An answer to HEAD says how long the content would be, and gives none. RFC 9110 section 9.3.2. */
function withoutContent(response: HttpResponse): HttpResponse {
  const { body, headers } = response;
  if (body.isEmpty) return response;
  const changed = headers.clone();
  if (body.sizeOnWire !== undefined && !changed.has('content-length')) {
    changed.append('Content-Length', String(body.sizeOnWire));
  }
  body.cancel();
  return response.with({ headers: changed, body: HttpBody.empty });
}

function serviceOf<Path extends string>(handler: RouteHandler<Path>): Service<HttpRequest, HttpResponse> {
  if (typeof handler !== 'function') {
    if (typeof handler?.serve !== 'function') throw new UsageError('a route needs a service or a function');
    return handler;
  }
  // `serveRoute` has inserted what the pattern captures, and the type says nothing else.
  return { serve: async (request) => handler(request, routeParams(request) as PathParams<Path>) };
}

const NOT_FOUND: Service<HttpRequest, HttpResponse> = { serve: async () => problemResponse({ status: 404 }) };
/** Name of the capture of a mount, which nobody sees. */
const MOUNT_REST = '_mounted';
