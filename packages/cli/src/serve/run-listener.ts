import type { Address, Connection } from '@lamella/net-core';
import { formatAddress, PeerAddress, serveListener } from '@lamella/net-core';
import type { ConnectionLimits, SocketListener } from '@lamella/net-tcp';
import { drainOnSignal, listenTcp, listenUnix } from '@lamella/net-tcp';
import type { DrainReport, Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import { messageOf } from '../cli-error.ts';
import type { ServerTelemetry } from './telemetry/server-telemetry.ts';
import { startServerTelemetry } from './telemetry/start-server-telemetry.ts';

/** Options of everything that listens. */
export interface ListenOptions extends ConnectionLimits {
  readonly bind: Address;
  /** Time to go on accepting after a signal, in milliseconds. */
  readonly preDrain: number;
  /** Time that work under way has after that, in milliseconds. */
  readonly grace: number;
  /** URL of the collector of telemetry. Default: nothing is recorded. */
  readonly otlp?: string;
  /** Whether nothing is printed of what goes well, nor of clients that broke off. */
  readonly quiet?: boolean;
}

/** What serves connections needs of the process around it. */
export interface ListenerParts {
  /** For what takes part in the end. */
  readonly lifecycle: Lifecycle;
  /** Says something to whoever runs the server. */
  readonly note: (line: string) => void;
  /** Layers that record what happens inside; connections are recorded already. */
  readonly telemetry: ServerTelemetry;
}

/** What serves connections. */
export interface ListenerService {
  readonly service: Service<Connection, void>;
  /** In front of the address, where that is printed; `undefined`: nothing is. */
  readonly scheme?: 'http' | 'https';
  /** What to tell beside the address, such as how to call it. */
  readonly hint?: ((place: string) => string) | undefined;
  /** Called when everything has ended. */
  readonly close?: () => void;
}

/** Serves connections until a signal comes, then drains. A second signal cuts what is left. */
export async function runListener(
  what: string,
  options: ListenOptions,
  make: (parts: ListenerParts) => Promise<ListenerService>,
): Promise<void> {
  const lifecycle = createLifecycle({ onError: (error, task) => printError(`${task} failed: ${messageOf(error)}`) });
  const telemetry = await startServerTelemetry(options.otlp, { name: what, lifecycle, note: printError });
  const { service, scheme, hint, close } = await make({ lifecycle, note: printError, telemetry });
  try {
    const listener = await listen(options); // after everything that may refuse its options: it would go on listening
    const drained = drainOnSignal(lifecycle, {
      preDrainMs: options.preDrain,
      graceMs: options.grace,
      onDrain: () => printError('draining; what is under way may finish, Ctrl+C again cuts it'),
    });
    const place = placeOf(listener.address, scheme);
    process.stdout.write(`${what} listening on ${place}\n`);
    if (hint !== undefined && options.quiet !== true) printError(hint(place));
    const onError = (error: unknown, connection: Connection): void => {
      if (options.quiet !== true) printError(failureLine(error, connection));
    };
    await serveListener(listener, telemetry.connection(service), { lifecycle, onError });
    printError(summaryOf(await drained));
  } finally {
    close?.();
    telemetry.close();
  }
}

function listen({ bind, maxConnections, maxConnectionsPerPeer }: ListenOptions): Promise<SocketListener> {
  const limits = {
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxConnectionsPerPeer === undefined ? {} : { maxConnectionsPerPeer }),
  };
  return bind.type === 'unix'
    ? listenUnix({ path: bind.path, ...limits })
    : listenTcp({ host: bind.host, port: bind.port, ...limits });
}

function placeOf(address: Address, scheme: ListenerService['scheme']): string {
  const place = formatAddress(address);
  return scheme === undefined || address.type === 'unix' ? place : `${scheme}://${place}`;
}

function failureLine(error: unknown, { extensions }: Connection): string {
  const peer = extensions.get(PeerAddress);
  return `${peer === undefined ? '-' : formatAddress(peer)} connection failed: ${messageOf(error)}`;
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
