import type { Connection } from '@lamella/net-core';
import { connectRequest, LocalAddress, PeerAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, serviceFn } from '@lamella/service-core';

const lifecycle = createLifecycle();
const listener = await listenTcp({ maxConnectionsPerPeer: 10 }); // 127.0.0.1, any free port
const echo = serviceFn(async ({ stream }: Connection) => {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
  await stream.closeWrite();
});
const serving = serveListener(listener, echo, { lifecycle });

const connection = await tcpConnector().serve(connectRequest({ target: listener.address }));
const { stream, extensions } = connection;
await stream.write([Buffer.from('hello')]);
await stream.closeWrite();
console.log(Buffer.from((await stream.read()) ?? []).toString());
console.log(extensions.get(PeerAddress)?.type, extensions.get(LocalAddress)?.type, listener.gauges);

await lifecycle.drain();
await serving;
