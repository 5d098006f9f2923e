import type { Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import type { ConformanceCase } from '@lamella/service-core/testing';
import { settle } from '@lamella/service-core/testing';
import type { HttpConnection } from '../client/http-connection.ts';
import { HttpBody } from '../message/http-body.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import type { HttpRequestInit } from '../message/http-request.ts';
import { HttpRequest } from '../message/http-request.ts';
import { HttpResponse } from '../message/http-response.ts';

/** A protocol, client and server side, that {@link httpConnectionCases} examines. */
export interface HttpConnectionSubject {
  /**
   * Opens a connection whose requests go to `service`.
   *
   * @returns The client side, and how to break the connection off as the network does.
   */
  connect(service: Service<HttpRequest, HttpResponse>): Promise<HttpConnectionUnderTest>;
}

/** What {@link HttpConnectionSubject.connect} gives. */
export interface HttpConnectionUnderTest {
  /** The client side. */
  readonly connection: HttpConnection;
  /** Breaks the connection off; both sides see a reset. */
  readonly reset: () => void;
}

/** What every HTTP protocol must do, whichever its frames: the same table for HTTP/1.1 and HTTP/2. */
export const httpConnectionCases: readonly ConformanceCase<HttpConnectionSubject>[] = [
  on('carries a request and its response, headers in order', async ({ open }) => {
    const { connection } = await open(async (request) => {
      const seen = [...request.headers].filter(([name]) => name.toLowerCase().startsWith('x-'));
      const body = `${request.method} ${request.path}?${request.query} at ${request.authority}: ${await request.body.text()}`;
      return HttpResponse.from({ status: 201, headers: seen, body });
    });
    const response = await connection.serve(
      request({
        method: 'POST',
        target: 'http://app.test/items?a=1',
        headers: [
          ['x-b', '1'],
          ['x-a', '2'],
          ['x-b', '3'],
        ],
        body: 'content',
      }),
    );
    equal(response.status, 201, 'status');
    const names = [...response.headers]
      .filter(([name]) => name.toLowerCase().startsWith('x-'))
      .map((pair) => pair.join('='));
    equal(names.join(' '), 'x-b=1 x-a=2 x-b=3', 'headers');
    equal(await response.body.text(), 'POST /items?a=1 at app.test: content', 'body');
  }),
  on('carries bodies and trailers of unknown size both ways', async ({ open }) => {
    const { connection } = await open(async (request) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request.body) chunks.push(chunk);
      const trailer = request.body.trailers?.get('x-sum') ?? 'none';
      const trailers = (): HttpHeaders => HttpHeaders.from([['x-sum', `${trailer} seen`]]);
      return HttpResponse.from({ body: HttpBody.from([Buffer.concat(chunks), ' and back'], { trailers }) });
    });
    const trailers = (): HttpHeaders => HttpHeaders.from([['x-sum', '42']]);
    const body = HttpBody.from(['there', ' and'], { trailers });
    const response = await connection.serve(request({ method: 'POST', target: 'http://app.test/', body }));
    equal(await response.body.text(), 'there and and back', 'body');
    equal(response.body.trailers?.get('x-sum'), '42 seen', 'trailer');
  }),
  on('sends no body where there must be none', async ({ open }) => {
    const { connection } = await open(async (request) =>
      request.path === '/204' ? HttpResponse.from({ status: 204 }) : HttpResponse.text('twelve bytes'),
    );
    const head = await connection.serve(request({ method: 'HEAD', target: 'http://app.test/' }));
    equal(head.headers.get('content-length'), '12', 'content-length of HEAD');
    equal((await head.body.bytes()).length, 0, 'body of HEAD');
    const empty = await connection.serve(request({ target: 'http://app.test/204' }));
    equal(empty.status, 204, 'status');
    equal((await empty.body.bytes()).length, 0, 'body of 204');
    const after = await connection.serve(request({ target: 'http://app.test/' }));
    equal(await after.body.text(), 'twelve bytes', 'body of the request after them');
  }),
  on('carries interim responses in order, before the response', async ({ open }) => {
    const { connection } = await open(async (request) => {
      for (const link of ['</a.css>', '</b.css>']) {
        request.onInformational?.({ status: 103, reason: 'Early Hints', headers: HttpHeaders.from([['link', link]]) });
      }
      return HttpResponse.text('page');
    });
    const seen: string[] = [];
    const response = await connection.serve(
      request({
        target: 'http://app.test/',
        onInformational: ({ status, headers }) => seen.push(`${status} ${headers.get('link')}`),
      }),
    );
    equal(seen.join(', '), '103 </a.css>, 103 </b.css>', 'interim responses');
    equal(await response.body.text(), 'page', 'body');
  }),
  on('holds the sender of a body back while nobody reads it, both ways', async ({ open }) => {
    const { connection } = await open(async (request) => HttpResponse.from({ body: request.body }));
    let produced = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; produced < 200; produced++) yield new Uint8Array(64 * 1024).fill(produced);
    }
    const response = await connection.serve(
      request({ method: 'POST', target: 'http://app.test/', body: HttpBody.from(source()) }),
    );
    await settle(100);
    if (produced > 60) throw new Error(`${produced} chunks of 64 KiB were sent to a reader that reads nothing`);
    let received = 0;
    for await (const chunk of response.body) received += chunk.length;
    equal(received, 200 * 64 * 1024, 'bytes');
  }),
  on('tells the service when the client gives up, with a signal that fires on nothing else', async ({ open }) => {
    const signals: AbortSignal[] = [];
    const waiting = Promise.withResolvers<void>();
    const { connection } = await open((request) => {
      signals.push(request.signal);
      if (request.path === '/quick') return Promise.resolve(HttpResponse.text('done'));
      waiting.resolve();
      return new Promise(() => {});
    });
    await (await connection.serve(request({ target: 'http://app.test/quick' }))).body.text();
    const controller = new AbortController();
    const response = connection.serve(request({ target: 'http://app.test/slow', signal: controller.signal }));
    await waiting.promise;
    const reason = new Error('changed my mind');
    controller.abort(reason);
    equal(await rejectionOf(response), reason, 'rejection');
    await settle();
    equal(signals.map(({ aborted }) => aborted).join(), 'false,true', 'signals of the quick and the slow request');
  }),
  on('ends a response body that is cancelled, and tells its source', async ({ open }) => {
    const ended = Promise.withResolvers<void>();
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(1_000);
      } finally {
        ended.resolve();
      }
    }
    const { connection } = await open(async () => HttpResponse.from({ body: endless() }));
    const response = await connection.serve(request({ target: 'http://app.test/' }));
    await response.body.read();
    response.body.cancel();
    await ended.promise;
  }),
  on('fails what is under way when the connection breaks', async ({ open }) => {
    const { connection, reset } = await open(async (request) => {
      if (request.path === '/head') return new Promise<HttpResponse>(() => {});
      return HttpResponse.from({
        body: (async function* () {
          yield 'partial';
          await new Promise(() => {});
        })(),
      });
    });
    const response = await connection.serve(request({ target: 'http://app.test/body' }));
    let seen = '';
    while (seen.length < 'partial'.length) seen += Buffer.from((await response.body.read()) ?? []).toString();
    equal(seen, 'partial', 'bytes before the break');
    const reading = response.body.read();
    reset();
    const error = await rejectionOf(reading);
    if (!/^LML_ERR_HTTP_/.test(String((error as { code?: unknown }).code))) throw new Error(`got ${String(error)}`);
    equal(connection.state, 'closed', 'state');
    equal(await rejectionCode(connection.serve(request({ target: 'http://app.test/' }))), 'LML_ERR_CLOSED', 'code');
  }),
  on('opens a tunnel by CONNECT, in which no byte is lost', async ({ open }) => {
    const { connection } = await open(async (request) => {
      equal(request.method, 'CONNECT', 'method');
      return HttpResponse.upgrade({ status: 200 }, echoService);
    });
    const response = await connection.serve(request({ method: 'CONNECT', target: 'db.test:5432' }));
    equal(response.status, 200, 'status');
    await echoed(response.upgraded);
  }),
  on('gives a refusal of CONNECT as a plain response', async ({ open }) => {
    const { connection } = await open(async () => HttpResponse.text('not there', { status: 403 }));
    const response = await connection.serve(request({ method: 'CONNECT', target: 'db.test:5432' }));
    equal(response.upgraded, undefined, 'upgraded');
    equal(`${response.status} ${await response.body.text()}`, '403 not there', 'response');
  }),
  on('gives a service that fails an error response, and goes on', async ({ open }) => {
    const { connection } = await open(async (request) => {
      if (request.path === '/fail') throw new Error('broken');
      return HttpResponse.text('fine');
    });
    const failed = await connection.serve(request({ target: 'http://app.test/fail' }));
    equal(failed.status, 500, 'status');
    await failed.body.bytes();
    const next = await connection.serve(request({ target: 'http://app.test/' }));
    equal(await next.body.text(), 'fine', 'body of the next response');
  }),
  on('closes in good order, finishing what is under way', async ({ open }) => {
    const go = Promise.withResolvers<void>();
    const { connection } = await open(async () => {
      await go.promise;
      return HttpResponse.text('finished');
    });
    const response = connection.serve(request({ target: 'http://app.test/' }));
    const closed = connection.close();
    equal(connection.state, 'closing', 'state');
    equal(await rejectionCode(connection.serve(request({ target: 'http://app.test/' }))), 'LML_ERR_CLOSED', 'code');
    go.resolve();
    equal(await (await response).body.text(), 'finished', 'body');
    await closed;
    equal(connection.state, 'closed', 'state');
  }),
];

interface Stage {
  open(serve: (request: HttpRequest) => Promise<HttpResponse>): Promise<HttpConnectionUnderTest>;
}

function on(name: string, body: (stage: Stage) => Promise<void>): ConformanceCase<HttpConnectionSubject> {
  return {
    name,
    async run(subject) {
      const opened: HttpConnectionUnderTest[] = [];
      try {
        await body({
          async open(serve) {
            const connection = await subject.connect({ serve });
            opened.push(connection);
            return connection;
          },
        });
      } finally {
        for (const { connection, reset } of opened) {
          connection.destroy();
          reset();
        }
      }
    },
  };
}

const echoService: Service<Connection, void> = serviceFn(async ({ stream }: Connection) => {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
  await stream.closeWrite();
});

async function echoed(connection: Connection | undefined): Promise<void> {
  if (connection === undefined) throw new Error('there is no upgraded connection');
  const { stream } = connection;
  void stream.write([Buffer.from('through the tunnel')]);
  await stream.closeWrite();
  let text = '';
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) text += Buffer.from(chunk);
  equal(text, 'through the tunnel', 'echo');
}

function request(init: HttpRequestInit): HttpRequest {
  return HttpRequest.from(init);
}

async function rejectionOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

async function rejectionCode(work: Promise<unknown>): Promise<unknown> {
  return ((await rejectionOf(work)) as { code?: unknown }).code;
}

function equal(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}
