import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { loggerFor, otelLogger } from '@lamella/otel';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '@lamella/otel/http';
import { startTelemetry } from '@lamella/otel/node';
import { OtlpCollection, otlpReceiver } from '@lamella/otel/receiver';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

// A collector of our own, for this page: it keeps what it gets. Yours is a program, at OTEL_EXPORTER_OTLP_ENDPOINT.
const network = memoryNetwork();
const received = new OtlpCollection();
void serveListener(network.listen('localhost:4318'), stack(httpServerLayer(), otlpReceiver(received.sink)));

// In a program: connector: tcpConnector() of @lamella/net-tcp; or no client at all, and the SDK uses its own.
const client = createHttpClient({ connector: network.connector() });
const lifecycle = createLifecycle();
await startTelemetry({ serviceName: 'shop', lifecycle, client });

const app = stack(
  httpServerLayer({ lifecycle }),
  httpServerTelemetryLayer({ routeOf: () => '/items/:id' }),
  serviceFn((request: HttpRequest) => {
    loggerFor(request, otelLogger()).log({ level: 'info', message: 'asked', fields: { path: request.path } });
    return HttpResponse.text('tea');
  }),
);
void serveListener(network.listen('shop.test:80'), app, { lifecycle });

const traced = stack(httpClientTelemetryLayer(), client);
const response = await traced.serve(HttpRequest.from({ target: 'http://shop.test/items/7' }));
console.log(await response.body.text());

// Telemetry ends last: what the last requests have recorded is with the collector when this is over.
await lifecycle.drain();
const spans = received.spans.map(({ item }) => item);
for (const { name, kind } of spans) console.log(kind === 2 ? 'server' : 'client', name);
console.log('one trace:', new Set(spans.map(({ traceId }) => traceId)).size === 1);
for (const { item } of received.logRecords)
  console.log('log', item.body?.stringValue, item.traceId === spans[0]?.traceId);
const names = new Set(received.metrics.map(({ item }) => item.name ?? ''));
for (const name of [...names].filter((each) => each.startsWith('http.')).sort()) console.log('metric', name);
await client.close();
