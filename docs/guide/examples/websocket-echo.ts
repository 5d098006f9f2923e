// #region server
import type { HttpRequest } from '@lamella/http';
import { createHttpClient, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { connectWebSocket, webSocketService } from '@lamella/ws';

const lifecycle = createLifecycle();
const echo = webSocketService({
  lifecycle,
  async onConnection(socket) {
    for await (const message of socket) await socket.send(message);
  },
});
const app = serviceFn((request: HttpRequest) =>
  request.path === '/echo' ? echo.serve(request) : HttpResponse.text('a page'),
);
const listener = await listenTcp();
void serveListener(listener, stack(httpServerLayer({ lifecycle }), app), { lifecycle });
const address = formatAddress(listener.address);
// #endregion server

// #region client
const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()], lifecycle });
const socket = await connectWebSocket(client, { url: `ws://${address}/echo` });
await socket.send('hello');
await socket.send(new Uint8Array([1, 2, 3]));
console.log(await socket.receive(), await socket.receive());
console.log(await socket.close(4000, 'enough'));
// #endregion client

// #region standard
const standard = new WebSocket(`ws://${address}/echo`);
standard.onopen = () => standard.send('from the client that is built in');
await new Promise((resolve) => {
  standard.onmessage = ({ data }) => resolve(console.log(data));
});
// #endregion standard

// #region drain
standard.onclose = ({ code }) => console.log('closed with', code);
const report = await lifecycle.drain({ graceMs: 5_000 });
console.log(report.protocols['websocket']);
// #endregion drain
