import { httpClientOn } from '@lamella/http/testing';
import { settle } from '@lamella/service-core/testing';
import { connectWebSocket, webSocketService } from '@lamella/ws';
import { expect, it } from 'vitest';

it('holds back a server whose client takes nothing', async () => {
  let sent = 0;
  const source = webSocketService({
    async onConnection(socket) {
      for (; sent < 1_000; sent++) await socket.send('x'.repeat(10_000)); // waits while the client does not take it
    },
  });
  const client = httpClientOn(source);
  const socket = await connectWebSocket(client, { url: 'ws://app.test/' });
  await settle(50);
  expect(sent).toBeLessThan(30);

  for (let taken = 0; taken < 100; taken++) await socket.receive();
  expect(sent).toBeGreaterThan(100);
  socket.destroy();
  await client.close();
});
