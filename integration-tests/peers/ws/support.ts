import { once } from 'node:events';
import { createLifecycle } from '@lamella/service-core';
import type { WebSocketServiceOptions } from '@lamella/ws';
import { webSocketService } from '@lamella/ws';
import { onTestFinished } from 'vitest';
import type { ClientOptions } from 'ws';
import { WebSocket, WebSocketServer } from 'ws';
import { nodeOrigin } from '../../support/node-origin.ts';
import type { TestServer } from '../../support/serve-http.ts';
import { serveHttp } from '../../support/serve-http.ts';

/** A server of ours that sends everything back, and closes as it is told to by `close CODE REASON`. */
export async function serveEcho(options: Partial<WebSocketServiceOptions> = {}): Promise<TestServer> {
  const lifecycle = createLifecycle();
  const service = webSocketService({
    protocols: ['echo'],
    lifecycle,
    async onConnection(socket) {
      for await (const message of socket) {
        const close = typeof message === 'string' ? CLOSE.exec(message) : null;
        if (close !== null) void socket.close(Number(close[1]), close[2]);
        else await socket.send(message);
      }
    },
    ...options,
  } as WebSocketServiceOptions); // a handler in the options takes the place of the function
  return serveHttp(service, {}, lifecycle);
}

/** The same by `ws` on `node:http`. @returns Its URL, and the server. */
export async function startWsEcho(
  options: { readonly perMessageDeflate?: boolean } = {},
): Promise<{ readonly url: string; readonly server: WebSocketServer }> {
  const origin = await nodeOrigin((_request, response) => void response.end('<title>page</title>'));
  const server = new WebSocketServer({ server: origin.server, ...options });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data: Buffer, isBinary) => {
      const close = isBinary ? null : CLOSE.exec(data.toString());
      if (close !== null) socket.close(Number(close[1]), close[2]);
      else socket.send(data, { binary: isBinary });
    });
  });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { url: origin.url, server };
}

/** Opens a WebSocket with the client of `ws`. */
export async function openWs(url: string, options: ClientOptions = {}): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'echo', options);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

/** Sends a message, and gives what comes back. */
export async function exchange(socket: WebSocket, message: string | Buffer): Promise<readonly [Buffer, boolean]> {
  const answer = once(socket, 'message');
  socket.send(message);
  return (await answer) as [Buffer, boolean]; // as ws has it
}

/** Waits for the end of a WebSocket. @returns Code and reason. */
export async function closed(socket: WebSocket): Promise<readonly [number, string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]; // as ws has it
  return [code, reason.toString()];
}

const CLOSE = /^close ([0-9]+) (.*)$/;
