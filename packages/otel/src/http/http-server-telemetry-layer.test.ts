import { HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import { directClientOn, httpClientOn } from '@lamella/http/testing';
import type { Service } from '@lamella/service-core';
import { LimitError, serviceFn, stack } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import type { Context } from '@opentelemetry/api';
import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { failingProviders } from '../../test/support/failing-providers.ts';
import { httpSubject } from '../../test/support/http-subject.ts';
import { Recording, sinceEpochMs } from '../../test/support/recording.ts';
import { contextOf, TelemetryContext } from '../context/telemetry-context.ts';
import { formatTraceParent } from '../propagation/trace-parent.ts';
import { MatchedRoute } from './foreign-keys.ts';
import type { HttpServerTelemetryOptions } from './http-server-telemetry-layer.ts';
import { httpServerTelemetryLayer } from './http-server-telemetry-layer.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const DURATION = 'http.server.request.duration';
const ACTIVE = 'http.server.active_requests';

const recordings: Recording[] = [];
afterEach(async () => {
  for (const recording of recordings.splice(0)) await recording.shutdown();
});

describe('httpServerTelemetryLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpSubject(setup().layer)));
  it.each(layerCases)('without an SDK: $name', ({ run }) => run(httpSubject(httpServerTelemetryLayer())));

  it('records a span and a duration', async () => {
    const { recording, client } = setup({}, async (request) => {
      recording.clock.advance(40);
      request.extensions.insert(MatchedRoute, '/items/:id');
      return HttpResponse.text('hello');
    });
    const headers = { Host: 'app.test:8080', 'User-Agent': 'curl/8' };
    await textOf(client, { target: '/items/7?q=1&token=secret', headers });

    const { span } = recording;
    expect(span.name).toBe('GET /items/:id');
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/items/:id',
      'url.scheme': 'http',
      'url.path': '/items/7',
      'url.query': 'q=1&token=REDACTED',
      'server.address': 'app.test',
      'server.port': 8080,
      'client.address': '192.0.2.1',
      'network.peer.address': '192.0.2.1',
      'network.peer.port': 49152,
      'network.local.address': '192.0.2.2',
      'network.local.port': 80,
      'network.protocol.version': '1.1',
      'user_agent.original': 'curl/8',
    });
    expect([sinceEpochMs(span.startTime), sinceEpochMs(span.endTime)]).toEqual([0, 40]);
    expect(await recording.points(DURATION)).toEqual([
      {
        attributes: {
          'http.request.method': 'GET',
          'http.response.status_code': 200,
          'http.route': '/items/:id',
          'network.protocol.version': '1.1',
          'url.scheme': 'http',
        },
        value: { count: 1, sum: 0.04 },
      },
    ]);
  });

  it('ends with the last byte of the response, and counts as active until then', async () => {
    const { recording, client } = setup({}, async () =>
      HttpResponse.from({ body: HttpBody.from(chunks(['ab', 'cde'])) }),
    );
    const response = await client.serve(HttpRequest.from({ target: 'http://app.test/' }));
    const attributes = { 'http.request.method': 'GET', 'url.scheme': 'http' };
    await response.body.read();
    recording.clock.advance(250);
    expect(recording.spans).toEqual([]);
    expect(await recording.points(ACTIVE)).toEqual([{ attributes, value: 1 }]);
    await response.body.read();
    expect(recording.spans).toEqual([]);
    await response.body.read();
    expect(sinceEpochMs(recording.span.endTime)).toBe(250);
    expect(await recording.points(ACTIVE)).toEqual([{ attributes, value: 0 }]);
  });

  it.each<[string, unknown, number, string]>([
    ['an error', new TypeError('with a secret'), 500, 'TypeError'],
    ['a limit of the server', new LimitError({ limit: 'maxQueued', maximum: 1, observed: 2 }), 503, 'LML_ERR_LIMIT'],
    [
      'a limit that the client broke',
      new LimitError({ limit: 'maxBytes', maximum: 1, observed: 2 }),
      413,
      'LML_ERR_LIMIT',
    ],
    ['no error at all', 'text', 500, '_OTHER'],
  ])('records a service that fails with %s', async (_name, error, status, type) => {
    const { recording, service } = setup({}, async () => {
      throw error;
    });
    await expect(service.serve(HttpRequest.from({ target: '/' }))).rejects.toBe(error);
    const { span } = recording;
    expect(span.attributes).toMatchObject({ 'http.response.status_code': status, 'error.type': type });
    expect(span.status.code).toBe(status >= 500 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    expect(JSON.stringify(span.attributes)).not.toContain('secret');
    const [point] = await recording.points(DURATION);
    expect(point?.attributes).toMatchObject({ 'http.response.status_code': status, 'error.type': type });
    expect(await recording.points(ACTIVE)).toMatchObject([{ value: 0 }]);
  });

  it.each([
    [404, undefined, SpanStatusCode.UNSET],
    [499, undefined, SpanStatusCode.UNSET],
    [500, '500', SpanStatusCode.ERROR],
    [503, '503', SpanStatusCode.ERROR],
  ])('takes %i for what it is', async (status, type, code) => {
    const { recording, client } = setup({}, async () => HttpResponse.from({ status }));
    await textOf(client, { target: '/' });
    expect(recording.span.attributes['error.type']).toBe(type);
    expect(recording.span.status.code).toBe(code);
  });

  it('records a client that goes away: before the response, and in the middle of it', async () => {
    const { recording, service } = setup({}, (request) =>
      request.path === '/early'
        ? new Promise((_resolve, reject) => request.scope.onAbort(reject))
        : Promise.resolve(HttpResponse.from({ body: HttpBody.from(chunks(['a', 'b'])) })),
    );
    const early = HttpRequest.from({ target: '/early' });
    const failed = service.serve(early);
    early.scope.abort(new DOMException('gone', 'AbortError'));
    await expect(failed).rejects.toThrow('gone');
    const late = await service.serve(HttpRequest.from({ target: '/late' }));
    await late.body.read();
    late.body.cancel(new Error('gone too'));

    const [first, second] = recording.spans;
    expect(first?.attributes).toMatchObject({ 'error.type': 'AbortError' });
    expect(first?.attributes).not.toHaveProperty('http.response.status_code');
    expect(second?.attributes).toMatchObject({ 'error.type': 'Error', 'http.response.status_code': 200 });
    expect(await recording.points(ACTIVE)).toMatchObject([{ value: 0 }]);
  });

  it('ends with a client that is gone, though the service never hears of it', async () => {
    const { recording, service } = setup({}, () => new Promise(() => {}));
    const request = HttpRequest.from({ target: '/' });
    void service.serve(request);
    request.scope.abort(new DOMException('gone', 'AbortError'));
    expect(recording.span.attributes['error.type']).toBe('AbortError');
    expect(await recording.points(ACTIVE)).toMatchObject([{ value: 0 }]);
    const late = HttpRequest.from({ target: '/' });
    late.scope.abort(new DOMException('gone before', 'AbortError'));
    void service.serve(late);
    expect(recording.spans).toHaveLength(2);
  });

  it('records a body that breaks off', async () => {
    const { recording, service } = setup({}, async () => HttpResponse.from({ body: HttpBody.from(broken()) }));
    const response = await service.serve(HttpRequest.from({ target: '/' }));
    await expect(response.body.text()).rejects.toThrow('broken off');
    expect(recording.span.attributes).toMatchObject({ 'error.type': 'RangeError', 'http.response.status_code': 200 });
    expect(recording.span.status.code).toBe(SpanStatusCode.ERROR);
  });

  it.each([
    ['parent', { traceId: TRACE, parentSpanContext: { spanId: SPAN, isRemote: true } }, 0, 'ann'],
    ['link', { parentSpanContext: undefined }, 1, undefined],
    ['ignore', { parentSpanContext: undefined }, 0, undefined],
  ] as const)('takes the trace of a client as %s', async (incoming, expected, links, user) => {
    let baggage: string | undefined;
    let names: string[] = [];
    const { recording, client } = setup({ incoming }, async (request) => {
      baggage = propagation.getBaggage(contextOf(request))?.getEntry('user')?.value;
      names = Array.from(request.headers, ([name]) => name);
      return HttpResponse.text('');
    });
    const headers = {
      traceparent: `00-${TRACE}-${SPAN}-01`,
      tracestate: 'vendor=1',
      Accept: '*/*',
      baggage: 'user=ann',
    };
    await textOf(client, { target: '/', headers });
    const { span } = recording;
    if (expected.parentSpanContext === undefined) {
      expect(span.parentSpanContext).toBeUndefined();
      expect(span.spanContext().traceId).not.toBe(TRACE);
    } else expect(span.parentSpanContext).toMatchObject(expected.parentSpanContext);
    expect(span.links.map(({ context }) => context.spanId)).toEqual(links === 0 ? [] : [SPAN]);
    expect(span.spanContext().traceState?.get('vendor')).toBe(incoming === 'parent' ? '1' : undefined);
    expect(baggage).toBe(user);
    // What was not taken is not there to be passed on either.
    expect(names).toEqual(incoming === 'parent' ? [...Object.keys(headers), 'Host'] : ['Accept', 'Host']);
  });

  it.each([
    ['garbage', { traceparent: 'garbage' }],
    ['two traces', { traceparent: [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`] }],
    ['a megabyte of baggage', { traceparent: 'no', baggage: `a=${'x'.repeat(1_000_000)}` }],
  ])('begins a trace of its own for %s', async (_name, headers) => {
    let baggage: unknown;
    const { recording, service } = setup({}, async (request) => {
      baggage = propagation.getBaggage(contextOf(request));
      return HttpResponse.text('');
    });
    await service.serve(HttpRequest.from({ target: '/', headers }));
    expect(recording.span.parentSpanContext).toBeUndefined();
    expect(baggage).toBeUndefined();
  });

  it('passes over a tracestate that is too long, and keeps the trace', async () => {
    const { recording, service } = setup();
    const state = (length: number) => `a=${'x'.repeat(length - 2)}`.replace(/x{200}/g, (run) => `${run.slice(4)},b=x`);
    const serve = (tracestate: string) =>
      service.serve(HttpRequest.from({ target: '/', headers: { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate } }));
    await serve(state(512));
    await serve(state(513));
    const [fits, isTooLong] = recording.spans;
    expect(fits?.spanContext().traceState?.serialize()).not.toBe('');
    expect(isTooLong?.spanContext().traceState?.serialize() ?? '').toBe('');
    expect(isTooLong?.spanContext().traceId).toBe(TRACE);
  });

  it('lets a client choose neither names of spans nor series of metrics', async () => {
    const { recording, client } = setup();
    for (let index = 0; index < 20; index++) {
      await textOf(client, {
        method: `EVIL${index}`,
        target: `/${index}?x=${index}`,
        headers: { Host: `h${index}.test` },
      });
    }
    expect(new Set(recording.spans.map(({ name }) => name))).toEqual(new Set(['HTTP']));
    expect(recording.spans[3]?.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'EVIL3',
    });
    expect(await recording.points(DURATION)).toHaveLength(1);
    expect(await recording.points(ACTIVE)).toHaveLength(1);
  });

  it('cuts what a client sends without end', async () => {
    const { recording, service } = setup({ requestHeaders: ['x-long'] });
    const long = 'y'.repeat(50_000);
    const headers = { 'User-Agent': long, 'X-Long': long };
    await service.serve(HttpRequest.from({ method: long, target: `/${long}?${long}`, headers }));
    for (const value of Object.values(recording.span.attributes).flat())
      expect(String(value).length).toBeLessThanOrEqual(4_096);
  });

  it('tells header fields that are asked for, and never the sensitive ones', async () => {
    const options = { requestHeaders: ['X-Tag', 'X-Session'], responseHeaders: ['Content-Type'] };
    const { recording, client } = setup(options, async () => HttpResponse.text('hello'));
    await textOf(client, {
      target: '/',
      headers: [
        ['X-Tag', 'a'],
        ['x-tag', 'b'],
        ['X-Other', 'c'],
      ],
    });
    expect(recording.span.attributes).toMatchObject({
      'http.request.header.x-tag': ['a', 'b'],
      'http.response.header.content-type': ['text/plain; charset=utf-8'],
    });
    expect(recording.span.attributes).not.toHaveProperty('http.request.header.x-other');
    expect(() => httpServerTelemetryLayer({ requestHeaders: ['Authorization'] })).toThrow('authorization');
    expect(() => httpServerTelemetryLayer({ responseHeaders: ['set-cookie'] })).toThrow('set-cookie');
  });

  it('counts sizes of bodies if asked', async () => {
    const { recording, client } = setup({ recordsBodySizes: true }, async (request) => {
      await request.body.text();
      return HttpResponse.from({ body: HttpBody.from(chunks(['ab', 'cde'])) });
    });
    await textOf(client, { method: 'POST', target: '/', body: HttpBody.from(chunks(['1234'])) });
    expect(await recording.points('http.server.request.body.size')).toMatchObject([{ value: { sum: 4 } }]);
    expect(await recording.points('http.server.response.body.size')).toMatchObject([{ value: { sum: 5 } }]);
  });

  it('gives the service its context, also of a request that is not sampled', async () => {
    const recording = kept(new Recording({ sampler: new AlwaysOffSampler() }));
    let traceId: string | undefined;
    const service = httpServerTelemetryLayer(recording.options)(
      serviceFn((request: HttpRequest) => {
        const found = request.extensions.get(TelemetryContext);
        traceId = found && trace.getSpanContext(found)?.traceId;
        return HttpResponse.text('');
      }),
    );
    const headers = { traceparent: `00-${TRACE}-${SPAN}-00` };
    await service.serve(HttpRequest.from({ target: '/', headers }));
    expect(traceId).toBe(TRACE);
    expect(recording.spans).toEqual([]);
    expect(await recording.points(DURATION)).toMatchObject([{ value: { count: 1 } }]);
  });

  it.each([
    ['nobody has decided, and chance says no', 0, undefined, false],
    ['nobody has decided, and chance says yes', 1, undefined, true],
    ['the client has it sampled', 0, `00-${TRACE}-${SPAN}-01`, true],
    ['the client has it not sampled', 1, `00-${TRACE}-${SPAN}-00`, false],
  ])('asks the SDK by sampleRatio: %s', async (_name, sampleRatio, traceparent, isRecorded) => {
    const sent: (string | undefined)[] = [];
    const { recording, service } = setup({ sampleRatio }, async (request) => {
      const ids = trace.getSpanContext(contextOf(request));
      sent.push(ids && formatTraceParent(ids));
      return HttpResponse.text('');
    });
    const headers = traceparent === undefined ? {} : { traceparent };
    await service.serve(HttpRequest.from({ target: '/', headers }));
    await service.serve(HttpRequest.from({ target: '/', headers }));
    expect(recording.spans).toHaveLength(isRecorded ? 2 : 0);
    for (const value of sent)
      expect(value).toMatch(isRecorded ? /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/ : /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(sent[0] === sent[1]).toBe(traceparent !== undefined && !isRecorded);
    expect(await recording.points(DURATION)).toMatchObject([{ value: { count: 2 } }]);
  });

  it('records a request once, however many layers it passes', async () => {
    const { recording, layer } = setup();
    const twice = directClientOn(
      stack(
        layer,
        layer,
        serviceFn(() => HttpResponse.text('')),
      ),
    );
    await textOf(twice, { target: '/' });
    expect(recording.spans).toHaveLength(1);
    expect(await recording.points(DURATION)).toMatchObject([{ value: { count: 1 } }]);
  });

  it('records over real HTTP/1.1, whole and streamed', async () => {
    const { recording, service } = setup({}, async (request) =>
      request.path === '/whole'
        ? HttpResponse.text('hello')
        : HttpResponse.from({ body: HttpBody.from(chunks(['he', 'llo'])) }),
    );
    const client = httpClientOn(service);
    expect(await textOf(client, { target: 'http://app.test/whole' })).toBe('hello');
    expect(await textOf(client, { target: 'http://app.test/streamed' })).toBe('hello');
    await client.close();
    expect(recording.spans.map(({ attributes }) => attributes['url.path'])).toEqual(['/whole', '/streamed']);
    expect(await recording.points(ACTIVE)).toMatchObject([{ value: 0 }]);
  });

  it('goes on without telemetry if that fails', async () => {
    const recording = kept(new Recording());
    const fail = (): never => {
      throw new Error('broken');
    };
    for (const [incoming, broken] of [
      ['parent', { extract: fail, inject: () => {}, fields: () => ['x'] }],
      ['ignore', { extract: (given: Context) => given, inject: () => {}, fields: fail }],
    ] as const) {
      const service = httpServerTelemetryLayer({ ...recording.options, incoming, propagator: broken })(
        serviceFn(() => HttpResponse.text('fine')),
      );
      const response = await service.serve(HttpRequest.from({ target: '/' }));
      expect(await response.body.text()).toBe('fine');
      expect(await recording.points(ACTIVE)).toEqual([]);
    }
  });

  it('answers though spans or metrics fail, and counts nothing as going on for ever', async () => {
    const { meterProvider, tracerProvider } = failingProviders();
    const recording = kept(new Recording());
    const options = { ...recording.options, recordsBodySizes: true };
    for (const failing of [{ tracerProvider }, { meterProvider }]) {
      const layer = httpServerTelemetryLayer({ ...options, ...failing });
      const client = directClientOn(layer(serviceFn(({ path }: HttpRequest) => respondTo(path))));
      expect(await textOf(client, { target: '/whole' })).toBe('ab');
      expect(await textOf(client, { target: '/streamed' })).toBe('ab');
    }
    expect((await recording.points(ACTIVE)).filter(({ value }) => value !== 0)).toEqual([]);
  });

  it.each([
    [{ incoming: 'maybe' }, 'incoming'],
    [{ routeOf: 1 }, 'routeOf'],
    [{ sampleRatio: 1.1 }, 'sampleRatio'],
    [{ sampleRatio: -0.1 }, 'sampleRatio'],
    [{ sampleRatio: Number.NaN }, 'sampleRatio'],
    [{ knownMethods: 'GET' }, 'knownMethods'],
    [{ redactQuery: [1] }, 'redactQuery'],
    [{ requestHeaders: ['a b'] }, 'requestHeaders'],
    [{ recordsBodySizes: 1 }, 'recordsBodySizes'],
  ])('refuses %j', (options, name) => {
    expect(() => httpServerTelemetryLayer(options as HttpServerTelemetryOptions)).toThrow(name);
  });
});

function setup(
  options: HttpServerTelemetryOptions = {},
  serve: (request: HttpRequest) => Promise<HttpResponse> = async () => HttpResponse.text(''),
) {
  const recording = kept(new Recording());
  const layer = httpServerTelemetryLayer({ ...recording.options, ...options });
  const service = layer(serviceFn(serve));
  return { recording, layer, service, client: directClientOn(service) };
}

function respondTo(path: string): HttpResponse {
  return HttpResponse.from({ body: path === '/whole' ? 'ab' : HttpBody.from(chunks(['a', 'b'])) });
}

function kept(recording: Recording): Recording {
  recordings.push(recording);
  return recording;
}

async function textOf(
  client: Service<HttpRequest, HttpResponse>,
  init: Parameters<typeof HttpRequest.from>[0],
): Promise<string> {
  return (await client.serve(HttpRequest.from(init))).body.text();
}

async function* chunks(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

async function* broken(): AsyncGenerator<string> {
  yield 'a';
  throw new RangeError('broken off');
}
