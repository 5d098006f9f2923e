// #region imports
import { createHash } from 'node:crypto';
import type { HttpRequest } from '@lamella/http';
import { createHttpClient, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { reverseProxyService } from '@lamella/proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

// #endregion imports
const lifecycle = createLifecycle();

// #region origin
// An origin that accepts a WebSocket, says one word, and leaves when it hears anything.
const chat = serviceFn((request: HttpRequest) => {
  const key = request.headers.get('sec-websocket-key') ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const talk = serviceFn(async ({ stream }: Connection) => {
    const word = Buffer.from('hello');
    void stream.write([Uint8Array.of(0x81, word.length), word]); // one frame of text
    await stream.read();
  });
  return HttpResponse.upgrade({ headers: { Upgrade: 'websocket', 'Sec-WebSocket-Accept': accept } }, talk);
});
const origin = await listenTcp();
void serveListener(origin, stack(httpServerLayer({ lifecycle }), chat), { lifecycle });
// #endregion origin

// #region proxy
const ended = Promise.withResolvers<void>();
const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()], lifecycle });
const proxy = reverseProxyService({
  client,
  routes: [{ to: `http://${formatAddress(origin.address)}` }],
  relay: { lifecycle, idleTimeoutMs: 600_000 }, // pings of the application keep it alive
  onRelayEnd({ reason, bytesDown }) {
    console.log(`relay ended: ${reason}, ${bytesDown} bytes from the origin`);
    ended.resolve();
  },
});
const listener = await listenTcp();
void serveListener(listener, stack(httpServerLayer({ lifecycle }), proxy), { lifecycle });
// #endregion proxy

// #region use
const socket = new WebSocket(`ws://${formatAddress(listener.address)}/chat`);
socket.onmessage = ({ data }) => {
  console.log('received', data);
  socket.close();
};
// #endregion use

await ended.promise;
await lifecycle.drain({ graceMs: 1_000 });
