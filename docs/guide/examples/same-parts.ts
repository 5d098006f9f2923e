import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { timeoutLayer } from '@lamella/layers';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { reverseProxyService } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();

// A server is a service of requests, with layers around it, on a listener.
async function serve(service: Service<Request, HttpResponse>): Promise<string> {
  const listener = await listenTcp(); // 127.0.0.1, any free port
  const server = stack(httpServerLayer({ lifecycle }), timeoutLayer({ timeoutMs: 5_000 }), service);
  void serveListener(listener, server, { lifecycle });
  return formatAddress(listener.address);
}
const app = serviceFn(({ path }: Request) => HttpResponse.text(`hello from ${path}`));
const origin = await serve(app);

// A client is a service of requests too.
const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()], lifecycle });

// So a proxy is a server whose service calls a client.
const proxy = await serve(reverseProxyService({ client, pseudonym: 'gateway', routes: [{ to: `http://${origin}` }] }));

const response = await client.serve(HttpRequest.from({ target: `http://${proxy}/world` }));
console.log(response.status, await response.body.text(), '- via', response.headers.get('via'));

// One call ends all of it in good order, and tells how.
console.log((await lifecycle.drain()).protocols);
