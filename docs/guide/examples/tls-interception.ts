import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, httpServerLayer, requests } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, relay, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import {
  certificateAuthority,
  certificateIssuer,
  PeerCertificate,
  peekClientHello,
  tlsAcceptLayer,
  tlsConnectLayer,
} from '@lamella/tls';

const lifecycle = createLifecycle();
const network = memoryNetwork();

// A server out there, and who vouches for it.
const world = await certificateAuthority({ subject: { commonName: 'World' } });
const shop = stack(
  tlsAcceptLayer({ certificates: await world.issue({ names: ['shop.test', 'www.shop.test'] }) }),
  httpServerLayer({ lifecycle }),
  serviceFn(({ path }: Request) => HttpResponse.text(`${path} of the shop`)),
);
void serveListener(network.listen('shop.test:443'), shop, { lifecycle });

// An authority that only those trust who have agreed to be looked at.
const ours = await certificateAuthority({ subject: { commonName: 'Our test lab' } });
const issuer = certificateIssuer({ authority: ours });
const outside = stack(tlsConnectLayer({ roots: world.cert }), network.connector());

const intercept = serviceFn(async (connection: Connection) => {
  const host = (await peekClientHello(connection))?.serverName; // every byte is put back
  if (host === undefined) return connection.stream.closeWrite();
  // First the server is judged, as every client would; only then is its name put on a certificate of ours.
  const target = parseAddress(`${host}:443`);
  const upstream = await outside.serve(connectRequest({ target, secure: true, scope: connection.scope }));
  const seen = upstream.extensions.get(PeerCertificate);
  if (seen === undefined) throw new Error('a server of TLS has shown a certificate');
  const certificates = await issuer.mirrorOf(seen.raw, host);
  const inside = serviceFn(async ({ stream }: Connection) => {
    const { bytesUp, bytesDown } = await relay(stream, upstream.stream, { lifecycle });
    console.log(`seen in clear: ${bytesUp > 0} and ${bytesDown > 0}`);
  });
  try {
    await tlsAcceptLayer({ certificates: { certificateFor: () => certificates } })(inside).serve(connection);
  } finally {
    upstream.stream.destroy();
  }
});
void serveListener(network.listen('lab.test:443'), intercept, { lifecycle });

// All that this client sends leads to the lab.
const lab = parseAddress('lab.test:443');
const client = createHttpClient({
  connector: serviceFn((request: Parameters<typeof outside.serve>[0]) =>
    network.connector().serve(request.withTarget(lab)),
  ),
  tls: tlsConnectLayer({ roots: ours.cert }),
});
const response = await requests(client).get('https://shop.test/tea').send();
const { issuer: signer, subjectAltNames } = response.extensions.get(PeerCertificate) ?? {};
console.log(await response.body.text(), '-', signer, subjectAltNames);
await client.close();
await lifecycle.drain();
