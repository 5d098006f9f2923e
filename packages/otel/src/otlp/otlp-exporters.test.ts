import { GrpcStatus, GrpcStatusError, grpcService, implementService } from '@lamella/grpc';
import type { HttpClient, HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { resources } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Recording } from '../../test/support/recording.ts';
import { telemetryOfEverything } from '../../test/support/telemetry-of-everything.ts';
import { httpClientTelemetryLayer } from '../http.ts';
import type { OtlpExporterOptions, OtlpExportResult, OtlpOutcome, OtlpTransport } from '../otlp.ts';
import { observeOtlpExporters, otlpLogExporter, otlpMetricExporter, otlpOverHttp, otlpTraceExporter } from '../otlp.ts';
import { LogsService, MetricsService, TraceService } from '../otlp-grpc/otlp-services.ts';
import { otlpGrpcServices, otlpOverGrpc } from '../otlp-grpc.ts';
import { OtlpCollection, otlpReceiver } from '../receiver.ts';

const everything = await telemetryOfEverything();
const { spans } = everything;
afterEach(async () => {
  diag.disable();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  expect(resources()['pooled-connection'] ?? 0).toBe(0);
});

const clients: HttpClient[] = [];

function clientOf(service: Service<HttpRequest, HttpResponse>): HttpClient {
  const client = httpClientOn(service);
  clients.push(client);
  return client;
}

describe('exporters', () => {
  const ways: [string, (service: OtlpCollection, options?: { compression: 'gzip' }) => OtlpTransport][] = [
    ['HTTP in protobuf', ({ sink }, options) => otlpOverHttp(clientOf(otlpReceiver(sink)), options)],
    ['HTTP in JSON', ({ sink }, options) => otlpOverHttp(clientOf(otlpReceiver(sink)), { format: 'json', ...options })],
    ['gRPC', ({ sink }, options) => otlpOverGrpc(grpcService(otlpGrpcServices(sink)), options)],
  ];
  it.each(ways)('hand everything over by %s, compressed or not', async (_name, transportTo) => {
    for (const options of [undefined, { compression: 'gzip' as const }]) {
      const received = new OtlpCollection();
      const transport = transportTo(received, options);
      const trace = await otlpTraceExporter(transport);
      const metric = await otlpMetricExporter(transport);
      const log = await otlpLogExporter(transport);
      const results: OtlpExportResult[] = [];
      trace.export(spans, (result) => results.push(result));
      metric.export(everything.metrics, (result) => results.push(result));
      log.export(everything.logs, (result) => results.push(result));
      await Promise.all([trace.forceFlush(), metric.forceFlush(), log.forceFlush()]);
      expect(results).toEqual([{ code: 0 }, { code: 0 }, { code: 0 }]);
      expect([received.spans.length, received.metrics.length, received.logRecords.length]).toEqual([2, 5, 1]);
      expect([trace, metric, log].map((exporter) => exporter.counts())).toEqual([
        { exported: 2, dropped: {}, pending: 0 },
        { exported: 5, dropped: {}, pending: 0 },
        { exported: 1, dropped: {}, pending: 0 },
      ]);
    }
  });

  it('tell what they were told to about time, and the fields that were asked for', async () => {
    const requests: HttpRequest[] = [];
    const collector: Service<HttpRequest, HttpResponse> = serviceFn((request: HttpRequest) => {
      requests.push(request);
      return HttpResponse.from({});
    });
    const options = {
      url: 'https://c.test/otlp/',
      headers: { 'X-Api-Key': 'k' },
      urls: { logs: 'http://logs.test/in' },
    };
    const transport = otlpOverHttp(collector, options);
    const exporters = [await otlpTraceExporter(transport), await otlpLogExporter(transport)] as const;
    exporters[0].export(spans, () => {});
    exporters[1].export(everything.logs, () => {});
    await Promise.all(exporters.map((exporter) => exporter.forceFlush()));
    expect(
      requests.map(({ target, headers }) => [target, headers.get('x-api-key'), headers.get('content-type')]),
    ).toEqual([
      ['https://c.test/otlp/v1/traces', 'k', 'application/x-protobuf'],
      ['http://logs.test/in', 'k', 'application/x-protobuf'],
    ]);
    const delta = await otlpMetricExporter(transport, { temporality: 'delta' });
    const cumulative = await otlpMetricExporter(transport);
    const types = ['COUNTER', 'HISTOGRAM', 'UP_DOWN_COUNTER', 'OBSERVABLE_UP_DOWN_COUNTER', 'GAUGE'];
    expect(types.map((type) => delta.selectAggregationTemporality(type))).toEqual([0, 0, 1, 1, 1]);
    expect(types.map((type) => cumulative.selectAggregationTemporality(type))).toEqual([1, 1, 1, 1, 1]);
  });

  it('leave no trace of exports, though the client has a layer that traces', async () => {
    const recording = new Recording();
    const received = new OtlpCollection();
    const client = httpClientTelemetryLayer(recording.options)(clientOf(otlpReceiver(received.sink)));
    const exporter = await otlpTraceExporter(otlpOverHttp(client));
    exporter.export(spans, () => {});
    await exporter.forceFlush();
    expect([received.spans.length, recording.spans.length]).toEqual([2, 0]);
    await recording.shutdown();
  });
});

describe('a collector that is down, slow or refuses', () => {
  it('is asked again after waits that grow, and the export succeeds', async () => {
    const { clock, exporter, results, answers, sent } = await setup({ timeoutMs: 60_000 });
    answers.push(() => Promise.reject(new Error('refused')), busy(), busy(), taken);
    exporter.export(spans, (result) => results.push(result));
    const at: number[] = [];
    for (const waitMs of [1_000, 1_500, 2_250]) {
      await settle();
      at.push(sent.length);
      await clock.advanceAsync(waitMs - 1);
      at.push(sent.length);
      await clock.advanceAsync(1);
    }
    await settle();
    expect(at).toEqual([1, 1, 2, 2, 3, 3]);
    expect([sent.length, results, clock.pendingTimers]).toEqual([4, [{ code: 0 }], 0]);
  });

  it('is asked no more than maxAttempts times', async () => {
    const { clock, exporter, results, answers, sent } = await setup({ timeoutMs: 60_000, maxAttempts: 3 });
    answers.push(busy(), busy(), busy(), taken);
    exporter.export(spans, (result) => results.push(result));
    await clock.advanceAsync(60_000);
    expect([sent.length, exporter.counts()]).toEqual([
      3,
      { exported: 0, dropped: { LML_ERR_OTLP_UNAVAILABLE: 2 }, pending: 0 },
    ]);
    expect(results).toMatchObject([{ code: 1, error: { code: 'LML_ERR_OTLP_UNAVAILABLE' } }]);
  });

  it('is given the time that it asks for, as long as there is time', async () => {
    const { clock, exporter, answers, sent } = await setup({ timeoutMs: 10_000 });
    answers.push(busy(7_000), busy(7_000));
    exporter.export(spans, () => {});
    await clock.advanceAsync(6_999);
    expect(sent).toHaveLength(1);
    await clock.advanceAsync(1);
    expect(sent).toHaveLength(2);
    // 3 s are left: no use in waiting for them.
    expect(exporter.counts().dropped).toEqual({ LML_ERR_OTLP_UNAVAILABLE: 2 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not asked again if it refuses', async () => {
    const { clock, exporter, answers, sent } = await setup();
    answers.push(() => Promise.resolve({ type: 'refused', message: 'the collector answered with 400' }), taken);
    exporter.export(spans, () => {});
    await clock.advanceAsync(60_000);
    expect([sent.length, exporter.counts().dropped]).toEqual([1, { LML_ERR_OTLP_REFUSED: 2 }]);
  });

  it('holds an export for timeoutMs, and not a moment longer, whether it is sent or waits', async () => {
    const { clock, exporter, results, sent } = await setup({ timeoutMs: 5_000, maxConcurrentExports: 1 });
    for (let i = 0; i < 2; i++) exporter.export(spans, (result) => results.push(result));
    await clock.advanceAsync(4_999);
    expect([results.length, sent.length, exporter.counts().pending]).toEqual([0, 1, 4]);
    await clock.advanceAsync(1);
    expect(results).toMatchObject([{ code: 1 }, { code: 1 }]);
    expect(sent[0]?.scope.aborted).toBe(true);
    expect(exporter.counts()).toEqual({ exported: 0, dropped: { LML_ERR_TIMEOUT: 4 }, pending: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps no place of what has waited in vain', async () => {
    const { clock, exporter, answers, sent } = await setup({ timeoutMs: 5_000, maxConcurrentExports: 1 });
    for (let i = 0; i < 3; i++) exporter.export(spans, () => {});
    await settle();
    clock.advance(5_000); // all at once
    await settle();
    expect(exporter.counts()).toEqual({ exported: 0, dropped: { LML_ERR_TIMEOUT: 6 }, pending: 0 });
    answers.push(taken, taken);
    for (let i = 0; i < 2; i++) exporter.export(spans, () => {});
    await settle();
    expect([sent.length, exporter.counts().exported]).toEqual([3, 4]);
  });

  it('does not fill memory: what finds the queue full is dropped at once, and told once', async () => {
    const said: unknown[] = [];
    const { exporter, answers, sent } = await setup({ maxConcurrentExports: 1, maxQueuedExports: 2 });
    listenToDiag(said);
    const gate = Promise.withResolvers<OtlpOutcome>();
    answers.push(() => gate.promise, taken, taken, taken);
    for (let i = 0; i < 5; i++) exporter.export(spans, () => {});
    await settle();
    expect([sent.length, exporter.counts()]).toEqual([
      1,
      { exported: 0, dropped: { LML_ERR_OTLP_QUEUE_FULL: 4 }, pending: 6 },
    ]);
    expect(said).toHaveLength(1);
    gate.resolve(await taken());
    await exporter.forceFlush();
    expect([sent.length, exporter.counts().exported]).toEqual([3, 6]);
    // After a success, the next loss is told again.
    answers.length = 0;
    answers.push(() => Promise.resolve({ type: 'refused', message: 'no' }));
    exporter.export(spans, () => {});
    await exporter.forceFlush();
    expect(said).toHaveLength(2);
  });

  it('gets nothing after shutdown, which waits for what is under way', async () => {
    const { exporter, answers, results } = await setup();
    const gate = Promise.withResolvers<OtlpOutcome>();
    answers.push(() => gate.promise);
    exporter.export(spans, (result) => results.push(result));
    let isDown = false;
    const down = exporter.shutdown().then(() => {
      isDown = true;
    });
    exporter.export(spans, (result) => results.push(result));
    await settle();
    expect([isDown, results]).toMatchObject([false, [{ code: 1, error: { code: 'LML_ERR_CLOSED' } }]]);
    gate.resolve(await taken());
    await down;
    expect(results).toMatchObject([{ code: 1 }, { code: 0 }]);
  });

  it('is given up at once if the exporter is destroyed: what is sent, what waits for a place, and what waits to be sent again', async () => {
    const { clock, exporter, answers, results, sent } = await setup({ maxConcurrentExports: 2 });
    answers.push(() => Promise.resolve({ type: 'busy', message: 'later' }));
    for (let i = 0; i < 3; i++) exporter.export(spans, (result) => results.push(result));
    await settle();
    expect([sent.length, results.length]).toEqual([2, 0]);
    exporter.destroy();
    exporter.export(spans, (result) => results.push(result));
    await exporter.shutdown();
    expect(results.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
    expect(exporter.counts()).toEqual({ exported: 0, dropped: { LML_ERR_CLOSED: 8 }, pending: 0 });
    expect([clock.pendingTimers, sent.length]).toEqual([0, 2]);
  });

  it('may take a part: the rest is counted as lost', async () => {
    const collector = clientOf(otlpReceiver({ traces: () => ({ rejected: 1, message: 'too old' }) }));
    const exporter = await otlpTraceExporter(otlpOverHttp(collector));
    exporter.export(spans, () => {});
    await exporter.forceFlush();
    expect(exporter.counts()).toEqual({ exported: 1, dropped: { LML_ERR_OTLP_REFUSED: 1 }, pending: 0 });
  });

  it('is shown as metrics', async () => {
    const recording = new Recording();
    const { exporter, answers } = await setup();
    answers.push(taken, () => Promise.resolve({ type: 'refused', message: 'no' }));
    const observing = observeOtlpExporters(recording.meterProvider.getMeter('app'), [exporter]);
    for (let i = 0; i < 2; i++) {
      exporter.export(spans, () => {});
      await exporter.forceFlush();
    }
    const attributes = { 'lamella.otlp.signal': 'traces' };
    expect(await recording.points('lamella.otlp.exported')).toEqual([{ attributes, value: 2 }]);
    expect(await recording.points('lamella.otlp.pending')).toEqual([{ attributes, value: 0 }]);
    expect(await recording.points('lamella.otlp.dropped')).toEqual([
      { attributes: { ...attributes, 'error.type': 'LML_ERR_OTLP_REFUSED' }, value: 2 },
    ]);
    observing[Symbol.dispose]();
    await recording.shutdown();
  });
});

describe('answers of collectors', () => {
  it.each([
    [200, undefined, 'taken', undefined],
    [429, '7', 'busy', 7_000],
    [502, undefined, 'busy', undefined],
    [503, 'soon', 'busy', undefined],
    [504, undefined, 'busy', undefined],
    [400, undefined, 'refused', undefined],
    [500, undefined, 'refused', undefined],
    [301, undefined, 'refused', undefined],
  ])('HTTP %i with Retry-After %s', async (status, retryAfter, type, retryAfterMs) => {
    const headers: Record<string, string> = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
    const outcome = await outcomeOf(otlpOverHttp(serviceFn(() => HttpResponse.from({ status, headers }))));
    expect(outcome.type).toBe(type);
    if (outcome.type === 'busy') expect(outcome.retryAfterMs).toBe(retryAfterMs);
  });

  it.each([
    ['UNAVAILABLE', undefined, 'busy', undefined],
    ['RESOURCE_EXHAUSTED', undefined, 'refused', undefined],
    ['RESOURCE_EXHAUSTED', [10, 6, 8, 2, 16, 128, 202, 181, 238, 1], 'refused', undefined],
    ['RESOURCE_EXHAUSTED', [10, 2, 8, 2], 'busy', 2_000],
    ['UNAVAILABLE', [10, 8, 8, 1, 16, 128, 202, 181, 238, 1], 'busy', 1_500],
    ['UNAVAILABLE', [16, 1], 'busy', 0],
    ['INVALID_ARGUMENT', undefined, 'refused', undefined],
  ] as const)('gRPC %s with RetryInfo %j', async (name, info, type, retryAfterMs) => {
    const details =
      info === undefined
        ? []
        : [
            {
              $typeName: 'google.protobuf.Any' as const,
              typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
              value: Uint8Array.from(info),
            },
          ];
    const fail = () => {
      throw new GrpcStatusError(GrpcStatus[name], 'not now', { details });
    };
    const services = [TraceService, MetricsService, LogsService].map((source) =>
      implementService(source, { export: fail }),
    );
    const outcome = await outcomeOf(otlpOverGrpc(grpcService(services)));
    expect(outcome.type).toBe(type);
    if (outcome.type === 'busy') expect(outcome.retryAfterMs).toBe(retryAfterMs);
  });
});

it('refuses options that are out of range', async () => {
  const transport = otlpOverHttp(serviceFn(() => HttpResponse.from({})));
  const USAGE = { code: 'LML_ERR_USAGE' };
  for (const options of [
    { timeoutMs: 0 },
    { timeoutMs: Number.POSITIVE_INFINITY },
    { backoffMs: Number.NaN },
    { maxBackoffMs: -1 },
    { maxAttempts: 0 },
    { maxConcurrentExports: 1.5 },
    { maxQueuedExports: -1 },
  ]) {
    await expect(otlpTraceExporter(transport, options)).rejects.toMatchObject(USAGE);
  }
  expect(() =>
    otlpOverHttp(
      serviceFn(() => HttpResponse.from({})),
      { url: 'collector:4318' },
    ),
  ).toThrow(expect.objectContaining(USAGE));
});

const taken = (): Promise<OtlpOutcome> => Promise.resolve({ type: 'taken', answer: new Uint8Array(0) });
const busy = (retryAfterMs?: number) => (): Promise<OtlpOutcome> =>
  Promise.resolve({ type: 'busy', message: 'the collector answered with 503', retryAfterMs });

/** An exporter whose attempts are answered one after the other; those for whom there is no answer wait for ever. */
async function setup(options: OtlpExporterOptions = {}) {
  const clock = new FakeClock();
  const answers: (() => Promise<OtlpOutcome>)[] = [];
  const sent: Parameters<OtlpTransport['send']>[0][] = [];
  const results: OtlpExportResult[] = [];
  const transport: OtlpTransport = {
    format: 'protobuf',
    send(attempt) {
      sent.push(attempt);
      return answers.shift()?.() ?? new Promise(() => {});
    },
  };
  const exporter = await otlpTraceExporter(transport, { clock, random: () => 0.5, ...options });
  return { clock, exporter, answers, sent, results };
}

async function outcomeOf(transport: OtlpTransport): Promise<OtlpOutcome> {
  const outcomes: OtlpOutcome[] = [];
  const watched: OtlpTransport = {
    format: transport.format,
    async send(attempt) {
      const outcome = await transport.send(attempt);
      outcomes.push(outcome);
      return outcome;
    },
  };
  const exporter = await otlpTraceExporter(watched, { maxAttempts: 1 });
  exporter.export(spans, () => {});
  await exporter.forceFlush();
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('nothing came of it');
  return outcome;
}

function listenToDiag(said: unknown[]): void {
  const note = (...args: unknown[]) => void said.push(args);
  const silent = () => {};
  diag.setLogger({ error: note, warn: note, info: silent, debug: silent, verbose: silent }, DiagLogLevel.ALL);
  said.length = 0;
  onTestFinished(() => diag.disable());
}
