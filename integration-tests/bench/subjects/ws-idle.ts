// Opens WebSockets, sends a message on each, has it back, and keeps them. A line `PORT COUNT` on standard input opens them, `close`
// closes all; one line answers when it is done.
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { clientFrame, serverFrame } from './ws-frames.ts';

const HANDSHAKE = `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
const message = Buffer.from('hello');
const expected = serverFrame(message).toString('latin1');
const sockets: Socket[] = [];
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'close') for (const socket of sockets.splice(0)) socket.destroy();
  else {
    const [port = 0, count = 0] = line.split(' ').map(Number);
    while (sockets.length < count) sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => open(port)))));
  }
  console.log(sockets.length);
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(HANDSHAKE));
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      const hadHead = received.includes('\r\n\r\n');
      received += chunk.toString('latin1');
      if (!hadHead && received.includes('\r\n\r\n')) socket.write(clientFrame(message));
      if (received.endsWith(expected)) resolve(socket);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed an idle WebSocket')));
  });
}
