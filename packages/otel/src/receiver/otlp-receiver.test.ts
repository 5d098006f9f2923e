import { gzipSync } from 'node:zlib';
import { GrpcStatus, grpcClient, grpcService } from '@lamella/grpc';
import { HttpRequest } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import {
  JsonMetricsSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { describe, expect, it } from 'vitest';
import { telemetryOfEverything } from '../../test/support/telemetry-of-everything.ts';
import { LogsService, MetricsService, TraceService } from '../otlp-grpc/otlp-services.ts';
import { otlpGrpcServices } from '../otlp-grpc.ts';
import { OtlpCollection, otlpAttributes, otlpReceiver } from '../receiver.ts';

const everything = await telemetryOfEverything();
const spans = ProtobufTraceSerializer.serializeRequest(everything.spans) ?? new Uint8Array(0);
const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };

describe('otlpReceiver', () => {
  it('takes all three signals, in both formats, compressed or not', async () => {
    const { received, post } = setup();
    const metrics = JsonMetricsSerializer.serializeRequest(everything.metrics) ?? new Uint8Array(0);
    const logs = ProtobufLogsSerializer.serializeRequest(everything.logs) ?? new Uint8Array(0);
    expect(await post('/v1/traces', spans, PROTOBUF)).toEqual([200, '']);
    expect(await post('/v1/metrics', metrics, { 'Content-Type': 'application/json; charset=utf-8' })).toEqual([
      200,
      '{}',
    ]);
    expect(await post('/v1/logs', gzipSync(logs), { ...PROTOBUF, 'Content-Encoding': 'gzip' })).toEqual([200, '']);
    expect(received.spans.map(({ item, scope }) => [item.name, scope?.name])).toEqual([
      ['child', 'test'],
      ['GET /', 'test'],
    ]);
    expect(new Set(received.metrics.map(({ item }) => item.name))).toEqual(
      new Set(['counter', 'level', 'gauge', 'histogram', 'growing']),
    );
    const [log] = received.logRecords;
    expect(otlpAttributes(log?.resource?.attributes ?? [])).toMatchObject({ 'service.name': 'shop' });
    expect(otlpAttributes([{ key: 'body', ...(log?.item.body && { value: log.item.body }) }])).toEqual({
      body: { text: 'almost full', nested: { percent: 93 }, bytes: 'Af8=' },
    });
    received.clear();
    expect([...received.spans, ...received.metrics, ...received.logRecords]).toEqual([]);
  });

  it('keeps the last ones only', async () => {
    const { received, post } = setup({ maxItems: 3 });
    for (let i = 0; i < 3; i++) await post('/v1/traces', spans, PROTOBUF);
    expect(received.spans.map(({ item }) => item.name)).toEqual(['GET /', 'child', 'GET /']);
    const named = (name: string) => ({ spans: [{ name, attributes: [], events: [], links: [] }] });
    await received.sink.traces?.([{ scopeSpans: ['a', 'b'].map(named) }, { scopeSpans: ['c', 'd'].map(named) }]);
    expect(received.spans.map(({ item }) => item.name)).toEqual(['b', 'c', 'd']);
    expect(() => new OtlpCollection({ maxItems: 0 })).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });

  it.each([
    ['another path', '/v1/profiles', spans, PROTOBUF, 404],
    ['another format', '/v1/traces', spans, { 'Content-Type': 'text/plain' }, 415],
    ['another coding', '/v1/traces', spans, { ...PROTOBUF, 'Content-Encoding': 'lzma' }, 415],
    ['what is malformed', '/v1/traces', spans.subarray(1), PROTOBUF, 400],
    ['what is no JSON', '/v1/traces', '{', { 'Content-Type': 'application/json' }, 400],
    [
      'a coding that breaks off',
      '/v1/traces',
      gzipSync(spans).subarray(0, 30),
      { ...PROTOBUF, 'Content-Encoding': 'gzip' },
      400,
    ],
  ])('refuses %s', async (_what, path, body, headers, status) => {
    const { received, post } = setup();
    expect((await post(path, body, headers))[0]).toBe(status);
    expect(received.spans).toEqual([]);
  });

  it('refuses another method', async () => {
    const response = await directClientOn(otlpReceiver({})).serve(
      HttpRequest.from({ target: 'http://c.test/v1/traces' }),
    );
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('takes up to maxBytes, as they are and decompressed', async () => {
    const gzipped = { ...PROTOBUF, 'Content-Encoding': 'gzip' };
    const enough = setup({ maxBytes: spans.length });
    expect((await enough.post('/v1/traces', spans, PROTOBUF))[0]).toBe(200);
    expect((await enough.post('/v1/traces', gzipSync(spans), gzipped))[0]).toBe(200);
    const tooFew = setup({ maxBytes: spans.length - 1 });
    expect((await tooFew.post('/v1/traces', spans, PROTOBUF))[0]).toBe(413);
    expect((await tooFew.post('/v1/traces', gzipSync(spans), gzipped))[0]).toBe(413);
    expect(() => otlpReceiver({}, { maxBytes: 0 })).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });

  it('tells what the sink did not take, and passes on that it failed', async () => {
    const rejecting = directClientOn(otlpReceiver({ traces: async () => ({ rejected: 300, message: 'too old' }) }));
    const post = (headers: Record<string, string>, body: Uint8Array | string) =>
      rejecting.serve(HttpRequest.from({ method: 'POST', target: 'http://c.test/v1/traces', headers, body }));
    const protobuf = await (await post(PROTOBUF, spans)).body.bytes();
    expect(ProtobufTraceSerializer.deserializeResponse(protobuf).partialSuccess).toEqual({
      rejectedSpans: 300,
      errorMessage: 'too old',
    });
    expect(await (await post({ 'Content-Type': 'application/json' }, '{}')).body.json()).toEqual({
      partialSuccess: { rejectedSpans: '300', errorMessage: 'too old' },
    });
    const failing = directClientOn(otlpReceiver({ traces: () => Promise.reject(new Error('disk full')) }));
    const request = HttpRequest.from({
      method: 'POST',
      target: 'http://c.test/v1/traces',
      headers: PROTOBUF,
      body: spans,
    });
    await expect(failing.serve(request)).rejects.toThrow('disk full');
  });
});

describe('otlpGrpcServices', () => {
  it('takes all three signals, and refuses what is malformed', async () => {
    const received = new OtlpCollection();
    const service = grpcService(otlpGrpcServices(received.sink));
    expect(await grpcClient(service, TraceService).export(spans)).toHaveLength(0);
    await grpcClient(service, MetricsService).export(new Uint8Array(0));
    await grpcClient(service, LogsService).export(new Uint8Array(0));
    expect(received.spans).toHaveLength(2);
    await expect(grpcClient(service, TraceService).export(spans.subarray(1))).rejects.toMatchObject({
      status: GrpcStatus.INVALID_ARGUMENT,
    });
  });
});

function setup(options: { maxBytes?: number; maxItems?: number } = {}) {
  const received = new OtlpCollection(options);
  const client = directClientOn(otlpReceiver(received.sink, options));
  const post = async (path: string, body: Uint8Array | string, headers: Record<string, string>) => {
    const init = { method: 'POST', target: `http://collector.test${path}`, headers, body };
    const response = await client.serve(HttpRequest.from(init));
    return [response.status, await response.body.text()] as const;
  };
  return { received, post };
}
