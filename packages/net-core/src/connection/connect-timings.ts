import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { Connection } from './connection.ts';

/** How long the steps of a connect took, in milliseconds; a step that nobody has measured is left out. */
export interface ConnectDurations {
  /** Looking the name up, until the first attempt to connect. */
  readonly resolveMs?: number;
  /** Asking proxies for tunnels, all of them together. */
  readonly proxyMs?: number;
  /** The TLS handshake. */
  readonly tlsMs?: number;
}

/**
 * How long the steps of a connect took, as far as connectors have measured them. What is left of the whole is the connecting
 * itself, which whoever asked for the connection can tell.
 */
export const ConnectTimings: ExtensionKey<ConnectDurations, 'connection'> = extensionKey('net/connect-timings', {
  scope: 'connection',
  prefer: 'egress',
});

/**
 * Adds what a connector has measured to what those within it have.
 *
 * @example
 * const [near] = memoryPipe();
 * addConnectTimings(createConnection(near), { proxyMs: 12 });
 */
export function addConnectTimings(connection: Connection, durations: ConnectDurations): void {
  const known: Record<string, number | undefined> = { ...connection.extensions.get(ConnectTimings) };
  for (const [step, ms] of Object.entries(durations)) known[step] = (known[step] ?? 0) + ms;
  connection.extensions.insert(ConnectTimings, known as ConnectDurations); // of the same keys, each a number
}
