import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:net';

export { freePort } from '../../tools/free-port.ts';

/** Starts a server of Node on a free port. @returns The port. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

/** Waits until somebody accepts connections on a port of 127.0.0.1. */
export async function accepting(port: number, isGone: () => boolean): Promise<void> {
  while (!(await canConnect(port))) {
    if (isGone()) throw new Error(`nobody is going to listen on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function portOf(server: Server): number {
  const address = server.address() as AddressInfo | null; // it listens on TCP
  return address?.port ?? 0;
}
