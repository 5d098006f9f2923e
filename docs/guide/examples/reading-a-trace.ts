import { createHttpClient, HttpRequest, HttpResponse, httpRetryLayer, httpServerLayer } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '@lamella/otel/http';
import { startTelemetry } from '@lamella/otel/node';
import { OtlpCollection, otlpAttributes, otlpReceiver } from '@lamella/otel/receiver';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const received = new OtlpCollection();
const lifecycle = createLifecycle();
await startTelemetry({ serviceName: 'gateway', lifecycle, client: collector(received) });

// A service that is busy the first time, and slow the second.
const network = memoryNetwork();
network.setConditions({ latencyMs: 5 });
let asked = 0;
const service = stack(
  httpServerLayer(),
  httpServerTelemetryLayer({ routeOf: () => '/report' }),
  serviceFn(async () => {
    if (++asked === 1) return HttpResponse.from({ status: 503 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return HttpResponse.text('the report');
  }),
);
void serveListener(network.listen('reports.test:80'), service);

// Retries stand outside of the layer, so each attempt is a span of its own.
const client = createHttpClient({ connector: network.connector() });
const reports = stack(httpRetryLayer(), httpClientTelemetryLayer(), client);
const response = await reports.serve(HttpRequest.from({ target: 'http://reports.test/report' }));
console.log(await response.body.text());
await client.close();
await lifecycle.drain();

for (const { item } of received.spans.filter(({ item: { kind } }) => kind === 3)) {
  const attributes = otlpAttributes(item.attributes);
  const attempt = Number(attributes['http.request.resend_count'] ?? 0) + 1;
  console.log(`attempt ${attempt}: ${attributes['http.response.status_code']}`);
  for (const { name, attributes: of } of item.events) {
    const ms = Number(otlpAttributes(of)['lamella.phase.duration_ms']);
    console.log(`  ${name}${ms > 900 ? ': slow' : ''}`);
  }
}

/** In a program this is a client, and the collector another program. */
function collector({ sink }: OtlpCollection) {
  const receiver = otlpReceiver(sink);
  return {
    serve(request: HttpRequest) {
      const { path } = request;
      return receiver.serve(request.with({ target: path }));
    },
  };
}
