// Client and server in one process, joined in memory: what a stack costs without a kernel. Argument 1 is its kind.
// A line with a number of seconds on standard input starts a round; one line with its figures answers.
import { Agent, createServer, type IncomingMessage, request as nodeRequest } from 'node:http';
import { duplexPair } from 'node:stream';
import { createHttpClient, HttpHeaders, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import { HELLO } from './payloads.ts';
import { type Ask, playRounds } from './rounds.ts';

const [, , kind = ''] = process.argv;
const IN_FLIGHT = 64;
const kinds: Readonly<Record<string, () => Ask>> = {
  lamella() {
    const json = HttpHeaders.from([['Content-Type', 'application/json']]);
    const network = memoryNetwork();
    const server = httpServerLayer()(serviceFn(async () => HttpResponse.from({ headers: json, body: HELLO })));
    void serveListener(network.listen('origin.test:80'), server);
    const client = createHttpClient({ connector: network.connector(), protocols: [http1()] });
    return async () => {
      const response = await client.serve(HttpRequest.from({ target: 'http://origin.test/' }));
      return response.status === 200 ? response.body.text() : '';
    };
  },
  node() {
    const server = createServer((_request, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(HELLO);
    });
    const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
    agent.createConnection = () => {
      const [near, far] = duplexPair();
      server.emit('connection', far);
      const self = (): unknown => near; // what the agent calls, and a duplex does not have
      return Object.assign(near, { setKeepAlive: self, setTimeout: self, ref: self, unref: self });
    };
    return () =>
      new Promise((resolve, reject) => {
        const onResponse = (response: IncomingMessage): void => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString() : ''));
        };
        nodeRequest({ host: 'origin.test', path: '/', agent }, onResponse).on('error', reject).end();
      });
  },
};

const ask = kinds[kind]?.();
if (ask === undefined) throw new Error(`kinds of stacks: ${Object.keys(kinds).join(', ')}`);
await playRounds(ask, HELLO, IN_FLIGHT);
