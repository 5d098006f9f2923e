import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork(); // or listenTcp() and tcpConnector() of @lamella/net-tcp

// A server: connections become requests.
const app = serviceFn(async ({ method, path, body }: Request) => {
  if (method === 'GET') return HttpResponse.text(`you asked for ${path}`);
  return HttpResponse.json({ received: (await body.bytes({ maxBytes: 1_000_000 })).length }, { status: 201 });
});
const server = stack(httpServerLayer({ lifecycle }), app);
void serveListener(network.listen('app.test:80'), server, { lifecycle });

// A client: requests go out by connections that it keeps.
const client = createHttpClient({ connector: network.connector(), lifecycle });

const page = await client.serve(HttpRequest.from({ target: 'http://app.test/index.html' }));
console.log(page.status, await page.body.text());

const created = await client.serve(
  HttpRequest.from({ method: 'POST', target: 'http://app.test/', headers: { 'X-Case': 'kept' }, body: 'content' }),
);
console.log(created.status, await created.body.json(), client.gauges());

console.log((await lifecycle.drain()).protocols);
