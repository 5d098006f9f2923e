// Chat and files by gRPC, in one process: for clients of gRPC, and for browsers on the same port.
// The stack reads from top to bottom; what stands first is outermost.
import { fileURLToPath } from 'node:url';
import { grpcHealth, grpcReflection, grpcService, HealthStatus } from '@lamella/grpc';
import type { HttpRequest } from '@lamella/http';
import { compressionLayer, csrfLayer, responseHeadersLayer } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import { concurrencyLimitLayer, hijackLayer, noopLayer } from '@lamella/layers';
import { serveListener } from '@lamella/net-core';
import { drainOnSignal, listenTcp } from '@lamella/net-tcp';
import { createLifecycle, matcherFn, stack, systemClock } from '@lamella/service-core';
import { tlsAcceptLayer } from '@lamella/tls';
import { healthLayer, staticFilesService } from '@lamella/web';
import { openCertificate } from './certificates.ts';
import { chatService } from './chat-service.ts';
import { FileStore } from './file-store.ts';
import { filesService } from './files-service.ts';
import { callLogLayer, logDrain, logDraining, logFailure } from './log.ts';
import { drainOf, Rooms } from './rooms.ts';
import { settingsFrom } from './settings.ts';
import { printWelcome } from './welcome.ts';

const lifecycle = createLifecycle();

async function main(): Promise<void> {
  const settings = settingsFrom(process.env);
  const rooms = new Rooms(['lobby', 'kitchen']);
  lifecycle.register(drainOf(rooms));

  const services = [chatService(rooms, systemClock), filesService(new FileStore())];
  const serving = Object.fromEntries(['', ...services.map(({ schema }) => schema.typeName)].map((name) => [name, UP]));
  const health = grpcHealth({ lifecycle, services: serving }); // NOT_SERVING as soon as it drains
  const implementations = [...services, health.implementation];
  const grpc = grpcService([...implementations, ...grpcReflection(implementations)], {
    layers: [callLogLayer(console.log)], // one line for each call
    encoding: 'gzip',
    onError: logFailure,
  });

  const secure = settings.tls === 'on';
  const server = stack(
    secure
      ? tlsAcceptLayer({ certificates: await openCertificate(settings.certFolder), alpn: ALPN, lifecycle })
      : noopLayer(),
    autoServerLayer({ lifecycle, onError: logFailure, http2: { timeouts: PATIENT } }), // both versions of HTTP
    healthLayer({ lifecycle }), // probes are never refused
    concurrencyLimitLayer({ maxConcurrent: 1_000 }),
    csrfLayer(), // pages of other sites call nothing here
    hijackLayer(matcherFn(isCall), grpc), // gRPC, gRPC-Web and Connect
    responseHeadersLayer({ set: SAFE_HEADERS }),
    compressionLayer(),
    staticFilesService({ root: fileURLToPath(new URL('../public', import.meta.url)) }),
  );
  const listener = await listenTcp({ port: settings.port });
  void serveListener(listener, server, { lifecycle, onError: (error) => logFailure(error, undefined) });

  if (listener.address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
  printWelcome(listener.address.port, settings);
  logDrain(await drainOnSignal(lifecycle, { preDrainMs: settings.preDrainMs, onDrain: logDraining }));
}

/** Paths of methods begin with the package of their service. */
function isCall({ path }: HttpRequest): boolean {
  return /^\/(?:chat|grpc)\.[\w.]+\/\w+$/.test(path);
}

const UP = HealthStatus.SERVING;
const ALPN = ['h2', 'http/1.1'];
/** Nobody has to talk all the time: who is silent is asked for a sign of life instead. */
const PATIENT = { bodyProgressTimeoutMs: Number.POSITIVE_INFINITY, keepAliveMs: 30_000 };
const SAFE_HEADERS = {
  'Content-Security-Policy': "default-src 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

main().catch(async (error: unknown) => {
  console.error(`grpc-chat: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
  await lifecycle.drain({ graceMs: 0 });
});
