import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { reverseProxyService } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork(); // or listenTcp() and tcpConnector() of @lamella/net-tcp
const client = createHttpClient({ connector: network.connector(), protocols: [http1()], lifecycle });
const serve = (address: string, service: Service<Request, HttpResponse>) =>
  void serveListener(network.listen(address), stack(httpServerLayer({ lifecycle }), service), { lifecycle });

const tell = (name: string) =>
  serviceFn(({ target, headers }: Request) => HttpResponse.text(`${name}: ${target} by ${headers.get('via')}`));
serve('blue.test:80', tell('blue'));
serve('green.test:80', tell('green'));

serve(
  'www.test:80',
  reverseProxyService({
    client,
    pseudonym: 'gateway',
    routes: [{ path: '/green', to: 'http://green.test/v1' }, { to: 'http://blue.test' }],
  }),
);

for (const path of ['/index.html', '/green/leaf?small', '/greens', '/a/../b']) {
  const response = await client.serve(HttpRequest.from({ target: `http://www.test${path}` }));
  console.log(response.status, (await response.body.text()).trimEnd());
}
await lifecycle.drain();
