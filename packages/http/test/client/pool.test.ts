import { getEventListeners } from 'node:events';
import type { ByteStream, Connector } from '@lamella/net-core';
import { createConnection, memoryNetwork, memoryPipe, resources } from '@lamella/net-core';
import { checkLedger, utf8 } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient, http1 } from '../../src/index.ts';
import { OK, request, scriptedClients, warmUp } from '../support/scripted-client.ts';
import { scriptedServer } from '../support/scripted-server.ts';

checkLedger({ beforeEach, afterEach });
const { setup } = scriptedClients({ afterEach });

describe('the pool', () => {
  it('reuses the connection that was used last, and opens no more than allowed', async () => {
    const { client, server } = setup({ maxConnectionsPerOrigin: 2 });
    const answers = [1, 2, 3].map((index) => client.serve(request(`http://a.test/${index}`)));
    const [first, second] = [await server.accept(), await server.accept()];
    await settle();
    expect(client.gauges()).toEqual([
      { origin: 'http://a.test:80', open: 2, active: 2, idle: 0, streams: 2, waiting: 1 },
    ]);
    first.send(OK);
    await first.receive('GET /3');
    first.send(OK);
    second.send(OK);
    for (const answer of answers) await (await answer).body.bytes();
    expect(server.connections).toHaveLength(2);
  });

  it('serves who waits in order, and lets who gives up leave', async () => {
    const { client, server } = setup({ maxConnectionsPerOrigin: 1 });
    const controller = new AbortController();
    const answers = [
      client.serve(request('http://a.test/1')),
      client.serve(request('http://a.test/2', { signal: controller.signal })),
      client.serve(request('http://a.test/3')),
    ];
    const origin = await server.accept();
    controller.abort('left the queue');
    await expect(answers[1]).rejects.toBe('left the queue');
    origin.send(OK);
    await origin.receive('GET /3');
    origin.send(OK);
    for (const index of [0, 2]) await (await answers[index])?.body.bytes();
    expect(origin.text).not.toContain('GET /2');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('refuses more than may wait, and times out who waits too long', async () => {
    const { client, server, clock } = setup({
      maxConnectionsPerOrigin: 1,
      maxWaitingPerOrigin: 1,
      acquireTimeoutMs: 5_000,
    });
    const first = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    const second = client.serve(request('http://a.test/'));
    await expect(client.serve(request('http://a.test/'))).rejects.toMatchObject({
      code: 'LML_ERR_LIMIT',
      limit: 'maxWaitingPerOrigin',
      facts: { phase: 'queue' },
    });
    const timedOut = expect(second).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'acquireTimeoutMs' });
    await clock.advanceAsync(5_000);
    await timedOut;
    origin.send(OK);
    await (await first).body.bytes();
  });

  it('closes idle connections in time, sooner if the server says so', async () => {
    const { client, server, clock } = setup();
    await warmUp(client, server);
    await clock.advanceAsync(49_999);
    expect(client.gauges()[0]).toMatchObject({ idle: 1 });
    await clock.advanceAsync(1);
    expect(client.gauges()).toEqual([]);

    const answer = client.serve(request('http://a.test/'));
    (await server.accept()).send('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n');
    await (await answer).body.bytes();
    await clock.advanceAsync(3_999);
    expect(client.gauges()[0]).toMatchObject({ idle: 1 });
    await clock.advanceAsync(1);
    expect(client.gauges()).toEqual([]);
  });

  it('closes a connection on which the server speaks out of turn', async () => {
    const { client, server } = setup();
    await warmUp(client, server);
    server.connections[0]?.send('HTTP/1.1 408 Request Timeout\r\n\r\n');
    await settle();
    expect(client.gauges()).toEqual([]);
  });

  it('makes room for another origin by closing the idle connection that is oldest', async () => {
    const { client, server } = setup({ maxConnections: 2 });
    await warmUp(client, server, 'http://a.test/');
    await warmUp(client, server, 'http://b.test/');
    await warmUp(client, server, 'http://c.test/');
    expect(client.gauges().map(({ origin }) => origin)).toEqual(['http://b.test:80', 'http://c.test:80']);
  });

  it('lets an origin wait when all connections are busy elsewhere, and goes on when one closes', async () => {
    const { client, server } = setup({ maxConnections: 1 });
    const first = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    const second = client.serve(request('http://b.test/'));
    await settle();
    expect(server.connections).toHaveLength(1);
    origin.send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    await (await first).body.bytes();
    (await server.accept()).send(OK);
    await (await second).body.bytes();
  });

  it('lets an origin wait no longer than until a connection is idle elsewhere, and opens no more than allowed', async () => {
    const { client, server } = setup({ maxConnections: 2 });
    const busy = ['a', 'b'].map((host) => client.serve(request(`http://${host}.test/`)));
    const [first] = [await server.accept(), await server.accept()];
    const starved = ['c', 'd', 'e'].map((host) => client.serve(request(`http://${host}.test/`)));
    await settle();
    expect(server.connections).toHaveLength(2);
    first.send(OK);
    await (await busy[0])?.body.bytes();
    for (const answer of starved) {
      const next = await server.accept();
      expect(client.gauges().reduce((sum, { open }) => sum + open, 0)).toBe(2);
      next.send(OK);
      await (await answer).body.bytes();
    }
    server.connections[1]?.send(OK);
    await (await busy[1])?.body.bytes();
  });

  it('lets no more wait than allowed either where it is the connections in all that are used up', async () => {
    const { client, server } = setup({ maxConnections: 1, maxWaitingPerOrigin: 1 });
    const busy = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    const waiting = client.serve(request('http://b.test/'));
    await expect(client.serve(request('http://b.test/'))).rejects.toMatchObject({ limit: 'maxWaitingPerOrigin' });
    origin.send(OK);
    await (await busy).body.bytes();
    (await server.accept()).send(OK);
    await (await waiting).body.bytes();
  });

  it('serves no request on a connection that is too old, not even one that waits for it', async () => {
    const { client, server, clock } = setup({ maxConnectionsPerOrigin: 1, maxConnectionAgeMs: 1_000 });
    const first = client.serve(request('http://a.test/1'));
    const second = client.serve(request('http://a.test/2'));
    const origin = await server.accept();
    await clock.advanceAsync(1_000);
    origin.send(OK);
    await (await first).body.bytes();
    const next = await server.accept();
    await next.receive('GET /2');
    next.send(OK);
    await (await second).body.bytes();
  });

  it('passes a failing connect on to who waits, and leaves nothing', async () => {
    const network = memoryNetwork();
    const client = createHttpClient({ connector: network.connector(), protocols: [http1()] });
    const answers = Array.from({ length: 20 }, () => client.serve(request('http://nobody.test/')));
    for (const answer of answers) {
      await expect(answer).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED', facts: { attempt: 1 } });
    }
    expect(client.gauges()).toEqual([]);
    await client.close();
  });

  it('does not dial without end where every connection is dead on arrival', async () => {
    let dials = 0;
    const connector: Connector = {
      async serve() {
        if (++dials > 100) throw new Error('dialled without end');
        const [near, far] = memoryPipe();
        near.destroy(new Error('broken'));
        far.destroy();
        return createConnection(near);
      },
    };
    const { client } = setup({ connector });
    await expect(client.serve(request('http://a.test/', { method: 'POST', body: 'x' }))).rejects.toMatchObject({
      code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
      processed: 'no',
      facts: { layer: 'http-pool', phase: 'connect', attempt: 3, peer: 'http://a.test:80' },
    });
    expect(dials).toBe(3);
    expect(client.gauges()).toEqual([]);
  });

  it('dials a server once that speaks first, by another protocol, and says what it did', async () => {
    const servers: ByteStream[] = [];
    const connector: Connector = {
      async serve() {
        const [near, far] = memoryPipe();
        void far.write([utf8('SSH-2.0-OpenSSH_9.6\r\n')]);
        servers.push(far);
        return createConnection(near);
      },
    };
    const { client } = setup({ connector });
    await expect(client.serve(request('http://a.test/'))).rejects.toMatchObject({
      code: 'LML_ERR_HTTP1_UNEXPECTED_BYTES',
      facts: { layer: 'http-pool', phase: 'connect', retryable: false, peer: 'http://a.test:80' },
    });
    expect(servers.length).toBe(1);
    servers[0]?.destroy();
  });

  it('knows of the connection of a second try: close and destroy end it', async () => {
    for (const end of ['close', 'destroy'] as const) {
      const { client, server } = setup();
      await warmUp(client, server);
      const answer = client.serve(request('http://a.test/again'));
      await settle();
      server.connections[0]?.stream.destroy(new Error('gone')); // the only one that the pool has
      await settle();
      const second = server.connections[1];
      second?.send(OK);
      await (await answer).body.bytes();
      expect(client.gauges()).toEqual([
        { origin: 'http://a.test:80', open: 1, active: 0, idle: 1, streams: 0, waiting: 0 },
      ]);
      await client[end]();
      expect(resources()).not.toHaveProperty('pooled-connection');
      expect(client.gauges()).toEqual([]);
    }
  });

  it('knows of a connection that takes the place of one that was too old', async () => {
    const { client, server, clock } = setup({ maxConnectionAgeMs: 1_000, idleTimeoutMs: 5_000 });
    const busy = client.serve(request('http://a.test/'));
    (await server.accept()).send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok');
    const { body } = await busy;
    clock.advance(1_000);
    server.connections[0]?.send('ok');
    await body.bytes();
    const next = client.serve(request('http://a.test/'));
    await settle();
    server.connections[1]?.send(OK);
    await (await next).body.bytes();
    expect(client.gauges()).toEqual([
      { origin: 'http://a.test:80', open: 1, active: 0, idle: 1, streams: 0, waiting: 0 },
    ]);
  });

  it('goes on to the next origin when one that waited for room has given up', async () => {
    const { client, server } = setup({ maxConnections: 1 });
    const busy = client.serve(request('http://a.test/'));
    const first = await server.accept();
    const given = new AbortController();
    const waiting = client.serve(request('http://b.test/'));
    const up = client.serve(request('http://c.test/', { signal: given.signal }));
    given.abort(new Error('no longer'));
    await expect(up).rejects.toThrow('no longer');
    first.send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
    await (await busy).body.bytes();
    const second = await server.accept();
    second.send(OK);
    await (await waiting).body.bytes();
    expect(second.text).toContain('Host: b.test');
  });

  it('closes in good order: nothing new, but what is under way ends', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    const closed = client.close();
    await expect(client.serve(request('http://a.test/'))).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
    origin.send(OK);
    expect(await (await answer).body.text()).toBe('ok');
    await closed;
    expect(client.gauges()).toEqual([]);
  });

  it('goes on during a drain, but keeps no connection', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const { client, server } = setup({ lifecycle, clock });
    await warmUp(client, server);
    const report = lifecycle.drain();
    expect((await report).protocols).toEqual({ 'http-client': { finished: 0, closed: 1, cut: 0 } });
    const late = client.serve(request('http://a.test/'));
    (await server.accept()).send(OK);
    await (await late).body.bytes();
    expect(client.gauges()).toEqual([]);
  });

  it('refuses options out of their range', () => {
    const { connector } = scriptedServer();
    expect(() => createHttpClient({ connector, protocols: [] })).toThrow('protocols must name at least one');
    for (const name of [
      'maxConnections',
      'maxConnectionsPerOrigin',
      'acquireTimeoutMs',
      'idleTimeoutMs',
      'maxConnectionAgeMs',
    ]) {
      expect(() => createHttpClient({ connector, protocols: [http1()], [name]: 0 })).toThrow(name);
    }
    expect(() => http1({ maxInformational: -1 })).toThrow('maxInformational');
    expect(() => http1({ bodyIdleTimeoutMs: 0 })).toThrow('bodyIdleTimeoutMs');
    expect(() => http1({ limits: { maxHeaders: 0 } })).toThrow('maxHeaders');
    expect(() => http1({ timeouts: { writeTimeoutMs: 0 } })).toThrow('writeTimeoutMs');
  });
});
