import { inspect } from 'node:util';
import type { ConnectError, Listener } from '@lamella/net-core';
import {
  ConnectTimings,
  connectRequest,
  formatAddress,
  memoryNetwork,
  PeerAddress,
  parseAddress,
  serveListener,
} from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn, stack } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ScriptedServer } from '../../../test/support/scripted-server.ts';
import { scriptedServer } from '../../../test/support/scripted-server.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpServerLayer } from '../../server/http-server-layer.ts';
import type { HttpProxyConnectorOptions } from './http-proxy-connector.ts';
import { httpProxyConnector } from './http-proxy-connector.ts';

checkLedger({ beforeEach, afterEach });
// The other ends; ours must be closed by then.
afterEach(async () => {
  for (const server of servers.splice(0)) for (const { stream } of server.connections) stream.destroy();
  for (const listener of listeners.splice(0)) await listener.close();
});

describe('httpProxyConnector', () => {
  it('asks for a tunnel, with credentials that the tunnel never sees', async () => {
    const { connect, server } = setup({ proxy: 'http://us%40er:se%3Acret@proxy.test:3128' });
    const tunnel = connect();
    const proxy = await server.accept();
    await proxy.receive('\r\n\r\n');
    const credentials = Buffer.from('us@er:se:cret').toString('base64');
    expect(proxy.text).toBe(
      `CONNECT origin.test:443 HTTP/1.1\r\nHost: origin.test:443\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`,
    );
    proxy.send(ESTABLISHED);
    const { stream, extensions } = await tunnel;
    expect(formatAddress(extensions.get(PeerAddress) ?? parseAddress('1'))).toBe('origin.test:443');
    await stream.write([Buffer.from('hello')]);
    await proxy.receive('hello');
    stream.destroy();
  });

  it('gives the bytes that come right behind the answer first, wherever the two are cut', async () => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\n${EARLY}`; // RFC 9110: the length says nothing
    for (let cut = 0; cut <= answer.length; cut++) {
      const { connect, server } = setup();
      const tunnel = connect();
      const proxy = await server.accept();
      proxy.send(answer.slice(0, cut));
      await settle();
      proxy.send(answer.slice(cut));
      const { stream } = await tunnel;
      let text = '';
      while (text.length < EARLY.length) text += Buffer.from((await stream.read()) ?? '!').toString();
      expect(text).toBe(EARLY);
      stream.destroy();
    }
  });

  it('takes interim responses before the answer, and says what it waited for', async () => {
    const { connect, server, clock } = setup();
    const tunnel = connect();
    const proxy = await server.accept();
    await clock.advanceAsync(30);
    proxy.send(`HTTP/1.1 103 Early Hints\r\n\r\n${ESTABLISHED}`);
    const { stream, extensions } = await tunnel;
    expect(extensions.get(ConnectTimings)).toEqual({ proxyMs: 30 });
    stream.destroy();
  });

  it.each([
    ['refuses', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!', 'LML_ERR_CONNECT_PROXY_REFUSED', 403, false],
    [
      'refuses without end',
      `HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n${'4\r\nnono\r\n'.repeat(50_000)}`,
      'LML_ERR_CONNECT_PROXY_REFUSED',
      403,
      false,
    ],
    ['cannot', 'HTTP/1.1 502 Bad Gateway\r\n\r\n', 'LML_ERR_CONNECT_PROXY_REFUSED', 502, true],
    [
      'wants credentials',
      'HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n',
      'LML_ERR_CONNECT_PROXY_AUTH',
      407,
      false,
    ],
    ['redirects', 'HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n', 'LML_ERR_CONNECT_PROXY_REFUSED', 302, false],
    ['switches', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n', 'LML_ERR_CONNECT_PROXY_FAILED', undefined, true],
    ['talks garbage', '\x05\x00\x00\x01 no HTTP at all\r\n', 'LML_ERR_CONNECT_PROXY_FAILED', undefined, true],
    [
      'has endless fields',
      `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(5_000)}`,
      'LML_ERR_CONNECT_PROXY_FAILED',
      undefined,
      true,
    ],
    [
      'has an endless field',
      `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}`,
      'LML_ERR_CONNECT_PROXY_FAILED',
      undefined,
      true,
    ],
    ['has an endless reason', `HTTP/1.1 200 ${'y'.repeat(5_000)}`, 'LML_ERR_CONNECT_PROXY_FAILED', undefined, true],
    ['hints without end', 'HTTP/1.1 103 Hints\r\n\r\n'.repeat(9), 'LML_ERR_CONNECT_PROXY_FAILED', undefined, true],
  ])('gives up on a proxy that %s, and closes the connection', async (_, answer, code, status, retryable) => {
    const { connect, server, clock } = setup();
    const tunnel = connect();
    const failed = expect(tunnel).rejects.toMatchObject({ code, phase: 'proxy', facts: { retryable } });
    const proxy = await server.accept();
    proxy.send(answer);
    await failed;
    const error: ConnectError = await tunnel.then(never, (reason) => reason);
    expect(error.facts.protocolCode).toBe(status);
    expect(error.facts).toMatchObject({ layer: 'http-proxy', peer: 'origin.test:443', via: ['proxy.test:3128'] });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/secret|c2VjcmV0|dXNlcjpzZWNyZXQ/);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up on a proxy that closes instead of answering, at whichever byte', async () => {
    for (let cut = 0; cut < ESTABLISHED.length; cut += 5) {
      const { connect, server } = setup();
      const failed = expect(connect()).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_PROXY_FAILED', phase: 'proxy' });
      const proxy = await server.accept();
      proxy.send(ESTABLISHED.slice(0, cut));
      await proxy.stream.closeWrite();
      await failed;
    }
  });

  it('has a deadline of its own, that no byte of the answer moves', async () => {
    const { connect, server, clock } = setup();
    const tunnel = connect();
    let failure: unknown;
    tunnel.catch((error: unknown) => {
      failure = error;
    });
    const proxy = await server.accept();
    for (let second = 1; second < 10; second++) {
      await clock.advanceAsync(1_000);
      proxy.send('HTTP/1.1 200 OK'.charAt(second - 1));
    }
    await clock.advanceAsync(999);
    expect(failure).toBeUndefined();
    await clock.advanceAsync(1);
    expect(failure).toMatchObject({ code: 'LML_ERR_CONNECT_TIMEOUT', phase: 'proxy' });
    expect(String(failure)).toContain('within 10000 ms');
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with the reason of the caller, and closes the connection', async () => {
    const { connect, server, clock } = setup();
    const controller = new AbortController();
    const failed = expect(connect('origin.test:443', controller.signal)).rejects.toBe('changed my mind');
    await server.accept();
    controller.abort('changed my mind');
    await failed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('opens a tunnel of its own for each connection', async () => {
    const { connect, server } = setup();
    for (let number = 1; number <= 3; number++) {
      const tunnel = connect();
      const proxy = await server.accept();
      proxy.send(ESTABLISHED);
      (await tunnel).stream.destroy();
      expect(proxy.text.match(/CONNECT/g)).toHaveLength(1);
      expect(server.connections).toHaveLength(number);
    }
  });

  it('leaves names to the proxy, unless it is given a resolver', async () => {
    const network = memoryNetwork();
    network.setName('origin.test', ['192.0.2.7', '2001:db8::7']);
    network.setName('six.test', ['2001:db8::6']);
    const { connect, server } = setup({ resolver: network.resolver });
    for (const [target, asked] of [
      ['origin.test:443', '192.0.2.7:443'],
      ['six.test:443', '[2001:db8::6]:443'],
      ['192.0.2.9:80', '192.0.2.9:80'],
    ] as const) {
      const tunnel = connect(target);
      const proxy = await server.accept();
      proxy.send(ESTABLISHED);
      (await tunnel).stream.destroy();
      expect(proxy.text.startsWith(`CONNECT ${asked} `)).toBe(true);
    }
    await expect(connect('nowhere.test:443')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_NAME_NOT_FOUND',
      phase: 'resolve',
    });
    expect(server.connections).toHaveLength(3); // the proxy was not even asked
  });

  it('goes through any number of proxies, each asked for the next one', async () => {
    const network = memoryNetwork();
    const listen = (address: string): Listener => {
      const listener = network.listen(address);
      listeners.push(listener);
      return listener;
    };
    const asked: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const proxy = serviceFn(async ({ target, headers }: HttpRequest) => {
        asked.push(`${name}: ${target} ${headers.get('proxy-authorization') ?? ''}`.trim());
        const upstream = await network.connector().serve(connectRequest({ target: parseAddress(target) }));
        return HttpResponse.upgrade(
          { status: 200 },
          serviceFn(async ({ stream }) => {
            const back = pump(upstream.stream, stream);
            await pump(stream, upstream.stream);
            await back;
          }),
        );
      });
      void serveListener(listen(`${name}.test:1080`), stack(httpServerLayer(), proxy));
    }
    void serveListener(
      listen('origin.test:443'),
      serviceFn(async ({ stream }) => {
        await stream.write([(await stream.read()) ?? Buffer.from('nothing')]);
        await stream.closeWrite();
      }),
    );
    const connector = ['a', 'b', 'x:y@c', 'd'].reduce(
      (inner, name) => httpProxyConnector({ proxy: `${name}.test`, connector: inner }),
      network.connector(),
    );
    const { stream } = await connector.serve(connectRequest({ target: parseAddress('origin.test:443') }));
    await stream.write([Buffer.from('through four')]);
    expect(Buffer.from((await stream.read()) ?? []).toString()).toBe('through four');
    expect(asked).toEqual(['a: b.test:1080', 'b: c.test:1080', 'c: d.test:1080 Basic eDp5', 'd: origin.test:443']);
    stream.destroy();
  });

  it.each([
    ['socks5h://proxy.test', 'socks5h proxies are not supported yet'],
    ['SOCKS4://proxy.test', 'socks4 proxies are not supported yet'],
    ['ftp://proxy.test', 'no proxy has the scheme "ftp"'],
    ['', 'the address of a proxy is'],
    ['http://', 'the address of a proxy is'],
    ['http://user:secret@', 'the address of a proxy is'],
    ['http://user:secret@proxy.test:99999', 'the address of a proxy is'],
    ['http://user:secret@pro xy.test', 'the address of a proxy is'],
    ['http://user:sec%ret@proxy.test', 'percent-encoded'],
    ['http://user:sec%0d%0aret@proxy.test', 'control characters'],
    ['http://us%3Aer:secret@proxy.test', 'must not hold a colon'],
  ])('refuses %s as a proxy, and repeats no password', (proxy, message) => {
    const { connector } = scriptedServer();
    expect(() => httpProxyConnector({ proxy, connector })).toThrow(message);
    expect(() => httpProxyConnector({ proxy, connector })).not.toThrow(/sec/);
  });

  it.each([
    [{ handshakeTimeoutMs: 0 }, 'handshakeTimeoutMs'],
    [{ maxHeadBytes: 63 }, 'maxHeadBytes'],
  ])('refuses %o', (options, name) => {
    const { connector } = scriptedServer();
    expect(() => httpProxyConnector({ proxy: 'http://p.test', connector, ...options })).toThrow(name);
  });

  it('refuses to lead to a Unix socket', async () => {
    await expect(setup().connect('unix:/run/x.sock')).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

const servers: ScriptedServer[] = [];
const listeners: Listener[] = [];

function setup(options: Partial<HttpProxyConnectorOptions> = {}) {
  const clock = new FakeClock();
  const server = scriptedServer();
  servers.push(server);
  const connector = httpProxyConnector({
    proxy: 'http://user:secret@proxy.test:3128',
    connector: server.connector,
    clock,
    ...options,
  });
  const connect = (target = 'origin.test:443', signal?: AbortSignal) =>
    connector.serve(connectRequest({ target: parseAddress(target), ...(signal === undefined ? {} : { signal }) }));
  return { server, connect, clock };
}

interface Bytes {
  read(): Promise<Uint8Array | undefined>;
  write(chunks: readonly Uint8Array[]): Promise<void> | undefined;
  closeWrite(): Promise<void>;
}

async function pump(from: Bytes, to: Bytes): Promise<void> {
  try {
    for (let chunk = await from.read(); chunk !== undefined; chunk = await from.read()) await to.write([chunk]);
    await to.closeWrite();
  } catch {
    // the other end is gone, which the test looks at
  }
}

function never(): never {
  throw new Error('it should have failed');
}

const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n';
const EARLY = '220 welcome\r\n';
