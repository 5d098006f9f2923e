// A client that loads an origin: argument 1 is its kind, 2 the requests in flight, 3 the origin's port.
// A line with a number of seconds on standard input starts a round; one line with its figures answers.
import { Agent, request as nodeRequest } from 'node:http';
import { createHttpClient, HttpRequest, http1 } from '@lamella/http';
import { tcpConnector } from '@lamella/net-tcp';
import { Pool } from 'undici';
import { HELLO } from './payloads.ts';
import { type Ask, playRounds } from './rounds.ts';

const [, , kind = '', inFlight = '64', port = '0'] = process.argv;
const url = `http://127.0.0.1:${port}/`;
const count = Number(inFlight);

const kinds: Readonly<Record<string, () => Ask>> = {
  lamella() {
    const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()] });
    return async () => {
      const response = await client.serve(HttpRequest.from({ target: url }));
      return response.status === 200 ? response.body.text() : '';
    };
  },
  'undici-request'() {
    const pool = new Pool(new URL(url).origin, { connections: count, pipelining: 1 });
    return async () => {
      const response = await pool.request({ path: '/', method: 'GET' });
      return response.statusCode === 200 ? response.body.text() : '';
    };
  },
  'node-agent'() {
    const agent = new Agent({ keepAlive: true, maxSockets: count });
    return () =>
      new Promise((resolve, reject) => {
        const sent = nodeRequest(url, { agent }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString() : ''));
        });
        sent.on('error', reject).end();
      });
  },
  fetch: () => async () => {
    const response = await fetch(url);
    return response.status === 200 ? response.text() : '';
  },
};

const ask = kinds[kind]?.();
if (ask === undefined) throw new Error(`kinds of clients: ${Object.keys(kinds).join(', ')}`);
await playRounds(ask, HELLO, count);
