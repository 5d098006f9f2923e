import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../src/index.ts';
import { HttpBody, type HttpResponse, http1 } from '../../src/index.ts';
import { OK, request, scriptedClients } from '../support/scripted-client.ts';

checkLedger({ beforeEach, afterEach });
const { setup } = scriptedClients({ afterEach });

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
    await expect(client.serve(request('https://a.test/'))).rejects.toThrow('https://a.test:443 needs TLS');
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
    expect(client.gauges()).toEqual([
      { origin: 'http://a.test:80', open: 1, active: 0, idle: 1, streams: 0, waiting: 0 },
    ]);
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
    expect(response.extensions.inspect()).toMatch(
      /^response\n {2}#.*\n {2}parent:\n {4}attempt\n {6}#.*\n {6}egress:\n {8}connection/,
    );
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

  it('of interim kind fails the request with what onInformational throws, and nothing else', async () => {
    const { client, server } = setup();
    const broken = new Error('thrown by the caller');
    const onInformational = (): void => {
      throw broken;
    };
    const answer = client.serve(request('http://a.test/', { onInformational }));
    (await server.accept()).send(`HTTP/1.1 103 Early Hints\r\n\r\n${OK}`);
    await expect(answer).rejects.toBe(broken);
    expect(client.gauges()).toEqual([]);
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
      expect(client.gauges()).toEqual(
        isKept ? [{ origin: 'http://a.test:80', open: 1, active: 0, idle: 1, streams: 0, waiting: 0 }] : [],
      );
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

  it('gives a tunnel that the end of the HTTP connection leaves alone', async () => {
    const [near, far] = memoryPipe();
    const connection = http1().open(createConnection(near), { isToProxy: false, clock: new FakeClock() });
    const answer = connection.serve(request('a.test:80', { method: 'CONNECT' }));
    void far.write([Buffer.from('HTTP/1.1 200 OK\r\n\r\n')]);
    const { upgraded } = await answer;
    await connection.close();
    connection.destroy();
    void far.write([Buffer.from('through')]);
    expect(Buffer.from((await upgraded?.stream.read()) ?? []).toString()).toBe('through');
    upgraded?.stream.destroy();
    far.destroy();
  });

  it('is refused when nobody asked for it', async () => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/'));
    (await server.accept()).send('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    await expect(answer).rejects.toMatchObject({ code: 'LML_ERR_HTTP1_BAD_SWITCH' });
  });
});
