import { HttpRequest } from '@lamella/http';
import { sseEvents } from '@lamella/web';
import { WebSocket } from 'ws';
import type { SoakKind } from './kind.ts';

/** Connections on which messages go to and fro: events and WebSockets, through the reverse proxy. */
export const messageKinds: readonly SoakKind[] = [
  {
    name: 'events, left after ten',
    async run({ client, ports }) {
      const request = HttpRequest.from({ target: `http://127.0.0.1:${ports.reverse}/events` });
      let expected = 1;
      for await (const { data } of sseEvents(client, request, { reconnect: false })) {
        if (data !== `event ${expected}`) throw new Error(`got ${data} instead of event ${expected}`);
        if (++expected > 10) return;
      }
      throw new Error('the events have ended');
    },
  },
  {
    name: 'WebSocket, ten messages and a close',
    run: ({ ports }) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${ports.reverse}/socket`);
        let answered = 0;
        socket.on('open', () => socket.send('message 0'));
        socket.on('message', (data, isBinary) => {
          if (isBinary || String(data) !== `message ${answered}`) reject(new Error(`got ${String(data).slice(0, 50)}`));
          answered++;
          if (answered === 10) socket.close(1000, 'done');
          else socket.send(`message ${answered}`);
        });
        socket.on('error', reject);
        socket.on('close', (code) => {
          if (code === 1000 && answered === 10) resolve();
          else reject(new Error(`closed with ${code} after ${answered} messages`));
        });
      }),
  },
  {
    name: 'WebSocket that vanishes',
    run: ({ ports }) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${ports.reverse}/socket`);
        socket.on('open', () => {
          socket.send('x'.repeat(100_000));
          socket.terminate();
        });
        socket.on('error', reject);
        socket.on('close', () => resolve());
      }),
  },
];
