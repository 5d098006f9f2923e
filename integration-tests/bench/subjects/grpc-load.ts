// Loads a server of gRPC: argument 1 is what it asks for (stream, bidi, megabyte), 2 the calls in flight, 3 the server's port.
// A line with a number of seconds on standard input starts a round; one line with its figures answers.
import { createInterface } from 'node:readline';
import { grpcClient } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { tcpConnector } from '@lamella/net-tcp';
import { Bench } from './grpc-bench-service.ts';
import { HELLO } from './payloads.ts';

const [, , job = '', inFlight = '8', port = '0'] = process.argv;
const http = createHttpClient({ connector: tcpConnector(), protocols: [http2()] });
const client = grpcClient(http, Bench, { url: `http://127.0.0.1:${port}` });
const hello = Buffer.from(HELLO);
const megabyte = Buffer.alloc(1_048_576, 'm');

/** Counts messages. */
interface Counts {
  units: number;
  faults: number;
}
type Job = (counts: Counts, isOver: () => boolean) => Promise<void>;

const jobs: Readonly<Record<string, Job>> = {
  async stream(counts) {
    for await (const message of client.repeat(hello)) note(counts, message, hello);
  },
  async bidi(counts, isOver) {
    const messages = (function* () {
      while (!isOver()) yield hello;
    })();
    for await (const message of client.chat(messages)) note(counts, message, hello);
  },
  async megabyte(counts) {
    note(counts, await client.echo(megabyte), megabyte);
  },
};

function note(counts: Counts, message: Uint8Array, expected: Buffer): void {
  if (expected.equals(message)) counts.units++;
  else counts.faults++;
}

const chosen = jobs[job];
if (chosen === undefined) throw new Error(`jobs: ${Object.keys(jobs).join(', ')}`);
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const counts: Counts = { units: 0, faults: 0 };
  const startMs = performance.now();
  const isOver = (): boolean => performance.now() - startMs > Number(line) * 1_000;
  const loop = async (): Promise<void> => {
    while (!isOver()) await chosen(counts, isOver);
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, loop));
  // The processor time is that of the server; whoever asks reads it.
  console.log(JSON.stringify({ ...counts, wallSeconds: (performance.now() - startMs) / 1_000, cpuSeconds: 0 }));
}
process.exit(); // clients keep their connections for a while
