import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';

/** Counts to three, a number a second: something to be under way while the server drains. */
export function slowService(clock: Clock): Service<HttpRequest, HttpResponse> {
  async function* count(): AsyncGenerator<string> {
    for (const number of ['one\n', 'two\n', 'three\n']) {
      yield number;
      await new Promise<void>((resolve) => clock.startTimer(1_000, resolve));
    }
    yield 'done\n';
  }
  return { serve: async () => HttpResponse.from({ body: HttpBody.from(count()) }) };
}
