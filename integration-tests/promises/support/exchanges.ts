import type { HttpClient, HttpResponse as Response } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { readAll, text, utf8 } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import type { HttpVersion } from './http-version.ts';

/** What an exchange may use. */
export interface ExchangeTools {
  readonly client: HttpClient;
  /** A bare connection to the proxy. */
  readonly connect: () => Promise<Connection>;
}

/** One conversation from a client through a proxy to {@link exchangeOrigin}. */
export interface Exchange {
  readonly name: string;
  readonly via: 'forward' | 'reverse';
  /** Versions of HTTP that can have it. Default: all. */
  readonly versions?: readonly HttpVersion[];
  /** What {@link run} gives when nothing goes wrong. */
  readonly expected: string;
  /** Has the conversation. An error response is given as its status. */
  readonly run: (tools: ExchangeTools) => Promise<string>;
}

/** An origin that plays its part in every {@link Exchange}. */
export const exchangeOrigin: Service<HttpRequest, Response> = serviceFn(async (request: HttpRequest) => {
  switch (request.path) {
    case '/early':
      request.onInformational?.({
        status: 103,
        reason: 'Early Hints',
        headers: HttpHeaders.from([['Link', '</a.css>; rel=preload']]),
      });
      return HttpResponse.text('late');
    case '/upgrade':
      return HttpResponse.upgrade(
        {
          headers: [
            ['Connection', 'Upgrade'],
            ['Upgrade', 'echo'],
          ],
        },
        serviceFn(async ({ stream }: Connection) => {
          // A peer that breaks off is what some tests do; it is no failure of this handler.
          const bytes = await readAll(stream).catch(() => undefined);
          if (bytes !== undefined) await stream.write([bytes]);
          await stream.closeWrite();
        }),
      );
    case '/chunks': {
      const parts = [await request.body.text(), ' and', ' back'];
      const trailers = (): HttpHeaders => HttpHeaders.from([['X-Sum', '42']]);
      return HttpResponse.from({ body: HttpBody.from(parts, { trailers }) });
    }
    default:
      return HttpResponse.text(`${request.method} ${request.path}: ${await request.body.text()}`);
  }
});

/** Everything that HTTP does with a connection. */
export const exchanges: readonly Exchange[] = [
  {
    name: 'GET',
    via: 'forward',
    expected: 'GET /a: ',
    run: ({ client }) => ask(client, { target: 'http://origin.test/a' }),
  },
  {
    name: 'GET by the reverse proxy',
    via: 'reverse',
    expected: 'GET /a: ',
    run: ({ client }) => ask(client, { target: 'http://edge.test/a' }),
  },
  {
    name: 'POST of known length',
    via: 'forward',
    expected: 'POST /b: content',
    run: ({ client }) => ask(client, { method: 'POST', target: 'http://origin.test/b', body: 'content' }),
  },
  {
    name: 'chunks and trailers both ways',
    via: 'reverse',
    expected: 'one two and back',
    run: ({ client }) =>
      ask(client, { method: 'POST', target: 'http://edge.test/chunks', body: chunksOf('one', ' two') }),
  },
  {
    name: 'two requests on one connection',
    via: 'forward',
    expected: 'POST /c: 1|GET /d: ',
    async run({ client }) {
      const first = await ask(client, { method: 'POST', target: 'http://origin.test/c', body: '1' });
      if (first !== 'POST /c: 1') return first;
      const second = await ask(client, { target: 'http://origin.test/d' });
      return second === 'GET /d: ' ? `${first}|${second}` : second;
    },
  },
  {
    name: '103 before the response',
    via: 'reverse',
    expected: '103 late',
    async run({ client }) {
      const hints: number[] = [];
      const onInformational = ({ status }: { status: number }): void => void hints.push(status);
      const late = await ask(client, { target: 'http://edge.test/early', onInformational });
      return late === 'late' ? `${hints} ${late}` : late;
    },
  },
  {
    name: 'requests side by side',
    via: 'reverse',
    versions: ['HTTP/2'],
    expected: 'GET /1: |POST /2: two|one three and back',
    async run({ client }) {
      const answers = await Promise.allSettled([
        ask(client, { target: 'http://edge.test/1' }),
        ask(client, { method: 'POST', target: 'http://edge.test/2', body: 'two' }),
        ask(client, { method: 'POST', target: 'http://edge.test/chunks', body: chunksOf('one', ' three') }),
      ]);
      const failed = answers.find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
      const bodies = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : ''));
      return bodies.find((body) => /^\d+$/.test(body)) ?? bodies.join('|');
    },
  },
  {
    name: 'pipelined requests',
    via: 'reverse',
    versions: ['HTTP/1.1'],
    expected: 'GET /1: |POST /2: two|GET /3: ',
    async run({ connect }) {
      const { stream } = await connect();
      const rest = 'Host: edge.test\r\n';
      void stream.write([
        utf8(
          `GET /1 HTTP/1.1\r\n${rest}\r\nPOST /2 HTTP/1.1\r\n${rest}Content-Length: 3\r\n\r\ntwo` +
            `GET /3 HTTP/1.1\r\n${rest}Connection: close\r\n\r\n`,
        ),
      ]);
      try {
        return pipelinedOutcome(text(await readAll(stream)));
      } finally {
        stream.destroy();
      }
    },
  },
  {
    name: 'CONNECT tunnel',
    via: 'forward',
    expected: 'GET /in-tunnel: ',
    async run({ client }) {
      const response = await client.serve(HttpRequest.from({ method: 'CONNECT', target: 'origin.test:80' }));
      const { upgraded } = response;
      if (upgraded === undefined) return refusal(response);
      void upgraded.stream.write([utf8('GET /in-tunnel HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')]);
      try {
        const answer = text(await readAll(upgraded.stream));
        // A tunnel carries bytes: where they end is told by what is inside.
        return answer.endsWith('GET /in-tunnel: ') ? 'GET /in-tunnel: ' : 'cut inside';
      } finally {
        upgraded.stream.destroy();
      }
    },
  },
  {
    name: 'upgrade',
    via: 'reverse',
    expected: 'echo this',
    async run({ client }) {
      const response = await client.serve(
        HttpRequest.from({
          target: 'http://edge.test/upgrade',
          headers: [
            ['Connection', 'Upgrade'],
            ['Upgrade', 'echo'],
          ],
        }),
      );
      const { upgraded } = response;
      if (upgraded === undefined) return refusal(response);
      void upgraded.stream.write([utf8('echo this')]);
      void upgraded.stream.closeWrite();
      try {
        const answer = text(await readAll(upgraded.stream));
        return 'echo this'.startsWith(answer) && answer !== 'echo this' ? 'cut inside' : answer;
      } finally {
        upgraded.stream.destroy();
      }
    },
  },
];

async function ask(client: HttpClient, init: Parameters<typeof HttpRequest.from>[0]): Promise<string> {
  const response = await client.serve(HttpRequest.from(init));
  return response.status === 200 ? response.body.text() : refusal(response);
}

/** A connection that ends in good order between two answers has told what was done and what was not. */
function pipelinedOutcome(received: string): string {
  const bodies: string[] = [];
  for (let rest = received; rest !== ''; ) {
    const head = /^HTTP\/1\.1 (\d{3}) .*?\r\n\r\n/s.exec(rest);
    const length = Number(/content-length: (\d+)/i.exec(head?.[0] ?? '')?.[1] ?? 0);
    const end = (head?.[0].length ?? Number.POSITIVE_INFINITY) + length;
    if (end > rest.length) return 'cut inside';
    if (head?.[1] !== '200') return head?.[1] ?? '';
    bodies.push(rest.slice(end - length, end));
    rest = rest.slice(end);
  }
  return bodies.length < 3 ? 'ended between' : bodies.join('|');
}

async function refusal(response: Response): Promise<string> {
  await response.body.bytes();
  return `${response.status}`;
}

async function* chunksOf(...chunks: string[]): AsyncGenerator<string> {
  yield* chunks;
}
