import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createHttpClient, HttpBody, HttpRequest } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { tcpConnector } from '@lamella/net-tcp';
import { tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../support/certificate.ts';
import { serveReverseProxy } from '../support/serve-proxies.ts';
import { testClient } from '../support/test-client.ts';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const ROUNDS = Array.from({ length: 20 }, (_, round) => round);

/** Servers that answer, and close, while the request is still on its way. */
const ORIGINS: Readonly<Record<string, () => Server>> = {
  'a socket that answers 413 and reads no further': () =>
    closingServer('HTTP/1.1 413 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
  'a socket whose answer lasts until the end of the connection': () => closingServer('HTTP/1.0 413 X\r\n\r\nno'),
  'a socket that answers 200 and keeps quiet about the end': () =>
    closingServer('HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nno'),
  'a server of Node': () =>
    createHttpServer((_, response) => {
      response.writeHead(413, { Connection: 'close' });
      response.end('no');
    }),
};

describe.each(Object.entries(ORIGINS))('%s', (_, newOrigin) => {
  it.each([3, 500])('is heard by a client that sends %i pieces', async (pieces) => {
    const target = await listen(newOrigin());
    for (const _round of ROUNDS) {
      const { client, close } = newClient();
      const source = new Pieces(pieces);
      const response = await client.serve(HttpRequest.from({ method: 'POST', target, body: HttpBody.from(source) }));
      expect(response.status).toBeOneOf([200, 413]);
      expect(await response.body.text()).toBe('no');
      await close();
      await source.isOver; // nobody goes on with what nobody wants
    }
  });

  it('is heard through a reverse proxy', async () => {
    const { url, lifecycle } = await serveReverseProxy(await listen(newOrigin()));
    for (const _round of ROUNDS) {
      const { client, close } = newClient();
      const body = HttpBody.from(new Pieces(500));
      const response = await client.serve(HttpRequest.from({ method: 'POST', target: url, body }));
      expect(response.status).toBeOneOf([200, 413]);
      expect(await response.body.text()).toBe('no');
      await close();
    }
    await lifecycle.drain({ graceMs: 0 });
  });
});

it('a connection whose peer takes nothing more serves no second request', async () => {
  let connections = 0;
  const target = await listen(
    closingServer('HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nno').on('connection', () => connections++),
  );
  const client = testClient();
  for (const round of ROUNDS) {
    const body = HttpBody.from(new Pieces(500));
    const response = await client.serve(HttpRequest.from({ method: 'POST', target, body }));
    expect(await response.body.text()).toBe('no');
    expect(connections).toBe(round + 1);
  }
});

it('an end without an answer is the error that it was', async () => {
  const target = await listen(closingServer(''));
  for (const _round of ROUNDS) {
    const { client, close } = newClient();
    const source = new Pieces(500);
    const sent = client.serve(HttpRequest.from({ method: 'POST', target, body: HttpBody.from(source) }));
    await expect(sent).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED', processed: 'unknown' });
    await close();
    await source.isOver;
  }
});

it('is heard inside of TLS', async () => {
  const { key, cert } = await selfSigned();
  const answering = answeringWith('HTTP/1.1 413 X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
  const target = (await listen(createTlsServer({ key, cert }, answering))).replace('http:', 'https:');
  for (const _round of ROUNDS) {
    const { client, close } = newClient(cert);
    const body = HttpBody.from(new Pieces(500));
    const response = await client.serve(HttpRequest.from({ method: 'POST', target, body }));
    expect(response.status).toBe(413);
    expect(await response.body.text()).toBe('no');
    await close();
  }
});

/** 10 kB each, as long as somebody wants them. */
class Pieces implements AsyncIterable<Uint8Array> {
  readonly #over = Promise.withResolvers<void>();
  readonly #count: number;
  readonly isOver = this.#over.promise;

  constructor(count: number) {
    this.#count = count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (let index = 0; index < this.#count; index++) yield Buffer.alloc(10_000);
    } finally {
      this.#over.resolve();
    }
  }
}

function closingServer(answer: string): Server {
  return createServer(answeringWith(answer));
}

/** Answers the first bytes, and closes without reading more. */
function answeringWith(answer: string): (socket: Socket) => void {
  return (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      if (answer !== '') socket.write(answer);
      socket.destroySoon();
    });
  };
}

function newClient(roots?: Buffer) {
  const tls = roots === undefined ? {} : { tls: tlsConnectLayer({ roots }) };
  const client = createHttpClient({ connector: tcpConnector(), ...tls });
  return { client, close: () => client.destroy() };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
