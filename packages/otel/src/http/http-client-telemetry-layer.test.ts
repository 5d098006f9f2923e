import {
  createHttpClient,
  followRedirectLayer,
  HttpBody,
  HttpRequest,
  HttpResponse,
  httpRetryLayer,
  httpServerLayer,
} from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing, W3CTraceContextPropagator } from '@opentelemetry/core';
import { afterEach, describe, expect, it } from 'vitest';
import { failingProviders } from '../../test/support/failing-providers.ts';
import { httpSubject } from '../../test/support/http-subject.ts';
import { Recording, sinceEpochMs } from '../../test/support/recording.ts';
import { connectionTelemetryLayer } from '../connection/connection-telemetry-layer.ts';
import { connectorTelemetryLayer } from '../connection/connector-telemetry-layer.ts';
import { inTraceOf, TelemetryContext } from '../context/telemetry-context.ts';
import type { HttpClientTelemetryOptions } from './http-client-telemetry-layer.ts';
import { httpClientTelemetryLayer } from './http-client-telemetry-layer.ts';
import { httpServerTelemetryLayer } from './http-server-telemetry-layer.ts';

const DURATION = 'http.client.request.duration';
const ACTIVE = 'http.client.active_requests';

const recordings: Recording[] = [];
afterEach(async () => {
  for (const recording of recordings.splice(0)) await recording.shutdown();
});

describe('httpClientTelemetryLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpSubject(setup().layer)));
  it.each(layerCases)('without an SDK: $name', ({ run }) => run(httpSubject(httpClientTelemetryLayer())));

  it('records a span and a duration, and sends the trace', async () => {
    const { recording, client, seen } = setup({}, async () => {
      recording.clock.advance(40);
      return HttpResponse.text('hello');
    });
    const target = 'http://app.test/items?key=secret&q=1';
    await textOf(client, { target, headers: { 'User-Agent': 'mine/1', traceparent: 'stale' } });
    const { span } = recording;
    const { traceId, spanId } = span.spanContext();
    expect(span.name).toBe('GET');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.full': 'http://app.test/items?key=REDACTED&q=1',
      'url.scheme': 'http',
      'server.address': 'app.test',
      'server.port': 80,
      'network.protocol.version': '1.1',
      'user_agent.original': 'mine/1',
    });
    expect(seen[0]?.headers.getAll('traceparent')).toEqual([`00-${traceId}-${spanId}-01`]);
    expect(await recording.points(DURATION)).toEqual([
      {
        attributes: {
          'http.request.method': 'GET',
          'http.response.status_code': 200,
          'server.address': 'app.test',
          'server.port': 80,
          'url.scheme': 'http',
          'network.protocol.version': '1.1',
        },
        value: { count: 1, sum: 0.04 },
      },
    ]);
  });

  it.each([
    [399, undefined],
    [400, '400'],
    [500, '500'],
  ])('takes %i for what it is', async (status, type) => {
    const { recording, client } = setup({}, async () => HttpResponse.from({ status }));
    await textOf(client, { target: 'http://app.test/' });
    expect(recording.span.attributes['error.type']).toBe(type);
    expect(recording.span.status.code).toBe(type === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR);
  });

  it('ends with the body, in whichever way that ends', async () => {
    const { recording, client } = setup({}, async ({ path }) =>
      HttpResponse.from({ body: HttpBody.from(path === '/broken' ? broken() : chunks(['a', 'b'])) }),
    );
    const serve = (path: string) => client.serve(HttpRequest.from({ target: `http://app.test${path}` }));
    const whole = await serve('/whole');
    await whole.body.read();
    expect(recording.spans).toHaveLength(0);
    await whole.body.read();
    await whole.body.read();
    expect(recording.spans).toHaveLength(1);
    await expect((await serve('/broken')).body.text()).rejects.toThrow('broken off');
    (await serve('/left')).body.cancel(new Error('enough'));
    const types = recording.spans.map(({ attributes }) => attributes['error.type']);
    expect(types).toEqual([undefined, 'RangeError', 'Error']);
    expect(await recording.points(ACTIVE)).toMatchObject([{ value: 0 }]);
  });

  it('records failures, and a caller that gives up', async () => {
    const { recording, client } = setup({}, (request) =>
      request.path === '/wait'
        ? new Promise((_resolve, reject) => request.scope.onAbort(reject))
        : Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })),
    );
    await expect(client.serve(HttpRequest.from({ target: 'http://app.test/' }))).rejects.toThrow('refused');
    const waiting = HttpRequest.from({ target: 'http://app.test/wait' });
    const served = client.serve(waiting);
    waiting.scope.abort(new DOMException('enough', 'AbortError'));
    await expect(served).rejects.toThrow('enough');
    const types = recording.spans.map(({ attributes }) => attributes['error.type']);
    expect(types).toEqual(['ECONNREFUSED', 'AbortError']);
    expect(await recording.points(ACTIVE)).toMatchObject([{ value: 0 }]);
  });

  it('continues the trace of a request without AsyncLocalStorage: of a changed copy, and of a new one', async () => {
    const { recording, client } = setup();
    const server = httpServerTelemetryLayer(recording.options)(
      serviceFn(async (request: HttpRequest) => {
        await textOf(client, request.with({ target: 'http://up.test/copy' }));
        await textOf(client, inTraceOf(request, HttpRequest.from({ target: 'http://up.test/new' })));
        await textOf(client, HttpRequest.from({ target: 'http://up.test/alone' }));
        return HttpResponse.text('');
      }),
    );
    await server.serve(HttpRequest.from({ target: '/' }));
    const [copy, made, alone, incoming] = recording.spans;
    const id = incoming?.spanContext().spanId;
    expect(copy?.parentSpanContext?.spanId).toBe(id);
    expect(made?.parentSpanContext?.spanId).toBe(id);
    expect(alone?.parentSpanContext).toBeUndefined();
  });

  it('carries baggage from hop to hop', async () => {
    const { recording, client, seen } = setup();
    const server = httpServerTelemetryLayer(recording.options)(
      serviceFn((request: HttpRequest) => client.serve(request.with({ target: 'http://up.test/' }))),
    );
    await server.serve(
      HttpRequest.from({ target: '/', headers: { baggage: 'user=ann%20b;secret', tracestate: 'v=1' } }),
    );
    expect(seen[0]?.headers.get('baggage')).toBe('user=ann%20b;secret');
  });

  it('passes no tracestate on that belongs to another traceparent', async () => {
    const { client, seen } = setup();
    const headers = { traceparent: 'garbage', tracestate: 'vendor=1', baggage: 'user=ann' };
    await textOf(client, { target: 'http://up.test/', headers });
    expect(seen[0]?.headers.get('traceparent')).toMatch(/^00-/);
    expect(seen[0]?.headers.has('tracestate')).toBe(false);
    expect(seen[0]?.headers.get('baggage')).toBe('user=ann'); // what the caller has written himself
  });

  it('leaves the headers as they are where there is no trace to write', async () => {
    const { meterProvider } = kept(new Recording());
    const seen: HttpRequest[] = [];
    const inner = serviceFn(async (request: HttpRequest) => {
      seen.push(request);
      return HttpResponse.text('');
    });
    const headers = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, tracestate: 'vendor=1' };
    await textOf(httpClientTelemetryLayer({ meterProvider })(inner), { target: 'http://up.test/', headers });
    expect(Object.fromEntries(seen[0]?.headers ?? [])).toEqual(headers);
  });

  it('records every attempt beside the others: retries, and redirects', async () => {
    const answers: Record<string, HttpResponse[]> = {
      '/': [HttpResponse.from({ status: 503 }), HttpResponse.from({ status: 302, headers: { Location: '/next' } })],
      '/next': [HttpResponse.from({ status: 307, headers: { Location: '/last' } })],
    };
    const { recording, layer, inner } = setup(
      {},
      async ({ path }) => answers[path]?.shift() ?? HttpResponse.text('done'),
    );
    const parent = HttpRequest.from({ target: 'http://app.test/' });
    const span = recording.tracerProvider.getTracer('test').startSpan('parent');
    parent.extensions.insert(TelemetryContext, trace.setSpan(ROOT_CONTEXT, span));
    const backoff = { delayMs: () => 0 };
    const client = stack(followRedirectLayer(), httpRetryLayer({ backoff }), layer, inner);
    expect(await textOf(client, parent)).toBe('done');
    expect(await textOf(client, parent)).toBe('done');
    const spans = recording.spans.map(({ attributes }) => [
      attributes['http.response.status_code'],
      attributes['http.request.resend_count'],
    ]);
    expect(spans).toEqual([
      [503, undefined],
      [302, 1],
      [307, 2],
      [200, 3],
      [200, undefined],
    ]);
    const parents = new Set(recording.spans.map(({ parentSpanContext }) => parentSpanContext?.spanId));
    expect(parents).toEqual(new Set([span.spanContext().spanId]));
  });

  it('ends an exchange that nobody reads the body of, once all of it is here', async () => {
    const { recording, layer } = setup();
    const client = httpClientOn(serviceFn(() => HttpResponse.text('hello')));
    const response = await layer(client).serve(HttpRequest.from({ target: 'http://app.test/' }));
    await expect.poll(() => recording.spans.length).toBe(1);
    expect(recording.span.attributes).not.toHaveProperty('error.type');
    expect(await response.body.text()).toBe('hello');
    await client.close();
    expect(await recording.points(ACTIVE)).toMatchObject([{ value: 0 }]);
  });

  it('tells the phases of a call, and links to the connection that it used', async () => {
    const { recording, layer } = setup();
    const { clock } = recording;
    const network = memoryNetwork({ clock });
    const server = stack(
      connectionTelemetryLayer(recording.options),
      httpServerLayer({ clock }),
      httpServerTelemetryLayer(recording.options),
      serviceFn(async (request: HttpRequest) => {
        await request.body.text();
        clock.advance(30);
        return HttpResponse.from({ body: HttpBody.from(chunks(['a', 'b'])) });
      }),
    );
    const listener = await network.listen(parseAddress('192.0.2.1:80'));
    void serveListener(listener, server);
    const connector = connectorTelemetryLayer(recording.options)(network.connector());
    const client = createHttpClient({ connector, clock });
    const service = layer(client);
    await textOf(service, { target: 'http://192.0.2.1/first' });
    await textOf(service, { target: 'http://192.0.2.1/second' });
    await client.close();
    await listener.close();
    await expect.poll(() => recording.spans.length).toBe(6);

    const named = (name: string, kind: SpanKind) =>
      recording.spans.filter((span) => span.name === name && span.kind === kind);
    const [first, second] = named('GET', SpanKind.CLIENT);
    const [connect] = named('connect', SpanKind.INTERNAL);
    const [connection] = named('connection', SpanKind.INTERNAL);
    expect(first?.events.map(({ name }) => name)).toEqual([
      'lamella.queue',
      'lamella.connect',
      'lamella.sent',
      'lamella.first_byte',
      'lamella.body',
    ]);
    expect(first?.events.map(({ time }) => sinceEpochMs(time))).toEqual([0, 0, 0, 30, 30]);
    expect(second?.events.map(({ name }) => name)).not.toContain('lamella.connect');
    for (const span of [first, second]) {
      expect(span?.links.map(({ context }) => context.spanId)).toEqual([connect?.spanContext().spanId]);
      expect(span?.attributes).toMatchObject({ 'network.peer.address': '192.0.2.1', 'network.peer.port': 80 });
    }
    for (const span of named('GET', SpanKind.SERVER)) {
      expect(span.links.map(({ context }) => context.spanId)).toEqual([connection?.spanContext().spanId]);
    }
    expect(connect?.parentSpanContext).toBeUndefined();
    expect(connect?.attributes).toMatchObject({ 'server.address': '192.0.2.1', 'server.port': 80 });
  });

  it('leaves alone what an SDK sends itself', async () => {
    const { recording, client, seen } = setup();
    const request = HttpRequest.from({ target: 'http://collector.test/' });
    request.extensions.insert(TelemetryContext, suppressTracing(ROOT_CONTEXT));
    await textOf(client, request);
    expect(recording.spans).toEqual([]);
    expect(seen[0]?.headers.has('traceparent')).toBe(false);
    expect(await recording.points(DURATION)).toEqual([]);
  });

  it('uses the propagator that is asked for, or registered', async () => {
    const { client, seen } = setup();
    const inert = { inject: () => {}, extract: () => ROOT_CONTEXT, fields: () => [] };
    const { client: silent, seen: silentlySeen } = setup({ propagator: inert });
    await textOf(silent, { target: 'http://app.test/' });
    expect(silentlySeen[0]?.headers.size).toBe(0);
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    try {
      await textOf(client, { target: 'http://app.test/' });
    } finally {
      propagation.disable();
    }
    expect(seen[0]?.headers.get('traceparent')).toMatch(/^00-/);
  });

  it('passes on requests and responses though spans or metrics fail', async () => {
    const { recording, client } = setup({ ...failingProviders(), recordsBodySizes: true });
    expect(await textOf(client, { target: 'http://app.test/', body: 'question' })).toBe('');
    const { client: untold } = setup({ meterProvider: failingProviders().meterProvider }, async () =>
      HttpResponse.from({ body: HttpBody.from(chunks(['a', 'b'])) }),
    );
    expect(await textOf(untold, { target: 'http://app.test/' })).toBe('ab');
    expect(recording.spans).toEqual([]);
  });

  it('does not touch the headers of the caller', async () => {
    const { client } = setup();
    const request = HttpRequest.from({ target: 'http://app.test/' });
    await textOf(client, request);
    expect(request.headers.size).toBe(0);
  });
});

function setup(
  options: HttpClientTelemetryOptions = {},
  serve: (request: HttpRequest) => Promise<HttpResponse> = async () => HttpResponse.text(''),
) {
  const recording = kept(new Recording());
  const seen: HttpRequest[] = [];
  const inner = serviceFn((request: HttpRequest) => {
    seen.push(request);
    return serve(request);
  });
  const layer = httpClientTelemetryLayer({ ...recording.options, ...options });
  return { recording, layer, inner, seen, client: layer(inner) };
}

function kept(recording: Recording): Recording {
  recordings.push(recording);
  return recording;
}

async function textOf(
  client: Service<HttpRequest, HttpResponse>,
  init: HttpRequest | Parameters<typeof HttpRequest.from>[0],
): Promise<string> {
  return (await client.serve(init instanceof HttpRequest ? init : HttpRequest.from(init))).body.text();
}

async function* chunks(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

async function* broken(): AsyncGenerator<string> {
  yield 'a';
  throw new RangeError('broken off');
}
