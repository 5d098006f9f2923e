// The process that is soaked: an origin, a reverse proxy before it, a forward proxy, and a server of gRPC behind a proxy of its own. It answers questions by messages.
import { setTimeout as sleep } from 'node:timers/promises';
import { grpcService } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, http1, httpServerLayer } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import { concurrencyLimitLayer, timeoutLayer } from '@lamella/layers';
import { resources, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { forwardProxyService, reverseProxyService } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { createLifecycle, stack } from '@lamella/service-core';
import type { SoakAnswer, SoakQuestion } from './messages.ts';
import { soakCalls } from './soak-calls.ts';
import { soakOrigin } from './soak-origin.ts';

const lifecycle = createLifecycle();
const connector = tcpConnector();
const client = createHttpClient({ connector, protocols: [http1()], maxConnectionsPerOrigin: 1_000, lifecycle });
const http2Client = createHttpClient({ connector, protocols: [http2()], lifecycle });
const errors: string[] = [];

async function serve(service: Service<HttpRequest, HttpResponse>, serverLayer = httpServerLayer): Promise<number> {
  const listener = await listenTcp();
  const server = stack(
    serverLayer({ lifecycle, onError: (error: unknown) => note(error) }),
    concurrencyLimitLayer({ maxConcurrent: 1_000 }),
    timeoutLayer({ timeoutMs: 30_000 }),
    service,
  );
  void serveListener(listener, server, { lifecycle, onError: (error) => note(error) });
  if (listener.address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
  return listener.address.port;
}

/** Clients that leave are a part of the load; whatever else fails is reported, up to a bound. */
function note(error: unknown): void {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (!EXPECTED.test(text) && errors.length < 20) errors.push(text);
}

async function main(): Promise<void> {
  const origin = await serve(soakOrigin(lifecycle));
  const routes = [{ to: `http://127.0.0.1:${origin}` }];
  const reverse = await serve(reverseProxyService({ client, routes, relay: { lifecycle } }));
  const forward = await serve(forwardProxyService({ client, connector, connectPorts: 'any', relay: { lifecycle } }));
  const calls = await serve(grpcService([soakCalls], { onError: (error) => note(error) }), http2ServerLayer);
  const grpcRoutes = [{ to: `http://127.0.0.1:${calls}` }];
  const grpc = await serve(reverseProxyService({ client: http2Client, routes: grpcRoutes }), http2ServerLayer);
  process.on('message', (question: SoakQuestion) => void answer(question));
  tell({ type: 'ports', origin, reverse, forward, grpc });
}

async function answer(question: SoakQuestion): Promise<void> {
  if (question === 'measure') {
    for (let count = 0; count < 3; count++) {
      // As thoroughly as it can: what is looked for is what is held, not what the collector was too lazy to give back.
      await globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' });
      await sleep(20);
    }
    const { rss, heapUsed } = process.memoryUsage();
    tell({ type: 'measure', rss, heapUsed, resources: resources() });
    return;
  }
  const { unfinishedTasks } = await lifecycle.drain({ graceMs: 5_000 });
  await client.close();
  await http2Client.close();
  // What has been closed is gone after some turns of the event loop.
  for (let count = 0; count < 50 && Object.keys(resources()).length > 0; count++) await sleep(20);
  tell({ type: 'drained', resources: resources(), unfinishedTasks, errors });
  process.disconnect?.();
}

function tell(message: SoakAnswer): void {
  process.send?.(message);
}

/** What a client does that leaves, and what a proxy says of that. */
const EXPECTED = /reset|closed|ended|aborted|cancel|EPIPE|hung up|gone|peer|incomplete/i;

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
