// A Lamella server with telemetry: argument 1 is how much of it (none, no-sdk, ratio, inactive, sampler, full), argument 2 the URL of the collector, argument 3
// the port.
import type { HttpRequest } from '@lamella/http';
import { createHttpClient, HttpHeaders, HttpResponse, httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp, socketConnector } from '@lamella/net-tcp';
import { httpServerTelemetryLayer } from '@lamella/otel/http';
import { startTelemetry } from '@lamella/otel/node';
import type { Service } from '@lamella/service-core';
import { answerQuestions } from './answer-questions.ts';
import { HELLO } from './payloads.ts';

const [, , kind = 'none', collector = '', port = '0'] = process.argv;
const json = HttpHeaders.from([['Content-Type', 'application/json']]);
const app: Service<HttpRequest, HttpResponse> = {
  serve: async () => HttpResponse.from({ headers: json, body: HELLO }),
};
const ratio = kind === 'ratio' || kind === 'inactive' ? { sampleRatio: 0.01 } : {};
const around = kind === 'none' ? app : httpServerTelemetryLayer({ routeOf: () => '/', ...ratio })(app);
if (kind !== 'none' && kind !== 'no-sdk') {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector;
  process.env['OTEL_METRIC_EXPORT_INTERVAL'] = '1000';
  if (kind === 'sampler') {
    process.env['OTEL_TRACES_SAMPLER'] = 'parentbased_traceidratio';
    process.env['OTEL_TRACES_SAMPLER_ARG'] = '0.01';
  }
  const client = createHttpClient({ connector: socketConnector() });
  await startTelemetry({ serviceName: 'bench', client, activeContext: kind !== 'inactive' });
}
answerQuestions();
// All load comes from one address here.
const listener = await listenTcp({ port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
console.log('ready');
await serveListener(listener, httpServerLayer()(around));
