// An API gateway in one process, before two servers of its own.
// The stack reads from top to bottom; what stands first is outermost.
import type { HttpRequest, HttpResponse } from '@lamella/http';
import {
  AuthUser,
  accessLogLayer,
  bearerAuthLayer,
  bodyLimitLayer,
  compressionLayer,
  corsLayer,
  createHttpClient,
  http1,
  httpServerLayer,
  limitResponseLayer,
  HttpResponse as Response,
  readForwardedLayer,
  requestIdLayer,
} from '@lamella/http';
import { httpCacheLayer } from '@lamella/http-cache';
import { concurrencyLimitLayer, hijackLayer, timeoutLayer } from '@lamella/layers';
import type { Address } from '@lamella/net-core';
import { formatAddress, serveListener } from '@lamella/net-core';
import { drainOnSignal, listenTcp, tcpConnector } from '@lamella/net-tcp';
import { errorPagesLayer, reverseProxyService, upstreamGroup } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { createLifecycle, matcherFn, serviceFn, stack } from '@lamella/service-core';
import { healthLayer } from '@lamella/web';
import { errorPage } from './error-pages.ts';
import { gaugesService } from './gauges-service.ts';
import { logDrain, logDraining, logFailure, logServer } from './log.ts';
import { originService } from './origin-service.ts';
import { openRateLimit } from './rate-limit.ts';
import { settingsFrom } from './settings.ts';
import { printWelcome } from './welcome.ts';

const lifecycle = createLifecycle();
const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()], lifecycle });

async function serve(port: number, service: Service<HttpRequest, HttpResponse>): Promise<Address> {
  const listener = await listenTcp({ port });
  const server = stack(httpServerLayer({ lifecycle, onError: logFailure }), service);
  void serveListener(listener, server, { lifecycle });
  return listener.address;
}

async function main(): Promise<void> {
  const settings = settingsFrom(process.env);
  const { limit: quota, windowMs } = settings;

  // Two servers on ports of their own, so that there is something to reach.
  const servers = await Promise.all(['blue', 'green'].map((name) => serve(0, originService(name))));
  const group = upstreamGroup({
    name: 'items',
    client,
    servers: servers.map((address) => ({ url: `http://${formatAddress(address)}` })),
    healthCheck: { path: '/healthz', intervalMs: 1_000, timeoutMs: 500 },
    ejection: { consecutiveFailures: 3, baseEjectionMs: 5_000 },
    retries: { maxAttempts: 2 }, // what is idempotent goes to the other server
    onHealthChange: logServer,
    lifecycle,
  });

  using rateLimit = openRateLimit(settings);
  const api = stack(
    bearerAuthLayer({ realm: 'api', tokens: settings.keys }), // who asks
    rateLimit.layer, // not too often, each
    httpCacheLayer({ lifecycle }), // what is public and fresh needs no server
    reverseProxyService({
      client,
      routes: [{ path: '/api', upstream: group, to: 'http://items/api' }],
      editRequest(headers, request) {
        headers.delete('Authorization'); // keys are for the gateway, names for the servers behind it
        headers.set('X-User', request.extensions.get(AuthUser)?.name ?? '');
      },
    }),
  );

  const gateway = stack(
    requestIdLayer(), // a name for each request
    accessLogLayer(), // one line for each
    healthLayer({ lifecycle, checks: { limit: rateLimit.isWell } }), // probes are never refused
    hijackLayer(isAt('/gauges'), gaugesService({ lifecycle, group, limit: rateLimit.layer })),
    readForwardedLayer({ trusted: [] }), // nobody in front: what clients say of themselves is taken off
    errorPagesLayer({ pages }), // of the proxy's errors; what a server says stays
    compressionLayer(), // after the cache, for each client its own
    corsLayer({
      origins: settings.corsOrigins,
      requestHeaders: ['Authorization', 'Content-Type'],
      exposedHeaders: EXPOSED,
    }),
    bodyLimitLayer({ maxBytes: 1_000_000 }),
    limitResponseLayer({ policy: { name: 'key', quota, windowMs } }), // 429 and 503, with Retry-After
    concurrencyLimitLayer({ maxConcurrent: 1_000 }),
    timeoutLayer({ timeoutMs: 30_000 }),
    hijackLayer(isAt('/api'), api),
    errorPagesLayer({ pages, replaces: 'all' }),
    serviceFn(async (_request: HttpRequest) => Response.from({ status: 404 })),
  );
  const address = await serve(settings.port, gateway);
  printWelcome(address, settings);
  logDrain(await drainOnSignal(lifecycle, { preDrainMs: settings.preDrainMs, onDrain: logDraining }));
}

/** A path and all below it. */
function isAt(prefix: string) {
  return matcherFn(({ path }: HttpRequest) => path === prefix || path.startsWith(`${prefix}/`));
}

const pages = { '4xx': errorPage, '5xx': errorPage }; // in the form that the client likes
const EXPOSED = ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'Cache-Status', 'X-Request-Id'];

main().catch(async (error: unknown) => {
  console.error(`api-gateway: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
  await lifecycle.drain({ graceMs: 0 });
});
