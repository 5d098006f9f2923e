// A WebSocket server that sends everything back: argument 1 is its kind, 2 its port.
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { webSocketService } from '@lamella/ws';
import { WebSocketServer } from 'ws';
import { answerQuestions } from './answer-questions.ts';
import { serverFrame } from './ws-frames.ts';

/** All that the idle clients look at. */
const BARE_HEAD = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';
const [, , kind = '', port = '0'] = process.argv;

const kinds: Readonly<Record<string, () => Promise<void>>> = {
  async lamella() {
    const echo = webSocketService({
      async onConnection(socket) {
        for (let message = await socket.receive(); message !== undefined; message = await socket.receive()) {
          const wait = socket.send(message);
          if (wait !== undefined) await wait;
        }
      },
    });
    const listener = await listenTcp({ port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
    void serveListener(listener, httpServerLayer()(echo));
  },
  sockets() {
    const server = createTcpServer((socket) => {
      let count = 0;
      socket.on('error', () => {});
      socket.on('data', () => socket.write(count++ === 0 ? BARE_HEAD : serverFrame(Buffer.from('hello'))));
    });
    return new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
  },
  ws() {
    const http = createServer();
    const server = new WebSocketServer({ server: http, perMessageDeflate: false });
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    return new Promise((resolve) => http.listen(Number(port), '127.0.0.1', resolve));
  },
};

const start = kinds[kind];
if (start === undefined) throw new Error(`kinds of WebSocket servers: ${Object.keys(kinds).join(', ')}`);
answerQuestions();
await start();
console.log('ready');
