// Opens connections, has one answer on each, and keeps them: argument 1 is unused, argument 2 too.
// A line `PORT COUNT` on standard input opens them, `close` closes all; one line answers when it is done.
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { HELLO } from './payloads.ts';

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
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.endsWith(HELLO)) resolve(socket);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed an idle connection')));
  });
}
