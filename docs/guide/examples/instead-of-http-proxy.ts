// #region imports
import type { HttpRequest } from '@lamella/http';
import { createHttpClient, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { GatewayFailure, reverseProxyService } from '@lamella/proxy';
import type { Layer } from '@lamella/service-core';
import { createLifecycle, isLamellaError, serviceFn, stack } from '@lamella/service-core';

// #endregion imports
const lifecycle = createLifecycle();
const origin = await listenTcp();
const target = `http://${formatAddress(origin.address)}`;
const app = serviceFn((request: HttpRequest) =>
  HttpResponse.text(`${request.path} with ${request.headers.get('x-request-start')}`, { headers: { Server: 'app/1' } }),
);
void serveListener(origin, stack(httpServerLayer({ lifecycle }), app), { lifecycle });

// #region proxy
/** What `proxy.on('error', ...)` was for: hears why, and answers as it likes. */
const onError: Layer<HttpRequest, HttpResponse> = (inner) => ({
  async serve(request) {
    const response = await inner.serve(request);
    const failure = response.extensions.get(GatewayFailure);
    if (failure === undefined) return response;
    console.log('-', request.path, isLamellaError(failure) ? failure.code : failure);
    return HttpResponse.text('back soon', { status: response.status });
  },
});

const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()], lifecycle });
const proxy = stack(
  httpServerLayer({ lifecycle }), // `timeout` and more: its `timeouts`
  onError,
  reverseProxyService({
    client,
    routes: [{ path: '/gone', to: 'http://127.0.0.1:1' }, { to: target }], // `target`, for each path its own
    keepsHost: false, // `changeOrigin: true`
    editRequest: (headers) => headers.set('X-Request-Start', 'now'), // `headers`, and `proxyReq`
    editResponse: (headers) => headers.delete('Server'), // `proxyRes`
    relay: { lifecycle },
  }),
);
const listener = await listenTcp();
void serveListener(listener, proxy, { lifecycle });
// #endregion proxy

// #region use
const url = `http://${formatAddress(listener.address)}`;
for (const path of ['/page', '/gone']) {
  const response = await fetch(`${url}${path}`);
  console.log(response.status, await response.text(), response.headers.get('server'));
}
// #endregion use

await lifecycle.drain({ graceMs: 0 });
