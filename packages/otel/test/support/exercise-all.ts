import { defineService, grpcClient, grpcService, implementService, jsonCodec } from '@lamella/grpc';
import { createHttpClient, HttpBody, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import { grpcClientTelemetryLayer, grpcServerTelemetryLayer } from '../../src/grpc.ts';
import { httpClientTelemetryLayer, httpServerTelemetryLayer } from '../../src/http.ts';
import type { TelemetryOptions } from '../../src/index.ts';
import { connectionTelemetryLayer, connectorTelemetryLayer } from '../../src/index.ts';

/** Some of everything that the layers record. */
export async function exerciseAll(options: TelemetryOptions): Promise<void> {
  const headers = { requestHeaders: ['x-tag'], responseHeaders: ['content-type'], recordsBodySizes: true };
  const network = memoryNetwork();
  const listener = await network.listen(parseAddress('192.0.2.1:80'));
  const app = serviceFn(async (request: HttpRequest) => {
    await request.body.text();
    if (request.path === '/fails') throw new Error('inside');
    return HttpResponse.text('hello');
  });
  const http = [httpServerLayer({ onError: () => {} }), httpServerTelemetryLayer({ ...options, ...headers })] as const;
  void serveListener(listener, stack(connectionTelemetryLayer(options), ...http, app), { onError: () => {} });
  const connector = connectorTelemetryLayer(options)(network.connector());
  const raw = createHttpClient({ connector });
  const client = httpClientTelemetryLayer({ ...options, ...headers })(raw);
  for (const [method, path] of [
    ['GET', '/?q=1'],
    ['POST', '/'],
    ['BREW', '/'],
    ['GET', '/fails'],
  ] as const) {
    const body =
      method === 'POST'
        ? HttpBody.from(
            (async function* () {
              yield 'abc';
            })(),
          )
        : HttpBody.empty;
    const request = HttpRequest.from({
      method,
      target: `http://192.0.2.1${path}`,
      headers: { 'X-Tag': 'a', 'User-Agent': 'test' },
      body,
    });
    await (await client.serve(request)).body.text();
  }
  const text = jsonCodec(String);
  const Echo = defineService('demo.Echo', { echo: { type: 'unary', request: text, response: text } });
  const service = grpcService([implementService(Echo, { echo: (message) => message })], {
    layers: [grpcServerTelemetryLayer(options)],
  });
  const url = 'https://echo.test';
  await grpcClient(directClientOn(service), Echo, {
    url,
    layers: [grpcClientTelemetryLayer({ ...options, url })],
  }).echo('a');
  await raw.close();
  await listener.close();
}
