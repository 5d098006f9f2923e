import type { AcmeClient } from '@lamella/acme';
import { acmeCertificates, acmeClient, fileAcmeStorage, httpChallenges, memoryAcmeStorage } from '@lamella/acme';
import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1 } from '@lamella/http';
import type { Connector } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, tlsConnectLayer } from '@lamella/tls';

const challenges = httpChallenges();

// What answers on port 80: proofs for the authority, and for everybody else the way to https.
const inClear = stack(
  challenges.layer,
  serviceFn(({ authority, path }: Request) =>
    HttpResponse.from({ status: 308, headers: { Location: `https://${authority}${path}` } }),
  ),
);

// Who asks. With a connector such as tcpConnector() of @lamella/net-tcp.
export function letsEncrypt(connector: Connector): AcmeClient {
  return acmeClient({
    service: createHttpClient({ connector: tlsConnectLayer()(connector), protocols: [http1()] }),
    directoryUrl: 'https://acme-v02.api.letsencrypt.org/directory',
    termsOfServiceAgreed: true,
    contacts: ['mailto:ann@example.com'],
    solvers: [challenges],
    storage: fileAcmeStorage('/var/lib/example/acme'),
  });
}

// Here, an authority of our own takes the place of Let's Encrypt.
const authority = await certificateAuthority();
const client: AcmeClient = { obtain: async (names) => ({ ...(await authority.issue({ names })), names }) };

const certificates = acmeCertificates({
  client,
  storage: memoryAcmeStorage(),
  certificates: [['example.com', 'www.example.com']],
  onObtained: ({ names }) => console.log(`a certificate for ${names.join(' and ')}`),
});
await certificates.ready();
// serveListener(listener, stack(tlsAcceptLayer({ certificates }), server));
console.log(certificates.certificateFor('www.example.com') === certificates.certificateFor('example.com'));

const asked = await inClear.serve(HttpRequest.from({ target: 'http://example.com/shop' }));
console.log(asked.status, asked.headers.get('location'));
await certificates.close();
