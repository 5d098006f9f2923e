import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { isTracingSuppressed } from '../context/is-tracing-suppressed.ts';
import { contextOf } from '../context/telemetry-context.ts';
import { safely } from '../shared/safely.ts';
import { startServe } from '../shared/serve-in-context.ts';
import { TelemetrySource } from '../shared/telemetry-source.ts';
import { CLIENT_CHANNELS, ClientExchange } from './client-exchange.ts';
import { httpClientInstruments } from './http-instruments.ts';
import type { HttpTelemetryOptions } from './http-telemetry-options.ts';
import { httpTelemetrySettings } from './http-telemetry-options.ts';
import { ServerPlaces } from './server-place.ts';

/** Options of {@link httpClientTelemetryLayer}. */
export interface HttpClientTelemetryOptions extends HttpTelemetryOptions {}

/**
 * Records the requests of a client: a span and the metrics `http.client.request.duration` and `http.client.active_requests` by the semantic
 * conventions of OpenTelemetry; and writes the trace into the headers of each.
 *
 * @remarks
 * The span belongs below the context in the store of the request (see `inTraceOf`; a changed copy of what a server got has it already), else
 * below the active one. It ends with the body of the response, or when all of that is here though nobody reads it, and has an event for the end
 * of each phase, as the client measures them: `lamella.queue`, `.resolve`, `.connect`, `.proxy`, `.tls`, `.sent`, `.first_byte`, `.body`.
 *
 * Inside of `httpRetryLayer` and `followRedirectLayer`, each attempt has a span of its own beside the others, with
 * `http.request.resend_count`; outside of them, there is one for all. A link leads to the connect that made the connection, if
 * `connectorTelemetryLayer` has recorded it.
 *
 * Nothing is recorded where an SDK says that it is sending its own exports.
 *
 * @throws UsageError if an option is invalid.
 *
 * @example
 * const network = memoryNetwork();
 * const client = stack(httpClientTelemetryLayer(), createHttpClient({ connector: network.connector() }));
 */
export function httpClientTelemetryLayer(options: HttpClientTelemetryOptions = {}): Layer<HttpRequest, HttpResponse> {
  const source = new TelemetrySource(options, httpClientInstruments);
  const telemetry = { source, settings: httpTelemetrySettings(options), places: new ServerPlaces() };

  const begin = (request: HttpRequest): ClientExchange | undefined => {
    if (source.tracer === undefined && source.instruments === undefined) {
      source.warnOfNoSdk();
      if (!CLIENT_CHANNELS.hasSubscribers) return undefined;
    }
    const parent = contextOf(request);
    return isTracingSuppressed(parent) ? undefined : new ClientExchange(request, parent, telemetry);
  };

  return (inner) => ({
    serve(request) {
      const exchange = safely(begin, request);
      if (exchange === undefined) return startServe(inner, request);
      return startServe(inner, exchange.request).then(
        (response) => exchange.respond(response),
        (error: unknown) => {
          exchange.fail(error);
          throw error;
        },
      );
    },
  });
}
