import { createHttpClient, HttpResponse, httpServerLayer, requests } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const items = serviceFn(() => HttpResponse.json([{ name: 'tea' }]));
void serveListener(network.listen('api.test:80'), stack(httpServerLayer({ lifecycle }), items), { lifecycle });

// In a program: createHttpClient({ connector: tcpConnector() }), with tcpConnector of @lamella/net-tcp.
const client = createHttpClient({ connector: network.connector(), lifecycle });
const api = requests(client, { baseUrl: 'http://api.test', timeoutMs: 2_000, expectSuccess: true });

const names = await api.get('/items').asJson((value) => {
  if (!Array.isArray(value)) throw new TypeError('the items are no list');
  return value.map(({ name }) => String(name));
});
console.log(names);
await lifecycle.drain();
