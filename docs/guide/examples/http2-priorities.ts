import { createHttpClient, HttpBody, HttpResponse, requests } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const content = new Uint8Array(200_000);
const app = serviceFn(() => HttpResponse.from({ body: HttpBody.from(content) }));
const server = stack(http2ServerLayer({ lifecycle }), app);
void serveListener(network.listen('app.test:80'), server, { lifecycle });

// A client that lets the server send 64 KiB at a time, on all streams: the server has to choose.
const client = createHttpClient({
  connector: network.connector(),
  protocols: [http2({ limits: { connectionWindowBytes: 65_535 } })],
  lifecycle,
});
const page = requests(client, { baseUrl: 'http://app.test' });
const done: string[] = [];
const load = async (path: string, priority: string): Promise<void> => {
  const { length } = await page.get(path).header('Priority', priority).asBytes();
  done.push(`${path} (${priority}, ${length} bytes)`);
};
await Promise.all([load('/picture', 'u=5'), load('/font', 'u=2'), load('/style', 'u=0')]);
console.log(done.join('\n'));
await lifecycle.drain();
