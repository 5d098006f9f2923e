import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HttpClient } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { tcpConnector } from '@lamella/net-tcp';
import type { WebSocketConnection } from '@lamella/ws';
import { connectWebSocket } from '@lamella/ws';
import { afterEach, beforeEach, expect, it } from 'vitest';

checkLedger({ beforeEach, afterEach });

it('an idle WebSocket takes less than 8,000 bytes of the heap of its server, so that 10,000 fit into 100 MB', async () => {
  const server = startServer();
  const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()], maxConnectionsPerOrigin: COUNT });
  try {
    const url = `ws://127.0.0.1:${await answer(server)}/`;
    await Promise.all((await open(client, url, WARM_UP_COUNT)).map((socket) => socket.close()));

    const before = await heapOf(server);
    const sockets = await open(client, url, COUNT);
    const bytesPerSocket = ((await heapOf(server)) - before) / COUNT;
    expect(bytesPerSocket).toBeLessThan(8_000);
    expect(bytesPerSocket).toBeGreaterThan(1_000); // or they were not there

    await Promise.all(sockets.map((socket) => socket.close()));
    // And nothing of them stays, once the server has heard of the end of all.
    await expect.poll(async () => ((await heapOf(server)) - before) / COUNT).toBeLessThan(500);
  } finally {
    await client.close();
    server.kill();
  }
});

/** WebSockets that have each had a message and its answer. */
async function open(client: HttpClient, url: string, count: number): Promise<WebSocketConnection[]> {
  const sockets: WebSocketConnection[] = [];
  while (sockets.length < count)
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => openOne(client, url)))));
  return sockets;
}

async function openOne(client: HttpClient, url: string): Promise<WebSocketConnection> {
  const socket = await connectWebSocket(client, { url });
  void socket.send('hello');
  expect(await socket.receive()).toBe('hello');
  return socket;
}

function startServer(): ChildProcess {
  const script = fileURLToPath(new URL('./support/web-socket-memory.ts', import.meta.url));
  return fork(script, { execArgv: ['--conditions=@lamella/source'] });
}

function heapOf(server: ChildProcess): Promise<number> {
  server.send('heap');
  return answer(server);
}

/** The server says nothing but numbers. */
async function answer(server: ChildProcess): Promise<number> {
  const [said] = await once(server, 'message');
  return Number(said);
}

const WARM_UP_COUNT = 200;
const COUNT = 2_000;
