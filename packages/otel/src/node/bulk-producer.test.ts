import { HttpRequest, HttpResponse } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import type { MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import * as sdkMetrics from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '../http.ts';
import { BulkHistograms } from '../shared/bulk-histograms.ts';
import { bulkProducer } from './bulk-producer.ts';

const DURATION = /\.duration$/;

it.each(['cumulative', 'delta'] as const)('hands over what an SDK would have made of it: %s', async (temporality) => {
  const plain = setup(temporality, false);
  const bulk = setup(temporality, true);
  for (const side of [plain, bulk]) await side.exercise();
  const first = await plain.collect();
  expect(await bulk.collect()).toEqual(first);
  expect(first.map(({ descriptor }) => descriptor.name)).toEqual([
    'http.client.request.duration',
    'http.server.request.duration',
  ]);
  expect(first.map(({ dataPoints }) => dataPoints.length)).toEqual([3, 4]);

  expect(await bulk.collect()).toEqual(await plain.collect());
  for (const side of [plain, bulk]) await side.exercise();
  expect(await bulk.collect()).toEqual(await plain.collect());
  await Promise.all([plain.shutdown(), bulk.shutdown()]);
});

/** A client and a server whose requests take different times, and a reader of their metrics. */
function setup(temporality: 'cumulative' | 'delta', isBulk: boolean) {
  const clock = new FakeClock();
  const histograms = new BulkHistograms(clock);
  const metricProducers: MetricProducer[] = isBulk
    ? [bulkProducer(histograms, sdkMetrics, { temporality, clock })]
    : [];
  const wanted = sdkMetrics.AggregationTemporality[temporality === 'delta' ? 'DELTA' : 'CUMULATIVE'];
  const exporter = new sdkMetrics.InMemoryMetricExporter(wanted);
  const reader = new sdkMetrics.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 3_600_000,
    metricProducers,
  });
  const meterProvider = new sdkMetrics.MeterProvider({ readers: [reader] });
  if (isBulk) histograms.attach(meterProvider);
  const options = { meterProvider, clock };
  const app = serviceFn(async ({ path, query }: HttpRequest) => {
    clock.advance(Number(query));
    if (path === '/fails') throw new TypeError('inside');
    return HttpResponse.text('hello');
  });
  const server = httpServerTelemetryLayer({ ...options, routeOf: ({ path }) => (path === '/' ? undefined : path) })(
    app,
  );
  const client = httpClientTelemetryLayer(options)(directClientOn(server));
  return {
    async exercise() {
      for (const [method, target] of [
        ['GET', '/?3'],
        ['GET', '/?40'],
        ['GET', '/a?11000'],
        ['BREW', '/a?5'],
        ['POST', '/fails?250'],
      ] as const) {
        const request = HttpRequest.from({ method, target: `http://app.test${target}` });
        await client.serve(request).then(({ body }) => body.text(), ignore);
      }
    },
    /** All durations, in an order of their own, without the times at which SDKs look at their own clock. */
    async collect(): Promise<MetricData[]> {
      exporter.reset();
      await reader.forceFlush();
      const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      const found = scopes.flatMap(({ scope, metrics }) => metrics.map((metric) => ({ ...metric, scope: scope.name })));
      return found
        .filter(({ descriptor }) => DURATION.test(descriptor.name))
        .sort((a, b) => a.descriptor.name.localeCompare(b.descriptor.name))
        .map((metric) => comparable(metric));
    },
    shutdown: () => meterProvider.shutdown(),
  };
}

function comparable(metric: MetricData): MetricData {
  const text = JSON.stringify(metric, (name, value: unknown) =>
    ['startTime', 'endTime', 'type', 'advice'].includes(name) ? undefined : value,
  );
  return JSON.parse(text) as MetricData; // the same without some of its properties
}

function ignore(): void {}
