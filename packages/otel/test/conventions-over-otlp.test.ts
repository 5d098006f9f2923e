import { createHttpClient, httpServerLayer } from '@lamella/http';
import { memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { stack } from '@lamella/service-core';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import * as conventions from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { beforeAll, describe, expect, it } from 'vitest';
import { otlpMetricExporter, otlpOverHttp, otlpTraceExporter } from '../src/otlp.ts';
import type { OtlpAttribute } from '../src/receiver.ts';
import { OtlpCollection, otlpAttributes, otlpReceiver } from '../src/receiver.ts';
import { exerciseAll } from './support/exercise-all.ts';

const received = new OtlpCollection();

// Everything that the layers record goes through the SDK, the exporters, HTTP and the receiver, as it would to anybody's collector.
beforeAll(async () => {
  const network = memoryNetwork();
  const listener = await network.listen(parseAddress('192.0.2.7:4318'));
  void serveListener(listener, stack(httpServerLayer(), otlpReceiver(received.sink)));
  const client = createHttpClient({ connector: network.connector() });
  const transport = otlpOverHttp(client, { url: 'http://192.0.2.7:4318', compression: 'gzip' });
  const tracerProvider = new TracerProvider({
    spanProcessors: [new BatchSpanProcessor({ exporter: await otlpTraceExporter(transport) })],
  });
  const exporter = await otlpMetricExporter(transport);
  const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  await exerciseAll({ tracerProvider, meterProvider });
  await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]);
  await client.close();
  await listener.close();
});

const { METRIC_HTTP_SERVER_REQUEST_DURATION, METRIC_HTTP_CLIENT_REQUEST_DURATION } = conventions;
const { METRIC_RPC_SERVER_CALL_DURATION, METRIC_RPC_CLIENT_CALL_DURATION } = incubating;
const { METRIC_HTTP_SERVER_ACTIVE_REQUESTS, METRIC_HTTP_CLIENT_ACTIVE_REQUESTS } = incubating;
const { METRIC_HTTP_SERVER_REQUEST_BODY_SIZE, METRIC_HTTP_CLIENT_RESPONSE_BODY_SIZE } = incubating;
const { ATTR_HTTP_REQUEST_METHOD, ATTR_URL_SCHEME, ATTR_URL_PATH, ATTR_URL_FULL } = conventions;
const { ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT, ATTR_HTTP_RESPONSE_STATUS_CODE } = conventions;
const { ATTR_RPC_SYSTEM_NAME, ATTR_RPC_METHOD } = incubating;
const [SERVER, CLIENT] = [2, 3];

describe('metrics, as a collector receives them', () => {
  const server = [ATTR_HTTP_REQUEST_METHOD, ATTR_URL_SCHEME];
  const client = [ATTR_HTTP_REQUEST_METHOD, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT];
  it.each([
    [METRIC_HTTP_SERVER_REQUEST_DURATION, 'histogram', 's', server],
    [METRIC_HTTP_CLIENT_REQUEST_DURATION, 'histogram', 's', client],
    [METRIC_HTTP_SERVER_REQUEST_BODY_SIZE, 'histogram', 'By', server],
    [METRIC_HTTP_CLIENT_RESPONSE_BODY_SIZE, 'histogram', 'By', client],
    [METRIC_HTTP_SERVER_ACTIVE_REQUESTS, 'sum', '{request}', server],
    [METRIC_HTTP_CLIENT_ACTIVE_REQUESTS, 'sum', '{request}', [ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT]],
    [METRIC_RPC_SERVER_CALL_DURATION, 'histogram', 's', [ATTR_RPC_SYSTEM_NAME]],
    [METRIC_RPC_CLIENT_CALL_DURATION, 'histogram', 's', [ATTR_RPC_SYSTEM_NAME, ATTR_SERVER_ADDRESS]],
  ] as const)('%s is a %s in %s with what it requires', (name, type, unit, required) => {
    const found = received.metrics.find(({ item }) => item.name === name);
    const points = found?.item[type];
    expect(found).toMatchObject({
      item: { unit, description: expect.stringMatching(/\w/) },
      scope: { name: '@lamella/otel' },
    });
    expect(points?.dataPoints.length).toBeGreaterThan(0);
    expect(points?.aggregationTemporality).toBe(2);
    for (const { attributes } of points?.dataPoints ?? [])
      expect(namesOf(attributes)).toEqual(expect.arrayContaining([...required]));
    if (type === 'sum') expect(points?.isMonotonic ?? false).toBe(false);
    if (unit === 's') {
      const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
      expect(points?.dataPoints[0]?.explicitBounds).toEqual(bounds);
    }
  });
});

describe('spans, as a collector receives them', () => {
  it.each([
    ['servers of HTTP', SERVER, ATTR_URL_PATH, [ATTR_HTTP_REQUEST_METHOD, ATTR_URL_PATH, ATTR_URL_SCHEME]],
    [
      'clients of HTTP',
      CLIENT,
      ATTR_URL_FULL,
      [ATTR_HTTP_REQUEST_METHOD, ATTR_URL_FULL, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT],
    ],
    ['servers of gRPC', SERVER, ATTR_RPC_SYSTEM_NAME, [ATTR_RPC_METHOD]],
    ['clients of gRPC', CLIENT, ATTR_RPC_SYSTEM_NAME, [ATTR_RPC_METHOD, ATTR_SERVER_ADDRESS]],
  ] as const)('%s have what they require', (_name, kind, mark, required) => {
    const found = received.spans.filter(({ item }) => item.kind === kind && namesOf(item.attributes).includes(mark));
    expect(found.length).toBeGreaterThan(0);
    for (const { item, schemaUrl } of found) {
      expect(namesOf(item.attributes)).toEqual(expect.arrayContaining([...required]));
      expect(schemaUrl).toMatch(/^https:\/\/opentelemetry\.io\/schemas\/1\./);
      expect(BigInt(item.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(item.startTimeUnixNano ?? 1));
    }
  });

  it('have integers where the conventions say so', () => {
    const all = received.spans.flatMap(({ item }) => item.attributes);
    for (const name of [ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_SERVER_PORT]) {
      const values = all.filter(({ key }) => key === name).map(({ value }) => value);
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) expect(value).toEqual({ intValue: expect.stringMatching(/^\d+$/) });
    }
  });

  it('have names that are official, or marked as ours', () => {
    const official: ReadonlySet<unknown> = new Set<unknown>(
      Object.values({ ...conventions, ...incubating }).filter((name) => typeof name === 'string'),
    );
    const points = received.metrics.flatMap(({ item }) => (item.histogram ?? item.sum ?? item.gauge)?.dataPoints ?? []);
    const used = [...received.spans.map(({ item }) => item), ...points].flatMap(({ attributes }) =>
      namesOf(attributes),
    );
    const metricNames = received.metrics.map(({ item }) => item.name ?? '');
    const unknown = new Set(
      [...used, ...metricNames].filter(
        (name) => !official.has(name) && !/^lamella\.|^http\.(?:request|response)\.header\./.test(name),
      ),
    );
    expect(unknown).toEqual(new Set());
    expect(new Set(used).size).toBeGreaterThan(20);
  });

  it('have the parent that the trace tells: a server below its client', () => {
    const spans = received.spans.map(({ item }) => item);
    const servers = spans.filter(
      ({ kind, attributes }) => kind === SERVER && ATTR_URL_PATH in otlpAttributes(attributes),
    );
    expect(servers.length).toBe(4);
    for (const { parentSpanId, traceId } of servers) {
      expect(spans.find(({ spanId }) => spanId === parentSpanId)).toMatchObject({ kind: CLIENT, traceId });
    }
  });
});

function namesOf(attributes: readonly OtlpAttribute[]): string[] {
  return attributes.map(({ key = '' }) => key);
}
