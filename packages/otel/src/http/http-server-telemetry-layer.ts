import type { HttpRequest, HttpResponse, HttpUpgrade } from '@lamella/http';
import { HttpResponse as Response } from '@lamella/http';
import type { ExtensionKey, Layer } from '@lamella/service-core';
import { extensionKey, UsageError } from '@lamella/service-core';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { ConnectionInstruments } from '../connection/connection-instruments.ts';
import { connectionInstruments } from '../connection/connection-instruments.ts';
import { serveTraced, TUNNEL } from '../connection/served-connection.ts';
import { UpgradeSpan } from '../context/connection-spans.ts';
import { ownSpanContext } from '../context/own-span-context.ts';
import { TelemetryContext } from '../context/telemetry-context.ts';
import { requireOneOf, requireOptionalFunction } from '../shared/option-checks.ts';
import { safely } from '../shared/safely.ts';
import { serveInContext, startServe } from '../shared/serve-in-context.ts';
import { TelemetrySource } from '../shared/telemetry-source.ts';
import { MatchedRoute } from './foreign-keys.ts';
import type { HttpInstruments } from './http-instruments.ts';
import { httpServerInstruments } from './http-instruments.ts';
import type { HttpTelemetryOptions, RouteOf } from './http-telemetry-options.ts';
import { httpTelemetrySettings } from './http-telemetry-options.ts';
import { SERVER_CHANNELS, ServerExchange } from './server-exchange.ts';
import { ServerKeys } from './server-keys.ts';
import { addPlace, ServerPlaces } from './server-place.ts';

/** Options of {@link httpServerTelemetryLayer}. */
export interface HttpServerTelemetryOptions extends HttpTelemetryOptions {
  /**
   * What becomes of a trace that a client names: the span is part of it, it begins a trace of its own with a link to the client's, or the
   * client's is passed over. At the edge, where anybody may name one, use `'link'` or `'ignore'`: baggage is not taken then, and the service gets
   * the request without these fields. Default `'parent'`.
   */
  readonly incoming?: 'parent' | 'link' | 'ignore';
  /**
   * Share of requests that the SDK is asked about, 0 to 1, where the client has not decided whether they are sampled: what it has decided counts.
   * For busy servers, since asking costs more than serving a small request. Default: the SDK is asked about every one.
   */
  readonly sampleRatio?: number;
  /** Names the route of a request, when it is over. Default: what the router of `@lamella/web` has matched. */
  readonly routeOf?: RouteOf;
}

/**
 * Records the requests of a server: a span and the metrics `http.server.request.duration` and `http.server.active_requests` by the semantic
 * conventions of OpenTelemetry.
 *
 * @remarks
 * Once for each request, after the last byte of its response, in whichever way it ended: also if the service fails, the client goes away
 * or the body breaks off. Text or bytes in memory count as sent when they are given to the server. A request that passes two of these layers is
 * recorded by the outer one.
 *
 * The service finds the context in the store of the request ({@link TelemetryContext}), so that layers of clients continue the trace
 * without AsyncLocalStorage; where a context manager is registered, it is active too, while the body of the response is made as well.
 *
 * Nothing that a client can choose at will is in the name of a span or in a metric: methods that are not known are `_OTHER`, targets count by their
 * route. A 101 ends the span with its head; a tunnel by CONNECT has a span of its own, with its bytes, that links to the one of its request.
 *
 * Without an SDK, and if nobody listens on `node:diagnostics_channel` (`lamella:http.server.request.start`, `.end`, `.error`), a request is passed
 * on as it is.
 *
 * @throws UsageError if an option is invalid.
 *
 * @example
 * const service = stack(
 *   httpServerTelemetryLayer({ requestHeaders: ['x-request-id'] }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.path)),
 * );
 */
export function httpServerTelemetryLayer(options: HttpServerTelemetryOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { incoming = 'parent', routeOf = matchedRoute, sampleRatio } = options;
  requireOneOf('incoming', incoming, ['parent', 'link', 'ignore']);
  requireOptionalFunction('routeOf', routeOf);
  if (sampleRatio !== undefined && !(sampleRatio >= 0 && sampleRatio <= 1)) {
    throw new UsageError(`sampleRatio must be 0 to 1, got ${sampleRatio}`);
  }
  const source = new TelemetrySource(options, httpServerInstruments);
  const tunnels = new TelemetrySource(options, connectionInstruments);
  const places = new ServerPlaces();
  const keys = new ServerKeys();
  const settings = httpTelemetrySettings(options);
  const telemetry = { source, settings, places, keys, incoming, routeOf, sampleRatio };

  const begin = (request: HttpRequest): ServerExchange | undefined => {
    const { instruments } = source;
    if (instruments === undefined && !isObserved(source)) return undefined;
    const above = request.extensions.get(TelemetryContext);
    // Nobody is asked whether a request is recorded that has no context: both are written together.
    if (above !== undefined && request.extensions.get(IsRecorded) === true) return undefined;
    const exchange = new ServerExchange(request, above ?? ROOT_CONTEXT, instruments, telemetry);
    request.extensions.insert(IsRecorded, true);
    request.extensions.insert(TelemetryContext, exchange.operation.context);
    return exchange;
  };

  return (inner) => ({
    serve(request) {
      const exchange = safely(begin, request);
      if (exchange === undefined) return startServe(inner, request);
      return serveInContext(exchange.operation.context, inner, exchange.request).then(
        (response) => {
          const { upgrade } = response;
          const passed = exchange.respond(response);
          if (upgrade === undefined) return passed;
          const handler = upgradedHandler(upgrade.handler, exchange, tunnels, places);
          const { status, reason, headers, body, version, upgraded, makeExtensions } = passed;
          const parts = { status, reason, headers, body, version, upgraded, makeExtensions };
          return new Response({ ...parts, upgrade: { handler, guard: upgrade.guard } });
        },
        (error: unknown) => {
          exchange.fail(error);
          throw error;
        },
      );
    },
  });
}

/** Whether a request was recorded by a layer further outside. */
const IsRecorded: ExtensionKey<boolean, 'request'> = extensionKey('otel/is-recorded', { scope: 'request' });

/** Whether somebody looks, be it without metrics. */
function isObserved(source: TelemetrySource<HttpInstruments>): boolean {
  if (source.tracer !== undefined) return true;
  source.warnOfNoSdk();
  return SERVER_CHANNELS.hasSubscribers;
}

function matchedRoute(request: HttpRequest): string | undefined {
  return request.extensions.get(MatchedRoute);
}

/** What a connection becomes knows the span of the request that asked for it; a tunnel has a span of its own. */
function upgradedHandler(
  inner: HttpUpgrade['handler'],
  { operation, request }: ServerExchange,
  source: TelemetrySource<ConnectionInstruments>,
  places: ServerPlaces,
): HttpUpgrade['handler'] {
  const span = trace.getSpan(operation.context);
  const link = span === undefined ? undefined : ownSpanContext(span);
  return {
    serve(connection) {
      if (link !== undefined) safely(() => connection.extensions.insert(UpgradeSpan, link));
      if (request.method !== 'CONNECT') return startServe(inner, connection);
      const attributes = {};
      addPlace(attributes, places.of('https', request.authority));
      return serveTraced(source, TUNNEL, inner, connection, {
        attributes,
        ...(link && { links: [{ context: link }] }),
      });
    },
  };
}
