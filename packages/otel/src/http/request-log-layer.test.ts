import { HttpBody, HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpSubject } from '../../test/support/http-subject.ts';
import { Recording } from '../../test/support/recording.ts';
import type { LogEntry } from '../log/structured-logger.ts';
import { traceFields } from '../log/structured-logger.ts';
import { httpServerTelemetryLayer } from './http-server-telemetry-layer.ts';
import { requestLogLayer } from './request-log-layer.ts';

describe('requestLogLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpSubject(requestLogLayer({ logger: { log: () => {} } }))));

  it('logs requests with the ids of their spans', async () => {
    const recording = new Recording();
    const entries: LogEntry[] = [];
    const service = stack(
      httpServerTelemetryLayer(recording.options),
      requestLogLayer({ logger: { log: (entry) => void entries.push(entry) }, clock: recording.clock }),
      serviceFn(({ path }: HttpRequest) => {
        recording.clock.advance(12);
        if (path === '/fails') throw new TypeError('with a secret');
        return HttpResponse.text('hello', { status: path === '/bad' ? 503 : 200 });
      }),
    );
    for (const target of ['/fine?token=secret', '/bad', '/fails']) {
      const response = await service.serve(HttpRequest.from({ target })).catch(() => undefined);
      await response?.body.text();
    }
    expect(entries.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info GET /fine 200',
      'error GET /bad 503',
      'error GET /fails error',
    ]);
    expect(entries[0]?.fields).toEqual({
      'http.request.method': 'GET',
      'url.path': '/fine',
      'http.response.status_code': 200,
      duration_ms: 12,
      response_bytes: 5,
    });
    expect(entries[2]?.fields).toMatchObject({ 'error.type': 'TypeError' });
    expect(JSON.stringify(entries.map(({ fields, message }) => [fields, message]))).not.toContain('secret');
    const ids = new Set(entries.map((entry) => JSON.stringify(traceFields(entry.context))));
    const spans = recording.spans.map((span) => span.spanContext());
    const expected = spans.map(({ traceId, spanId }) =>
      JSON.stringify({ trace_id: traceId, span_id: spanId, trace_flags: '01' }),
    );
    expect(ids).toEqual(new Set(expected));
    await recording.shutdown();
  });

  it.each([
    ['0', 'info POST /s/m 200 OK', { 'rpc.status_code': 'OK' }],
    ['5', 'info POST /s/m 200 NOT_FOUND', { 'rpc.status_code': 'NOT_FOUND' }],
    ['13', 'error POST /s/m 200 INTERNAL', { 'rpc.status_code': 'INTERNAL' }],
    ['x', 'info POST /s/m 200', {}],
  ])('logs a call of gRPC that ends with %s as %s', async (status, line, fields) => {
    const entries: LogEntry[] = [];
    const trailers = HttpHeaders.from({ 'grpc-status': status });
    const service = stack(
      requestLogLayer({ logger: { log: (entry) => void entries.push(entry) } }),
      serviceFn((_: HttpRequest) => HttpResponse.from({ body: HttpBody.from('reply', { trailers: () => trailers }) })),
    );
    await (await service.serve(HttpRequest.from({ method: 'POST', target: '/s/m' }))).body.bytes();
    expect(entries.map(({ level, message }) => `${level} ${message}`)).toEqual([line]);
    const { 'rpc.status_code': found } = entries[0]?.fields ?? {};
    expect(found === undefined ? {} : { 'rpc.status_code': found }).toEqual(fields);
  });

  it('refuses a logger that is none', () => {
    expect(() => requestLogLayer({ logger: console as never })).not.toThrow();
    expect(() => requestLogLayer({ logger: {} as never })).toThrow('logger');
  });
});
