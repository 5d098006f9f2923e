import { createHttpClient, http1, httpServerLayer } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { reverseProxyService } from '@lamella/proxy';
import { createLifecycle, stack } from '@lamella/service-core';
import { connectWebSocket, webSocketRelay, webSocketService } from '@lamella/ws';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const connect = () => createHttpClient({ connector: network.connector(), protocols: [http1()], lifecycle });

const echo = webSocketService({
  async onConnection(socket) {
    for await (const message of socket) await socket.send(message);
  },
});
void serveListener(network.listen('origin.test:80'), stack(httpServerLayer({ lifecycle }), echo), { lifecycle });

// #region proxy
const proxy = reverseProxyService({
  client: connect(),
  routes: [{ to: 'http://origin.test' }],
  upgrade: webSocketRelay({
    async inspect({ direction, data, request }) {
      console.log(direction, request.path, data);
      if (typeof data !== 'string') return { close: { code: 1003, reason: 'text only' } };
      if (data.includes('spam')) return 'drop';
      return direction === 'up' ? { data: data.replaceAll(/\d/g, '*') } : 'pass';
    },
  }),
  relay: { lifecycle, idleTimeoutMs: 600_000 },
});
// #endregion proxy
void serveListener(network.listen('edge.test:80'), stack(httpServerLayer({ lifecycle }), proxy), { lifecycle });

// #region client
const socket = await connectWebSocket(connect(), { url: 'ws://edge.test/chat' });
void socket.send('spam');
void socket.send('my number is 42');
console.log('received', await socket.receive());
void socket.send(new Uint8Array(3));
console.log(await socket.closed);
// #endregion client
await lifecycle.drain({ graceMs: 1_000 });
