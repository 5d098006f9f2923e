import type { HttpResponse } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamGroup } from '../src/index.ts';
import { reverseProxyService, upstreamGroup } from '../src/index.ts';
import type { WireEnd } from './support/wire-end.ts';
import type { World } from './support/world.ts';
import { OK, worlds } from './support/world.ts';

const newWorld = worlds({ beforeEach, afterEach });

/** A proxy before a group of one server, which bears one request at a time. */
function setup(): { readonly world: World; readonly group: UpstreamGroup } {
  const world = newWorld();
  const group = upstreamGroup({
    name: 'api',
    client: world.client,
    clock: world.clock,
    servers: [{ url: 'http://origin.test' }],
    maxConcurrentPerServer: 1,
    limit: { maxConcurrent: 1, maxQueued: 0 },
  });
  const service: Service<HttpRequest, HttpResponse> = reverseProxyService({
    ...world.forwarding,
    routes: [{ upstream: group }],
  });
  world.serve(service);
  return { world, group };
}

const GET = 'GET / HTTP/1.1\r\nHost: api\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n';

describe('a request to a group is over, and no failure of the server, when', () => {
  it.each<[string, string, string, string | undefined]>([
    ['the client goes before the answer', GET, '', undefined],
    ['the client goes in the answer', GET, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', undefined],
    ['the client goes while it sends', POST, '', undefined],
    [
      'the client goes while it sends, with an answer',
      POST,
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc',
      undefined,
    ],
    ['the client sends what is no chunk', POST, '', 'x\r\n'],
    ['the client sends too slowly', POST, '', 'slowly'],
  ])('%s', async (_name, request, answer, rest) => {
    const { world, group } = setup();
    const origin = world.origin();
    const client = await world.connect();
    client.send(request);
    const server = await origin.accept();
    await server.receiveHead();
    if (answer !== '') server.send(answer);
    await settle(8);
    expect(group.gauges()[0]).toMatchObject({ active: 1 });
    if (rest === undefined) client.reset();
    else if (rest === 'slowly') await world.clock.advanceAsync(60_000);
    else client.send(rest);
    await settle(8);
    expect(group.gauges()[0]).toMatchObject({ active: 0, failures: 0 });

    const next = await world.connect();
    next.send(GET);
    const again = await origin.accept();
    await again.receiveHead();
    again.send(OK);
    expect(await next.receive('ok')).toContain('200 OK');
  });
});

describe('a request to a group', () => {
  it.each([
    ['a deadline around it', 1, new TimeoutError({ limit: 'timeoutMs', timeoutMs: 10 })],
    ['AbortSignal.timeout', 1, new DOMException('timed out', 'TimeoutError')],
    ['the will of its caller', 0, new Error('enough')],
  ])('that %s ends counts as %i failures', async (_what, failures, reason) => {
    const { world, group } = setup();
    const origin = world.origin();
    const controller = new AbortController();
    const answer = group.serve(HttpRequest.from({ target: 'http://api/', signal: controller.signal }));
    await (await origin.accept()).receiveHead();
    controller.abort(reason);
    await expect(answer).rejects.toBe(controller.signal.reason);
    expect(group.gauges()[0]).toMatchObject({ active: 0, failures });
  });
});

describe('a response of a group that nobody reads', () => {
  it.each<[string, (world: World, server: WireEnd) => Promise<void> | void]>([
    ['is here to its end', (_world, server) => server.send('abcd')],
    ['was broken off by the server', (_world, server) => server.reset()],
    ['has waited for bodyIdleTimeoutMs', ({ clock }) => clock.advanceAsync(30_000)],
    ['lost its client', ({ client }) => client.destroy()],
  ])('holds no slot any more, and no close, once it %s', async (_how, end) => {
    const { world, group } = setup();
    const origin = world.origin();
    const answer = group.serve(HttpRequest.from({ target: 'http://api/' }));
    const server = await origin.accept();
    await server.receiveHead();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
    const response = await answer;
    expect(group.gauges()[0]).toMatchObject({ active: 1 });
    let isClosed = false;
    const closed = group.close().then(() => {
      isClosed = true;
    });
    await settle(8);
    expect(isClosed).toBe(false);

    await end(world, server);
    await settle(8);
    expect(group.gauges()[0]).toMatchObject({ active: 0 });
    await closed;
    response.body.cancel();
  });

  it('makes room for the next request', async () => {
    const { world, group } = setup();
    const origin = world.origin();
    const ask = () => group.serve(HttpRequest.from({ target: 'http://api/' }));
    const answer = ask();
    const server = await origin.accept();
    await server.receiveHead();
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc');
    await answer;
    await expect(ask()).rejects.toMatchObject({ code: 'LML_ERR_LIMIT' });
    server.reset();
    await settle(8);
    const again = ask();
    const next = await origin.accept();
    await next.receiveHead();
    next.send(OK);
    expect(await (await again).body.text()).toBe('ok');
  });
});
