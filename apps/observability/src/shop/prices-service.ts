import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';
import { router } from '@lamella/web';

/** A service over HTTP that knows what things cost, and does not always do well. */
export function pricesService(clock: Clock): Service<HttpRequest, HttpResponse> {
  let flaky = 0;
  return router().get('/prices/:item', async (_request, { item }) => {
    await pause(clock, item === 'slow' ? 800 : 10);
    if (item === 'broken') return HttpResponse.from({ status: 500 });
    if (item === 'flaky' && ++flaky % 2 === 1) return HttpResponse.from({ status: 503 });
    return HttpResponse.json({ item, cents: 100 + item.length * 25 });
  });
}

/** As if it had to ask a database. */
function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.startTimer(ms, resolve));
}
