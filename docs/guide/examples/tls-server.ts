import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, httpServerLayer, requests } from '@lamella/http';
import { memoryNetwork, ServerName, serveListener, TlsSession } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, certificateStore, TlsError, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const lifecycle = createLifecycle();
const network = memoryNetwork(); // in a program: listenTcp({ port: 443 }) and tcpConnector() of @lamella/net-tcp
const authority = await certificateAuthority(); // in a program: somebody whom clients trust already

// The exact name first, then the wildcard; who asks for another name gets none.
const certificates = certificateStore(
  [await authority.issue({ names: ['shop.test'] }), await authority.issue({ names: ['*.tenants.test'] })],
  { fallback: 'none' },
);
const server = stack(
  tlsAcceptLayer({ certificates, lifecycle }),
  httpServerLayer({ lifecycle }),
  serviceFn(({ authority: host, extensions }: Request) => {
    const [name, session] = [extensions.get(ServerName), extensions.get(TlsSession)];
    return HttpResponse.text(`${host}, asked for as ${name}, by ${session?.version}`);
  }),
);

const client = createHttpClient({
  connector: network.connector(),
  tls: tlsConnectLayer({ roots: authority.cert }),
  lifecycle,
});
for (const host of ['shop.test', 'one.tenants.test', 'other.test']) {
  void serveListener(network.listen(`${host}:443`), server, { lifecycle, onError: () => {} });
  try {
    console.log(await requests(client).get(`https://${host}/`).asText());
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    console.log(host, error.code, error.alert);
  }
}
console.log((await lifecycle.drain()).protocols);
