import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, requests } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, isLamellaError, serviceFn, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const app = serviceFn(async ({ path, signal }: Request) => {
  if (path === '/slow') await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return HttpResponse.text('hello');
});
const server = http2ServerLayer({
  limits: { maxResetsPerSecond: 2 }, // ten at once; the default is 200, and 500 at once
  clock: new FakeClock(), // all of this happens at once, on a slow machine too
  onError: (error) => console.log('server:', isLamellaError(error) && error.code),
  lifecycle,
});
void serveListener(network.listen('app.test:80'), stack(server, app), { lifecycle });

const client = createHttpClient({ connector: network.connector(), protocols: [http2()], lifecycle });
const page = requests(client, { baseUrl: 'http://app.test' });
await page.get('/').asText();

/** Begins requests, and takes them back at once. */
async function takeBack(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const abort = new AbortController();
    const call = page.get('/slow').signal(abort.signal).asText();
    await new Promise(setImmediate);
    abort.abort();
    await call.catch(() => {});
  }
}
await takeBack(10);
console.log(await page.get('/').asText(), client.counters()[0]?.dials);
await takeBack(1);
for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate); // until the client has heard
console.log(await page.get('/').asText(), client.counters()[0]?.dials);
await lifecycle.drain();
