import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp, socketConnector } from '@lamella/net-tcp';
import type { HttpServerTelemetryOptions } from '@lamella/otel/http';
import { httpServerTelemetryLayer } from '@lamella/otel/http';
import { stack } from '@lamella/service-core';
import { router } from '@lamella/web';
import { expect, it } from 'vitest';

type MeterProvider = NonNullable<HttpServerTelemetryOptions['meterProvider']>;
type Meter = ReturnType<MeterProvider['getMeter']>;

it('counts requests under the route that the router has matched, mounts included, and never under their target', async () => {
  const routes: unknown[] = [];
  const app = router()
    .get('/items/:id', (_request, { id }) => HttpResponse.text(id))
    .mount(
      '/api',
      router().get('/files/*path', () => HttpResponse.text('file')),
    );
  const telemetry = httpServerTelemetryLayer({
    meterProvider: hearing('http.server.request.duration', (attributes) => routes.push(attributes?.['http.route'])),
  });
  const listener = await listenTcp({ host: '127.0.0.1', port: 0 });
  void serveListener(listener, stack(httpServerLayer(), telemetry, app));
  const client = createHttpClient({ connector: socketConnector() });
  const { address } = listener;
  const port = address.type === 'tcp' ? address.port : 0;
  for (const path of ['/items/7', '/items/8?secret', '/api/files/a/b', '/nowhere/at/all']) {
    await (await client.serve(HttpRequest.from({ target: `http://127.0.0.1:${port}${path}` }))).body.text();
  }
  await client.close();
  await listener.close();
  await expect.poll(() => routes.length).toBe(4);
  expect(routes).toEqual(['/items/:id', '/items/:id', '/api/files/*path', undefined]);
});

/** A provider that passes on the attributes of one histogram, and nothing else. */
function hearing(
  wanted: string,
  listener: (attributes: Readonly<Record<string, unknown>> | undefined) => void,
): MeterProvider {
  const instrument = { record() {}, add() {}, addCallback() {}, removeCallback() {} };
  const meter: Meter = {
    createHistogram: (name) =>
      name === wanted ? { record: (_value, attributes) => listener(attributes) } : instrument,
    createGauge: () => instrument,
    createCounter: () => instrument,
    createUpDownCounter: () => instrument,
    createObservableGauge: () => instrument,
    createObservableCounter: () => instrument,
    createObservableUpDownCounter: () => instrument,
    addBatchObservableCallback() {},
    removeBatchObservableCallback() {},
  };
  return { getMeter: () => meter };
}
