import { createHttpClient, HttpRequest, HttpResponse, http1 } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const network = memoryNetwork(); // on sockets: listenTcp() and tcpConnector() of @lamella/net-tcp

// A server of both versions on one port.
const app = serviceFn((request: HttpRequest) => HttpResponse.text(`${request.path} by HTTP/${request.version}`));
const server = stack(autoServerLayer({ lifecycle }), app);
void serveListener(network.listen('app.test:80'), server, { lifecycle });

// Clients that know what they want to speak. Over TLS they would agree on it: protocols: [http2(), http1()].
const connector = network.connector();
const modern = createHttpClient({ connector, protocols: [http2()] });
const old = createHttpClient({ connector, protocols: [http1()] });
const ask = async (client: typeof modern, path: string): Promise<string> => {
  const response = await client.serve(HttpRequest.from({ target: `http://app.test${path}` }));
  return await response.body.text();
};

// A hundred requests at once share one connection.
const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => ask(modern, `/${index}`)));
console.log(answers.at(-1), modern.gauges()[0]?.open);
console.log(await ask(old, '/'));

await Promise.all([modern.close(), old.close()]);
await lifecycle.drain();
