// One call after the other: argument 1 is the kind of the client (lamella, grpc-js), 2 the server's port. A line with a number of calls
// on standard input starts a round; the median of their times, in microseconds, answers.
import { createInterface } from 'node:readline';
import { Client, credentials } from '@grpc/grpc-js';
import { grpcClient } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { tcpConnector } from '@lamella/net-tcp';
import { median } from '../support/rounds.ts';
import { Bench } from './grpc-bench-service.ts';
import { HELLO } from './payloads.ts';

const [, , kind = '', port = '0'] = process.argv;
const message = Buffer.from(HELLO);
const call = kind === 'grpc-js' ? grpcJs() : lamella();

function lamella(): () => Promise<Uint8Array> {
  const http = createHttpClient({ connector: tcpConnector(), protocols: [http2()] });
  const client = grpcClient(http, Bench, { url: `http://127.0.0.1:${port}` });
  return () => client.echo(message);
}

function grpcJs(): () => Promise<Uint8Array> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  return () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(`/${Bench.typeName}/Echo`, same, same, message, (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer);
        else reject(error);
      });
    });
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const times: number[] = [];
  for (let count = 0; count < Number(line); count++) {
    const startMs = performance.now();
    if (!message.equals(await call())) throw new Error('wrong answer');
    times.push((performance.now() - startMs) * 1_000);
  }
  console.log(median(times));
}
process.exit(); // clients keep their connections for a while
