import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createHttpClient, HttpBody, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import type { DiagLogger } from '@opentelemetry/api';
import { context, createContextKey, DiagLogLevel, diag, metrics, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '../src/http.ts';
import type { OperationEvent } from '../src/index.ts';
import { connectorTelemetryLayer } from '../src/index.ts';
import { Recording } from './support/recording.ts';

afterEach(() => {
  for (const api of [trace, metrics, context, diag]) api.disable();
});

describe('layers without an SDK', () => {
  it('pass a request on as it is, and say so once', async () => {
    vi.resetModules(); // somebody else in this process may have been told already
    const { httpClientTelemetryLayer, httpServerTelemetryLayer } = await import('../src/http.ts');
    const warnings: string[] = [];
    const silent = () => {};
    const logger: DiagLogger = {
      error: silent,
      info: silent,
      debug: silent,
      verbose: silent,
      warn: (text) => void warnings.push(text),
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    const seen: HttpRequest[] = [];
    const inner = serviceFn((request: HttpRequest) => {
      seen.push(request);
      return HttpResponse.text('hello');
    });
    const request = HttpRequest.from({ target: 'http://app.test/' });
    await stack(httpClientTelemetryLayer(), httpServerTelemetryLayer(), inner).serve(request);
    await httpServerTelemetryLayer()(inner).serve(request);
    expect(seen).toHaveLength(2);
    for (const passed of seen) expect(passed).toBe(request);
    expect(warnings).toEqual([expect.stringContaining('no OpenTelemetry SDK is registered')]);
  });

  it('record as soon as one is registered, and no longer than that', async () => {
    const service = httpServerTelemetryLayer()(serviceFn(() => HttpResponse.text('')));
    const serve = () => service.serve(HttpRequest.from({ target: '/' }));
    const recording = new Recording();
    await serve();
    trace.setGlobalTracerProvider(recording.tracerProvider);
    await serve();
    expect(recording.spans).toHaveLength(1);
    expect(await recording.points('http.server.request.duration')).toEqual([]);
    metrics.setGlobalMeterProvider(recording.meterProvider);
    await serve();
    expect(recording.spans).toHaveLength(2);
    expect(await recording.points('http.server.request.duration')).toMatchObject([{ value: { count: 1 } }]);
    trace.disable();
    metrics.disable();
    await serve();
    expect(recording.spans).toHaveLength(2);
    const next = new Recording();
    trace.setGlobalTracerProvider(next.tracerProvider);
    await serve();
    expect(next.spans).toHaveLength(1);
    await Promise.all([recording.shutdown(), next.shutdown()]);
  });

  it('tell those who listen on diagnostics_channel', async () => {
    const told: string[] = [];
    const listener = (message: unknown, name: string | symbol): void => {
      const { input, outcome, error, output } = message as OperationEvent<HttpRequest, HttpResponse>;
      told.push(
        `${String(name)} ${input.path} ${outcome} ${output?.status} ${error instanceof Error ? error.message : '-'}`,
      );
    };
    const names = ['start', 'end', 'error'].map((step) => `lamella:http.server.request.${step}`);
    for (const name of names) subscribe(name, listener);
    const service = httpServerTelemetryLayer()(
      serviceFn(({ path }: HttpRequest) => {
        if (path === '/fails') throw new Error('inside');
        return HttpResponse.text('hello');
      }),
    );
    await service.serve(HttpRequest.from({ target: '/' }));
    await service.serve(HttpRequest.from({ target: '/fails' })).catch(() => {});
    for (const name of names) unsubscribe(name, listener);
    await service.serve(HttpRequest.from({ target: '/unheard' }));
    expect(told).toEqual([
      'lamella:http.server.request.start / undefined undefined -',
      'lamella:http.server.request.end / complete 200 -',
      'lamella:http.server.request.start /fails undefined undefined -',
      'lamella:http.server.request.error /fails error undefined inside',
      'lamella:http.server.request.end /fails error undefined inside',
    ]);
  });
});

describe('a context manager', () => {
  it('has the context of the request active in the service, and while the body is made', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const recording = new Recording();
    const seen: (string | undefined)[] = [];
    const note = () => void seen.push(trace.getActiveSpan()?.spanContext().spanId);
    async function* body(): AsyncGenerator<string> {
      note();
      yield 'a';
      note();
      await settle(1);
      note();
      yield 'b';
    }
    const service = httpServerTelemetryLayer(recording.options)(
      serviceFn(async () => {
        await settle(1);
        note();
        return HttpResponse.from({ body: HttpBody.from(body()) });
      }),
    );
    const response = await service.serve(HttpRequest.from({ target: '/' }));
    expect(await response.body.text()).toBe('ab');
    expect(trace.getActiveSpan()).toBeUndefined();
    expect(new Set(seen)).toEqual(new Set([recording.span.spanContext().spanId]));
    expect(seen).toHaveLength(4);
    await recording.shutdown();
  });

  it('finds nothing of the first request on the connection that it has opened, and never the context of another', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const recording = new Recording();
    const { tracerProvider, meterProvider } = recording;
    const options = { tracerProvider, meterProvider };
    const network = memoryNetwork();
    const listener = await network.listen(parseAddress('192.0.2.1:80'));
    const origin = stack(
      httpServerLayer(),
      serviceFn((request: HttpRequest) => HttpResponse.text(request.path)),
    );
    void serveListener(listener, origin);
    const connector = connectorTelemetryLayer(options)(network.connector());
    const client = createHttpClient({ connector });
    const service = httpClientTelemetryLayer(options)(client);

    const key = createContextKey('what the request holds');
    const call = async (path: string): Promise<WeakRef<object>> => {
      const held = { path };
      await context.with(ROOT_CONTEXT.setValue(key, held), async () => {
        const response = await service.serve(HttpRequest.from({ target: `http://192.0.2.1${path}` }));
        const isOwn = [context.active().getValue(key) === held];
        expect(await response.body.text()).toBe(path);
        isOwn.push(context.active().getValue(key) === held);
        expect(isOwn).toEqual([true, true]); // not the objects: what was compared is kept
      });
      return new WeakRef(held);
    };
    const opener = await call('/opens-the-first');
    const others = await Promise.all([call('/uses-it'), call('/opens-the-second')]);
    await call('/last');
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    await expect
      .poll(() => {
        collect();
        return [opener, ...others].every((held) => held.deref() === undefined);
      })
      .toBe(true);
    expect(client.gauges()).toMatchObject([{ open: 2 }]);
    await client.close();
    await listener.close();
    await recording.shutdown();
  });
});
