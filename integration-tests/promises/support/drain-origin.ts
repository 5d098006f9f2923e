import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import { echo } from './echo.ts';

/** An origin that sends the second half of its bodies when it is told to. */
export function drainOrigin(): { readonly origin: Service<HttpRequest, HttpResponse>; readonly finish: () => void } {
  const gate = Promise.withResolvers<void>();
  async function* halves(): AsyncGenerator<string> {
    yield 'first ';
    await gate.promise;
    yield 'second';
  }
  async function* events(): AsyncGenerator<string> {
    yield 'data: 1\n\n';
    await gate.promise;
  }
  const origin = serviceFn(async (request: HttpRequest) => {
    switch (request.path) {
      case '/sized':
        return HttpResponse.from({ body: HttpBody.from(halves(), { size: 12 }) });
      case '/chunked':
        return HttpResponse.from({ body: HttpBody.from(halves()) });
      case '/events':
        return HttpResponse.from({ headers: { 'Content-Type': 'text/event-stream' }, body: HttpBody.from(events()) });
      case '/never':
        return request.scope.race(new Promise<never>(() => {}));
      case '/upgrade':
        return HttpResponse.upgrade({ headers: { Connection: 'Upgrade', Upgrade: 'echo' } }, echo);
      default:
        return HttpResponse.text(`${request.method} ${request.path}`);
    }
  });
  return { origin, finish: () => gate.resolve() };
}
