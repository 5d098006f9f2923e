// A gateway in one process: a forward proxy, and a reverse proxy before two origins.
// The stack reads from top to bottom; what stands first is outermost.
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, http1, httpServerLayer } from '@lamella/http';
import { concurrencyLimitLayer, timeoutLayer, traceLayer } from '@lamella/layers';
import type { Address } from '@lamella/net-core';
import { byteCountLayer, formatAddress, serveListener } from '@lamella/net-core';
import { drainOnSignal, listenTcp, tcpConnector } from '@lamella/net-tcp';
import { forwardProxyService, reverseProxyService } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { createLifecycle, stack } from '@lamella/service-core';
import { logAccess, logDrain, logDraining, logFailure, logTunnel } from './access-log.ts';
import { originService } from './origin-service.ts';
import { portsFrom } from './ports.ts';
import { printWelcome } from './welcome.ts';

const lifecycle = createLifecycle();
const connector = tcpConnector();
const client = createHttpClient({ connector, protocols: [http1()], lifecycle });

// What every server here has around its own service.
async function serve(port: number, service: Service<HttpRequest, HttpResponse>): Promise<Address> {
  const listener = await listenTcp({ port });
  const server = stack(
    byteCountLayer(), // connections: count their bytes
    httpServerLayer({ lifecycle, onError: logFailure }), // bytes become requests
    traceLayer({ onEnd: logAccess }), // one line for each
    concurrencyLimitLayer({ maxConcurrent: 1_000 }), // the rest waits its turn
    timeoutLayer({ timeoutMs: 120_000 }), // and nobody waits for ever
    service,
  );
  void serveListener(listener, server, { lifecycle });
  return listener.address;
}

async function main(): Promise<void> {
  const ports = portsFrom(process.env);
  // Two origins on ports of their own, so that there is something to reach.
  const blue = await serve(0, originService('blue'));
  const green = await serve(0, originService('green'));

  const reverse = await serve(
    ports.reverse,
    reverseProxyService({
      client,
      routes: [{ path: '/green', to: `http://${formatAddress(green)}/` }, { to: `http://${formatAddress(blue)}` }],
      relay: { lifecycle },
      onRelayEnd: logTunnel,
    }),
  );
  const forward = await serve(
    ports.forward,
    forwardProxyService({
      client,
      connector,
      connectPorts: 'any', // it listens on this machine only; by default tunnels reach 80 and 443
      relay: { lifecycle },
      onRelayEnd: logTunnel,
    }),
  );
  printWelcome(forward, reverse);
  logDrain(await drainOnSignal(lifecycle, { onDrain: logDraining }));
}

main().catch(async (error: unknown) => {
  console.error(`gateway: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
  await lifecycle.drain({ graceMs: 0 });
});
