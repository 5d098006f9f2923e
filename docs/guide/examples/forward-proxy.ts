// #region imports
import type { HttpResponse } from '@lamella/http';
import { createHttpClient, HttpRequest, http1, httpServerLayer } from '@lamella/http';
import { concurrencyLimitLayer, timeoutLayer, traceLayer } from '@lamella/layers';
import type { Connection } from '@lamella/net-core';
import { formatAddress, parseAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { basicProxyAuth, forwardProxyService, requireSafeListen } from '@lamella/proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { startOrigin } from './origin.ts';

// #endregion imports
const lifecycle = createLifecycle();
const origin = formatAddress(await startOrigin('the origin', lifecycle));

// #region proxy
const host = '127.0.0.1';
const auth = basicProxyAuth([{ name: 'ann', password: 'secret' }]);
requireSafeListen(parseAddress(`${host}:0`), { auth }); // throws if strangers could use it
const listener = await listenTcp({ host, maxConnections: 10_000, maxConnectionsPerPeer: 1_000 });

const connector = tcpConnector({ connectTimeoutMs: 5_000 });
const client = createHttpClient({ connector, protocols: [http1()], lifecycle });

const proxy = stack(
  httpServerLayer({ lifecycle, timeouts: { headerTimeoutMs: 10_000 } }),
  traceLayer({
    onEnd: (end: { readonly input: HttpRequest; readonly output?: HttpResponse }) =>
      console.log(`- ${end.input.method} ${end.input.path} ${end.output?.status}`),
  }),
  concurrencyLimitLayer({ maxConcurrent: 1_000 }),
  timeoutLayer({ timeoutMs: 60_000 }),
  forwardProxyService({
    client, // plain requests go out by it
    connector, // and tunnels by this
    auth,
    connectPorts: 'any',
    relay: { lifecycle, idleTimeoutMs: 120_000 },
    onRelayEnd: ({ reason, bytesUp, bytesDown }) =>
      console.log(`- tunnel ended: ${reason}, bytes both ways: ${bytesUp > 0 && bytesDown > 0}`),
  }),
);
void serveListener(listener, proxy, { lifecycle });
// #endregion proxy

// #region use
// A client that sends everything to the proxy.
const viaProxy = createHttpClient({ connector, protocols: [http1()], proxy: listener.address });
const credentials = { 'Proxy-Authorization': `Basic ${btoa('ann:secret')}` };
const ask = async (request: HttpRequest, by = viaProxy): Promise<string> => {
  const response = await by.serve(request);
  return `${response.status} ${await response.body.text()}`;
};
console.log(await ask(HttpRequest.from({ target: `http://${origin}/a` })));
console.log(await ask(HttpRequest.from({ target: `http://${origin}/b`, headers: credentials })));

// A tunnel: what a browser does for https.
const tunnel = await viaProxy.serve(HttpRequest.from({ method: 'CONNECT', target: origin, headers: credentials }));
console.log(tunnel.status, tunnel.reason);
const throughTunnel = createHttpClient({
  connector: serviceFn(() => tunnel.upgraded as Connection), // there is one, since the answer was 200
  protocols: [http1()],
});
console.log(await ask(HttpRequest.from({ target: `http://${origin}/c` }), throughTunnel));
// #endregion use

await throughTunnel.close();
await viaProxy.close();
await lifecycle.drain({ graceMs: 1_000 });
