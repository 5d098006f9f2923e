import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { ServerOptions } from 'node:https';
import { createServer as createTlsServer } from 'node:https';
import type { Server as NetServer, Socket } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { listening } from './free-port.ts';

/** An origin that is not ours. */
export interface Origin<Kind> {
  readonly url: string;
  readonly port: number;
  readonly server: Kind;
  /** Connections that it has accepted so far. */
  readonly accepted: () => number;
}

/** Starts a server of `node:http`, until the test is over. */
export async function nodeOrigin(listener: RequestListener): Promise<Origin<Server>> {
  const server = createServer(listener);
  return { ...(await started(server)), server };
}

/** Starts a server of `node:https`, until the test is over. */
export async function nodeTlsOrigin(tls: ServerOptions, listener: RequestListener): Promise<Origin<NetServer>> {
  const server = createTlsServer(tls, listener);
  const { port, accepted } = await started(server);
  return { url: `https://127.0.0.1:${port}`, port, accepted, server };
}

/** Starts a server that does with sockets what it likes, until the test is over. */
export async function rawOrigin(onSocket: (socket: Socket) => void): Promise<Origin<NetServer>> {
  const server = createNetServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {}); // peers may leave when they like
    onSocket(socket);
  });
  return { ...(await started(server)), server };
}

async function started(server: NetServer): Promise<Omit<Origin<never>, 'server'>> {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on('connection', (socket) => {
    count++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listening(server);
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { url: `http://127.0.0.1:${port}`, port, accepted: () => count };
}
