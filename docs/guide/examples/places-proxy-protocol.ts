import type { Connection } from '@lamella/net-core';
import {
  connectRequest,
  formatAddress,
  PeerAddress,
  PROXY_TLV,
  ProxyPeerAddress,
  ProxyProtocolFacts,
  parseAddress,
  parseCidr,
  proxyProtocolAcceptLayer,
  proxyProtocolConnectLayer,
  serveListener,
} from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, isLamellaError, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const server = stack(
  proxyProtocolAcceptLayer({ trustedPeers: [parseCidr('127.0.0.0/8')], lifecycle }), // before anything else, TLS too
  serviceFn(async ({ stream, extensions }: Connection) => {
    const [client, balancer] = [extensions.get(PeerAddress), extensions.get(ProxyPeerAddress)];
    console.log(
      'client',
      client?.type === 'tcp' && formatAddress(client),
      'for',
      extensions.get(ProxyProtocolFacts)?.authority,
    );
    console.log('by way of', balancer?.type === 'tcp' && balancer.host.toString());
    await stream.closeWrite();
  }),
);
const listener = await listenTcp();
const onError = (error: unknown) => console.log('refused:', isLamellaError(error) && error.code);
void serveListener(listener, server, { lifecycle, onError });

// What a load balancer does: it says for whom it connects.
const [source, destination] = [parseAddress('203.0.113.9:51000'), parseAddress('198.51.100.1:443')];
if (source.type !== 'tcp' || destination.type !== 'tcp') throw new Error('both are TCP addresses');
const balancer = stack(
  proxyProtocolConnectLayer({
    addresses: () => ({ source, destination }),
    tlvs: () => [{ type: PROXY_TLV.authority, value: Buffer.from('shop.example') }],
  }),
  tcpConnector(),
);
for (const connector of [balancer, tcpConnector()]) {
  const { stream } = await connector.serve(connectRequest({ target: listener.address }));
  await stream.write([Buffer.from('hello')]);
  await stream.read().catch(() => undefined); // the second one said nothing of itself, and is reset
  stream.destroy();
}
await lifecycle.drain();
