import { HttpRequest, HttpResponse } from '@lamella/http';
import { inTraceOf } from '@lamella/otel';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '@lamella/otel/http';
import { serviceFn, stack } from '@lamella/service-core';
import { SpanKind } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

// An SDK; most programs register one for the whole process, and leave this option out.
const exporter = new InMemorySpanExporter();
const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });

// A service, and a client of it: here without a network between them.
const users = stack(
  httpServerTelemetryLayer({ tracerProvider, routeOf: () => '/users/:id' }),
  serviceFn(({ path }: HttpRequest) => HttpResponse.text(path === '/users/7' ? 'Ann' : 'nobody')),
);
const client = stack(httpClientTelemetryLayer({ tracerProvider }), users);

// A service that asks the other one. Its request carries the trace: no AsyncLocalStorage is needed.
const greeter = stack(
  httpServerTelemetryLayer({ tracerProvider, routeOf: () => '/hello' }),
  serviceFn(async (request: HttpRequest) => {
    const asked = inTraceOf(request, HttpRequest.from({ target: 'http://users.test/users/7' }));
    const name = await (await client.serve(asked)).body.text();
    return HttpResponse.text(`hello ${name}`);
  }),
);

const response = await greeter.serve(HttpRequest.from({ target: '/hello' }));
console.log(await response.body.text());
const spans = exporter.getFinishedSpans();
for (const { name, kind, parentSpanContext } of spans) {
  const parent = spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
  console.log(`${SpanKind[kind]} ${name} <- ${parent === undefined ? 'nothing' : SpanKind[parent.kind]}`);
}
