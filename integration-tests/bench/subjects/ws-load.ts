// Loads a WebSocket server that sends everything back: argument 1 is the number of connections, 2 the bytes of a message, 3 the
// port to reach. Each connection has one message under way. A line with a number of seconds on standard input starts a round.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { clientFrame, serverFrame } from './ws-frames.ts';

const [, , connections = '64', bytes = '32', port = '0'] = process.argv;
const message = Buffer.alloc(Number(bytes), 'lamella ');
const frame = clientFrame(message); // made once: masking long messages again and again would be the slowest part of all
const expected = serverFrame(message);

interface Peer {
  readonly socket: Socket;
  onAnswer: (isRight: boolean) => void;
}

const peers = await Promise.all(Array.from({ length: Number(connections) }, open));
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) console.log(await round(Number(line)));
process.exit();

async function round(seconds: number): Promise<string> {
  let units = 0;
  let faults = 0;
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  await Promise.all(
    peers.map(
      (peer) =>
        new Promise<void>((resolve) => {
          peer.onAnswer = (isRight) => {
            if (isRight) units++;
            else faults++;
            if (performance.now() < endMs) peer.socket.write(frame);
            else resolve();
          };
          peer.socket.write(frame);
        }),
    ),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  const wallSeconds = (performance.now() - startMs) / 1_000;
  return JSON.stringify({ units, faults, wallSeconds, cpuSeconds: (user + system) / 1e6 });
}

/** Written by hand, so that the load costs next to nothing: the frames that come back are compared as bytes. */
function open(): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const peer: Peer = { socket, onAnswer() {} };
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', reject);
    socket.once('data', (head: Buffer) => {
      if (!head.toString('latin1').startsWith('HTTP/1.1 101 ')) reject(new Error(head.toString('latin1')));
      socket.on('data', (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        if (received.length < expected.length) return;
        const isRight = received.equals(expected);
        received = Buffer.alloc(0);
        peer.onAnswer(isRight);
      });
      resolve(peer);
    });
  });
}
