// A WebSocket server in a process of its own, which tells by IPC where it listens, and on each message how much its heap holds.
import { httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { webSocketService } from '@lamella/ws';
import { heapInUse } from './heap.ts';

const echo = webSocketService({
  async onConnection(socket) {
    for await (const message of socket) await socket.send(message);
  },
});
const listener = await listenTcp({ maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
void serveListener(listener, httpServerLayer()(echo));
process.on('message', () => process.send?.(heapInUse()));
process.on('disconnect', () => process.exit());
process.send?.(listener.address.type === 'tcp' ? listener.address.port : 0);
