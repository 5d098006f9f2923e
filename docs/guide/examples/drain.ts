import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const arrived = Promise.withResolvers<void>();
const release = Promise.withResolvers<void>();

const listener = await listenTcp(); // 127.0.0.1, any free port
const server = stack(
  httpServerLayer({ lifecycle }),
  serviceFn(async () => {
    arrived.resolve();
    await release.promise;
    return HttpResponse.text('done');
  }),
);
const serving = serveListener(listener, server, { lifecycle });

const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()] });
const answer = client.serve(HttpRequest.from({ target: `http://${formatAddress(listener.address)}/` }));
await arrived.promise;

const drained = lifecycle.drain({ graceMs: 5_000 }); // as on SIGTERM
console.log(lifecycle.phase);
release.resolve();
console.log(await (await answer).body.text());
console.log((await drained).protocols);
await serving;
await client.close();
