// Fetches 16 MiB over a long way by HTTP/2 in clear, again and again, each time on a new connection: argument 1 is the kind of the client
// (lamella, node, node-large: with windows of 16 MiB), 2 the port that leads there. A line with a number of seconds on standard input
// starts a round; one line with its figures answers.
import { connect } from 'node:http2';
import { createInterface } from 'node:readline';
import { createHttpClient, HttpRequest } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { tcpConnector } from '@lamella/net-tcp';
import { FAR } from './payloads.ts';

const [, , kind = '', port = '0'] = process.argv;
const url = `http://127.0.0.1:${port}`;

/** @returns Bytes that came. */
async function byLamella(): Promise<number> {
  const client = createHttpClient({ connector: tcpConnector(), protocols: [http2()] });
  const response = await client.serve(HttpRequest.from({ target: `${url}/far` }));
  let byteCount = 0;
  for await (const chunk of response.body) byteCount += chunk.length;
  client.destroy();
  return byteCount;
}

function byNode(windowBytes?: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const settings = windowBytes === undefined ? {} : { settings: { initialWindowSize: windowBytes } };
    const session = connect(url, settings);
    if (windowBytes !== undefined) session.on('connect', () => session.setLocalWindowSize(windowBytes));
    const stream = session.request({ ':path': '/far' });
    let byteCount = 0;
    stream.on('data', (chunk: Buffer) => {
      byteCount += chunk.length;
    });
    stream.on('end', () => resolve(byteCount));
    stream.on('error', reject);
    stream.on('close', () => session.destroy());
  });
}

const kinds: Readonly<Record<string, () => Promise<number>>> = {
  lamella: byLamella,
  node: () => byNode(),
  'node-large': () => byNode(FAR.length),
};
const fetchAll = kinds[kind];
if (fetchAll === undefined) throw new Error(`kinds of clients: ${Object.keys(kinds).join(', ')}`);

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  let [units, faults] = [0, 0];
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  do {
    const byteCount = await fetchAll();
    units += byteCount;
    if (byteCount !== FAR.length) faults++;
  } while (performance.now() < startMs + Number(line) * 1_000);
  const { user, system } = process.cpuUsage(cpuBefore);
  const wallSeconds = (performance.now() - startMs) / 1_000;
  console.log(JSON.stringify({ units, faults, wallSeconds, cpuSeconds: (user + system) / 1e6 }));
}
process.exit();
