import type { Connection, Listener } from '@lamella/net-core';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import type { Lifecycle, Service } from '@lamella/service-core';
import { onTestFinished } from 'vitest';

/** A free port of this machine at which connections are served. */
export interface ServedPort {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly authority: string;
  readonly openConnections: () => number;
}

/** Serves connections on a free port of this machine until the test is over. */
export async function serveConnections(
  service: Service<Connection, void>,
  lifecycle: Lifecycle,
  onError?: (error: unknown) => void,
): Promise<ServedPort> {
  const listener = await listenTcp();
  serveUntilFinished(listener, service, lifecycle, onError);
  const { address } = listener;
  if (address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
  const { port } = address;
  return { port, authority: `127.0.0.1:${port}`, openConnections: () => listener.gauges.open };
}

/** Serves what a listener accepts until the test is over. */
export function serveUntilFinished(
  listener: Listener,
  service: Service<Connection, void>,
  lifecycle: Lifecycle,
  onError: (error: unknown) => void = () => {},
): void {
  const served = serveListener(listener, service, { lifecycle, onError });
  onTestFinished(async () => {
    await lifecycle.drain({ graceMs: 0 });
    await served;
  });
}
