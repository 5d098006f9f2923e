import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection, Listener } from '@lamella/net-core';
import {
  connectRequest,
  formatAddress,
  LocalAddress,
  PeerAddress,
  parseAddress,
  parseDomain,
  resolveRequest,
} from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listenTcp, listenUnix, socketConnector, staticResolver, systemResolver, tcpConnector } from '../index.ts';

checkLedger({ beforeEach, afterEach });
const folder = mkdtempSync(join(tmpdir(), 'lamella-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('listenTcp', () => {
  it('says in one line what is in the way', async () => {
    const first = await listenTcp();
    const port = portOf(first);
    await expect(listenTcp({ port })).rejects.toMatchObject({
      code: 'LML_ERR_LISTEN_IN_USE',
      message: `cannot listen on 127.0.0.1:${port}: something listens there already; stop it or choose another address`,
      facts: { protocolCode: 'EADDRINUSE' },
    });
    await first.close();
    await expect(listenTcp({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'LML_ERR_LISTEN_NOT_AVAILABLE' });
    await expect(listenTcp({ host: 'no host' })).rejects.toMatchObject({ code: 'LML_ERR_ADDRESS_BAD_HOST' });
  });

  it.each([
    ['port', 65_536],
    ['port', 1.5],
    ['backlog', 0],
    ['maxConnections', 0],
    ['maxConnectionsPerPeer', 0],
    ['keepAliveDelayMs', -1],
  ])('refuses %s of %d', async (name, value) => {
    await expect(listenTcp({ [name]: value })).rejects.toThrow(name);
  });

  it.each(['127.0.0.1', '0.0.0.0', '127.0.0.3'])('tells both ends of a connection to %s', async (host) => {
    const listener = await listenTcp({ host });
    const accepted: Connection[] = [];
    void collect(listener, accepted);
    const local = host === '0.0.0.0' ? `127.0.0.2:${portOf(listener)}` : formatAddress(listener.address);
    const near = await socketConnector().serve(connectRequest({ target: parseAddress(local) }));
    await expect.poll(() => accepted).toHaveLength(1);
    const seen = [LocalAddress, PeerAddress].map((key) => accepted[0]?.extensions.get(key));
    const dialled = [PeerAddress, LocalAddress].map((key) => near.extensions.get(key));
    expect(dialled[0]).toEqual(parseAddress(local));
    expect(seen).toEqual(dialled);
    for (const connection of [near, ...accepted]) connection.stream.destroy();
    await listener.close();
  });

  it('shares a port where it is asked to', async () => {
    const first = await listenTcp({ reusePort: true });
    const second = await listenTcp({ port: portOf(first), reusePort: true });
    await Promise.all([first.close(), second.close()]);
  });

  it.each([
    { maxConnections: 3, maxConnectionsPerPeer: 100 },
    { maxConnections: 100, maxConnectionsPerPeer: 3 },
  ])('keeps to $maxConnections connections in all and $maxConnectionsPerPeer per peer', async (limits) => {
    const listener = await listenTcp(limits);
    const accepted: Connection[] = [];
    void collect(listener, accepted);
    const near: Connection[] = [];
    for (let index = 0; index < 10; index++) near.push(await open(listener));
    const closed = await Promise.all(
      near.slice(3).map((connection) => connection.stream.read().catch(() => undefined)),
    );
    expect(closed.every((chunk) => chunk === undefined)).toBe(true);
    expect(listener.gauges).toEqual({ open: 3, refused: 7 });

    accepted[0]?.stream.destroy();
    near[0]?.stream.destroy();
    await expect.poll(() => listener.gauges.open).toBe(2);
    near.push(await open(listener));
    await expect.poll(() => accepted.length).toBe(4);
    for (const connection of [...near, ...accepted]) connection.stream.destroy();
    await listener.close();
  });

  it('counts IPv4 peers by their addresses where it takes both families', async () => {
    const listener = await listenTcp({ host: '::', maxConnectionsPerPeer: 1 });
    const clients = ['127.0.0.1', '127.0.0.2', '127.0.0.1', '::1', '::1'].map((localAddress) =>
      connectSocket({ port: portOf(listener), host: localAddress.includes(':') ? '::1' : '127.0.0.1', localAddress }),
    );
    for (const client of clients) client.on('error', () => {});
    await expect.poll(() => listener.gauges).toEqual({ open: 3, refused: 2 });
    for (const client of clients) client.destroy();
    const accepted: Connection[] = [];
    void collect(listener, accepted);
    await expect.poll(() => accepted.length).toBe(3);
    for (const { stream } of accepted) stream.destroy();
    await expect.poll(() => listener.gauges.open).toBe(0);
    await listener.close();
  });

  it('takes a connection that the primary of a cluster hands over as soon as it may', async () => {
    const script = `
      import cluster from 'node:cluster';
      import { once } from 'node:events';
      import { connect, createServer } from 'node:net';
      import { listenTcp } from '${new URL('../index.ts', import.meta.url)}';
      const turns = async () => {
        for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
      };
      // Below those that the system gives to others.
      const freePort = async () => {
        for (;;) {
          const [server, port] = [createServer(), 10_000 + Math.floor(Math.random() * 20_000)];
          const isFree = new Promise((resolve) => server.once('error', () => resolve(false)).once('listening', () => resolve(true)));
          server.listen(port, '127.0.0.1');
          if (!(await isFree)) continue;
          await new Promise((resolve) => server.close(resolve));
          return port;
        }
      };
      if (cluster.isPrimary) {
        // The first worker answers nothing any more: a second connection waits for somebody else.
        const port = await freePort();
        const stopped = cluster.fork({ PORT: port, STOPS: 1 });
        await once(stopped, 'listening');
        const clients = [];
        for (let count = 0; count < 2; count++) {
          const client = connect(port, '127.0.0.1').on('error', () => {});
          await once(client, 'connect');
          await turns();
          clients.push(client);
        }
        const taking = cluster.fork({ PORT: port });
        const [said] = await Promise.race(clients.map((client) => once(client, 'data')));
        console.log(String(said));
        for (const worker of [stopped, taking]) worker.process.kill('SIGKILL');
        process.exit();
      }
      const opening = listenTcp({ port: Number(process.env.PORT) });
      if (process.env.STOPS) {
        await opening;
        process.kill(process.pid, 'SIGSTOP');
      }
      // Busy with something else while the primary answers.
      await new Promise(setImmediate);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      for await (const { stream } of await opening) await stream.write([Buffer.from('taken')]);`;
    expect(await outputOf('handed-over.mjs', script)).toBe('taken');
  });

  it('gives a connection that is handed over while its worker leaves back to the primary', async () => {
    const script = `
      import cluster from 'node:cluster';
      import { once } from 'node:events';
      import { connect } from 'node:net';
      import { listenTcp } from '${new URL('../index.ts', import.meta.url)}';
      if (cluster.isPrimary) {
        const leaving = cluster.fork({ LEAVES: 1 });
        const [{ port }] = await once(leaving, 'listening');
        const staying = cluster.fork();
        await once(staying, 'listening');
        leaving.send('leave');
        await once(leaving, 'message');
        // The workers take turns, so one of these is handed over to the one that does not look.
        const clients = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
        console.log(String(await Promise.all(clients.map(async (client) => (await once(client, 'data'))[0]))));
        staying.process.kill('SIGKILL');
        process.exit();
      }
      const listener = await listenTcp();
      process.on('message', () => process.send('leaving', async () => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
        await listener.close();
        cluster.worker.disconnect();
      }));
      for await (const { stream } of listener) await stream.write([Buffer.from(process.env.LEAVES ? 'left' : 'stayed')]);`;
    expect(await outputOf('leaving.mjs', script)).toBe('stayed,stayed');
  });

  it('closes what nobody has taken when it closes', async () => {
    const listener = await listenTcp();
    const near = await open(listener);
    await settle(20);
    await listener.close();
    expect(await near.stream.read().catch(() => undefined)).toBeUndefined();
    near.stream.destroy();
  });
});

describe('listenUnix', () => {
  it('makes the file with its mode from the start, and removes it', async () => {
    const path = join(folder, 'mode.sock');
    for (const mode of [0o600, 0o660, 0o666]) {
      const listener = await listenUnix({ path, mode });
      expect(statSync(path).mode & 0o777).toBe(mode);
      await listener.close();
      expect(existsSync(path)).toBe(false);
    }
    expect(process.umask()).toBe(0o022);
  });

  it('replaces a file that nobody listens on, and nothing else', async () => {
    const path = await staleSocket('stale.sock');
    const listener = await listenUnix({ path });
    await expect(listenUnix({ path })).rejects.toMatchObject({ code: 'LML_ERR_LISTEN_IN_USE' });
    await listener.close();

    writeFileSync(path, 'precious');
    await expect(listenUnix({ path })).rejects.toMatchObject({
      code: 'LML_ERR_LISTEN_BAD_PATH',
      message: expect.stringContaining('something else than a socket'),
    });
    expect(existsSync(path)).toBe(true);
    await expect(listenUnix({ path: join(folder, 'missing', 'x.sock') })).rejects.toMatchObject({
      code: 'LML_ERR_LISTEN_BAD_PATH',
    });
    await expect(listenUnix({ path, mode: 0o1777 })).rejects.toThrow('mode');
  });

  it('lets one of two have a file that nobody listens on', async () => {
    const path = await staleSocket('contended.sock');
    const both = await Promise.allSettled([listenUnix({ path }), listenUnix({ path })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const result of both) {
      if (result.status === 'fulfilled') await result.value.close();
      else expect(result.reason).toMatchObject({ code: 'LML_ERR_LISTEN_IN_USE' });
    }
  });

  it('makes the file with its mode in a cluster too, where another process makes it', async () => {
    const script = `
      import cluster from 'node:cluster';
      import { statSync } from 'node:fs';
      import { listenUnix } from '${new URL('../index.ts', import.meta.url)}';
      if (cluster.isPrimary) {
        process.umask(0);
        cluster.fork();
      } else {
        const path = ${JSON.stringify(join(folder, 'cluster.sock'))};
        await listenUnix({ path });
        console.log((statSync(path).mode & 0o777).toString(8));
        process.exit();
      }`;
    expect(await outputOf('cluster.mjs', script)).toBe('600');
  });

  it('tells failures of the file system as its own', async () => {
    symlinkSync('loop', join(folder, 'loop'));
    await expect(listenUnix({ path: join(folder, 'loop', 'x.sock') })).rejects.toMatchObject({
      name: 'ListenError',
      facts: { protocolCode: 'ELOOP' },
    });
  });

  it('refuses a path that the kernel would cut off, or that is none', async () => {
    const longest = join(folder, 'x'.repeat(107 - folder.length - 1));
    await (await listenUnix({ path: longest })).close();
    for (const path of [`${longest}x`, '', '\0', 'a\0b', `\0${'x'.repeat(108)}`]) {
      await expect(listenUnix({ path })).rejects.toMatchObject({
        code: 'LML_ERR_LISTEN_BAD_PATH',
        message: expect.stringContaining('a path has 1 to 107 bytes'),
      });
      const request = connectRequest({ target: { type: 'unix', path } });
      await expect(socketConnector().serve(request)).rejects.toThrow('a path has 1 to 107 bytes');
    }
  });

  it('takes no account of peers, who have no address, but of the number of all', async () => {
    const listener = await listenUnix({
      path: join(folder, 'peers.sock'),
      maxConnections: 3,
      maxConnectionsPerPeer: 1,
    });
    const accepted: Connection[] = [];
    void collect(listener, accepted);
    const near: Connection[] = [];
    for (let index = 0; index < 4; index++) near.push(await open(listener));
    await expect.poll(() => listener.gauges.refused).toBe(1);
    expect(listener.gauges).toEqual({ open: 3, refused: 1 });
    for (const connection of [...near, ...accepted]) connection.stream.destroy();
    await expect.poll(() => listener.gauges.open).toBe(0);
    await listener.close();
  });

  it.runIf(process.platform === 'linux')('listens on abstract names', async () => {
    const name = `lamella-test-${process.pid}`;
    const listener = await listenUnix({ path: `\0${name}` });
    const connection = await tcpConnector().serve(connectRequest({ target: parseAddress(`unix:@${name}`) }));
    connection.stream.destroy();
    const { value: far } = await listener[Symbol.asyncIterator]().next();
    (far as Connection).stream.destroy();
    await listener.close();
  });
});

describe('socketConnector', () => {
  it('needs an address, and says so', async () => {
    const request = connectRequest({ target: parseAddress('example.test:80') });
    await expect(socketConnector().serve(request)).rejects.toThrow('look the name up first');
  });

  it('gives up in time and by abort, and leaves nothing', async () => {
    const listener = await listenTcp();
    const clock = new FakeClock();
    const connector = socketConnector({ clock, connectTimeoutMs: 3_000 });
    const target = listener.address;
    const timedOut = connector.serve(connectRequest({ target })).catch((error: unknown) => error);
    clock.advance(3_000); // before the kernel has had a chance
    expect(await timedOut).toMatchObject({ code: 'LML_ERR_CONNECT_TIMEOUT', phase: 'connect' });

    const controller = new AbortController();
    const aborted = connector
      .serve(connectRequest({ target, signal: controller.signal }))
      .catch((error: unknown) => error);
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    expect(clock.pendingTimers).toBe(0);
    await listener.close();
  });

  it.each([
    ['connectTimeoutMs', 0],
    ['keepAliveDelayMs', -1],
    ['localAddress', 'here'],
  ])('refuses %s of %s', (name, value) => {
    expect(() => socketConnector({ [name]: value })).toThrow(name);
  });
});

describe('resolvers', () => {
  it('find localhost by the system, and tell what does not exist', async () => {
    const resolver = systemResolver();
    const found = await resolver.serve(resolveRequest(parseDomain('localhost'), 4));
    expect(found.map(String)).toContain('127.0.0.1');
    await expect(resolver.serve(resolveRequest(parseDomain('nothing.invalid'), 4))).rejects.toMatchObject({
      code: expect.stringMatching(/NAME_NOT_FOUND|NAME_LOOKUP_FAILED/),
      phase: 'resolve',
      facts: { peer: 'nothing.invalid' },
    });
    expect(() => systemResolver({ timeoutMs: 0 })).toThrow('timeoutMs');
  });

  it('give up in time and by abort', async () => {
    const clock = new FakeClock();
    const slow = resolveRequest(parseDomain('localhost'), 4);
    const late = systemResolver({ clock }).serve(slow);
    clock.advance(5_000);
    await expect(late).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED',
      cause: { timeoutMs: 5_000 },
    });
    const aborted = systemResolver({ clock }).serve(slow);
    slow.scope.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  it('answer from a table first', async () => {
    const resolver = staticResolver({ 'A.test': ['192.0.2.1', '2001:db8::1'] }, systemResolver());
    const ask = (name: string, family: 4 | 6) => resolver.serve(resolveRequest(parseDomain(name), family));
    expect((await ask('a.test', 4)).map(String)).toEqual(['192.0.2.1']);
    expect((await ask('a.test', 6)).map(String)).toEqual(['2001:db8::1']);
    expect((await ask('localhost', 4)).length).toBeGreaterThan(0);
    await expect(staticResolver({}).serve(resolveRequest(parseDomain('b.test'), 4))).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_NAME_NOT_FOUND',
    });
    expect(() => staticResolver({ 'a.test': ['nowhere'] })).toThrow('not an IP address');
  });
});

/** Runs a program. @returns What it prints, without the line end. */
async function outputOf(name: string, script: string): Promise<string> {
  const file = join(folder, name);
  writeFileSync(file, script);
  const child = spawn(process.execPath, ['--conditions=@lamella/source', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  child.stdout.on('data', (chunk) => said.push(String(chunk)));
  await new Promise((resolve) => child.once('close', resolve));
  return said.join('').trim();
}

/** A socket file whose process has died. */
async function staleSocket(name: string): Promise<string> {
  const path = join(folder, name);
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await new Promise((resolve) => spawn(process.execPath, ['-e', script]).once('exit', resolve));
  expect(existsSync(path)).toBe(true);
  return path;
}

async function collect(listener: Listener, accepted: Connection[]): Promise<void> {
  for await (const connection of listener) accepted.push(connection);
}

function open(listener: Listener): Promise<Connection> {
  return tcpConnector().serve(connectRequest({ target: listener.address }));
}

function portOf(listener: Listener): number {
  return listener.address.type === 'tcp' ? listener.address.port : 0;
}
