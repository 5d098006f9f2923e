import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1, requests, via } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { forwardProxyService } from '@lamella/proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { connectWebSocket, webSocketService } from '@lamella/ws';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const connector = network.connector();

const echo = webSocketService({
  lifecycle,
  async onConnection(socket) {
    for await (const message of socket) await socket.send(message);
  },
});
const app = serviceFn((request: Request) => {
  if (request.path !== '/echo') return HttpResponse.text('a page');
  console.log(`${request.method} with Upgrade: ${request.headers.get('upgrade')} by HTTP/${request.version}`);
  return echo.serve(request);
});
void serveListener(network.listen('app.test:80'), stack(autoServerLayer({ lifecycle }), app), { lifecycle });

// #region websocket
const client = createHttpClient({ connector, protocols: [http2()], lifecycle });
const socket = await connectWebSocket(client, { url: 'ws://app.test/echo' });
await socket.send('hello');
console.log(await socket.receive(), '|', await requests(client).get('http://app.test/').asText());
console.log(client.gauges()[0]?.open, 'connection for both');
await socket.close();
// #endregion websocket

// #region tunnel
// A proxy that speaks HTTP/2 with its clients: a tunnel is one stream of many.
const proxy = forwardProxyService({
  client: createHttpClient({ connector, protocols: [http1()], lifecycle }),
  connector,
  connectPorts: 'any',
  relay: { lifecycle },
});
void serveListener(network.listen('proxy.test:8080'), stack(autoServerLayer({ lifecycle }), proxy), { lifecycle });

// Sends to the proxy, whatever the request is about.
const toProxy = createHttpClient({ connector, protocols: [http2()], proxy: via('http://proxy.test:8080'), lifecycle });
const answer = await toProxy.serve(HttpRequest.from({ method: 'CONNECT', target: 'app.test:80' }));
const tunnel = answer.upgraded; // a connection as any other
await tunnel?.stream.write([Buffer.from('GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n')]);
const text = Buffer.from((await tunnel?.stream.read()) ?? []).toString();
console.log(answer.status, '|', text.split('\r\n')[0]);
tunnel?.stream.destroy();
// #endregion tunnel
await lifecycle.drain({ graceMs: 1_000 });
