import {
  bodyLimitLayer,
  catchErrorLayer,
  compressionLayer,
  decompressionLayer,
  HttpRequest,
  HttpResponse,
  httpTimeoutLayer,
  requestIdLayer,
} from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import type { Layer } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { httpClientTelemetryLayer, httpServerTelemetryLayer, requestLogLayer } from '../src/http.ts';
import { Recording } from './support/recording.ts';

type HttpLayer = Layer<HttpRequest, HttpResponse>;

const OTHERS: Readonly<Record<string, HttpLayer>> = {
  bodyLimit: bodyLimitLayer({ maxBytes: 1_000 }),
  catchError: catchErrorLayer({ onError: () => {} }),
  compression: compressionLayer({ minBytes: 1 }),
  timeout: httpTimeoutLayer({ timeoutMs: 60_000 }),
  requestId: requestIdLayer(),
  requestLog: requestLogLayer({ logger: { log: () => {} } }),
};

describe.each(Object.entries(OTHERS))('beside %s', (_name, other) => {
  it.each([
    ['outside', (telemetry: HttpLayer) => [telemetry, other]],
    ['inside', (telemetry: HttpLayer) => [other, telemetry]],
  ] as const)('telemetry records every request once, %s of it', async (_where, order) => {
    const recording = new Recording();
    const { tracerProvider, meterProvider } = recording;
    const options = { tracerProvider, meterProvider };
    const inner = {
      serve: async ({ path, body }: HttpRequest): Promise<HttpResponse> => {
        if (path === '/fails') throw new Error('inside');
        return HttpResponse.text(`${await body.text()} ${'x'.repeat(500)}`);
      },
    };
    const layers = order(httpServerTelemetryLayer(options));
    const client = httpClientOn(
      layers.reduceRight((service, layer) => layer(service), inner),
      { onError: () => {} },
    );
    const service = decompressionLayer()(httpClientTelemetryLayer(options)(client));
    for (const path of ['/fine', '/fails']) {
      const request = HttpRequest.from({ method: 'POST', target: `http://app.test${path}`, body: 'hello' });
      const text = await (await service.serve(request)).body.text();
      if (path === '/fine') expect(text).toBe(`hello ${'x'.repeat(500)}`);
    }
    await client.close();
    expect(recording.spans).toHaveLength(4);
    expect(new Set(recording.spans.map((span) => span.spanContext().traceId)).size).toBe(2);
    for (const side of ['server', 'client']) {
      const counts = (await recording.points(`http.${side}.request.duration`)).map(({ value }) => value);
      expect(counts).toMatchObject([{ count: 1 }, { count: 1 }]);
      const active = (await recording.points(`http.${side}.active_requests`)).map(({ value }) => value);
      expect(active.every((count) => count === 0)).toBe(true);
    }
    await recording.shutdown();
  });
});
