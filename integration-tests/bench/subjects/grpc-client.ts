// A client that calls a server of gRPC: argument 1 is its kind (lamella, grpc-js), 2 the calls in flight, 3 the server's port.
// A line with a number of seconds on standard input starts a round; one line with its figures answers.
import { Client, credentials } from '@grpc/grpc-js';
import { grpcClient } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { tcpConnector } from '@lamella/net-tcp';
import { Bench } from './grpc-bench-service.ts';
import { HELLO } from './payloads.ts';
import { type Ask, playRounds } from './rounds.ts';

const [, , kind = '', inFlight = '32', port = '0'] = process.argv;
const message = Buffer.from(HELLO);

const kinds: Readonly<Record<string, () => Ask>> = {
  lamella() {
    const http = createHttpClient({ connector: tcpConnector(), protocols: [http2()] });
    const client = grpcClient(http, Bench, { url: `http://127.0.0.1:${port}` });
    return async () => Buffer.from(await client.echo(message)).toString();
  },
  'grpc-js'() {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const path = `/${Bench.typeName}/Echo`;
    const same = (bytes: Buffer): Buffer => bytes;
    return () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, same, same, message, (error, answer) => {
          if (error === null) resolve(answer?.toString() ?? '');
          else reject(error);
        });
      });
  },
};

const ask = kinds[kind]?.();
if (ask === undefined) throw new Error(`kinds of clients: ${Object.keys(kinds).join(', ')}`);
await playRounds(ask, HELLO, Number(inFlight));
