import type { HttpClient } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import type { ByteStream } from '@lamella/net-core';
import { byteStreamCases, checkLedger, readAll, text, utf8 } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectWebSocket } from '../client/connect-web-socket.ts';
import { webSocketService } from '../server/web-socket-service.ts';
import { connectionFromWebSocket } from './connection-from-web-socket.ts';
import type { WebSocketConnection } from './web-socket-connection.ts';

checkLedger({ beforeEach, afterEach });
const clients: HttpClient[] = [];
afterEach(() => clients.splice(0).forEach((client) => void client.destroy()));

describe('connectionFromWebSocket', () => {
  it.each(byteStreamCases)('$name', async ({ run }) => {
    const sockets: WebSocketConnection[] = [];
    const streams: ByteStream[] = [];
    const connect = async (): Promise<readonly [ByteStream, ByteStream]> => {
      const pair = await openPair();
      sockets.push(...pair);
      const [near, far] = [connectionFromWebSocket(pair[0]).stream, connectionFromWebSocket(pair[1]).stream];
      streams.push(near, far);
      return [near, far];
    };
    await run({ hasReset: false, connect });
    for (const stream of streams) stream.destroy();
    // The close of a WebSocket takes a way there and back, after the stream has ended.
    await Promise.all(sockets.map(({ closed }) => closed));
  });

  it('sends binary messages of up to 64 KiB, and an empty one for an end', async () => {
    const [near, far] = await openPair();
    const { stream } = connectionFromWebSocket(near);
    void stream.write([new Uint8Array(65_537)]);
    void stream.closeWrite();
    const lengths: (number | undefined)[] = [];
    for (let count = 0; count < 3; count++) lengths.push((await far.receive())?.length);
    expect(lengths).toEqual([65_536, 1, 0]);
    void far.close();
    expect(text(await readAll(stream))).toBe('');
    await Promise.all([stream.closed, near.closed]);
  });

  it('ends with a close frame, and breaks off with text', async () => {
    const [near, far] = await openPair();
    const { stream } = connectionFromWebSocket(near);
    void far.send(utf8('bytes'));
    void far.close();
    expect(text(await readAll(stream))).toBe('bytes');
    await stream.closed;

    const [other, peer] = await openPair();
    const broken = connectionFromWebSocket(other);
    void peer.send('text');
    await expect(broken.stream.read()).rejects.toMatchObject({ cause: { code: 'LML_ERR_CLOSED' } });
    await peer.receive();
    expect((await peer.closed).code).toBe(1003);
  });

  it('is the connection of the WebSocket: its store and its scope', async () => {
    const [near, far] = await openPair();
    const connection = connectionFromWebSocket(near);
    expect([connection.extensions === near.extensions, connection.scope === near.scope]).toEqual([true, true]);
    connection.stream.destroy(new Error('enough'));
    await far.closed;
  });
});

async function openPair(): Promise<readonly [near: WebSocketConnection, far: WebSocketConnection]> {
  const accepted = Promise.withResolvers<WebSocketConnection>();
  const service = webSocketService({
    async onConnection(socket) {
      accepted.resolve(socket);
      await socket.closed;
    },
  });
  const client = httpClientOn(service);
  clients.push(client);
  const near = await connectWebSocket(client, { url: 'ws://app.test/' });
  return [near, await accepted.promise];
}
