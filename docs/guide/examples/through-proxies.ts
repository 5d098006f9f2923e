import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpResponse, httpServerLayer, proxyFromEnvironment, requests, via } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { basicProxyAuth, forwardProxyService } from '@lamella/proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const connector = network.connector();
const layer = httpServerLayer({ lifecycle });
const serve = (address: string, app: Parameters<typeof layer>[0]): void =>
  void serveListener(network.listen(address), stack(layer, app), { lifecycle });

const origin = serviceFn(({ headers }: Request) => HttpResponse.text(`asked via ${headers.get('via') ?? 'nobody'}\n`));
serve('origin.test:80', origin);
const auth = basicProxyAuth([{ name: 'ann', password: 'secret' }]);
for (const [name, options] of [
  ['a', {}],
  ['b', {}],
  ['c', { auth }],
] as const) {
  const client = createHttpClient({ connector, lifecycle });
  serve(
    `${name}.test:3128`,
    forwardProxyService({ client, connector, connectPorts: 'any', pseudonym: name, ...options }),
  );
}

const ask = async (proxy: Parameters<typeof createHttpClient>[0]['proxy']): Promise<string> => {
  const client = createHttpClient({ connector, lifecycle, ...(proxy === undefined ? {} : { proxy }) });
  const text = await requests(client, { expectSuccess: true }).get('http://origin.test/').asText();
  return `${client.gauges()[0]?.origin}: ${text.trim()}`;
};

console.log(await ask(undefined));
console.log(await ask(via('http://a.test:3128')));
console.log(await ask(via('http://a.test:3128', { plainHttp: 'tunnel' })));
console.log(await ask(via(['http://a.test:3128', 'http://b.test:3128', 'http://ann:secret@c.test:3128'])));
console.log(await ask(proxyFromEnvironment({ http_proxy: 'http://a.test:3128', no_proxy: '.test' })));
console.log(await ask(via('http://ann:wrong@c.test:3128', { plainHttp: 'tunnel' })).catch(String));
await lifecycle.drain();
