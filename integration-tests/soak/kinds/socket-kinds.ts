import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SoakKind } from './kind.ts';

/** What only a socket can do: tunnels, readers that take their time, and clients that vanish. */
export const socketKinds: readonly SoakKind[] = [
  {
    name: 'CONNECT tunnel',
    run: ({ ports }) =>
      withSocket(ports.forward, async (socket) => {
        socket.write(`CONNECT 127.0.0.1:${ports.origin} HTTP/1.1\r\nHost: a\r\n\r\n`);
        await readUntil(socket, /^HTTP\/1\.1 200 [^\r]*\r\n(?:[^\r]+\r\n)*\r\n$/);
        socket.write('GET /hello?name=tunnel HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        await readUntil(socket, /hello tunnel$/);
      }),
  },
  {
    name: 'slow reader',
    run: ({ ports }) =>
      withSocket(ports.reverse, async (socket) => {
        socket.write('GET /bytes/524288 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
        let count = 0;
        for await (const chunk of socket) {
          count += (chunk as Buffer).length; // a socket without an encoding gives bytes
          await sleep(5);
        }
        if (count < 524_288) throw new Error(`the answer ended after ${count} bytes`);
      }),
  },
  {
    name: 'vanishes in the middle of a request',
    run: ({ ports }) =>
      withSocket(ports.reverse, async (socket) => {
        socket.write('POST /digest HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nonly this');
        await sleep(5);
        socket.resetAndDestroy();
      }),
  },
  {
    name: 'not HTTP at all',
    run: ({ ports }) =>
      withSocket(ports.reverse, async (socket) => {
        socket.write('\x16\x03\x01 hello, is this TLS?\r\n\r\n');
        await readUntil(socket, /^HTTP\/1\.1 400 /);
      }),
  },
];

async function withSocket(port: number, use: (socket: Socket) => Promise<void>): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // whoever reads it hears of it
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    await use(socket);
  } finally {
    socket.destroy();
  }
}

function readUntil(socket: Socket, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const stop = (): void => {
      socket.off('data', onData);
      socket.off('close', onClose);
      socket.pause();
    };
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!pattern.test(text)) return;
      stop();
      resolve();
    };
    const onClose = (): void => {
      stop();
      reject(new Error(`the connection ended after ${JSON.stringify(text.slice(0, 100))}`));
    };
    socket.on('data', onData);
    socket.on('close', onClose);
    socket.resume();
  });
}
