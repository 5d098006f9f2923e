import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { HttpBody, HttpRequest, toFetch } from '@lamella/http';
import { undiciDispatcher, undiciService } from '@lamella/http/undici';
import * as undici8 from 'undici';
import * as undici6 from 'undici6';
import * as undici7 from 'undici7';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import { nodeOrigin } from '../support/node-origin.ts';
import { patternChunks, patternSum, sha1 } from '../support/pattern.ts';
import { testClient } from '../support/test-client.ts';

useLedger();

/** The three have the same functions, whose types differ. */
const versions: readonly (readonly [name: string, undici: typeof undici8])[] = [
  ['undici 6', undici6 as unknown as typeof undici8],
  ['undici 7', undici7 as unknown as typeof undici8],
  ['undici 8', undici8],
];

describe.each(versions)('%s', (_, undici) => {
  it('uses our client for request, fetch and stream', async () => {
    const { url, accepted } = await origin();
    const dispatcher = undiciDispatcher(testClient(), undici.Dispatcher);
    const answer = await undici.request(`${url}/a`, {
      dispatcher,
      method: 'POST',
      body: 'by request',
      query: { q: 1 },
    });
    expect([answer.headers['x-case'], await answer.body.text()]).toEqual(['kept', 'POST /a?q=1 by request']);
    const fetched = await undici.fetch(`${url}/b`, { dispatcher, method: 'POST', body: 'by fetch' });
    expect(await fetched.text()).toBe('POST /b by fetch');
    expect(accepted()).toBe(1);
  });

  it('carries large bodies both ways by our client, with nothing hoarded', async () => {
    const { url } = await origin();
    const dispatcher = undiciDispatcher(testClient(), undici.Dispatcher);
    const { body } = await undici.request(`${url}/echo`, {
      dispatcher,
      method: 'POST',
      body: Readable.from(patternChunks(LARGE)),
    });
    const sum = createHash('sha1');
    for await (const chunk of body) sum.update(chunk);
    expect(sum.digest('hex')).toBe(patternSum(LARGE));
  });

  it('aborts a fetch by our client in the middle of its body', async () => {
    const { url } = await origin();
    const controller = new AbortController();
    const dispatcher = undiciDispatcher(testClient(), undici.Dispatcher);
    const response = await undici.fetch(`${url}/endless`, { dispatcher, signal: controller.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort();
    await expect(reader?.read()).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is a service, by its agent', async () => {
    const { url } = await origin();
    const agent = new undici.Agent();
    onTestFinished(() => agent.destroy());
    const service = undiciService(agent);
    for (const body of ['text', HttpBody.from(['streamed']), HttpBody.from(['sized'], { size: 5 })]) {
      const response = await service.serve(HttpRequest.from({ method: 'POST', target: `${url}/a?q=1`, body }));
      expect([response.status, response.headers.get('x-case')]).toEqual([200, 'kept']);
      expect([...response.headers].map(([name]) => name)).toContain('X-Case');
      expect(await response.body.text()).toMatch(/^POST \/a\?q=1 (?:text|streamed|sized)$/);
    }
  });

  it('carries large bodies both ways as a service, and holds up when nobody reads', async () => {
    const { url } = await origin();
    const agent = new undici.Agent();
    onTestFinished(() => agent.destroy());
    const body = HttpBody.from(patternChunks(LARGE));
    const request = HttpRequest.from({ method: 'POST', target: `${url}/echo`, body });
    const response = await undiciService(agent).serve(request);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sha1(await response.body.bytes({ maxBytes: LARGE }))).toBe(patternSum(LARGE));
  });

  it('aborts as a service, with the reason of whoever aborts', async () => {
    const { url } = await origin();
    const agent = new undici.Agent();
    onTestFinished(() => agent.destroy());
    const controller = new AbortController();
    const target = `${url}/endless`;
    const response = await undiciService(agent).serve(HttpRequest.from({ target, signal: controller.signal }));
    await response.body.read();
    controller.abort('enough');
    await expect(response.body.read()).rejects.toBe('enough');
  });

  it('has no say in what others use: our dispatchers and services leave no global state', async () => {
    const before = GLOBALS.map((name) => Reflect.get(globalThis, Symbol.for(name)));
    const { url } = await origin();
    const fetch = toFetch(testClient());
    expect(await (await fetch(`${url}/x`, { method: 'POST', body: 'ours' })).text()).toBe('POST /x ours');
    const dispatcher = undiciDispatcher(testClient(), undici.Dispatcher);
    await (await undici.fetch(`${url}/`, { dispatcher })).text();
    expect(GLOBALS.map((name) => Reflect.get(globalThis, Symbol.for(name)))).toEqual(before);
  });
});

it('the fetch of this Node.js takes a dispatcher of ours, with no undici at hand', async () => {
  const { url } = await origin();
  const init = { dispatcher: undiciDispatcher(testClient()), method: 'POST', body: 'by the platform' };
  // Node's own option, which the types know for one version of undici only.
  const response = await fetch(`${url}/n`, init as unknown as RequestInit);
  expect(await response.text()).toBe('POST /n by the platform');
});

/** Says what it got; `/echo` gives the body back, `/endless` does not end. */
function origin() {
  return nodeOrigin((request, response) => {
    response.setHeader('X-Case', 'kept');
    if (request.url === '/echo') {
      request.pipe(response);
      return;
    }
    if (request.url === '/endless') {
      response.write('the beginning');
      return;
    }
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => void response.end(`${request.method} ${request.url} ${text}`));
  });
}

const GLOBALS = ['undici.globalDispatcher.1', 'undici.globalDispatcher.2', 'undici.globalOrigin.1'];
const LARGE = 4 * 1024 * 1024;
