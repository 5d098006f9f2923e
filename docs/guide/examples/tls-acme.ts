import type { AcmeClient } from '@lamella/acme';
import { acmeCertificates, httpChallenges, memoryAcmeStorage } from '@lamella/acme';
import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, httpServerLayer, requests } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const challenges = httpChallenges();

// In a program: acmeClient({ service, directoryUrl, solvers: [challenges], storage, termsOfServiceAgreed: true }).
const authority = await certificateAuthority();
const client: AcmeClient = { obtain: async (names) => ({ ...(await authority.issue({ names })), names }) };

const certificates = acmeCertificates({
  client,
  storage: memoryAcmeStorage(), // in a program: fileAcmeStorage(folder)
  certificates: [['shop.test', 'www.shop.test']],
  onObtained: ({ names }) => console.log(`a certificate for ${names.join(' and ')}`),
});

// Port 80: proofs for the authority, and for everybody else the way to https.
const toHttps = ({ authority: host, path }: Request): HttpResponse =>
  HttpResponse.from({ status: 308, headers: { Location: `https://${host}${path}` } });
const inClear = stack(httpServerLayer({ lifecycle }), challenges.layer, serviceFn(toHttps));
void serveListener(network.listen('shop.test:80'), inClear, { lifecycle });

// Port 443: from the first certificate on.
await certificates.ready();
const app = serviceFn(() => HttpResponse.text('welcome'));
const secured = stack(tlsAcceptLayer({ certificates, lifecycle }), httpServerLayer({ lifecycle }), app);
void serveListener(network.listen('shop.test:443'), secured, { lifecycle });

const tls = tlsConnectLayer({ roots: authority.cert });
const browser = createHttpClient({ connector: network.connector(), tls, lifecycle });
const asked = await requests(browser).get('http://shop.test/tea').send();
const location = asked.headers.get('location') ?? '';
asked.body.cancel();
console.log(asked.status, location, '-', await requests(browser).get(location).asText());
await certificates.close();
await lifecycle.drain();
