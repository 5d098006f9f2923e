import type { HttpRequest } from '@lamella/http';
import { HttpHeaders, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';

/** What the servers of these tests do: each path another thing. */
export const testService: Service<HttpRequest, HttpResponse> = serviceFn(async (request: HttpRequest) => {
  if (request.method === 'CONNECT' || request.headers.has('upgrade')) {
    return HttpResponse.upgrade(
      { status: request.method === 'CONNECT' ? 200 : 101 },
      serviceFn(async ({ stream }) => {
        for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
          await stream.write([chunk]);
        }
        await stream.closeWrite();
      }),
    );
  }
  switch (request.path) {
    case '/echo':
      return HttpResponse.from({ body: await request.body.bytes() });
    case '/trailers': {
      await request.body.bytes();
      return HttpResponse.from({ body: String(request.body.trailers?.flat ?? 'none') });
    }
    case '/headers':
      return HttpResponse.from({ body: request.headers.flat.join('|') });
    case '/hop-by-hop':
      return HttpResponse.from({ headers: HOP_BY_HOP, body: 'ok' });
    case '/empty-stream':
      return HttpResponse.from({ body: new ReadableStream({ start: (controller) => controller.close() }) });
    case '/large':
      return HttpResponse.from({ body: 'x'.repeat(Number(request.query)) });
    case '/hold':
      return new Promise<HttpResponse>((_resolve, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
      });
    default:
      return HttpResponse.from({ body: 'ok' });
  }
});

/** Headers as an HTTP/1.1 server may have given them to a proxy. */
const HOP_BY_HOP = HttpHeaders.from([
  ['Connection', 'keep-alive, X-Mine'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
  ['Transfer-Encoding', 'chunked'],
  ['Upgrade', 'h2c'],
  ['X-Kept', 'Value'],
]);
