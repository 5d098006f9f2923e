import { ConnectError, connectRequest, parseAddress } from '@lamella/net-core';
import { TimeoutError } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withoutDate, worlds } from './support/world.ts';

const newWorld = worlds({ beforeEach, afterEach });

describe('CONNECT', () => {
  it('is answered with 200 only when the far end stands', async () => {
    const world = newWorld().forward();
    world.network.setConditions({ latencyMs: 40 }, { to: 'origin.test' });
    const origin = world.origin('origin.test:443');
    const client = await world.connect();
    client.send(connectTo('origin.test:443'));
    await world.clock.advanceAsync(39);
    expect(await client.take()).toBe('');
    expect(origin.count).toBe(0);
    await world.clock.advanceAsync(1);
    expect(withoutDate(await client.take())).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
    expect(world.access).toEqual([{ status: 200 }]);
    await origin.accept();
  });

  it('reaches names, IPv4 and IPv6 addresses', async () => {
    const world = newWorld().forward();
    for (const target of ['origin.test:443', '10.1.2.3:443', '[2001:db8::1]:443']) {
      const origin = world.origin(target);
      const client = await world.connect();
      client.send(connectTo(target));
      expect(await client.take()).toMatch(/^HTTP\/1.1 200 /);
      await origin.accept();
    }
  });

  it.each([
    ['nobody listens', 502, 'connection_refused', 'connect to origin.test:443: refused'],
    ['there is no route', 502, 'destination_ip_unroutable', 'connect to origin.test:443: no route'],
  ])('fails with %s → %i %s', async (what, status, type, why) => {
    const world = newWorld().forward();
    if (what === 'there is no route') world.network.unreachable('origin.test');
    const client = await world.connect();
    client.send(connectTo('origin.test:443'));
    expect(withoutDate(await client.take())).toBe(gatewayError(status, type, why));
    expect(world.access).toEqual([{ status, error: expect.any(ConnectError) }]);
    expect(world.errors).toEqual([]);
    expect(world.outcomes).toEqual([]);
  });

  it('fails with 504 when the far end does not answer, at its limit and not before', async () => {
    const world = newWorld({ connectTimeoutMs: 3_000 }).forward();
    world.network.blackHole('origin.test');
    const client = await world.connect();
    client.send(connectTo('origin.test:443'));
    await world.clock.advanceAsync(2_999);
    expect(await client.take()).toBe('');
    await world.clock.advanceAsync(1);
    const why = 'connect to origin.test:443: no answer within 3000 ms';
    expect(withoutDate(await client.take())).toBe(gatewayError(504, 'connection_timeout', why));
  });

  const notFound = new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', 'no.test does not exist', { phase: 'resolve' });
  const lookupFailed = new ConnectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED', 'nobody to ask', { phase: 'resolve' });
  const slowLookup = new ConnectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED', 'nobody answered', {
    phase: 'resolve',
    cause: new TimeoutError({ limit: 'timeoutMs', timeoutMs: 5 }),
  });
  it.each([
    ['a name that does not exist', notFound, 502, 'dns_error'],
    ['a lookup that fails', lookupFailed, 502, 'dns_error'],
    ['a lookup that takes too long', slowLookup, 504, 'dns_timeout'],
  ])('fails with %s', async (_, error, status, type) => {
    const world = newWorld();
    world.forward({ connector: { serve: () => Promise.reject(error) } });
    const client = await world.connect();
    client.send(connectTo('no.test:443'));
    expect(withoutDate(await client.take())).toBe(gatewayError(status, type, error.message));
    expect(world.access).toEqual([{ status, error }]);
  });

  it('that fails ends the connection: what was sent for the tunnel is no request', async () => {
    const world = newWorld().forward();
    const origin = world.origin();
    const client = await world.connect();
    client.send(`${connectTo('nobody.test:443')}GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n\r\n`);
    expect(await client.take()).toMatch(/^HTTP\/1.1 502 (?!.*HTTP\/1.1)/s);
    expect(client.ended).toBe('end');
    expect(origin.count).toBe(0);
  });

  it('by a connector that has a bug is answered with 500, and reported', async () => {
    const world = newWorld();
    const bug = new TypeError('a bug');
    world.forward({ connector: { serve: () => Promise.reject(bug) } });
    const client = await world.connect();
    client.send(connectTo('origin.test:443'));
    expect(await client.take()).toMatch(/^HTTP\/1.1 500 /);
    expect(world.errors).toEqual([bug]);
    expect(world.access).toEqual([{ status: 'error', error: bug }]);
  });

  it('is given up when the client leaves', async () => {
    const world = newWorld().forward();
    world.network.blackHole('origin.test');
    const client = await world.connect();
    client.send(connectTo('origin.test:443'));
    await settle(4);
    client.reset();
    await settle(4);
    expect(world.clock.pendingTimers).toBe(0); // nobody waits for the far end any more
    expect(world.access).toEqual([{ status: 'aborted', error: expect.anything() }]);
    expect(world.errors).toEqual([]);
  });

  it('closes a far end that stands only after the client has left', async () => {
    const world = newWorld();
    const origin = world.origin('origin.test:443');
    const gate = Promise.withResolvers<void>();
    const target = parseAddress('origin.test:443');
    // Deaf to the scope of its request.
    const connector = { serve: () => gate.promise.then(() => world.connector.serve(connectRequest({ target }))) };
    world.forward({ connector });
    const client = await world.connect();
    client.send(connectTo('origin.test:443'));
    await settle(4);
    client.reset();
    await settle(4);
    gate.resolve();
    const server = await origin.accept();
    await settle(8);
    expect(server.ended).toBe('end');
    expect(world.outcomes).toEqual([]);
  });
});

describe('the ports that CONNECT may reach', () => {
  it.each([
    ['by default', {}, [80, 443], [22, 8443, 79, 81, 442, 444, 65_535]],
    ['as told', { connectPorts: [22, 8443] }, [22, 8443], [80, 443]],
    ['any', { connectPorts: 'any' as const }, [1, 22, 65_535], []],
    ['none', { connectPorts: [] }, [], [80, 443]],
  ])('%s', async (_, options, open, closed) => {
    const world = newWorld().forward(options);
    for (const port of open) {
      const origin = world.origin(`origin.test:${port}`);
      const client = await world.connect();
      client.send(connectTo(`origin.test:${port}`));
      expect(await client.take(), `${port}`).toMatch(/^HTTP\/1.1 200 /);
      await origin.accept();
    }
    for (const port of closed) {
      const origin = world.origin(`closed.test:${port}`);
      const client = await world.connect();
      client.send(connectTo(`closed.test:${port}`));
      const allowed = open.length === 0 ? 'none' : open.join(',');
      expect(await client.take(), `${port}`).toMatch(
        new RegExp(`^HTTP/1.1 403 .*CONNECT to port ${port} is not allowed; allowed: ${allowed}\n$`, 's'),
      );
      expect(origin.count).toBe(0);
    }
  });

  it.each([
    'origin.test',
    'origin.test:',
    'http://origin.test:443/',
    '/path',
    'a@origin.test:443',
    ':443',
    'origin.test:70000',
  ])('say nothing of CONNECT %s, which is malformed', async (target) => {
    const world = newWorld().forward({ connectPorts: 'any' });
    const client = await world.connect();
    client.send(`CONNECT ${target} HTTP/1.1\r\nHost: origin.test\r\n\r\n`);
    expect(await client.take()).toMatch(/^HTTP\/1.1 400 /);
    expect(world.access).toEqual([]);
  });
});

function connectTo(target: string): string {
  return `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`;
}

function gatewayError(status: number, type: string, why: string): string {
  const reason = status === 504 ? 'Gateway Timeout' : 'Bad Gateway';
  const body = `${status} ${reason}: ${why}\n`;
  return (
    `HTTP/1.1 ${status} ${reason}\r\nProxy-Status: test-proxy; error=${type}\r\n` +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  );
}
