import { createHttpClient, HttpRequest, HttpResponse, HttpTimings, httpServerLayer } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork();
network.setConditions({ latencyMs: 20 });
const app = serviceFn(() => HttpResponse.text('hello'));
void serveListener(network.listen('app.test:80'), stack(httpServerLayer({ lifecycle }), app), { lifecycle });
const client = createHttpClient({ connector: network.connector(), lifecycle });

for (const call of ['first', 'second']) {
  const { body, extensions } = await client.serve(HttpRequest.from({ target: 'http://app.test/' }));
  await body.text();
  const timings = extensions.get(HttpTimings);
  if (timings === undefined) throw new Error('every response of a client has them');
  const { connectMs, ttfbMs } = timings;
  // A round trip of 40 ms each, on the clock of this machine.
  console.log(call, { connected: connectMs !== undefined && connectMs > 35, waited: ttfbMs > 35 });
}
console.log(client.gauges(), client.counters());
await lifecycle.drain();
