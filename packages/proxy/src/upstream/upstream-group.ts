import type { HttpAttempt, HttpRequest, HttpResponse, HttpRetryLayerOptions } from '@lamella/http';
import { heldUntilRead, httpRetryLayer, replayBodyLayer } from '@lamella/http';
import type {
  BalancedEndpoint,
  BalancePolicy,
  ConcurrencyLimitLayerOptions,
  EjectionOptions,
  Endpoint,
} from '@lamella/layers';
import {
  balancer,
  concurrencyLimitLayer,
  exponentialBackoff,
  isCallerAbort,
  NoEndpointError,
  powerOfTwoChoices,
} from '@lamella/layers';
import { tryParseAuthority } from '@lamella/net-core';
import type { Cell, Clock, Lifecycle, Service } from '@lamella/service-core';
import { cell, LimitError, systemClock, UsageError } from '@lamella/service-core';
import { BrokenUploads } from './broken-uploads.ts';
import type { StickyCookieOptions } from './sticky-cookie.ts';
import { StickyCookie } from './sticky-cookie.ts';
import { TriedIds, TriedServers } from './tried-servers.ts';
import type { UpstreamCheckOptions } from './upstream-check.ts';
import { upstreamCheck } from './upstream-check.ts';
import type { UpstreamServer } from './upstream-server.ts';
import { originOf } from './upstream-server.ts';

/** How requests are sent again to another server of a group. */
export interface UpstreamRetryOptions
  extends Pick<HttpRetryLayerOptions, 'methods' | 'statuses' | 'backoff' | 'budget'> {
  /** Most attempts for a request, the first included, an integer of at least 1. Default 2. */
  readonly maxAttempts?: number;
  /** Most bytes of a streamed request body that are kept so that it can be sent again, an integer of at least 0. Default 0: none. */
  readonly maxBodyBytes?: number;
}

/** Options of {@link upstreamGroup}. */
export interface UpstreamGroupOptions {
  /** Name of the group, a host name such as `api`; it stands in errors, and in routes as the host. */
  readonly name: string;
  /** Sends requests to servers, such as an `HttpClient`. */
  readonly client: Service<HttpRequest, HttpResponse>;
  /** The servers; a cell, such as one of `resolvedServers`, may change them at any time. */
  readonly servers: readonly UpstreamServer[] | Cell<readonly UpstreamServer[]>;
  /** How a server is chosen. Default: `powerOfTwoChoices()`. */
  readonly policy?: BalancePolicy<HttpRequest>;
  /** Asks servers from time to time whether they are well. Default: nobody asks. */
  readonly healthCheck?: UpstreamCheckOptions;
  /** Leaves servers out whose requests fail, or `false`. Default: with the defaults of `EjectionOptions`. */
  readonly ejection?: EjectionOptions | false;
  /** Statuses that count as failures of a server, each from 400 to 599. Default 502, 503 and 504. */
  readonly failureStatuses?: readonly number[];
  /** For how long a server that is new or back takes a growing share, in milliseconds, at least 0. Default 0. */
  readonly slowStartMs?: number;
  /** Share of servers, from 0 to 1; if fewer are available, all are used. Default 0.25. */
  readonly panicRatio?: number;
  /** Ties clients to servers by a cookie. Default: clients are not tied. */
  readonly sticky?: StickyCookieOptions;
  /** Sends requests again that may be, to another server; or `false`. Default: with the defaults of {@link UpstreamRetryOptions}. */
  readonly retries?: UpstreamRetryOptions | false;
  /** Bounds the requests under way to the whole group, and those that wait. Default: no bound but the client's. */
  readonly limit?: Omit<ConcurrencyLimitLayerOptions, 'clock'>;
  /** Most requests under way to one server, an integer of at least 1. Default: no bound but the client's. */
  readonly maxConcurrentPerServer?: number;
  /** Hears when a server becomes available or is no longer. Default: nobody. */
  readonly onHealthChange?: (server: BalancedEndpoint) => void;
  /** Where the group takes part in draining. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /** Source of chance: at least 0 and less than 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** Several servers that do the same, as one service. */
export interface UpstreamGroup extends Service<HttpRequest, HttpResponse>, AsyncDisposable {
  /** Name of the group. */
  readonly name: string;
  /** How the servers stand now; `id` is the URL. */
  readonly gauges: () => readonly BalancedEndpoint[];
  /** Ends the checks and takes no more requests; resolves when those under way have ended. */
  readonly close: () => Promise<void>;
}

/**
 * Makes one service of several servers: it chooses one for each request, and leaves out those that fail.
 *
 * @remarks
 * A server is busy with a request until the body of the response has come, was given up, or has lost its connection, whether anybody
 * reads it or not (a client ends what nobody reads), or until the upgraded connection has closed. A request is
 * sent again, to another server if there is one, only if that can do no harm: its method is idempotent, or nothing of it was sent; and
 * its body can be read again. All retries together are bounded by a budget.
 *
 * Requests name any host; the group replaces it by that of the server. A Host field that says the same goes with it, any other one
 * stays as it is.
 *
 * @throws UsageError if an option is out of its range, or a server's URL is wrong. The service rejects with NoEndpointError
 * `LML_ERR_BALANCE_NO_ENDPOINT` when there is no server to choose.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector() });
 * const api = upstreamGroup({
 *   name: 'api',
 *   client,
 *   servers: [{ url: 'http://10.0.0.1:8080' }, { url: 'http://10.0.0.2:8080', weight: 2 }],
 *   healthCheck: { path: '/healthz' },
 * });
 * const proxy = reverseProxyService({ client, routes: [{ path: '/api', upstream: api }] });
 */
export function upstreamGroup(options: UpstreamGroupOptions): UpstreamGroup {
  const { name, client, servers, policy = powerOfTwoChoices(), clock = systemClock, random = Math.random } = options;
  if (tryParseAuthority(name)?.port !== undefined || tryParseAuthority(name) === undefined) {
    throw new UsageError(`the name of an upstream group must be a host name, got ${JSON.stringify(name)}`);
  }
  const { failureStatuses = [502, 503, 504], retries = {}, sticky, maxConcurrentPerServer } = options;
  for (const status of failureStatuses) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new UsageError(`failureStatuses must be from 400 to 599, got ${status}`);
    }
  }
  const failing = new Set(failureStatuses);
  const uploads = new BrokenUploads();
  const cookie = sticky === undefined ? undefined : new StickyCookie(sticky);
  const known = new Map<string, Endpoint<HttpRequest, HttpResponse>>();
  const perServer =
    maxConcurrentPerServer === undefined
      ? undefined
      : () => concurrencyLimitLayer({ maxConcurrent: maxConcurrentPerServer, maxQueued: 0, clock, onOutput: held });

  /** A server that stays keeps its endpoint, and by that all that is known of it. */
  const endpointsOf = (list: readonly UpstreamServer[]): readonly Endpoint<HttpRequest, HttpResponse>[] => {
    const endpoints = list.map((server) => {
      const { service } = known.get(server.url) ?? { service: serverService(server, client, cookie) };
      const limited = known.has(server.url) || perServer === undefined ? service : perServer()(service);
      return { id: server.url, service: limited, ...(server.weight === undefined ? {} : { weight: server.weight }) };
    });
    known.clear();
    for (const endpoint of endpoints) known.set(endpoint.id, endpoint);
    return endpoints;
  };
  const isFixed = !('watch' in servers);
  const endpoints = cell(endpointsOf(isFixed ? servers : servers.get()));
  const watch = isFixed ? undefined : servers.watch((list) => endpoints.set(endpointsOf(list)));

  const balanced = balancer<HttpRequest, HttpResponse>({
    endpoints,
    policy: cookie?.policy(policy) ?? policy,
    name: `upstream group ${name}`,
    clock,
    random,
    isFailure: (outcome, request) =>
      outcome.type === 'output'
        ? failing.has(outcome.output.status)
        : !isOwnLimit(outcome.error, request) && !uploads.has(outcome.error),
    holdUntil: heldUntilRead,
    avoid: (request) => request.extensions.get(TriedServers)?.ids,
    onPick: ({ id }, request) => request.extensions.get(TriedServers)?.add(id),
    ...(options.healthCheck === undefined ? {} : { healthCheck: upstreamCheck(options.healthCheck, client) }),
    ...(options.ejection === undefined ? {} : { ejection: options.ejection }),
    ...(options.slowStartMs === undefined ? {} : { slowStartMs: options.slowStartMs }),
    ...(options.panicRatio === undefined ? {} : { panicRatio: options.panicRatio }),
    ...(options.onHealthChange === undefined ? {} : { onHealthChange: options.onHealthChange }),
    ...(options.lifecycle === undefined ? {} : { lifecycle: options.lifecycle }),
  });
  const hasAnother = (tried: ReadonlySet<string> | undefined): boolean =>
    balanced.gauges().some(({ id, health }) => health === 'available' && tried?.has(id) !== true);
  const service = limited(retried(balanced, retries, hasAnother, clock), options.limit, clock);
  const close = (): Promise<void> => {
    watch?.[Symbol.dispose]();
    return balanced.close();
  };
  const serve = (request: HttpRequest): Promise<HttpResponse> => service.serve(uploads.watch(request));
  return { name, serve, gauges: balanced.gauges, close, [Symbol.asyncDispose]: close };
}

/** One server: the request goes to its host, whatever host it named. */
function serverService(
  server: UpstreamServer,
  client: Service<HttpRequest, HttpResponse>,
  cookie: StickyCookie | undefined,
): Service<HttpRequest, HttpResponse> {
  const origin = originOf(server);
  const send = (request: HttpRequest): Promise<HttpResponse> => {
    const host = request.headers.get('host');
    if (host === undefined || host !== request.parsedTarget.authority) return client.serve(request.with({ origin }));
    const headers = request.headers.clone(); // the caller's say what the caller asked for
    headers.set('Host', origin.authority);
    return client.serve(request.with({ origin, headers }));
  };
  if (cookie === undefined) return { serve: send };
  return { serve: (request) => send(request).then((response) => cookie.mark(request, response, server.url)) };
}

/** Every attempt knows which servers were tried before it, and goes to another one. */
function retried(
  inner: Service<HttpRequest, HttpResponse>,
  retries: UpstreamRetryOptions | false,
  hasAnother: (tried: ReadonlySet<string> | undefined) => boolean,
  clock: Clock,
): Service<HttpRequest, HttpResponse> {
  if (retries === false) return inner;
  const { maxAttempts = 2, maxBodyBytes = 0, statuses = [502, 503, 504], ...rest } = retries;
  // Another server is not to be waited for; a wait only helps where there is but one.
  const backoff = rest.backoff ?? exponentialBackoff({ minDelayMs: 10, maxDelayMs: 250 });
  // Where there is no server at all, a moment later there will be none either: the caller hears of it at once.
  const shouldRetry = (result: HttpAttempt): boolean =>
    result.outcome === 'ok' || !(result.error instanceof NoEndpointError);
  // When a server may be asked again says nothing of the others; and nobody is kept waiting for so long here.
  const heedsRetryAfter = ({ input }: HttpAttempt): boolean => !hasAnother(input.extensions.get(TriedServers)?.ids);
  const layer = httpRetryLayer({
    ...rest,
    maxAttempts,
    statuses,
    backoff,
    clock,
    shouldRetry,
    heedsRetryAfter,
    maxRetryAfterMs: 0,
  });
  const attempts = layer(inner);
  const marked: Service<HttpRequest, HttpResponse> = {
    serve(request) {
      request.extensions.insert(TriedServers, new TriedIds());
      return attempts.serve(request);
    },
  };
  return maxBodyBytes > 0 ? replayBodyLayer({ maxBytes: maxBodyBytes })(marked) : marked;
}

function limited(
  inner: Service<HttpRequest, HttpResponse>,
  limit: UpstreamGroupOptions['limit'],
  clock: Clock,
): Service<HttpRequest, HttpResponse> {
  return limit === undefined ? inner : concurrencyLimitLayer({ onOutput: held, ...limit, clock })(inner);
}

/** A request is under way until its response has been read. */
function held(response: HttpResponse, release: () => void): HttpResponse {
  const holding = heldUntilRead(response);
  if (holding === undefined) {
    release();
    return response;
  }
  holding.ended.then(release, release);
  return holding.output;
}

/** A request that its caller gave up by will, that found no slot here, or that can't be sent says nothing about the server. */
function isOwnLimit(error: unknown, request: HttpRequest): boolean {
  return isCallerAbort(request, error) || error instanceof LimitError || error instanceof UsageError;
}
