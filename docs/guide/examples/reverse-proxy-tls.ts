import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, http1, httpServerLayer, requests } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { reverseProxyService } from '@lamella/proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const connector = network.connector();
const authority = await certificateAuthority();
const tls = tlsConnectLayer({ roots: authority.cert });
const secured = async (name: string) =>
  tlsAcceptLayer({ certificates: await authority.issue({ names: [name] }), alpn: ['h2', 'http/1.1'], lifecycle });

// Two upstreams: one by https, which speaks both versions, and one in clear.
const api = serviceFn(({ path, version }: Request) => HttpResponse.text(`${path} of the api, HTTP/${version}`));
const apiServer = stack(await secured('api.internal.test'), autoServerLayer({ lifecycle }), api);
void serveListener(network.listen('api.internal.test:443'), apiServer, { lifecycle });
const site = serviceFn(({ path, version }: Request) => HttpResponse.text(`${path} of the site, HTTP/${version}`));
void serveListener(network.listen('site.internal.test:80'), stack(httpServerLayer({ lifecycle }), site), { lifecycle });

const proxy = stack(
  await secured('shop.test'), // ends TLS
  autoServerLayer({ lifecycle }), // both versions
  reverseProxyService({
    client: createHttpClient({ connector, tls, protocols: [http2(), http1()], lifecycle }), // TLS again where a route says https
    routes: [{ path: '/api', to: 'https://api.internal.test/v1' }, { to: 'http://site.internal.test' }],
    relay: { lifecycle },
  }),
);
void serveListener(network.listen('shop.test:443'), proxy, { lifecycle });

for (const protocol of [http2(), http1()]) {
  const browser = requests(createHttpClient({ connector, tls, protocols: [protocol], lifecycle }));
  for (const path of ['/api/users', '/tea']) console.log(await browser.get(`https://shop.test${path}`).asText());
}
await lifecycle.drain();
