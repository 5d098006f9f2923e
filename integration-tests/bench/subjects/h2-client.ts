// A client that loads an origin by HTTP/2 in clear: argument 1 is its kind, 2 the requests in flight, 3 the origin's port.
// A line with a number of seconds on standard input starts a round; one line with its figures answers.
import { connect } from 'node:http2';
import { createHttpClient, HttpRequest } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { tcpConnector } from '@lamella/net-tcp';
import { HELLO } from './payloads.ts';
import { type Ask, playRounds } from './rounds.ts';

const [, , kind = '', inFlight = '32', port = '0'] = process.argv;
const url = `http://127.0.0.1:${port}/`;

const kinds: Readonly<Record<string, () => Ask>> = {
  lamella() {
    const client = createHttpClient({ connector: tcpConnector(), protocols: [http2()] });
    return async () => {
      const response = await client.serve(HttpRequest.from({ target: url }));
      return response.status === 200 ? response.body.text() : '';
    };
  },
  node() {
    const session = connect(url);
    return () =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/' });
        let status = 0;
        stream.on('response', (headers) => {
          status = Number(headers[':status']);
        });
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => resolve(status === 200 ? Buffer.concat(chunks).toString() : ''));
        stream.on('error', reject);
        stream.end();
      });
  },
};

const ask = kinds[kind]?.();
if (ask === undefined) throw new Error(`kinds of clients: ${Object.keys(kinds).join(', ')}`);
await playRounds(ask, HELLO, Number(inFlight));
