import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { byteCountLayer, ConnectionBytes, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { connectionTelemetryLayer, connectorTelemetryLayer } from '@lamella/otel';
import { serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect, it, onTestFinished } from 'vitest';

const CONTENT_BYTES = 50_000;

it.each(['http', 'https'])('counts connections and their bytes where %s goes over sockets', async (scheme) => {
  const { meterProvider, valuesOf } = recording();
  const authority = await certificateAuthority();
  const certificates = [await authority.issue({ names: ['localhost'] })];
  const listener = await listenTcp();
  let counted = 0;
  const app = serviceFn(({ extensions }: HttpRequest) => {
    counted = extensions.get(ConnectionBytes)?.bytesIn ?? 0;
    return HttpResponse.text('x'.repeat(CONTENT_BYTES));
  });
  const http = stack(httpServerLayer(), app);
  const secured = scheme === 'http' ? http : stack(tlsAcceptLayer({ certificates }), http);
  // Outside of TLS, which takes the sockets over.
  const server = stack(byteCountLayer(), connectionTelemetryLayer({ meterProvider }), secured);
  void serveListener(listener, server);
  const client = createHttpClient({
    connector: stack(connectorTelemetryLayer({ meterProvider }), tcpConnector()),
    tls: tlsConnectLayer({ roots: authority.cert }),
  });
  const { address } = listener;
  const port = address.type === 'tcp' ? address.port : 0;
  for (let request = 0; request < 2; request++) {
    const response = await client.serve(HttpRequest.from({ target: `${scheme}://localhost:${port}/` }));
    await response.body.text();
  }
  expect(await valuesOf('lamella.connection.active')).toEqual({ accepted: 1, dialled: 1 });
  expect(await valuesOf('lamella.connection.duration')).toEqual({});
  expect(counted).toBeGreaterThan(50);

  await client.close();
  await listener.close();
  await expect.poll(() => valuesOf('lamella.connection.active')).toEqual({ accepted: 0, dialled: 0 });
  const io = await valuesOf('lamella.connection.io');
  for (const name of ['accepted transmit', 'dialled receive']) {
    expect(io[name]).toBeGreaterThan(2 * CONTENT_BYTES);
    expect(io[name]).toBeLessThan(2 * CONTENT_BYTES + 10_000);
  }
  expect(io['accepted receive']).toBe(io['dialled transmit']);
  expect(io['accepted receive']).toBeGreaterThan(50);
});

/** A meter provider, and the values of its metrics by role and direction. */
function recording() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => meterProvider.shutdown());
  const valuesOf = async (name: string): Promise<Record<string, unknown>> => {
    exporter.reset();
    await reader.forceFlush();
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    const points = metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
    return Object.fromEntries(
      points.map(({ attributes, value }) => {
        const direction = attributes['network.io.direction'];
        return [`${attributes['lamella.connection.role']}${direction === undefined ? '' : ` ${direction}`}`, value];
      }),
    );
  };
  return { meterProvider, valuesOf };
}
