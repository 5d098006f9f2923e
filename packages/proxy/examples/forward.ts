import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { readAll, text, utf8 } from '@lamella/net-core/testing';
import { basicProxyAuth, forwardProxyService } from '@lamella/proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const connector = network.connector();
const origin = serviceFn(() => HttpResponse.text('hello from the origin'));
void serveListener(network.listen('origin.test:80'), stack(httpServerLayer({ lifecycle }), origin), { lifecycle });

const proxy = stack(
  httpServerLayer({ lifecycle }),
  forwardProxyService({
    client: createHttpClient({ connector, protocols: [http1()], lifecycle }),
    connector,
    auth: basicProxyAuth([{ name: 'ann', password: 'secret' }]),
    connectPorts: [80],
    onRelayEnd: ({ reason, bytesUp, bytesDown }) => console.log('tunnel:', reason, bytesUp > 0, bytesDown > 0),
  }),
);
void serveListener(network.listen('proxy.test:8080'), proxy, { lifecycle });

const client = createHttpClient({ connector, protocols: [http1()], proxy: parseAddress('proxy.test:8080'), lifecycle });
const headers = { 'Proxy-Authorization': `Basic ${btoa('ann:secret')}` };
const page = await client.serve(HttpRequest.from({ target: 'http://origin.test/', headers }));
console.log(page.status, await page.body.text());

for (const target of ['origin.test:25', 'nowhere.test:80', 'origin.test:80']) {
  const response = await client.serve(HttpRequest.from({ method: 'CONNECT', target, headers }));
  console.log(target, response.status, response.headers.get('proxy-status')?.replace(/^[^;]+; /, ''));
  if (response.upgraded === undefined) response.body.cancel();
  else {
    const { stream } = response.upgraded;
    await stream.write([utf8('GET / HTTP/1.1\r\nHost: origin.test\r\nConnection: close\r\n\r\n')]);
    console.log(
      text(await readAll(stream))
        .split('\r\n')
        .at(-1),
    );
    stream.destroy();
  }
}
await lifecycle.drain();
