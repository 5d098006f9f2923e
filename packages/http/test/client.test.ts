import { getEventListeners } from 'node:events';
import type { Connector } from '@lamella/net-core';
import { createConnection, memoryNetwork, memoryPipe, resources, serveListener } from '@lamella/net-core';
import { checkLedger, patternBytes } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Http1Options, HttpClient, HttpClientOptions, HttpRequestInit } from '../src/index.ts';
import { createHttpClient, HttpBody, HttpRequest, HttpResponse, http1, httpServerLayer } from '../src/index.ts';
import type { ScriptedServer } from './support/scripted-server.ts';
import { scriptedServer } from './support/scripted-server.ts';

checkLedger({ beforeEach, afterEach });
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe('a request on the wire', () => {
  it('has the origin form, a Host in front, and its headers as they were given', async () => {
    const { client, server } = setup();
    const response = client.serve(
      request('http://app.test:8080/a%20b?c=d', {
        headers: [
          ['aCCept', '*/*'],
          ['X-Twice', '1'],
          ['x-twice', '2'],
        ],
      }),
    );
    const origin = await server.accept();
    await origin.receive('\r\n\r\n');
    expect(origin.text).toBe(
      'GET /a%20b?c=d HTTP/1.1\r\nHost: app.test:8080\r\naCCept: */*\r\nX-Twice: 1\r\nx-twice: 2\r\n\r\n',
    );
    origin.send(OK);
    expect(await (await response).body.text()).toBe('ok');
  });

  it.each([
    ['http://a.test', 'GET', 'GET / HTTP/1.1'],
    ['http://a.test?q', 'GET', 'GET /?q HTTP/1.1'],
    ['http://a.test', 'OPTIONS', 'OPTIONS * HTTP/1.1'],
    ['http://a.test/', 'OPTIONS', 'OPTIONS / HTTP/1.1'],
    ['HTTP://A.test/', 'GET', 'GET / HTTP/1.1'],
    ['http://[::1]:81/x', 'GET', 'GET /x HTTP/1.1'],
    ['a.test:443', 'CONNECT', 'CONNECT a.test:443 HTTP/1.1'],
  ])('to %s by %s starts with the right line', async (target, method, line) => {
    const { client, server } = setup();
    const response = client.serve(request(target, { method }));
    const origin = await server.accept();
    await origin.receive('\r\n\r\n');
    expect(origin.text.split('\r\n')[0]).toBe(line);
    origin.send(OK);
    (await response)[Symbol.dispose]();
  });

  it('has the absolute form when it goes to a proxy', async () => {
    const { client, server } = setup({ proxy: { type: 'unix', path: '/proxy' } });
    const response = client.serve(request('http://a.test/x'));
    const proxy = await server.accept();
    await proxy.receive('\r\n\r\n');
    expect(proxy.text).toBe('GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n');
    proxy.send(OK);
    await (await response).body.bytes();
  });

  it.each([
    ['POST', undefined, 'Content-Length: 0\r\n\r\n'],
    ['DELETE', undefined, '\r\n\r\n'],
    ['POST', 'grüße', 'Content-Length: 7\r\n\r\ngr\xc3\xbc\xc3\x9fe'],
    ['PUT', Uint8Array.of(1, 2), 'Content-Length: 2\r\n\r\n\x01\x02'],
    ['POST', ['a', 'bc'], 'Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n'],
    ['POST', HttpBody.from(['a', 'bc'], { size: 3 }), 'Content-Length: 3\r\n\r\nabc'],
  ])('by %s with body %s is framed as RFC 9112 says', async (method, body, end) => {
    const { client, server } = setup();
    const response = client.serve(request('http://a.test/', body === undefined ? { method } : { method, body }));
    const origin = await server.accept();
    await origin.receive(end);
    expect(origin.text.endsWith(end)).toBe(true);
    origin.send(OK);
    await (await response).body.bytes();
  });

  it('is refused where it says no host, or needs what there is not', async () => {
    const { client } = setup();
    await expect(client.serve(request('/path'))).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    await expect(client.serve(request('https://a.test/'))).rejects.toThrow('https needs TLS');
    await expect(client.serve(request('ftp://a.test/'))).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    expect(() => request('http://user:secret@a.test/')).toThrow('user information');
  });
});

describe('a response', () => {
  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'],
    ['the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nhello'],
    ['the end of an HTTP/1.0 connection', 'HTTP/1.0 200 OK\r\n\r\nhello'],
  ])('delimited by %s is read whole, split anywhere', async (how, bytes) => {
    for (let cut = 1; cut < bytes.length; cut++) {
      const { client, server } = setup();
      const answer = client.serve(request('http://a.test/'));
      const origin = await server.accept();
      await origin.receive('\r\n\r\n');
      origin.send(bytes.slice(0, cut));
      if (cut % 2 === 0) await settle(1);
      origin.send(bytes.slice(cut));
      if (how.includes('end')) void origin.stream.closeWrite();
      expect(await (await answer).body.text()).toBe('hello');
      client.destroy();
      origin.stream.destroy();
    }
  });

  it('that is whole has its body without waiting, and its connection free', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    await origin.receive('\r\n\r\n');
    origin.send(OK);
    const response = await answer;
    expect(response.body.canClone).toBe(true);
    expect(client.gauges()).toEqual([{ origin: 'http://a.test:80', open: 1, idle: 1, waiting: 0 }]);
    await response.body.bytes();
  });

  it('holds its connection until its body is read, and no longer', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    await origin.receive('\r\n\r\n');
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
    const response = await answer;
    expect(client.gauges()[0]).toMatchObject({ open: 1, idle: 0 });
    origin.send('cd');
    expect(await response.body.text()).toBe('abcd');
    expect(client.gauges()[0]).toMatchObject({ open: 1, idle: 1 });
  });

  it('forks its store from the attempt, which links the connection as egress', async () => {
    const { client, server } = setup();
    const outgoing = request('http://a.test/');
    const answer = client.serve(outgoing);
    (await server.accept()).send(OK);
    const response = await answer;
    expect(response.extensions.inspect()).toMatch(/^response\n {2}parent:\n {4}attempt\n {6}egress:\n {8}connection/);
    expect(outgoing.extensions.egress).toBeUndefined();
    await response.body.bytes();
  });

  it('may come before the request is sent whole: then the rest is given up, and the connection', async () => {
    const { client, server } = setup();
    const cancelled = Promise.withResolvers<unknown>();
    const source = { read: () => new Promise<undefined>(() => {}), cancel: cancelled.resolve };
    const answer = client.serve(request('http://a.test/', { method: 'POST', body: HttpBody.fromSource(source) }));
    const origin = await server.accept();
    await origin.receive('\r\n\r\n');
    origin.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno');
    const response = await answer;
    expect(response.status).toBe(413);
    expect(await response.body.text()).toBe('no');
    await cancelled.promise;
    expect(client.gauges()).toEqual([]);
  });

  it('that says close while the request is on its way does not stop it', async () => {
    const { client, server } = setup();
    const gate = Promise.withResolvers<void>();
    async function* halves(): AsyncGenerator<string> {
      yield 'first';
      await gate.promise;
      yield 'second';
    }
    const answer = client.serve(request('http://a.test/', { method: 'POST', body: halves() }));
    const origin = await server.accept();
    await origin.receive('first');
    origin.send('HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
    const { body } = await answer;
    gate.resolve();
    await origin.receive('second\r\n0\r\n\r\n');
    origin.send('6\r\nsecond\r\n0\r\n\r\n');
    expect(await body.text()).toBe('firstsecond');
    expect(client.gauges()).toEqual([]);
  });

  it('of interim kind goes to onInformational, each one, and too many end the request', async () => {
    const { client, server } = setup({}, { maxInformational: 3 });
    const seen: number[] = [];
    const ask = (): Promise<HttpResponse> =>
      client.serve(request('http://a.test/', { onInformational: ({ status }) => seen.push(status) }));
    const answer = ask();
    const origin = await server.accept();
    origin.send(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`,
    );
    await (await answer).body.bytes();
    expect(seen).toEqual([100, 102, 103]);

    const flooded = ask();
    await origin.receive('GET / HTTP/1.1\r\nHost: a.test\r\n\r\nGET /');
    origin.send('HTTP/1.1 102 Processing\r\n\r\n'.repeat(4));
    await expect(flooded).rejects.toMatchObject({ code: 'LML_ERR_HTTP1_TOO_MANY_INFORMATIONAL' });
  });
});

describe('Expect: 100-continue', () => {
  const ask = (client: HttpClient, body: HttpBody = HttpBody.from('content')): Promise<HttpResponse> =>
    client.serve(request('http://a.test/', { method: 'PUT', headers: { Expect: '100-continue' }, body }));

  it('sends the body after 100 (Continue)', async () => {
    const { client, server } = setup();
    const answer = ask(client);
    const origin = await server.accept();
    await origin.receive('\r\n\r\n');
    expect(origin.text.endsWith('\r\n\r\n')).toBe(true);
    origin.send('HTTP/1.1 100 Continue\r\n\r\n');
    await origin.receive('\r\n\r\ncontent');
    origin.send(OK);
    await (await answer).body.bytes();
    expect(client.gauges()[0]).toMatchObject({ idle: 1 });
  });

  it('sends the body after a second without an answer', async () => {
    const { client, server, clock } = setup();
    const answer = ask(client);
    const origin = await server.accept();
    await clock.advanceAsync(999);
    expect(origin.text.endsWith('\r\n\r\n')).toBe(true);
    await clock.advanceAsync(1);
    await origin.receive('\r\n\r\ncontent');
    origin.send(OK);
    await (await answer).body.bytes();
  });

  it('never sends it when the answer is final', async () => {
    const { client, server, clock } = setup();
    const answer = ask(client);
    const origin = await server.accept();
    await origin.receive('\r\n\r\n');
    origin.send('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n');
    expect((await answer).status).toBe(417);
    await clock.advanceAsync(2_000);
    expect(origin.text.endsWith('\r\n\r\n')).toBe(true);
    expect(client.gauges()).toEqual([]);
  });
});

describe('bodies that are given up', () => {
  it('are drained when little is left, and end the connection when much is', async () => {
    for (const [length, isKept] of [
      [65_536, true],
      [65_537, false],
    ] as const) {
      const { client, server } = setup();
      const answer = client.serve(request('http://a.test/'));
      const origin = await server.accept();
      origin.send(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\nab`);
      (await answer).body.cancel();
      origin.send('x'.repeat(length - 2));
      await settle(20);
      expect(client.gauges()).toEqual(isKept ? [{ origin: 'http://a.test:80', open: 1, idle: 1, waiting: 0 }] : []);
    }
  });

  it('are noticed when nobody reads for 30 s, and not while somebody does', async () => {
    const { client, server, clock } = setup();
    const answer = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab');
    const response = await answer;
    await clock.advanceAsync(29_000);
    expect(Buffer.from((await response.body.read()) ?? []).toString()).toBe('ab');
    await clock.advanceAsync(29_999);
    expect(client.gauges()[0]).toMatchObject({ open: 1 });
    await clock.advanceAsync(1);
    await expect(response.body.read()).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'bodyIdleTimeoutMs' });
    expect(client.gauges()).toEqual([]);
    expect((await origin.stream.closed).reason).toBe('reset');
  });
});

describe('peers that go silent', () => {
  it.each([
    ['connecting', 'connect', 'LML_ERR_CONNECT_TIMEOUT', 10_000],
    ['before the response', 'response-head', 'LML_ERR_TIMEOUT', 120_000],
    ['in the response', 'response-body', 'LML_ERR_TIMEOUT', 120_000],
    ['in the middle of the request', 'request', 'LML_ERR_TIMEOUT', 60_000],
  ])(
    '%s fail the request in time, with the phase; the next one goes through',
    async (where, phase, code, timeoutMs) => {
      const clock = new FakeClock();
      const network = memoryNetwork({ clock });
      const lifecycle = createLifecycle({ clock });
      const stall = new Promise<void>(() => {});
      const service = serviceFn(async (incoming: HttpRequest) => {
        if (incoming.path === '/head') await stall;
        if (incoming.path === '/request') await stall;
        if (incoming.path !== '/body') return HttpResponse.text(await incoming.body.text());
        const parts = (async function* () {
          yield 'part';
          await stall;
        })();
        return HttpResponse.from({ body: parts });
      });
      void serveListener(network.listen('a.test:80'), httpServerLayer({ clock, lifecycle, onError() {} })(service), {
        lifecycle,
      });
      const client = createHttpClient({ connector: network.connector(), protocols: [http1()], clock });
      const paths: Record<string, string> = {
        connect: '/',
        'response-head': '/head',
        'response-body': '/body',
        request: '/request',
      };
      if (phase === 'connect') network.blackHole('a.test');
      const body = phase === 'request' ? { method: 'POST', body: patternBytes(1_000_000) } : {};
      const failing = (async () => (await client.serve(request(`http://a.test${paths[phase]}`, body))).body.text())();
      const failed = expect(failing).rejects.toMatchObject({ code, facts: { phase } });
      await clock.advanceAsync(timeoutMs - 1);
      await clock.advanceAsync(1);
      await failed;
      network.blackHole('a.test', false);

      const next = client.serve(request('http://a.test/', { method: 'POST', body: 'alive' }));
      expect(await (await next).body.text()).toBe('alive');
      expect(where).toBeTruthy();
      await client.close();
      const drained = lifecycle.drain({ graceMs: 0 });
      await clock.advanceAsync(3_000);
      await drained;
      expect(clock.pendingTimers).toBe(0);
    },
  );
});

describe('connections that end under a request', () => {
  it('are replaced for 10,000 GETs without anybody noticing, whenever the server closes idle ones', async () => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock, seed: 3 });
    let count = 0;
    // After some answers the server closes the connection at a random moment, without having said so.
    const listener = network.listen('a.test:80');
    void (async () => {
      for await (const { stream } of listener) {
        let left = 1 + (count % 7);
        let text = '';
        stream.consume?.({
          onBytes(chunk) {
            text += Buffer.from(chunk).toString('latin1');
            if (!text.endsWith('\r\n\r\n')) return undefined;
            text = '';
            count++;
            void stream.write([Buffer.from(OK)]);
            if (--left === 0) setImmediate(() => stream.destroy());
            return undefined;
          },
          onEnd: () => stream.destroy(),
        });
      }
    })();
    const client = createHttpClient({ connector: network.connector(), protocols: [http1()], clock });
    cleanups.push(
      () => client.destroy(),
      () => void listener.close(),
    );
    let failures = 0;
    for (let batch = 0; batch < 1_000; batch++) {
      const answers = Array.from({ length: 10 }, async () =>
        (await client.serve(request('http://a.test/'))).body.text(),
      );
      for (const answer of await Promise.allSettled(answers)) if (answer.status === 'rejected') failures++;
      if (batch % 3 === 0) await settle(1);
    }
    expect(failures).toBe(0);
    expect(count).toBeGreaterThanOrEqual(10_000);
  });

  it.each([
    ['GET', undefined, true],
    ['HEAD', undefined, true],
    ['PUT', 'body', true],
    ['DELETE', undefined, true],
    ['POST', 'body', false],
    ['PATCH', 'body', false],
    ['PUT', ['stream'], false],
  ])('are replaced for %s with body %s: %s', async (method, body, isResent) => {
    const { client, server } = setup();
    await warmUp(client, server);
    const outgoing = request('http://a.test/', body === undefined ? { method } : { method, body });
    const answer = client.serve(outgoing);
    const [reused] = server.connections;
    await reused?.receive(method);
    reused?.stream.destroy();
    if (isResent) {
      const fresh = await server.accept();
      await fresh.receive(method);
      fresh.send(method === 'HEAD' ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' : OK);
      expect((await answer).status).toBe(200);
      (await answer)[Symbol.dispose]();
      if (body !== undefined) expect(fresh.text).toMatch(/body$/);
    } else {
      await expect(answer).rejects.toMatchObject({
        code: 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED',
        processed: 'unknown',
        facts: { layer: 'http/1.1', phase: 'response-head', attempt: 1, bytesIn: 0, bytesOut: expect.any(Number) },
      });
      await settle();
      expect(server.connections).toHaveLength(1);
    }
  });

  it('are not replaced when they were fresh, or something had come back', async () => {
    const { client, server } = setup();
    const fresh = client.serve(request('http://a.test/'));
    const first = await server.accept();
    await first.receive('GET');
    first.stream.destroy();
    await expect(fresh).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED' });

    await warmUp(client, server);
    const partial = client.serve(request('http://a.test/'));
    const reused = server.connections[1];
    await reused?.receive('GET / HTTP/1.1\r\nHost: a.test\r\n\r\nGET');
    reused?.send('HTTP/1.1 20');
    await settle();
    reused?.stream.destroy(new Error('reset'));
    await expect(partial).rejects.toMatchObject({ code: 'LML_ERR_HTTP_CONNECTION_CLOSED', facts: { bytesIn: 11 } });
    expect(server.connections).toHaveLength(2);
  });

  it('never send a POST twice, 1,000 times over', async () => {
    const { client, server } = setup();
    let posts = 0;
    for (let round = 0; round < 1_000; round++) {
      await warmUp(client, server);
      const answer = client.serve(request('http://a.test/', { method: 'POST', body: `post ${round};` }));
      const connection = server.connections.at(-1);
      if (round % 2 === 0) await connection?.receive(`post ${round};`);
      connection?.stream.destroy(round % 3 === 0 ? new Error('reset') : undefined);
      await answer.then(
        () => expect.fail('nobody answered'),
        (error: unknown) => expect(error).toMatchObject({ code: expect.stringMatching(/CONNECTION_CLOSED$/) }),
      );
      await settle(1);
      posts += server.connections.filter(({ text }) => text.includes(`post ${round};`)).length;
    }
    expect(posts).toBeLessThanOrEqual(1_000);
  });

  it('in the body fail the body with what was read, typed', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    const response = await answer;
    void origin.stream.closeWrite();
    await expect(response.body.bytes()).rejects.toMatchObject({
      code: 'LML_ERR_HTTP_RESPONSE_INCOMPLETE',
      facts: { phase: 'response-body' },
    });
  });
});

describe('the pool', () => {
  it('reuses the connection that was used last, and opens no more than allowed', async () => {
    const { client, server } = setup({ maxConnectionsPerOrigin: 2 });
    const answers = [1, 2, 3].map((index) => client.serve(request(`http://a.test/${index}`)));
    const [first, second] = [await server.accept(), await server.accept()];
    await settle();
    expect(client.gauges()).toEqual([{ origin: 'http://a.test:80', open: 2, idle: 0, waiting: 1 }]);
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
      expect(client.gauges()).toEqual([{ origin: 'http://a.test:80', open: 1, idle: 1, waiting: 0 }]);
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
    expect(client.gauges()).toEqual([{ origin: 'http://a.test:80', open: 1, idle: 1, waiting: 0 }]);
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

describe('cancellation', () => {
  it('leaves no listener on a signal after 10,000 calls', async () => {
    const { client, server } = setup();
    const controller = new AbortController();
    await warmUp(client, server);
    const [origin] = server.connections;
    for (let call = 0; call < 10_000; call++) {
      const answer = client.serve(request('http://a.test/', { signal: controller.signal }));
      origin?.send(OK);
      await (await answer).body.bytes();
    }
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('breaks the exchange off at every stage with the reason, and the connection with it', async () => {
    for (const stage of ['connecting', 'waiting for the head', 'in the body'] as const) {
      const { client, server } = setup();
      const controller = new AbortController();
      const reason = new Error(`cancelled ${stage}`);
      const answer = client.serve(request('http://a.test/', { signal: controller.signal }));
      if (stage !== 'connecting') {
        const origin = await server.accept();
        await origin.receive('\r\n\r\n');
        if (stage === 'in the body') {
          origin.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc');
          const response = await answer;
          await response.body.read();
          const reading = response.body.read();
          controller.abort(reason);
          await expect(reading).rejects.toBe(reason);
        }
      }
      controller.abort(reason);
      if (stage !== 'in the body') await expect(answer).rejects.toBe(reason);
      await settle();
      if (stage === 'connecting') continue; // the connection that came after all is idle, and of use to the next one
      expect(client.gauges()).toEqual([]);
      for (const { stream } of server.connections) expect((await stream.closed).reason).toBe('reset');
    }
  });

  it('of a request that was cancelled before is noticed before anything is sent', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/', { signal: AbortSignal.abort('never mind') }));
    await expect(answer).rejects.toBe('never mind');
    await settle();
    expect(server.connections.every(({ text }) => text === '')).toBe(true);
  });
});

describe('switching protocols', () => {
  it('gives the connection with every byte behind the head, wherever they are cut', async () => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n';
    const whole = `${head}first bytes`;
    for (let cut = 1; cut <= whole.length; cut++) {
      const { client, server } = setup();
      const answer = client.serve(request('http://a.test/', { headers: { Connection: 'Upgrade', Upgrade: 'echo' } }));
      const origin = await server.accept();
      await origin.receive('\r\n\r\n');
      origin.send(whole.slice(0, cut));
      if (cut % 2 === 0) await settle(1);
      origin.send(whole.slice(cut));
      const { upgraded, status } = await answer;
      expect(status).toBe(101);
      let text = '';
      while (text.length < 11) text += Buffer.from((await upgraded?.stream.read()) ?? []).toString();
      expect(text).toBe('first bytes');
      expect(upgraded?.extensions.scope).toBe('upgrade');
      expect(client.gauges()).toEqual([]);
      upgraded?.stream.destroy();
      origin.stream.destroy();
    }
  });

  it('is refused when nobody asked for it', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/'));
    (await server.accept()).send('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    await expect(answer).rejects.toMatchObject({ code: 'LML_ERR_HTTP1_BAD_SWITCH' });
  });
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

function setup(options: Partial<HttpClientOptions> = {}, protocol: Http1Options = {}) {
  const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
  const server = scriptedServer(clock);
  const client = createHttpClient({ connector: server.connector, protocols: [http1(protocol)], clock, ...options });
  cleanups.push(() => {
    client.destroy();
    for (const { stream } of server.connections) stream.destroy();
  });
  return { client, server, clock };
}

function request(target: string, init: Omit<HttpRequestInit, 'target'> = {}): HttpRequest {
  return HttpRequest.from({ target, ...init });
}

/** One request and its answer, on a connection of its own that is idle afterwards. */
async function warmUp(client: HttpClient, server: ScriptedServer, target = 'http://a.test/'): Promise<void> {
  const answer = client.serve(request(target));
  (await server.accept()).send(OK);
  await (await answer).body.bytes();
}
