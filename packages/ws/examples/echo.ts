import { httpClientOn } from '@lamella/http/testing';
import { createLifecycle } from '@lamella/service-core';
import { connectWebSocket, webSocketService } from '@lamella/ws';

const lifecycle = createLifecycle();

// A server: a service for HTTP requests, mounted like any other.
const shout = webSocketService({
  lifecycle,
  protocols: ['shout'],
  async onConnection(socket, request) {
    await socket.send(`welcome to ${request.path}`);
    for await (const message of socket) {
      if (typeof message === 'string') await socket.send(message.toUpperCase());
      else void socket.close(1003, 'text only');
    }
  },
});

// A client: any service for HTTP requests will do, here one in memory.
const client = httpClientOn(shout, { lifecycle });
const socket = await connectWebSocket(client, { url: 'ws://app.test/room', protocols: ['shout'] });
console.log(socket.protocol, await socket.receive());
await socket.send('hello');
console.log(await socket.receive());

const report = lifecycle.drain({ graceMs: 1_000 });
console.log(await socket.receive(), await socket.closed);
console.log((await report).protocols['websocket']);
await client.close();
