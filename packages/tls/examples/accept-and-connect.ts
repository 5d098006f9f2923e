import type { Connection } from '@lamella/net-core';
import {
  AlpnSelected,
  connectRequest,
  memoryNetwork,
  parseAddress,
  serveListener,
  TlsSession,
} from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, PeerCertificate, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const network = memoryNetwork(); // or listenTcp() and tcpConnector() of @lamella/net-tcp
const authority = await certificateAuthority({ subject: { commonName: 'Our company' } });

const server = stack(
  tlsAcceptLayer({
    certificates: await authority.issue({ names: ['shop.test'] }), // or certificateFiles([{ certPath, keyPath }])
    alpn: ['echo'],
    clientAuth: { mode: 'require', roots: authority.cert },
  }),
  serviceFn(async ({ stream, extensions }: Connection) => {
    await stream.write([Buffer.from(`hello ${extensions.get(PeerCertificate)?.subject}`)]);
    await stream.closeWrite();
  }),
);
const listener = network.listen('shop.test:443');
const serving = serveListener(listener, server, { onError: () => {} });

const ann = await authority.issue({ names: [], subject: { commonName: 'Ann' }, usages: ['client'] });
const connector = stack(
  tlsConnectLayer({ roots: authority.cert, clientCertificate: ann, alpn: ['echo'] }),
  network.connector(),
);
const { stream, extensions } = await connector.serve(
  connectRequest({ target: parseAddress('shop.test:443'), secure: true }),
);
console.log(Buffer.from((await stream.read()) ?? []).toString());
console.log(extensions.get(AlpnSelected), extensions.get(TlsSession)?.version);
stream.destroy();

const stranger = stack(tlsConnectLayer(), network.connector()); // trusts whom Node trusts
try {
  await stranger.serve(connectRequest({ target: parseAddress('shop.test:443'), secure: true }));
} catch (error) {
  console.log(error instanceof Error && 'code' in error && error.code);
}
await listener.close();
await serving;
