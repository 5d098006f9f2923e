import { connectRequest, PeerAddress, parseAddress } from '@lamella/net-core';
import { listenTcp, staticResolver, tcpConnector } from '@lamella/net-tcp';
import { isLamellaError } from '@lamella/service-core';

const listener = await listenTcp();
const port = listener.address.type === 'tcp' ? listener.address.port : 0;

// The first address of this name does not answer; the second one is tried beside it.
const resolver = staticResolver({ 'app.test': ['::1', '127.0.0.1'] });
const connector = tcpConnector({ resolver, attemptDelayMs: 250, connectTimeoutMs: 5_000 });

const connection = await connector.serve(connectRequest({ target: parseAddress(`app.test:${port}`) }));
const peer = connection.extensions.get(PeerAddress);
console.log(peer?.type === 'tcp' && peer.host.toString());
connection.stream.destroy();
await listener.close();

const refusal = await connector
  .serve(connectRequest({ target: parseAddress('other.test:80') }))
  .catch((error: unknown) => error);
if (isLamellaError(refusal)) console.log(refusal.code, refusal.facts);
