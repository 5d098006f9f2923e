import type { HttpRequest, HttpResponse } from '@lamella/http';
import { httpServerLayer } from '@lamella/http';
import { traceLayer } from '@lamella/layers';
import type { Address } from '@lamella/net-core';
import { formatAddress, serveListener } from '@lamella/net-core';
import type { ConnectionLimits, SocketListener } from '@lamella/net-tcp';
import { listenTcp, listenUnix } from '@lamella/net-tcp';
import type { DrainReport, Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, stack } from '@lamella/service-core';
import { messageOf } from '../cli-error.ts';
import { accessLine } from './access-line.ts';

/** Options that every server of the command has. */
export interface ServerOptions extends ConnectionLimits {
  readonly bind: Address;
  /** Time to go on accepting after a signal, in milliseconds. */
  readonly preDrainMs: number;
  /** Time that work under way has after that, in milliseconds. */
  readonly graceMs: number;
  /** Whether no line is printed for each request. */
  readonly quiet: boolean;
}

/**
 * Serves until a signal comes, then drains. A second signal cuts what is left.
 *
 * @param makeService - Gets the lifecycle of the server, for what takes part in its end.
 */
export async function runServer(
  what: string,
  options: ServerOptions,
  makeService: (lifecycle: Lifecycle) => Service<HttpRequest, HttpResponse>,
): Promise<void> {
  const lifecycle = createLifecycle({ onError: (error, task) => printError(`${task} failed: ${messageOf(error)}`) });
  const listener = await listen(options);
  const server = stack(
    httpServerLayer({ lifecycle, onError: (error) => printError(`request failed: ${messageOf(error)}`) }),
    traceLayer<HttpRequest, HttpResponse>(options.quiet ? {} : { onEnd: (end) => printError(accessLine(end)) }),
    makeService(lifecycle),
  );
  const drained = drainOnSignal(lifecycle, options);
  process.stdout.write(`${what} listening on ${urlOf(listener.address)}\n`);
  await serveListener(listener, server, { lifecycle });
  printError(summaryOf(await drained));
}

function listen({ bind, maxConnections, maxConnectionsPerPeer }: ServerOptions): Promise<SocketListener> {
  const limits = {
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxConnectionsPerPeer === undefined ? {} : { maxConnectionsPerPeer }),
  };
  return bind.type === 'unix'
    ? listenUnix({ path: bind.path, ...limits })
    : listenTcp({ host: bind.host, port: bind.port, ...limits });
}

function drainOnSignal(lifecycle: Lifecycle, { preDrainMs, graceMs }: ServerOptions): Promise<DrainReport> {
  return new Promise((resolve) => {
    let isDraining = false;
    const onSignal = (): void => {
      const report = lifecycle.drain(isDraining ? { preDrainMs: 0, graceMs: 0 } : { preDrainMs, graceMs });
      isDraining = true;
      void report.then((done) => {
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
        resolve(done);
      });
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}

function urlOf(address: Address): string {
  return address.type === 'tcp' ? `http://${formatAddress(address)}` : formatAddress(address);
}

function summaryOf({ durationMs, protocols }: DrainReport): string {
  const parts = Object.entries(protocols)
    .filter(([protocol]) => protocol !== 'listener')
    .map(([protocol, { finished, closed, cut }]) => `${protocol}: ${finished} finished, ${closed} closed, ${cut} cut`);
  return `drained in ${Math.round(durationMs)} ms${parts.length === 0 ? '' : `; ${parts.join('; ')}`}`;
}

/** Everything but results goes to the error output, where it does not get into pipes. */
function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}
