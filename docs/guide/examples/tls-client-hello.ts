import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, httpServerLayer, requests } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, relay, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import {
  ClientFingerprints,
  certificateAuthority,
  certificateIssuer,
  ReceivedClientHello,
  tlsAcceptLayer,
  tlsConnectLayer,
  tlsRouter,
} from '@lamella/tls';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const authority = await certificateAuthority();
const certificates = certificateIssuer({ authority, allows: (name) => name.endsWith('.test') });

/** Speaks TLS, and tells what the client has offered before it was answered. */
const entry = stack(
  tlsAcceptLayer({ certificates, lifecycle }),
  httpServerLayer({ lifecycle }),
  serviceFn(({ extensions }: Request) => {
    const hello = extensions.get(ReceivedClientHello);
    const ja4 = extensions.get(ClientFingerprints)?.ja4 ?? '';
    const looks = /^t13d[0-9]{4}(h2|h1|00)_[0-9a-f]{12}_[0-9a-f]{12}$/.test(ja4);
    return HttpResponse.text(`the entry, asked for ${hello?.serverName} by ${hello?.alpnProtocols}, JA4: ${looks}`);
  }),
);

/** Decrypts nothing: whoever stands behind it speaks TLS with the client. */
const passOn = serviceFn(async ({ stream, scope }: Connection) => {
  const target = parseAddress('origin.test:8443');
  const upstream = await network.connector().serve(connectRequest({ target, scope }));
  await relay(stream, upstream.stream, { lifecycle });
});
const app = serviceFn(() => HttpResponse.text('the origin'));
const origin = stack(tlsAcceptLayer({ certificates, lifecycle }), httpServerLayer({ lifecycle }), app);
void serveListener(network.listen('origin.test:8443'), origin, { lifecycle });

const router = tlsRouter({
  routes: [{ names: ['*.tenants.test'], service: passOn }],
  fallback: entry,
  lifecycle,
});
const tls = tlsConnectLayer({ roots: authority.cert });
const client = createHttpClient({ connector: network.connector(), tls, lifecycle });
for (const host of ['shop.test', 'one.tenants.test']) {
  void serveListener(network.listen(`${host}:443`), router, { lifecycle });
  console.log(await requests(client).get(`https://${host}/`).asText());
}
await lifecycle.drain();
