import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { content, fieldLines, hopLines, reasonPhrase } from './support/arbitraries.ts';
import { exchange, OK, withoutDate, worlds } from './support/world.ts';

const newWorld = worlds({ beforeEach, afterEach });
const GET = 'GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n\r\n';
const DATE = 'Date: Mon, 01 Jan 2001 00:00:00 GMT\r\n';

describe('headers', () => {
  it.each([
    ['forward', 'http://origin.test/x'],
    ['reverse', '/x'],
  ] as const)(
    'reach the other side of a %s proxy byte for byte both ways: order, case, duplicates',
    async (kind, target) => {
      const world = kind === 'forward' ? newWorld().forward() : newWorld().reverse({ forwarded: 'none' });
      const origin = world.origin();
      const client = await world.connect();
      client.send(GET);
      const server = await origin.accept();
      await server.receiveHead();
      server.send(OK);
      await client.take();

      const message = fc.record({ before: fieldLines, after: fieldLines, hop: hopLines, content });
      await fc.assert(
        fc.asyncProperty(message, message, reasonPhrase, async (asked, answered, reason) => {
          const up = (line: string, hop: string, via: string): string =>
            `POST ${line} HTTP/1.1\r\n${asked.before.join(hop)}Host: origin.test\r\n${hop}${asked.after.join('')}` +
            `Content-Length: ${asked.content.length}\r\n${via}\r\n${asked.content}`;
          client.send(up(target, asked.hop, ''));
          expect(await server.take()).toBe(up('/x', '', 'Via: 1.1 test-proxy\r\n'));

          const down = (hop: string, via: string): string =>
            `HTTP/1.1 299 ${reason}\r\n${answered.before.join(hop)}Content-Length: ${answered.content.length}\r\n` +
            `${answered.after.join(hop)}${DATE}${via}\r\n${answered.content}`;
          server.send(down(answered.hop, ''));
          expect(await client.take()).toBe(down('', 'Via: 1.1 test-proxy\r\n'));
        }),
        { numRuns: 100 },
      );
      expect(origin.count).toBe(1);
    },
  );

  it('keep a name that is in the way of nothing, however strange', async () => {
    const request =
      'GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n__proto__: 1\r\nconstructor: 2\r\nCookie: a=1\r\n' +
      'cookie: b=2\r\nExpires: 0\r\nAuthorization: x\r\n\r\n';
    const { upstream } = await exchange(newWorld().forward(), request);
    expect(upstream).toContain('__proto__: 1\r\nconstructor: 2\r\nCookie: a=1\r\ncookie: b=2\r\nExpires: 0\r\n');
  });

  it('lose the blanks around their values, as every recipient takes them off', async () => {
    const request = 'GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nA: \t 1 2 \t\r\nB:3\r\nC:\r\n\r\n';
    const { upstream } = await exchange(newWorld().forward(), request);
    expect(upstream).toContain('\r\nA: 1 2\r\nB: 3\r\nC: \r\n');
  });

  it('for one hop are removed both ways, and those that Connection names', async () => {
    const hop =
      'Connection: close, X-Private\r\nX-PRIVATE: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n' +
      'TE: gzip\r\nUpgrade: foo\r\nProxy-Authenticate: Basic\r\nProxy-Authorization: Basic x\r\n';
    const { upstream, downstream } = await exchange(
      newWorld().forward(),
      `GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nA: 1\r\n${hop}B: 2\r\n\r\n`,
      `HTTP/1.1 200 OK\r\nA: 1\r\n${hop}Content-Length: 2\r\n${DATE}B: 2\r\n\r\nok`,
    );
    expect(upstream).toBe('GET / HTTP/1.1\r\nHost: origin.test\r\nA: 1\r\nB: 2\r\nVia: 1.1 test-proxy\r\n\r\n');
    // The last line is the proxy's own: its client asked for it.
    expect(downstream).toBe(
      `HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\n${DATE}B: 2\r\nVia: 1.1 test-proxy\r\nConnection: close\r\n\r\nok`,
    );
  });

  it('that the message needs survive a hostile Connection', async () => {
    const hostile = 'Connection: host, content-length, via, authorization, cookie\r\nConnection: Transfer-Encoding\r\n';
    const { upstream, downstream, server } = await exchange(
      newWorld().forward(),
      `POST http://origin.test/ HTTP/1.1\r\n${hostile}Host: origin.test\r\nContent-Length: 3\r\nCookie: a=1\r\n\r\nabc`,
      `HTTP/1.1 200 OK\r\nConnection: content-length, date, set-cookie\r\nContent-Length: 2\r\nSet-Cookie: a\r\n\r\nok`,
    );
    expect(upstream + (await server.take())).toBe(
      'POST / HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 3\r\nCookie: a=1\r\nVia: 1.1 test-proxy\r\n\r\nabc',
    );
    expect(withoutDate(downstream)).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a\r\nVia: 1.1 test-proxy\r\n\r\nok',
    );
  });
});

describe('the reason phrase', () => {
  it.each(['200 All is well', '200 ', '404 Not here', '599 \xe4\xf6', '299 OK'])('of %j is kept', async (status) => {
    const { downstream } = await exchange(newWorld().forward(), GET, `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
    expect(downstream.slice(0, downstream.indexOf('\r\n'))).toBe(`HTTP/1.1 ${status}`);
  });

  it('of a status that nobody knows is kept, with its number', async () => {
    const { downstream } = await exchange(newWorld().forward(), GET, 'HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n');
    expect(downstream).toMatch(/^HTTP\/1.1 799 Odd\r\n/);
  });
});

describe('framing is computed anew', () => {
  it.each([
    ['a length', 'Content-Length: 5\r\n\r\nhello', 'Content-Length: 5\r\nVia: 1.1 test-proxy\r\n\r\nhello'],
    [
      'chunks',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      'Via: 1.1 test-proxy\r\nContent-Length: 5\r\n\r\nhello',
    ],
    [
      'chunks with extensions',
      'Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n3;c="\\""\r\nllo\r\n0;d\r\n\r\n',
      'Via: 1.1 test-proxy\r\nContent-Length: 5\r\n\r\nhello',
    ],
    ['nothing', '\r\n', 'Via: 1.1 test-proxy\r\nContent-Length: 0\r\n\r\n'],
  ])('for a request with %s that is here whole', async (_, rest, expected) => {
    const { upstream, server } = await exchange(
      newWorld().forward(),
      `POST http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n${rest}`,
    );
    expect(upstream + (await server.take())).toBe(`POST / HTTP/1.1\r\nHost: origin.test\r\n${expected}`);
  });

  it('for a request in chunks that comes bit by bit: in chunks', async () => {
    const world = newWorld().forward();
    const origin = world.origin();
    const client = await world.connect();
    client.send('POST http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nTransfer-Encoding: chunked\r\n\r\n');
    const server = await origin.accept();
    expect(await server.take()).toBe(
      'POST / HTTP/1.1\r\nHost: origin.test\r\nVia: 1.1 test-proxy\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    client.send('3\r\nabc\r\n');
    expect(await server.take()).toBe('3\r\nabc\r\n');
    client.send('0\r\n\r\n');
    expect(await server.take()).toBe('0\r\n\r\n');
    server.send(OK);
    expect(await client.take()).toMatch(/ok$/);
  });

  it.each([
    [
      'a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      'Content-Length: 5\r\nVia: 1.1 test-proxy\r\n\r\nhello',
    ],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
      'Via: 1.1 test-proxy\r\nContent-Length: 5\r\n\r\nhello',
    ],
  ])('for a response with %s that is here whole', async (_, response, expected) => {
    const { downstream } = await exchange(newWorld().forward(), GET, response);
    expect(withoutDate(downstream)).toBe(`HTTP/1.1 200 OK\r\n${expected}`);
  });

  it('for a response that ends with its connection: in chunks, and the client connection goes on', async () => {
    const world = newWorld().forward();
    const { client, server, downstream } = await exchange(world, GET, 'HTTP/1.1 200 OK\r\n\r\nhel');
    expect(withoutDate(downstream)).toBe(
      'HTTP/1.1 200 OK\r\nVia: 1.1 test-proxy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n',
    );
    server.send('lo');
    server.end();
    expect(await client.take()).toBe('2\r\nlo\r\n0\r\n\r\n');
    expect(client.ended).toBe('no');
  });
});

describe('a message without a body', () => {
  it('in answer to HEAD keeps its Content-Length', async () => {
    const world = newWorld().forward();
    const head = GET.replace('GET', 'HEAD');
    const { downstream, client } = await exchange(world, head, 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n');
    expect(withoutDate(downstream)).toBe('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nVia: 1.1 test-proxy\r\n\r\n');
    expect(client.ended).toBe('no');
  });

  it('in answer to HEAD has no Transfer-Encoding to pass on', async () => {
    const head = GET.replace('GET', 'HEAD');
    const { downstream } = await exchange(
      newWorld().forward(),
      head,
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    expect(withoutDate(downstream)).toBe('HTTP/1.1 200 OK\r\nVia: 1.1 test-proxy\r\n\r\n');
  });

  it.each([
    ['304 Not Modified\r\nContent-Length: 5000\r\nETag: "x"', '304 Not Modified\r\nContent-Length: 5000\r\nETag: "x"'],
    ['304 Not Modified\r\nETag: "x"', '304 Not Modified\r\nETag: "x"'],
    ['204 No Content', '204 No Content'],
    ['204 No Content\r\nContent-Length: 0', '204 No Content'],
  ])('%j goes on without one', async (sent, expected) => {
    const world = newWorld().forward();
    const { downstream, client } = await exchange(world, GET, `HTTP/1.1 ${sent}\r\n\r\n`);
    expect(withoutDate(downstream)).toBe(`HTTP/1.1 ${expected}\r\nVia: 1.1 test-proxy\r\n\r\n`);
    expect(client.ended).toBe('no');
  });
});

describe('trailers', () => {
  it('of a request reach the origin, whether it is here whole or comes bit by bit', async () => {
    for (const bits of [1, 2]) {
      const world = newWorld().forward();
      const origin = world.origin();
      const client = await world.connect();
      const body = ['3\r\nabc\r\n', '0\r\nX-Sum: 9\r\nx-sum: 8\r\n\r\n'];
      const head =
        'POST http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n';
      if (bits === 1) client.send(head + body.join(''));
      else {
        client.send(head);
        await client.take();
        for (const piece of body) client.send(piece);
      }
      const server = await origin.accept();
      expect(await server.take()).toBe(
        'POST / HTTP/1.1\r\nHost: origin.test\r\nTrailer: X-Sum\r\nVia: 1.1 test-proxy\r\nTransfer-Encoding: chunked\r\n\r\n' +
          '3\r\nabc\r\n0\r\nX-Sum: 9\r\nx-sum: 8\r\n\r\n',
      );
      await world.close();
    }
  });

  it('of a response reach the client', async () => {
    const { downstream } = await exchange(
      newWorld().forward(),
      GET.replace('\r\n\r\n', '\r\nTE: trailers\r\nConnection: TE\r\n\r\n'),
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n',
    );
    expect(withoutDate(downstream)).toBe(
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nVia: 1.1 test-proxy\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '3\r\nabc\r\n0\r\nX-Sum: 9\r\n\r\n',
    );
  });

  it('are asked for at the next hop as well', async () => {
    const { upstream } = await exchange(
      newWorld().forward(),
      GET.replace('\r\n\r\n', '\r\nTE: gzip, trailers\r\nA: 1\r\nConnection: TE\r\n\r\n'),
    );
    expect(upstream).toBe(
      'GET / HTTP/1.1\r\nHost: origin.test\r\nA: 1\r\nTE: trailers\r\nConnection: TE\r\nVia: 1.1 test-proxy\r\n\r\n',
    );
  });
});

describe('interim responses', () => {
  it('reach the client at once, without what was for one hop', async () => {
    const world = newWorld().forward();
    const { client, server, downstream } = await exchange(
      world,
      GET,
      'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nConnection: X\r\nX: 1\r\nKeep-Alive: 5\r\n\r\n',
    );
    expect(downstream).toBe('HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n');
    server.send('HTTP/1.1 102 Busy\r\nlink: b\r\n\r\n');
    expect(await client.take()).toBe('HTTP/1.1 102 Busy\r\nlink: b\r\n\r\n');
    server.send(OK);
    expect(await client.take()).toMatch(/^HTTP\/1.1 200 OK\r\n.*ok$/s);
  });

  it('are kept from an HTTP/1.0 client, who knows none', async () => {
    const world = newWorld().forward();
    const { client, server, downstream } = await exchange(
      world,
      'GET http://origin.test/ HTTP/1.0\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n',
    );
    expect(downstream).toBe('');
    server.send(OK);
    expect(await client.take()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  });
});

describe('Expect: 100-continue', () => {
  const head =
    'POST http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n';

  it('goes from end to end: the origin asks for the body, once', async () => {
    const world = newWorld().forward();
    const origin = world.origin();
    const client = await world.connect();
    client.send(head);
    const server = await origin.accept();
    expect(await server.take()).toMatch(/\r\nExpect: 100-continue\r\n.*\r\n\r\n$/s);
    expect(await client.take()).toBe('');
    server.send('HTTP/1.1 100 Go on\r\n\r\n');
    expect(await client.take()).toBe('HTTP/1.1 100 Go on\r\n\r\n');
    client.send('body');
    expect(await server.take()).toBe('body');
    server.send(OK);
    expect(await client.take()).toMatch(/^HTTP\/1.1 200 OK\r\n.*ok$/s);
  });

  it('is refused by the origin before a byte of the body was sent', async () => {
    const world = newWorld().forward();
    const { server, downstream } = await exchange(world, head, 'HTTP/1.1 413 Too much\r\nContent-Length: 0\r\n\r\n');
    expect(downstream).toMatch(/^HTTP\/1.1 413 Too much\r\n/);
    expect(await server.take()).toBe('');
  });

  it('ends after its limit when the origin says nothing; then the client is asked for the body', async () => {
    const world = newWorld({ http1: { timeouts: { expectContinueTimeoutMs: 200 } } }).forward();
    const origin = world.origin();
    const client = await world.connect();
    client.send(head);
    const server = await origin.accept();
    await world.clock.advanceAsync(199);
    expect(await client.take()).toBe('');
    await world.clock.advanceAsync(1);
    expect(await client.take()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('body');
    await server.receive('body');
    server.send('HTTP/1.1 100 Continue\r\n\r\n'); // late: the client has had one
    server.send(OK);
    expect(await client.take()).toMatch(/^(?:HTTP\/1.1 100 Continue\r\n\r\n)?HTTP\/1.1 200 OK\r\n/);
  });
});

describe('HTTP/1.0', () => {
  it('clients get a body to the end of the connection, and no chunks', async () => {
    const { client, server, downstream } = await exchange(
      newWorld().forward(),
      'GET http://origin.test/ HTTP/1.0\r\nHost: origin.test\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n',
    );
    expect(withoutDate(downstream)).toBe('HTTP/1.1 200 OK\r\nVia: 1.1 test-proxy\r\nConnection: close\r\n\r\nhe');
    server.send('3\r\nllo\r\n0\r\n\r\n');
    expect(await client.take()).toBe('llo');
    expect(client.ended).toBe('end');
  });

  it('clients may keep their connection', async () => {
    const { client, downstream } = await exchange(
      newWorld().forward(),
      'GET http://origin.test/ HTTP/1.0\r\nHost: origin.test\r\nConnection: keep-alive\r\n\r\n',
    );
    expect(downstream).toMatch(/\r\nConnection: keep-alive\r\n/);
    expect(client.ended).toBe('no');
  });

  it('origins are named as such in Via, and not asked twice on a connection', async () => {
    const world = newWorld().forward();
    const origin = world.origin();
    const { client, server, downstream } = await exchange(
      world,
      GET,
      'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
      origin,
    );
    expect(withoutDate(downstream)).toBe('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.0 test-proxy\r\n\r\nok');
    expect(server.ended).toBe('end');
    client.send(GET);
    (await origin.accept()).send(OK);
    expect(await client.take()).toMatch(/ok$/);
  });
});
