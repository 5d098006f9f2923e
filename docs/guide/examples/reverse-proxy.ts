// #region imports
import type { HttpResponse } from '@lamella/http';
import { createHttpClient, HttpRequest, http1, httpServerLayer } from '@lamella/http';
import type { TraceEnd } from '@lamella/layers';
import { traceLayer } from '@lamella/layers';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { GatewayFailure, reverseProxyService } from '@lamella/proxy';
import { createLifecycle, isLamellaError, stack } from '@lamella/service-core';
import { startOrigin } from './origin.ts';

// #endregion imports
const lifecycle = createLifecycle();
const site = formatAddress(await startOrigin('the site', lifecycle));
const api = formatAddress(await startOrigin('the api', lifecycle));

// #region proxy
const connector = tcpConnector({ connectTimeoutMs: 2_000 });
const client = createHttpClient({
  connector,
  protocols: [http1({ timeouts: { responseHeadTimeoutMs: 15_000 } })], // a slow upstream is 504 after that
  maxConnectionsPerOrigin: 64, // what one upstream has to bear; others wait
  lifecycle,
});

const listener = await listenTcp(); // 127.0.0.1, any free port
const proxy = stack(
  httpServerLayer({ lifecycle }),
  traceLayer({ onEnd: log }),
  reverseProxyService({
    client,
    routes: [
      { path: '/api', to: `http://${api}/v1` }, // /api/x becomes /v1/x
      { host: 'old.test', to: 'http://127.0.0.1:1' }, // nothing listens there
      { to: `http://${site}` }, // everything else, path as it came
    ],
    relay: { lifecycle },
  }),
);
void serveListener(listener, proxy, { lifecycle });

function log(end: TraceEnd<HttpRequest, HttpResponse>): void {
  if (end.outcome !== 'ok') return; // the client left, or a layer inside failed
  const failure = end.output.extensions.get(GatewayFailure); // why upstream gave no answer
  const why = isLamellaError(failure) ? failure.code : '';
  console.log(`- ${end.input.path} ${end.output.status} ${why}`.trimEnd());
}
// #endregion proxy

// #region use
const browser = createHttpClient({ connector, protocols: [http1()] });
const ask = async (path: string, host = 'www.test', headers: Record<string, string> = {}): Promise<void> => {
  const target = `http://${formatAddress(listener.address)}${path}`;
  const response = await browser.serve(HttpRequest.from({ target, headers: { Host: host, ...headers } }));
  console.log(response.status, (await response.body.text()).trimEnd());
};
await ask('/index.html');
await ask('/api/users?id=7');
await ask('/apis'); // whole segments: this is not /api
await ask('/', 'www.test', { 'X-Forwarded-For': '203.0.113.9' }); // anybody can write that
await ask('/public/%2e%2e/admin'); // could pass one check here and mean another thing there
await ask('/', 'old.test');
// #endregion use

await browser.close();
await lifecycle.drain({ graceMs: 1_000 });
