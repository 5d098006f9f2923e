import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultSensitiveParameters } from '@lamella/http';
import type { Attributes } from '@opentelemetry/api';
import { SpanKind } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultKnownMethods } from '../src/http.ts';
import { ATTR, DURATION_BOUNDS, METRIC, OTHER } from '../src/shared/names.ts';
import { exerciseAll } from './support/exercise-all.ts';
import { Recording } from './support/recording.ts';

const ATTRIBUTES = valuesOf(incubating, 'ATTR_');
const METRICS = valuesOf(incubating, 'METRIC_');
const OWN = /^lamella\./;

// What the package exports of attributes with a key in their name are functions.
const TEMPLATES = [incubating.ATTR_HTTP_REQUEST_HEADER('x-tag'), incubating.ATTR_HTTP_RESPONSE_HEADER('content-type')];

describe('names of the official package', () => {
  it.each(Object.values(ATTR))('know the attribute %s', (name) => expect(ATTRIBUTES).toContain(name));
  it.each(Object.values(METRIC))('know the metric %s', (name) => expect(METRICS).toContain(name));

  it('know the methods and the value of all others', () => {
    // QUERY is among those that the convention takes as known, though its constant is not called stable yet.
    const methods = valuesOf(incubating, 'HTTP_REQUEST_METHOD_VALUE_');
    expect(new Set([...defaultKnownMethods, OTHER])).toEqual(methods);
    expect(OTHER).toBe(stable.ERROR_TYPE_VALUE_OTHER);
  });

  it('know the query parameters whose values are left out', () => {
    const keys = sensitiveParameters();
    expect(keys.length).toBeGreaterThan(5);
    expect(defaultSensitiveParameters).toEqual(expect.arrayContaining(keys.map((key) => key.toLowerCase())));
  });

  it('mark none of them as given up, and have those stable that every user relies on', () => {
    const deprecated = deprecatedNames();
    expect(deprecated.size).toBeGreaterThan(50);
    for (const name of [...Object.values(ATTR), ...Object.values(METRIC)]) expect(deprecated).not.toContain(name);
    const stableNames = new Set([...valuesOf(stable, 'METRIC_'), ...valuesOf(stable, 'ATTR_')]);
    for (const name of [
      METRIC.serverRequestDuration,
      METRIC.clientRequestDuration,
      METRIC.rpcServerCallDuration,
      METRIC.rpcClientCallDuration,
      ATTR.rpcMethod,
      ATTR.rpcSystem,
      ATTR.rpcStatusCode,
    ]) {
      expect(stableNames).toContain(name);
    }
  });
});

describe('what the layers export', () => {
  let spans: readonly ReadableSpan[] = [];
  let metrics: ReadonlyMap<string, MetricData> = new Map();
  const recording = new Recording();
  beforeAll(async () => {
    await exerciseAll(recording.options);
    spans = recording.spans;
    metrics = await recording.metrics();
  });
  afterAll(() => recording.shutdown());

  it('has only names that are official, or marked as ours', () => {
    const used = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
    for (const { dataPoints } of metrics.values()) {
      for (const { attributes } of dataPoints) for (const name of Object.keys(attributes)) used.add(name);
    }
    const unknown = [...used].filter((name) => !ATTRIBUTES.has(name) && !TEMPLATES.includes(name) && !OWN.test(name));
    expect(unknown).toEqual([]);
    expect([...metrics.keys()].filter((name) => !METRICS.has(name) && !OWN.test(name))).toEqual([]);
    expect(used.size).toBeGreaterThan(20);
  });

  it.each([
    [METRIC.serverRequestDuration, DataPointType.HISTOGRAM, 's', ['http.request.method', 'url.scheme']],
    [METRIC.serverActiveRequests, DataPointType.SUM, '{request}', ['http.request.method', 'url.scheme']],
    [METRIC.serverRequestBodySize, DataPointType.HISTOGRAM, 'By', ['http.request.method', 'url.scheme']],
    [METRIC.serverResponseBodySize, DataPointType.HISTOGRAM, 'By', ['http.request.method', 'url.scheme']],
    [
      METRIC.clientRequestDuration,
      DataPointType.HISTOGRAM,
      's',
      ['http.request.method', 'server.address', 'server.port'],
    ],
    [METRIC.clientActiveRequests, DataPointType.SUM, '{request}', ['server.address', 'server.port']],
    [METRIC.rpcServerCallDuration, DataPointType.HISTOGRAM, 's', ['rpc.system.name']],
    [METRIC.rpcClientCallDuration, DataPointType.HISTOGRAM, 's', ['rpc.system.name', 'server.address']],
  ])('has %s with its type, unit and required attributes', (name, type, unit, required) => {
    const metric = metrics.get(name);
    expect(metric?.dataPointType).toBe(type);
    expect(metric?.descriptor.unit).toBe(unit);
    expect(metric?.descriptor.description).not.toBe('');
    expect(metric?.dataPoints.length).toBeGreaterThan(0);
    for (const { attributes } of metric?.dataPoints ?? [])
      expect(Object.keys(attributes)).toEqual(expect.arrayContaining([...required]));
    if (metric?.dataPointType === DataPointType.SUM) expect(metric.isMonotonic).toBe(false);
    if (metric?.dataPointType === DataPointType.HISTOGRAM && unit === 's') {
      expect(metric.dataPoints[0]?.value.buckets.boundaries).toEqual(DURATION_BOUNDS);
    }
  });

  it.each([
    ['servers of HTTP', SpanKind.SERVER, 'url.scheme', ['http.request.method', 'url.path', 'url.scheme']],
    [
      'clients of HTTP',
      SpanKind.CLIENT,
      'url.full',
      ['http.request.method', 'url.full', 'server.address', 'server.port'],
    ],
    ['servers of gRPC', SpanKind.SERVER, 'rpc.system.name', ['rpc.system.name', 'rpc.method']],
    ['clients of gRPC', SpanKind.CLIENT, 'rpc.system.name', ['rpc.system.name', 'rpc.method', 'server.address']],
  ])('has spans of %s with what they require', (_name, kind, mark, required) => {
    const found = spans.filter((span) => span.kind === kind && mark in span.attributes);
    expect(found.length).toBeGreaterThan(0);
    for (const { attributes } of found) expect(Object.keys(attributes)).toEqual(expect.arrayContaining([...required]));
  });

  it('has the types that the conventions say', () => {
    const numbers = /(?:\.port|status_code|resend_count|body\.size)$/;
    for (const { attributes } of spans) {
      for (const [name, value] of Object.entries(attributes)) {
        if (OWN.test(name) || name === 'tls.resumed' || name.includes('.header.')) continue;
        expect([name, typeof value]).toEqual([
          name,
          numbers.test(name) && name !== ATTR.rpcStatusCode ? 'number' : 'string',
        ]);
      }
    }
    const headers: Attributes[] = spans
      .map(({ attributes }) => attributes)
      .filter((found) => TEMPLATES[0] !== undefined && TEMPLATES[0] in found);
    expect(headers.length).toBeGreaterThan(0);
  });

  it('names the conventions by their schema', () => {
    for (const { instrumentationScope } of spans) {
      expect(instrumentationScope).toMatchObject({
        name: '@lamella/otel',
        schemaUrl: expect.stringMatching(/^https:\/\/opentelemetry\.io\/schemas\/\d/),
      });
    }
  });
});

function valuesOf(module: object, prefix: string): ReadonlySet<string> {
  const found = Object.entries(module).filter(([name, value]) => name.startsWith(prefix) && typeof value === 'string');
  return new Set(found.map(([, value]) => String(value)));
}

/** What the package says in comments: those who are marked as deprecated. */
function deprecatedNames(): ReadonlySet<string> {
  const all = [...commentsIn('experimental_attributes'), ...commentsIn('experimental_metrics')];
  return new Set(all.filter(([, comment]) => comment.includes('@deprecated')).map(([name]) => name));
}

/** What the package says in comments: the list of keys at `url.full`. */
function sensitiveParameters(): readonly string[] {
  const note = commentsIn('stable_attributes').get('url.full') ?? '';
  return Array.from(note.matchAll(/^ \*\s+- \[`([^`]+)`\]/gm), ([, key = '']) => key);
}

/** Names that a file of the package declares, with what it says of them. */
function commentsIn(file: string): ReadonlyMap<string, string> {
  const entry = fileURLToPath(import.meta.resolve('@opentelemetry/semantic-conventions/incubating'));
  const text = readFileSync(entry.replace(/index-incubating\.[cm]?js$/, `${file}.d.mts`), 'utf8');
  const found = text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*declare const \w+: "([^"]+)"/g);
  return new Map(Array.from(found, ([, comment = '', name = '']) => [name, comment]));
}
