import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request as nodeRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpResponse } from '@lamella/http';
import { Client, fetch, Pool } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { patternChunks, patternSum, sha1 } from '../../support/pattern.ts';
import { serveHttp } from '../../support/serve-http.ts';

useLedger();

describe('our server and node:http', () => {
  it('keeps the connection of an agent for request after request', async () => {
    const server = await serveHttp(echo);
    const agent = agentOf(1);
    for (let number = 0; number < 20; number++) {
      const response = await requestWith(agent, `${server.url}/${number}`, { method: 'POST' }, 'body');
      expect(await text(response)).toBe(`POST /${number} body`);
    }
    expect(server.openConnections()).toBe(1);
  });

  it('tells of 100, 103 and trailers', async () => {
    const { url } = await serveHttp(async (request) => {
      const headers = HttpHeaders.from([['Link', '</a>']]);
      request.onInformational?.({ status: 103, reason: 'Early Hints', headers });
      const trailers = (): HttpHeaders => HttpHeaders.from([['X-Sum', 'abc']]);
      const body = HttpBody.from([await request.body.text()], { trailers });
      return HttpResponse.from({ headers: [['Trailer', 'X-Sum']], body });
    });
    const request = nodeRequest(url, { method: 'POST', agent: agentOf(1), headers: { Expect: '100-continue' } });
    const interim: unknown[] = [];
    request.on('information', ({ statusCode, headers }) => interim.push([statusCode, headers]));
    request.on('continue', () => void request.end('body'));
    const response = await responseTo(request);
    expect(await text(response)).toBe('body');
    expect(response.trailers).toEqual({ 'x-sum': 'abc' });
    expect(interim).toEqual([
      [103, { link: '</a>' }],
      [100, {}],
    ]);
  });

  it('serves many connections at once', async () => {
    const { url } = await serveHttp(echo);
    const agent = agentOf(50);
    const bodies = Array.from({ length: 500 }, async (_each, number) =>
      text(await requestWith(agent, `${url}/${number}`, {})),
    );
    expect(await Promise.all(bodies)).toEqual(Array.from({ length: 500 }, (_each, number) => `GET /${number} `));
  });
});

describe('our server and undici', () => {
  it('answers requests of a pool', async () => {
    const { url } = await serveHttp(echo);
    const pool = new Pool(url, { connections: 10 });
    onTestFinished(() => pool.destroy());
    const bodies = Array.from({ length: 500 }, async (_each, number) => {
      const { body } = await pool.request({ method: 'PUT', path: `/${number}`, body: 'x' });
      return body.text();
    });
    expect(await Promise.all(bodies)).toEqual(Array.from({ length: 500 }, (_each, number) => `PUT /${number} x`));
  });

  it('answers pipelined requests', async () => {
    const server = await serveHttp(echo);
    const client = new Client(server.url, { pipelining: 10 });
    onTestFinished(() => client.destroy());
    const bodies = Array.from({ length: 100 }, async (_each, number) => {
      const { body } = await client.request({ method: 'GET', path: `/${number}` });
      return body.text();
    });
    expect(await Promise.all(bodies)).toEqual(Array.from({ length: 100 }, (_each, number) => `GET /${number} `));
    expect(server.openConnections()).toBe(1);
  });

  it('takes and sends streams of fetch', async () => {
    const { url } = await serveHttp(({ body }) => HttpResponse.from({ body }));
    const size = 8 * 1024 * 1024;
    const body = ReadableStream.from(patternChunks(size));
    const response = await fetch(url, { method: 'POST', body, duplex: 'half', headers: { connection: 'close' } });
    const received = await response.bytes();
    expect([received.length, sha1(received)]).toEqual([size, patternSum(size)]);
  });

  it('notices that fetch has given up', async () => {
    const gone = Promise.withResolvers<void>();
    const { url } = await serveHttp((request) => {
      request.signal.addEventListener('abort', () => gone.resolve(), { once: true });
      return HttpResponse.from({ body: HttpBody.from(['first', ...Array<string>(10_000).fill('x'.repeat(10_000))]) });
    });
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    expect(response.status).toBe(200);
    controller.abort();
    await gone.promise;
    await expect(response.text()).rejects.toThrow();
  });
});

function agentOf(maxSockets: number): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets });
  onTestFinished(() => agent.destroy());
  return agent;
}

function requestWith(agent: Agent, url: string, options: object, body?: string): Promise<IncomingMessage> {
  return responseTo(nodeRequest(url, { agent, ...options }).end(body));
}

async function responseTo(request: ReturnType<typeof nodeRequest>): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]; // the event of that name has it
  return response;
}

async function echo({ method, path, body }: HttpRequest): Promise<HttpResponse> {
  return HttpResponse.text(`${method} ${path} ${await body.text()}`);
}
