import type { HttpRequest, HttpResponse } from '@lamella/http';
import { httpServerLayer } from '@lamella/http';
import { traceLayer } from '@lamella/layers';
import type { Address, RelayOutcome } from '@lamella/net-core';
import { formatAddress, serveListener } from '@lamella/net-core';
import type { ConnectionLimits, SocketListener } from '@lamella/net-tcp';
import { drainOnSignal, listenTcp, listenUnix } from '@lamella/net-tcp';
import type { DrainReport, Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, stack } from '@lamella/service-core';
import { messageOf } from '../cli-error.ts';
import { accessLine, tunnelLine } from './access-line.ts';

/** Options that every server of the command has. */
export interface ServerOptions extends ConnectionLimits {
  readonly bind: Address;
  /** Time to go on accepting after a signal, in milliseconds. */
  readonly preDrain: number;
  /** Time that work under way has after that, in milliseconds. */
  readonly grace: number;
  /** Whether no line is printed for each request. */
  readonly quiet?: boolean;
}

/** What a service needs of the server that it is part of. */
export interface ServerParts {
  /** For what takes part in the server's end. */
  readonly lifecycle: Lifecycle;
  /** Logs how a tunnel ended. */
  readonly onRelayEnd: (outcome: RelayOutcome, request: HttpRequest) => void;
  /** Says something to whoever runs the server. */
  readonly note: (line: string) => void;
}

/** Serves until a signal comes, then drains. A second signal cuts what is left. */
export async function runServer(
  what: string,
  options: ServerOptions,
  makeService: (parts: ServerParts) => Service<HttpRequest, HttpResponse>,
): Promise<void> {
  const lifecycle = createLifecycle({ onError: (error, task) => printError(`${task} failed: ${messageOf(error)}`) });
  const onRelayEnd: ServerParts['onRelayEnd'] = (outcome, request) => {
    if (options.quiet !== true) printError(tunnelLine(outcome, request));
  };
  const server = stack(
    httpServerLayer({ lifecycle, onError: (error) => printError(`request failed: ${messageOf(error)}`) }),
    traceLayer<HttpRequest, HttpResponse>(options.quiet ? {} : { onEnd: (end) => printError(accessLine(end)) }),
    makeService({ lifecycle, onRelayEnd, note: printError }),
  );
  const listener = await listen(options); // after everything that may refuse its options: it would go on listening
  const drained = drainOnSignal(lifecycle, {
    preDrainMs: options.preDrain,
    graceMs: options.grace,
    onDrain: () => printError('draining; what is under way may finish, Ctrl+C again cuts it'),
  });
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
