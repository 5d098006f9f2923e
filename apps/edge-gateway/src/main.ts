// A gateway at the edge in one process: TLS, HTTP/1.1, HTTP/2 and WebSocket on one port, routed by name.
// The stacks read from top to bottom; what stands first is outermost.
import { accessLogLayer, createHttpClient, http1 } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import type { Connection, TcpAddress } from '@lamella/net-core';
import { connectRequest, formatAddress, relay, serveListener } from '@lamella/net-core';
import { drainOnSignal, listenTcp, tcpConnector } from '@lamella/net-tcp';
import { reverseProxyService } from '@lamella/proxy';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { tlsAcceptLayer, tlsRouter } from '@lamella/tls';
import { healthLayer } from '@lamella/web';
import { webSocketRelay } from '@lamella/ws';
import { apiService } from './api-service.ts';
import { openCertificates } from './certificates.ts';
import { logCertificate, logConnection, logDrain, logDraining, logFailure, logReload } from './log.ts';
import { settingsFrom } from './settings.ts';
import { shopService } from './shop-service.ts';
import { printWelcome } from './welcome.ts';

const lifecycle = createLifecycle();
const origins = createLifecycle(); // they go on until the gateway has drained, as servers elsewhere do
const connector = tcpConnector();
const byHttp1 = createHttpClient({ connector, protocols: [http1()], lifecycle: origins });
const byHttp2 = createHttpClient({ connector, protocols: [http2()], lifecycle: origins });

async function listen(port: number, service: Service<Connection, void>, life: Lifecycle): Promise<TcpAddress> {
  const listener = await listenTcp({ port });
  void serveListener(listener, service, { lifecycle: life, onError: logConnection });
  const { address } = listener;
  if (address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
  return address;
}

/** Makes a server of a service that speaks both versions. */
const http = (life: Lifecycle) => autoServerLayer({ lifecycle: life, onError: logFailure });

/** Passes a connection on as it is, without decrypting it. */
function passOn(target: TcpAddress): Service<Connection, void> {
  return serviceFn(async ({ stream, scope }: Connection) => {
    const upstream = await connector.serve(connectRequest({ target, scope }));
    await relay(stream, upstream.stream, { lifecycle });
  });
}

async function main(): Promise<void> {
  const settings = settingsFrom(process.env);
  using certificates = await openCertificates(settings.certFolder, HOSTS, {
    checkEveryMs: settings.certCheckMs,
    onReload: logReload,
    onError: logCertificate,
  });
  process.on('SIGHUP', () => void certificates.reload());

  const tls = tlsAcceptLayer({ certificates, alpn: ['h2', 'http/1.1'], lifecycle });

  // Three servers on ports of their own, so that there is something to reach; the last one speaks TLS itself.
  const shop = await listen(0, stack(http(origins), shopService(origins)), origins);
  const api = await listen(0, stack(http(origins), apiService('api')), origins);
  const direct = await listen(0, stack(tls, http(lifecycle), apiService('direct')), lifecycle);

  const gateway = stack(
    tls, // the certificate for the name that the client asks for
    http(lifecycle), // bytes become requests, by either version
    accessLogLayer({ write: settings.accessLog === 'on' ? console.log : () => {} }), // one line for each request
    healthLayer({ lifecycle }), // not ready any more as soon as it drains
    reverseProxyService({
      client: byHttp1,
      routes: [
        { host: 'shop.localhost', to: `http://${formatAddress(shop)}` },
        { host: 'api.localhost', to: `http://${formatAddress(api)}`, upstream: byHttp2 },
      ],
      upgrade: webSocketRelay({ inspect: () => 'pass' }), // message by message, so that a drain can close them
      relay: { lifecycle },
    }),
  );
  const entry = tlsRouter({
    routes: [{ names: ['direct.localhost'], service: passOn(direct) }], // by name, before anybody has answered
    fallback: gateway,
    lifecycle, // a client that has connected and says nothing holds up no drain
  });
  const { port } = await listen(settings.port, entry, lifecycle);
  printWelcome(port, settings);

  const { preDrainMs, graceMs } = settings;
  logDrain(await drainOnSignal(lifecycle, { preDrainMs, graceMs, onDrain: logDraining }));
  await origins.drain({ graceMs: 0 });
}

const HOSTS = ['shop.localhost', 'api.localhost', 'direct.localhost'];

main().catch(async (error: unknown) => {
  console.error(`edge-gateway: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
  await Promise.all([lifecycle.drain({ graceMs: 0 }), origins.drain({ graceMs: 0 })]);
});
