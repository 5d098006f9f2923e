import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { followRedirectLayer, HttpRequest, httpRetryLayer, RedirectHistory, replayBodyLayer } from '@lamella/http';
import { exponentialBackoff } from '@lamella/layers';
import { stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();

describe('followRedirectLayer and node:http', () => {
  it('follows over one connection, POST becoming GET', async () => {
    const seen: string[] = [];
    const origin = await nodeOrigin(async (request, response) => {
      seen.push(`${request.method} ${request.url} ${await text(request)}`);
      if (request.url === '/1') response.writeHead(302, { Location: '/2' }).end('moved');
      else if (request.url === '/2') response.writeHead(307, { Location: '/3' }).end('moved again');
      else response.end('here');
    });
    const client = stack(followRedirectLayer(), testClient());
    const request = HttpRequest.from({ method: 'POST', target: `${origin.url}/1`, body: 'question' });
    const response = await client.serve(request);
    expect(await response.body.text()).toBe('here');
    expect(seen).toEqual(['POST /1 question', 'GET /2 ', 'GET /3 ']);
    expect(response.extensions.get(RedirectHistory)).toHaveLength(2);
    expect(origin.accepted()).toBe(1);
  });

  it('sends a stream again on a 307 to another origin, without the credentials', async () => {
    const seen: [string, IncomingMessage['headers']][] = [];
    const other = await nodeOrigin(async (request, response) => {
      seen.push([await text(request), request.headers]);
      response.end('taken');
    });
    const origin = await nodeOrigin(async (request, response) => {
      seen.push([await text(request), request.headers]);
      response.writeHead(307, { Location: `${other.url}/upload` }).end();
    });
    const client = stack(replayBodyLayer(), followRedirectLayer(), testClient());
    const response = await client.serve(
      HttpRequest.from({
        method: 'PUT',
        target: origin.url,
        headers: { Authorization: 'Basic x', Cookie: 'a=b', 'X-A': '1' },
        body: ['str', 'eam'],
      }),
    );
    expect(await response.body.text()).toBe('taken');
    expect(seen.map(([body]) => body)).toEqual(['stream', 'stream']);
    expect(seen[0]?.[1]).toMatchObject({ authorization: 'Basic x', cookie: 'a=b', 'x-a': '1' });
    expect(seen[1]?.[1]).toMatchObject({ 'x-a': '1', host: `127.0.0.1:${other.port}` });
    expect(seen[1]?.[1]).not.toHaveProperty('authorization');
    expect(seen[1]?.[1]).not.toHaveProperty('cookie');
  });

  it('ends loops and endless chains, and the client goes on', async () => {
    let count = 0;
    const origin = await nodeOrigin((request, response) => {
      if (request.url === '/fine') return void response.end('fine');
      const location = request.url === '/loop' ? '/loop' : `/${++count}`;
      response.writeHead(302, { Location: location }).end('x'.repeat(1_000));
    });
    const client = stack(followRedirectLayer(), testClient());
    const get = (path: string) => client.serve(HttpRequest.from({ target: `${origin.url}${path}` }));
    await expect(get('/loop')).rejects.toMatchObject({ code: 'LML_ERR_HTTP_REDIRECT_LOOP' });
    await expect(get('/endless')).rejects.toMatchObject({ code: 'LML_ERR_HTTP_REDIRECT_TOO_MANY' });
    expect(count).toBe(11);
    expect(await (await get('/fine')).body.text()).toBe('fine');
  });
});

describe('httpRetryLayer and node:http', () => {
  const quick = { backoff: exponentialBackoff({ minDelayMs: 1 }) };

  it('gets over a busy server and one that hangs up', async () => {
    const seen: string[] = [];
    const origin = await nodeOrigin(async (request, response) => {
      seen.push(await text(request));
      if (seen.length === 1) response.writeHead(503, { 'Retry-After': '0' }).end('busy');
      else if (seen.length === 2) request.socket.destroy();
      else response.end('done');
    });
    const client = stack(replayBodyLayer(), httpRetryLayer(quick), testClient());
    const request = HttpRequest.from({ method: 'PUT', target: origin.url, body: ['con', 'tent'] });
    const response = await client.serve(request);
    expect([await response.body.text(), seen]).toEqual(['done', ['content', 'content', 'content']]);
  });

  it('never sends a POST again that may have been acted on', async () => {
    let count = 0;
    const origin = await nodeOrigin((request) => {
      count++;
      request.socket.destroy();
    });
    const client = stack(httpRetryLayer(quick), testClient());
    const request = HttpRequest.from({ method: 'POST', target: origin.url, body: 'order' });
    await expect(client.serve(request)).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED' });
    expect(count).toBe(1);
  });

  it('does not wait for a server that asks for years', async () => {
    const origin = await nodeOrigin((_request, response) => {
      response.writeHead(429, { 'Retry-After': '99999999' }).end('later');
    });
    const response = await stack(httpRetryLayer(), testClient()).serve(HttpRequest.from({ target: origin.url }));
    expect([response.status, await response.body.text()]).toEqual([429, 'later']);
  });
});
