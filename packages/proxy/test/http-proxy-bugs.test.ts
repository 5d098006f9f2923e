import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpProxyCompatOptions } from '../src/http-proxy.ts';
import { httpProxyOptions } from '../src/http-proxy.ts';
import type { World } from './support/world.ts';
import { exchange, OK, withoutDate, worlds } from './support/world.ts';

// What http-proxy and its descendants have done wrong, as a client and an origin see it.
const newWorld = worlds({ beforeEach, afterEach });

const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: origin.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe('an upgrade', () => {
  it.each(['before the answer', 'after it'])(
    'whose client resets %s ends upstream, and the proxy goes on',
    async (when) => {
      const world = serving({ ws: true });
      const origin = world.origin();
      const client = await world.connect();
      client.send(UPGRADE);
      const server = await origin.accept();
      await server.receiveHead();
      if (when === 'after it') {
        server.send(SWITCHED);
        expect(await client.take()).toMatch(/^HTTP\/1.1 101 /);
      }
      client.reset();
      await settle(12);
      expect(server.ended).not.toBe('no');
      await expectServing(world, origin);
    },
  );

  it('whose target resets ends the client’s connection, and the proxy goes on', async () => {
    const world = serving({ ws: true });
    const origin = world.origin();
    const client = await world.connect();
    client.send(UPGRADE);
    const server = await origin.accept();
    await server.receiveHead();
    server.send(SWITCHED);
    await client.take();
    server.reset();
    await settle(12);
    expect(client.ended).not.toBe('no');
    await expectServing(world, origin);
  });

  it('that the target refuses is answered as it says, and leaves nothing open but what can be used again', async () => {
    const world = serving({ ws: true });
    const origin = world.origin();
    const client = await world.connect();
    client.send(UPGRADE);
    const server = await origin.accept();
    await server.receiveHead();
    server.send('HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnone\r\n0\r\n\r\n');
    expect(await client.take()).toMatch(/^HTTP\/1.1 404 Not Found\r\n.*Content-Length: 4\r\n.*\r\n\r\nnone$/s);
    client.send('GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n'); // both connections are still HTTP
    await server.receiveHead();
    server.send(OK);
    expect(await client.take()).toMatch(/\r\n\r\nok$/);
    expect(origin.count).toBe(1);
  });

  it('that nobody answers because the target is gone is 502', async () => {
    const world = serving({ ws: true });
    const client = await world.connect();
    client.send(UPGRADE);
    expect(await client.take()).toMatch(/^HTTP\/1.1 502 /);
  });

  it('goes on as a plain request where ws is off, instead of hanging', async () => {
    const { upstream, downstream } = await exchange(serving({}), UPGRADE);
    expect(upstream).not.toMatch(/upgrade/i);
    expect(downstream).toMatch(/\r\n\r\nok$/);
  });

  it('keeps every line of the answer, in its case', async () => {
    const world = serving({ ws: true });
    const cookies = 'Set-Cookie: a=1\r\nset-cookie: b=2\r\n';
    const { downstream } = await exchange(world, UPGRADE, SWITCHED.replace('\r\n\r\n', `\r\n${cookies}\r\n`));
    expect(downstream).toContain(cookies);
  });

  it('carries the bytes that come right behind each head', async () => {
    const world = serving({ ws: true });
    const origin = world.origin();
    const client = await world.connect();
    client.send(`${UPGRADE}early`);
    const server = await origin.accept();
    await server.receiveHead();
    server.send(`${SWITCHED}first`);
    expect(await client.take()).toMatch(/\r\n\r\nfirst$/);
    expect(await server.take()).toBe('early');
  });
});

describe('a client that leaves', () => {
  it.each([
    ['while it waits for the answer', ''],
    ['in the middle of the answer', 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome'],
    ['in the middle of events', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n'],
  ])('%s ends the connection to the target', async (_when, answer) => {
    const world = serving({});
    const origin = world.origin();
    const client = await world.connect();
    client.send('GET /events HTTP/1.1\r\nHost: origin.test\r\n\r\n');
    const server = await origin.accept();
    await server.receiveHead();
    server.send(answer);
    await client.take();
    client.reset();
    await settle(12);
    expect(server.ended).not.toBe('no');
    await expectServing(world, origin);
  });

  it('in the middle of its own content ends the connection to the target, which never sees a whole request', async () => {
    const world = serving({});
    const origin = world.origin();
    const client = await world.connect();
    client.send('POST / HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 100\r\n\r\nsome');
    const server = await origin.accept();
    await server.receiveHead();
    client.reset();
    await settle(12);
    expect(server.ended).not.toBe('no');
    expect(server.text).toBe('some');
    await expectServing(world, origin);
  });
});

describe('fields', () => {
  it('for one hop don’t go on, either way', async () => {
    const { upstream, downstream } = await exchange(
      serving({}),
      'GET / HTTP/1.1\r\nHost: origin.test\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\nTE: gzip\r\nX-End: 1\r\n\r\n',
      'HTTP/1.1 200 OK\r\nConnection: X-Back\r\nX-Back: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nContent-Length: 0\r\nX-End: 2\r\n\r\n',
    );
    expect(upstream).toBe('GET / HTTP/1.1\r\nHost: origin.test\r\nX-End: 1\r\nVia: 1.1 test-proxy\r\n\r\n');
    expect(withoutDate(downstream)).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-End: 2\r\nVia: 1.1 test-proxy\r\nConnection: close\r\n\r\n',
    );
  });

  it('of the target keep case, order and duplicates, Set-Cookie as well', async () => {
    const lines = 'X-B: 1\r\nsEt-Cookie: a=1\r\nX-a: 2\r\nSet-Cookie: b=2, c\r\nX-B: 3\r\n';
    const { downstream } = await exchange(
      serving({}),
      'GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n',
      `HTTP/1.1 200 OK\r\n${lines}Content-Length: 0\r\n\r\n`,
    );
    expect(downstream).toContain(`200 OK\r\n${lines}`);
  });

  it('that tell of chunks are not for a client of HTTP/1.0', async () => {
    const { downstream } = await exchange(
      serving({}),
      'GET / HTTP/1.0\r\nHost: origin.test\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    );
    expect(downstream).not.toMatch(/transfer-encoding/i);
    expect(downstream).toMatch(/\r\n\r\nok$/);
  });
});

describe('content', () => {
  it.each(['DELETE', 'OPTIONS'])('of %s goes on, in chunks as well', async (method) => {
    const world = serving({});
    const origin = world.origin();
    const client = await world.connect();
    client.send(
      `${method} /x HTTP/1.1\r\nHost: origin.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
    );
    const server = await origin.accept();
    expect(await server.receiveHead()).not.toMatch(/content-length: 0/i);
    expect(await server.take()).toContain('body');
    server.send(OK);
    expect(await client.take()).toMatch(/\r\n\r\nok$/);
  });

  it('that something in front has read already goes on, if it says what it has read', async () => {
    const world = newWorld();
    const proxy = compat(world, {});
    world.serve({
      async serve(request) {
        const seen = await request.body.text();
        return proxy.serve(request.with({ body: seen }));
      },
    });
    const origin = world.origin();
    const client = await world.connect();
    client.send('POST / HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 4\r\n\r\nread');
    const server = await origin.accept();
    await server.receiveHead();
    expect(await server.take()).toBe('read');
    server.send(OK);
    expect(await client.take()).toMatch(/\r\n\r\nok$/);
  });

  it('that something in front has read and lost is an error at once, not a request that hangs', async () => {
    const world = newWorld();
    const proxy = compat(world, {});
    world.serve({
      async serve(request) {
        await request.body.text();
        return proxy.serve(request);
      },
    });
    world.origin();
    const client = await world.connect();
    client.send('POST / HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 4\r\n\r\nread');
    expect(await client.take()).toMatch(/^HTTP\/1.1 5\d\d /);
  });

  it('that breaks off at the target is never taken for the whole', async () => {
    const world = serving({});
    const origin = world.origin();
    const client = await world.connect();
    client.send('GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n');
    const server = await origin.accept();
    await server.receiveHead();
    server.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n');
    await client.take();
    server.reset();
    expect(await client.take()).not.toContain('0\r\n\r\n');
    expect(client.ended).not.toBe('no');
  });

  it('of a target that has answered before it read all comes back, and the rest of the request is not waited for', async () => {
    const world = serving({});
    const origin = world.origin();
    const client = await world.connect();
    client.send('POST / HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 100\r\n\r\nsome');
    const server = await origin.accept();
    await server.receiveHead();
    server.send('HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig');
    server.end();
    expect(await client.take()).toMatch(/^HTTP\/1.1 413 .*\r\n\r\nbig$/s);
  });
});

function compat(world: World, options: Omit<HttpProxyCompatOptions, 'client'>) {
  const { client, pseudonym, relay, onRelayEnd } = world.forwarding;
  return httpProxyOptions({ client, pseudonym, relay, onRelayEnd, target: 'http://origin.test', ...options });
}

function serving(options: Omit<HttpProxyCompatOptions, 'client'>): World {
  const world = newWorld();
  return world.serve(compat(world, options));
}

/** Another client gets its answer. */
async function expectServing(world: World, origin: ReturnType<World['origin']>): Promise<void> {
  const { downstream } = await exchange(world, 'GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n', OK, origin);
  expect(downstream).toMatch(/\r\n\r\nok$/);
  expect(world.errors.filter((error) => error instanceof TypeError)).toEqual([]);
}
