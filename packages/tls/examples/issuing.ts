import type { Connection } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import {
  certificateAuthority,
  certificateIssuer,
  PeerCertificate,
  tlsAcceptLayer,
  tlsConnectLayer,
} from '@lamella/tls';

const network = memoryNetwork(); // or listenTcp() and tcpConnector() of @lamella/net-tcp
const authority = await certificateAuthority({ subject: { commonName: 'Our development' } });
const certificates = certificateIssuer({ authority, allows: (name) => name.endsWith('.test') });

const server = stack(
  tlsAcceptLayer({ certificates }),
  serviceFn(({ stream }: Connection) => stream.closeWrite()),
);
const connector = stack(tlsConnectLayer({ roots: authority.cert }), network.connector());

for (const host of ['shop.test', 'api.test', 'shop.example']) {
  const listener = network.listen(`${host}:443`);
  void serveListener(listener, server, { onError: () => {} });
  try {
    const request = connectRequest({ target: parseAddress(`${host}:443`), secure: true });
    const { extensions, stream } = await connector.serve(request);
    const { subjectAltNames, issuer } = extensions.get(PeerCertificate) ?? {};
    console.log(`${host}: ${subjectAltNames} by ${issuer}`);
    stream.destroy();
  } catch (error) {
    console.log(`${host}: ${error instanceof Error && 'code' in error ? error.code : error}`);
  }
  await listener.close();
}
