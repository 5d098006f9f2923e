import { HttpRequest, HttpResponse } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { context, logs, metrics, propagation, trace } from '@opentelemetry/api';
import { afterEach, expect, it, vi } from 'vitest';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '../src/http.ts';
import { contextOf, otelLogger } from '../src/index.ts';
import { startTelemetry } from '../src/node.ts';
import { OtlpCollection, otlpAttributes, otlpReceiver } from '../src/receiver.ts';
import { Recording } from './support/recording.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  for (const api of [trace, metrics, context, propagation, logs]) api.disable();
});

it('hands everything over by a client of Lamella when the lifecycle drains, last of all', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector.test');
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-key=secret');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=test');
  const received = new OtlpCollection();
  const keys = new Set<string | undefined>();
  const receiver = directClientOn(otlpReceiver(received.sink));
  const client = {
    serve(request: HttpRequest) {
      keys.add(request.headers.get('x-key'));
      return receiver.serve(request);
    },
  };
  // Made before there is an SDK: no order counts.
  const app = stack(
    httpServerTelemetryLayer({ routeOf: () => '/late' }),
    serviceFn(() => HttpResponse.text('hello')),
  );
  const lifecycle = createLifecycle();
  const telemetry = await startTelemetry({
    serviceName: 'shop',
    resourceAttributes: { 'service.version': '1.2' },
    lifecycle,
    client,
  });
  otelLogger().log({ level: 'info', message: 'started' });
  // Something that still serves a request while the program drains.
  const work = Promise.withResolvers<void>();
  lifecycle.spawn('last request', async () => {
    await work.promise;
    await (await directClientOn(app).serve(HttpRequest.from({ target: 'http://app.test/' }))).body.text();
  });
  const report = lifecycle.drain();
  work.resolve();
  expect(await report).toMatchObject({ protocols: { telemetry: { closed: 1 } }, unfinishedTasks: [] });

  expect(received.spans.map(({ item }) => item.name)).toEqual(['GET /late']);
  expect(received.metrics.map(({ item }) => item.name)).toContain('http.server.request.duration');
  expect(received.logRecords.map(({ item }) => item.body)).toEqual([{ stringValue: 'started' }]);
  expect(otlpAttributes(received.spans[0]?.resource?.attributes ?? [])).toMatchObject({
    'service.name': 'shop',
    'service.version': '1.2',
    'deployment.environment.name': 'test',
    'telemetry.sdk.language': 'nodejs',
  });
  expect(keys).toEqual(new Set(['secret']));
  expect(telemetry.exporters.map(({ signal }) => signal)).toEqual(['traces', 'metrics', 'logs']);
  await telemetry.shutdown(); // once more is fine
});

it('ends though the collector is gone, and leaves signals alone that go elsewhere', async () => {
  vi.stubEnv('OTEL_METRICS_EXPORTER', 'none');
  vi.stubEnv('OTEL_LOGS_EXPORTER', 'none');
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
  const client = { serve: () => Promise.reject(new Error('nobody is there')) };
  await using telemetry = await startTelemetry({ client, exports: { maxAttempts: 1 } });
  expect(telemetry.exporters.map(({ signal }) => signal)).toEqual(['traces']);
  trace.getTracer('app').startSpan('lost').end();
  await telemetry.shutdown();
  expect(telemetry.exporters[0]?.counts()).toEqual({
    exported: 0,
    dropped: { LML_ERR_OTLP_UNAVAILABLE: 1 },
    pending: 0,
  });
});

it('waits for what the collector takes, though it has refused another signal before', async () => {
  vi.stubEnv('OTEL_LOGS_EXPORTER', 'none');
  const received = new OtlpCollection();
  const receiver = directClientOn(otlpReceiver(received.sink));
  const [asked, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const client = {
    async serve(request: HttpRequest) {
      if (request.path === '/v1/traces') return HttpResponse.from({ status: 403 });
      asked.resolve();
      await slow.promise;
      return receiver.serve(request);
    },
  };
  const telemetry = await startTelemetry({ client });
  trace.getTracer('app').startSpan('refused').end();
  metrics.getMeter('app').createCounter('taken').add(1);
  let isOver = false;
  const over = telemetry.shutdown().then(() => {
    isOver = true;
  });
  await asked.promise;
  await expect.poll(() => telemetry.exporters[0]?.counts().dropped).toEqual({ LML_ERR_OTLP_REFUSED: 1 });
  await settle(32);
  expect(isOver).toBe(false);
  slow.resolve();
  await over;
  expect(received.metrics.map(({ item }) => item.name)).toContain('taken');
});

it.each([
  [undefined, 'traceparent'],
  ['b3', 'b3'],
  ['none', undefined],
])('writes what OTEL_PROPAGATORS=%s says into requests, and takes in no more', async (asked, field) => {
  vi.stubEnv('OTEL_PROPAGATORS', asked);
  await using telemetry = await startTelemetry({ client: { serve: async () => HttpResponse.text('') } });
  const seen: string[] = [];
  const traced = httpClientTelemetryLayer()(
    serviceFn((request: HttpRequest) => {
      for (const [name] of request.headers) seen.push(name);
      return HttpResponse.text('');
    }),
  );
  await traced.serve(HttpRequest.from({ target: 'http://app.test/' }));
  expect(seen).toEqual(field === undefined ? [] : [field]);
  expect(telemetry.exporters).toHaveLength(3);
});

it('is cut a second after the grace if the collector does not answer, and ends', async () => {
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '1');
  const client = { serve: () => new Promise<never>(() => {}) };
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const telemetry = await startTelemetry({ client, lifecycle, exports: { timeoutMs: 3_600_000 } });
  trace.getTracer('app').startSpan('lost').end();
  await expect.poll(() => telemetry.exporters[0]?.counts().pending).toBe(1); // an SDK takes its time
  const report = lifecycle.drain({ graceMs: 100 });
  await clock.advanceAsync(1_099);
  expect(telemetry.exporters[0]?.counts()).toMatchObject({ dropped: {}, pending: 1 });
  await clock.advanceAsync(1);
  expect(await report).toMatchObject({ protocols: { telemetry: { cut: 1 } } });
  await telemetry.shutdown();
  expect(telemetry.exporters[0]?.counts()).toEqual({ exported: 0, dropped: { LML_ERR_CLOSED: 1 }, pending: 0 });
});

it('leaves durations to the SDK where it is told how to count them', async () => {
  const received = new OtlpCollection();
  const client = directClientOn(otlpReceiver(received.sink));
  const views = [{ instrumentName: 'http.server.request.duration', name: 'renamed' }];
  const telemetry = await startTelemetry({ client, sdk: { views } });
  await serveOne();
  await telemetry.shutdown();
  const names = received.metrics.map(({ item }) => item.name);
  expect(names).toContain('renamed');
  expect(names).not.toContain('http.server.request.duration');
});

it('leaves durations to the SDK that was there first', async () => {
  const first = new Recording();
  metrics.setGlobalMeterProvider(first.meterProvider);
  const received = new OtlpCollection();
  const telemetry = await startTelemetry({ client: directClientOn(otlpReceiver(received.sink)) });
  await serveOne();
  expect(await first.points('http.server.request.duration')).toMatchObject([{ value: { count: 1 } }]);
  await telemetry.shutdown();
  expect(received.metrics.map(({ item }) => item.name)).not.toContain('http.server.request.duration');
  await first.shutdown();
});

it('gives as many durations as there were requests, one set of attributes for all layers', async () => {
  const received = new OtlpCollection();
  const telemetry = await startTelemetry({ client: directClientOn(otlpReceiver(received.sink)) });
  for (let i = 0; i < 3; i++) await serveOne();
  await telemetry.shutdown();
  const found = received.metrics.filter(({ item }) => item.name === 'http.server.request.duration');
  expect(found).toHaveLength(1);
  expect(found[0]?.item).toMatchObject({ unit: 's', histogram: { dataPoints: [{ count: '3' }] } });
});

it.each([true, false])('has the context of a request active while it is served: %s', async (activeContext) => {
  const received = new OtlpCollection();
  const telemetry = await startTelemetry({ client: directClientOn(otlpReceiver(received.sink)), activeContext });
  const found: unknown[] = [];
  const look = async (request: HttpRequest) => {
    await Promise.resolve();
    found.push(trace.getSpan(context.active()) !== undefined, trace.getSpan(contextOf(request)) !== undefined);
    return HttpResponse.text('hello');
  };
  const app = httpServerTelemetryLayer()(serviceFn(look));
  await (await directClientOn(app).serve(HttpRequest.from({ target: 'http://app.test/' }))).body.text();
  await telemetry.shutdown();
  expect(found).toEqual([activeContext, true]);
  expect(received.spans.map(({ item }) => item.name)).toEqual(['GET']); // exports leave no spans in either case
});

it('takes no other value for an option than it says', async () => {
  const notBoolean: { activeContext: boolean } = JSON.parse('{ "activeContext": "no" }');
  await expect(startTelemetry(notBoolean)).rejects.toThrow('activeContext must be true or false');
  const instrumentations = [[]];
  const both = startTelemetry({ activeContext: false, sdk: { instrumentations } });
  await expect(both).rejects.toThrow('activeContext: false excludes sdk.instrumentations');
});

async function serveOne(): Promise<void> {
  const app = httpServerTelemetryLayer()(serviceFn(() => HttpResponse.text('hello')));
  await (await directClientOn(app).serve(HttpRequest.from({ target: 'http://app.test/' }))).body.text();
}
