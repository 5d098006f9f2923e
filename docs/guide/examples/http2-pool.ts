import { createHttpClient, HttpResponse, http1, requests } from '@lamella/http';
import type { Http2Limits } from '@lamella/http2';
import { autoServerLayer, http2 } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateAuthority, certificateIssuer, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const lifecycle = createLifecycle();
const network = memoryNetwork();
const authority = await certificateAuthority();
const certificates = certificateIssuer({ authority });
/** Answers when so many requests are there: all of them are under way at the same time. */
function app(count: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return serviceFn(async () => {
    if (--count === 0) resolve();
    await promise;
    return HttpResponse.text('hello');
  });
}
function serve(host: string, alpn: readonly string[], limits: Partial<Http2Limits> = {}): void {
  const server = stack(
    tlsAcceptLayer({ certificates, alpn }),
    autoServerLayer({ http2: { limits }, lifecycle }),
    app(20),
  );
  void serveListener(network.listen(`${host}:443`), server, { lifecycle });
}
serve('new.test', ['h2', 'http/1.1']);
serve('narrow.test', ['h2', 'http/1.1'], { maxConcurrentStreams: 10 });
serve('old.test', ['http/1.1']);

const client = createHttpClient({
  connector: network.connector(),
  tls: tlsConnectLayer({ roots: authority.cert }),
  protocols: [http2(), http1()], // the preferred one first
  lifecycle,
});
for (const host of ['new.test', 'narrow.test', 'old.test']) {
  const calls = Array.from({ length: 20 }, () => requests(client).get(`https://${host}/`).asText());
  await Promise.all(calls);
  const counters = client.counters().find(({ origin }) => origin.includes(host));
  console.log(host, '20 requests,', counters?.dials, 'connects');
}
await lifecycle.drain();
