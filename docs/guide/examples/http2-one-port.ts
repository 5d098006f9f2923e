import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, http1, requests } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const lifecycle = createLifecycle();
const network = memoryNetwork(); // in a program: listenTcp and tcpConnector of @lamella/net-tcp
const authority = await certificateAuthority();
const certificates = await authority.issue({ names: ['shop.test'] });

// One handler, one server, both versions; by TLS the client chooses, in clear its first bytes tell.
const app = serviceFn(({ version }: Request) => HttpResponse.text(`HTTP/${version}`));
const http = stack(autoServerLayer({ lifecycle }), app);
void serveListener(network.listen('shop.test:80'), http, { lifecycle });
const secured = stack(tlsAcceptLayer({ certificates, alpn: ['h2', 'http/1.1'], lifecycle }), http);
void serveListener(network.listen('shop.test:443'), secured, { lifecycle });

const connector = network.connector();
const tls = tlsConnectLayer({ roots: authority.cert });
for (const protocols of [[http2(), http1()], [http1()], [http2()]]) {
  const client = requests(createHttpClient({ connector, tls, protocols, lifecycle }));
  const answers = [await client.get('https://shop.test/').asText(), await client.get('http://shop.test/').asText()];
  console.log(protocols.map(({ name }) => name).join(', '), '- by TLS', answers[0], '- in clear', answers[1]);
}
await lifecycle.drain();
