import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { data, frame, headers, reset } from './support/frames.ts';
import { RawPeer } from './support/raw-peer.ts';

checkLedger({ beforeEach, afterEach });

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
const POST = [':method', 'POST', ...GET.slice(2)];
const get = (id: number): Uint8Array => headers(id, GET, { end: true });
const post = (id: number): Uint8Array => headers(id, POST);
const badPing = frame(6, 0, 0, Buffer.alloc(7));

it.each<[string, Uint8Array[], Uint8Array[], string[]]>([
  ['a reset in the request', [post(1), data(1, 'x')], [reset(1, 8)], ['request-body']],
  ['a reset behind the request', [get(1)], [reset(1, 8)], ['response']],
  ['a reset behind a body', [post(1), data(1, 'x', { end: true })], [reset(1, 8)], ['response']],
  ['bad trailers', [post(1)], [headers(1, ['connection', 'close'], { end: true })], ['request-body']],
  ['a broken rule of the connection in all requests', [post(1), post(3)], [badPing], Array(2).fill('request-body')],
  ['a broken rule of the connection behind a request', [get(1)], [badPing], ['response']],
  ['a broken rule of the connection, here and there', [post(1), get(3)], [badPing], Array(2).fill('connection')],
])('the error of %s says in which phase it came', async (_what, requests, end, phases) => {
  const seen: unknown[] = [];
  const service = serviceFn(async (request: HttpRequest) => {
    request.signal.addEventListener('abort', () => seen.push(request.signal.reason));
    await request.scope.race(new Promise<never>(() => {}));
    return HttpResponse.from();
  });
  const peer = await RawPeer.open(service, { address: '192.0.2.7:9' });
  await peer.send(...requests);
  await peer.send(...end);
  expect(seen).toMatchObject(phases.map((phase) => ({ facts: { layer: 'h2', phase, retryable: false } })));
  for (const error of seen) expect(String(error)).toContain('192.0.2.7:9');
  await peer.close();
});
