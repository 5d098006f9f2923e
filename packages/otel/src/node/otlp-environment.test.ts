import { describe, expect, it } from 'vitest';
import { durationOf, isByOtlp, otlpEnvironment } from './otlp-environment.ts';

describe('otlpEnvironment', () => {
  it('has the defaults of the specification', () => {
    expect(otlpEnvironment({}, 'traces')).toEqual({
      protocol: 'http/protobuf',
      url: 'http://localhost:4318/v1/traces',
      headers: {},
      compression: 'none',
      timeoutMs: undefined,
    });
    expect(otlpEnvironment({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'logs').url).toBe('http://localhost:4317');
  });

  it('adds the path of the signal to the endpoint of all, and takes that of one as it is', () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.test/otlp/',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'https://logs.test/in',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'metrics.test:4317',
    };
    expect(otlpEnvironment(env, 'traces').url).toBe('https://collector.test/otlp/v1/traces');
    expect(otlpEnvironment(env, 'logs').url).toBe('https://logs.test/in');
    expect(otlpEnvironment(env, 'metrics')).toMatchObject({ protocol: 'grpc', url: 'http://metrics.test:4317' });
  });

  it('reads headers, decoded, those of the signal before the others', () => {
    const env = {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key = a%20b ,broken,=none,tenant=one',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'tenant=two,bad=%zz',
    };
    expect(otlpEnvironment(env, 'traces').headers).toEqual({ 'x-key': 'a b', tenant: 'two', bad: '%zz' });
    expect(otlpEnvironment(env, 'logs').headers).toEqual({ 'x-key': 'a b', tenant: 'one' });
  });

  it('reads times and compression, and passes over nonsense', () => {
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '2500', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' };
    expect(otlpEnvironment(env, 'logs')).toMatchObject({ timeoutMs: 2_500, compression: 'gzip' });
    for (const OTEL_EXPORTER_OTLP_TIMEOUT of ['', '0', '-1', 'soon', 'Infinity']) {
      expect(otlpEnvironment({ OTEL_EXPORTER_OTLP_TIMEOUT }, 'logs').timeoutMs).toBeUndefined();
      expect(durationOf({ OTEL_EXPORTER_OTLP_TIMEOUT }, 'OTEL_EXPORTER_OTLP_TIMEOUT')).toBeUndefined();
    }
    expect(otlpEnvironment({ OTEL_EXPORTER_OTLP_PROTOCOL: 'smoke' }, 'logs').protocol).toBe('http/protobuf');
  });
});

describe('isByOtlp', () => {
  it.each([
    [undefined, true],
    [' ', true],
    ['otlp', true],
    ['none', false],
    ['console', false],
    ['otlp,console', false],
  ])('of %s', (OTEL_TRACES_EXPORTER, expected) => {
    expect(isByOtlp({ OTEL_TRACES_EXPORTER }, 'traces')).toBe(expected);
  });
});
