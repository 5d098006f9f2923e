// #region imports
import type { HttpRequest } from '@lamella/http';
import { createHttpClient, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { httpProxyOptions } from '@lamella/proxy/http-proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

// #endregion imports
const lifecycle = createLifecycle();
const origin = await listenTcp();
const target = `http://${formatAddress(origin.address)}`;
const shop = serviceFn(({ path, headers }: HttpRequest) => {
  if (path === '/v1/login') {
    const cookie = ['Set-Cookie', 'id=7; Domain=internal.test; Path=/'] as const;
    return HttpResponse.from({ status: 302, headers: [['Location', `${target}/v1/home`], cookie] });
  }
  return HttpResponse.text(`${path} for ${headers.get('host')}, key ${headers.get('x-api-key')}`);
});
void serveListener(origin, stack(httpServerLayer({ lifecycle }), shop), { lifecycle });

// #region proxy
const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()], lifecycle });
const proxy = httpProxyOptions({
  client,
  relay: { lifecycle },
  // from here on as it was
  target: `${target}/v1`,
  ws: true,
  xfwd: true,
  autoRewrite: true,
  headers: { 'X-Api-Key': 'secret' },
  cookieDomainRewrite: { 'internal.test': 'shop.test', '*': '' },
  proxyTimeout: 15_000,
});
const listener = await listenTcp();
void serveListener(listener, stack(httpServerLayer({ lifecycle }), proxy), { lifecycle });
// #endregion proxy

// #region use
const url = `http://${formatAddress(listener.address)}`;
const page = await fetch(`${url}/page`);
console.log(await page.text().then((text) => text.replace(url.slice('http://'.length), 'the host that was asked for')));
const login = await fetch(`${url}/login`, { redirect: 'manual' });
console.log(login.status, login.headers.get('location')?.replace(url, ''), login.headers.getSetCookie());
try {
  httpProxyOptions({ client, target, ...{ agent: {} } });
} catch (error) {
  console.log(String(error));
}
// #endregion use

await lifecycle.drain({ graceMs: 0 });
