// A client that loads an origin: argument 1 is its kind, 2 the requests in flight, 3 the origin's port.
// A line with a number of seconds on standard input starts a round; one line with its figures answers.
import { Agent, request as nodeRequest } from 'node:http';
import { createInterface } from 'node:readline';
import { createHttpClient, HttpRequest, http1 } from '@lamella/http';
import { tcpConnector } from '@lamella/net-tcp';
import { Pool } from 'undici';
import { HELLO } from './payloads.ts';

const [, , kind = '', inFlight = '64', port = '0'] = process.argv;
const url = `http://127.0.0.1:${port}/`;
const count = Number(inFlight);

/** Makes one request. @returns The body of a 200 response. */
type Ask = () => Promise<string>;

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
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) console.log(await measure(ask, Number(line)));

async function measure(ask: Ask, seconds: number): Promise<string> {
  let units = 0;
  let faults = 0;
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  const loop = async (): Promise<void> => {
    while (performance.now() < endMs) {
      if ((await ask()) === HELLO) units++;
      else faults++;
    }
  };
  await Promise.all(Array.from({ length: count }, loop));
  const { user, system } = process.cpuUsage(cpuBefore);
  const wallSeconds = (performance.now() - startMs) / 1_000;
  return JSON.stringify({ units, faults, wallSeconds, cpuSeconds: (user + system) / 1e6 });
}
