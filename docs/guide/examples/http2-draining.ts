import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, requests } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const network = memoryNetwork();
const [first, second] = [createLifecycle(), createLifecycle()];
const [arrived, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];

/** A server of its own lifecycle, at the same address as the one before. */
const start = (name: string, lifecycle: typeof first): void => {
  const app = serviceFn(async ({ path }: Request) => {
    if (path === '/slow') {
      arrived.resolve();
      await release.promise;
    }
    return HttpResponse.text(`${path} by the ${name}`);
  });
  const server = stack(http2ServerLayer({ lifecycle }), app);
  void serveListener(network.listen('app.test:80'), server, { lifecycle });
};

start('first', first);
const client = createHttpClient({ connector: network.connector(), protocols: [http2()] });
const page = requests(client, { baseUrl: 'http://app.test' });
const slow = page.get('/slow').asText();
await arrived.promise;

const drained = first.drain({ graceMs: 5_000 }); // GOAWAY, one round trip, GOAWAY again
start('second', second);
console.log(await page.get('/on-its-way').asText()); // sent before the client has heard of it
for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate); // until it has heard
console.log(await page.get('/later').asText());
release.resolve();
console.log(await slow);
console.log((await drained).protocols['h2']);
console.log(client.counters());
await client.close();
await second.drain();
