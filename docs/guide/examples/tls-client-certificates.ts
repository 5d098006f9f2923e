import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, httpServerLayer, requests } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, PeerCertificate, TlsError, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const authority = await certificateAuthority({ subject: { commonName: 'Our company' } });

const server = stack(
  tlsAcceptLayer({
    certificates: await authority.issue({ names: ['api.test'] }),
    clientAuth: { mode: 'require', roots: authority.cert },
  }),
  httpServerLayer({ lifecycle }),
  // What belongs to the connection is read from every request on it.
  serviceFn(({ extensions }: Request) => HttpResponse.text(`hello ${extensions.get(PeerCertificate)?.subject}`)),
);
void serveListener(network.listen('api.test:443'), server, {
  lifecycle,
  onError: (error) => console.log('refused:', error instanceof TlsError ? error.code : error),
});

const ann = await authority.issue({ names: [], subject: { commonName: 'Ann' }, usages: ['client'] });
const stranger = await (await certificateAuthority()).issue({ names: ['mallory.test'], usages: ['client'] });
for (const clientCertificates of [{ 'api.test': ann }, { 'api.test': stranger }, {}]) {
  const tls = tlsConnectLayer({ roots: authority.cert, clientCertificates });
  const client = createHttpClient({ connector: network.connector(), tls, lifecycle });
  const answer = requests(client).get('https://api.test/').asText();
  // By TLS 1.3 a client has ended its handshake when the server judges it: its request is what fails.
  console.log(await answer.catch(() => 'no answer'));
}
await lifecycle.drain();
