import { UsageError } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ForwardProxyOptions } from '../src/index.ts';
import { basicProxyAuth, forwardProxyService } from '../src/index.ts';
import { exchange, OK, withoutDate, worlds } from './support/world.ts';

const newWorld = worlds({ beforeEach, afterEach });

describe('an absolute-form request', () => {
  it.each([
    ['http://origin.test/a%20b?c=d', 'GET /a%20b?c=d HTTP/1.1'],
    ['http://origin.test', 'GET / HTTP/1.1'],
    ['http://origin.test?q', 'GET /?q HTTP/1.1'],
    ['http://origin.test/?', 'GET /? HTTP/1.1'],
    ['HTTP://ORIGIN.test/x', 'GET /x HTTP/1.1'],
    ['http://origin.test:80/x', 'GET /x HTTP/1.1'],
    ['http://origin.test//a/../b', 'GET //a/../b HTTP/1.1'],
  ])('for %s reaches the origin as %s', async (target, line) => {
    const world = newWorld().forward();
    const authority = target.replace(/^\w+:\/\//, '').replace(/[/?].*$/, '');
    const { upstream, downstream } = await exchange(world, `GET ${target} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    expect(upstream).toBe(`${line}\r\nHost: ${authority}\r\nVia: 1.1 test-proxy\r\n\r\n`);
    expect(withoutDate(downstream)).toBe('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 test-proxy\r\n\r\nok');
    expect(world.access).toEqual([{ status: 200 }]);
  });

  it('reaches an address with a port', async () => {
    const world = newWorld().forward();
    const origin = world.origin('[2001:db8::7]:8081');
    const request = 'GET http://[2001:db8::7]:8081/x HTTP/1.1\r\nHost: [2001:db8::7]:8081\r\n\r\n';
    const { upstream } = await exchange(world, request, OK, origin);
    expect(upstream).toMatch(/^GET \/x HTTP\/1.1\r\nHost: \[2001:db8::7\]:8081\r\n/);
  });

  it('by OPTIONS without a path asks the origin as a whole', async () => {
    const { upstream } = await exchange(
      newWorld().forward(),
      'OPTIONS http://origin.test HTTP/1.1\r\nHost: origin.test\r\n\r\n',
    );
    expect(upstream).toMatch(/^OPTIONS \* HTTP\/1.1\r\n/);
  });

  it('counts, whatever Host says; Host stays where it stands', async () => {
    const request = 'GET http://origin.test/ HTTP/1.1\r\nA: 1\r\nhOST: elsewhere.test\r\nB: 2\r\n\r\n';
    const { upstream } = await exchange(newWorld().forward(), request);
    expect(upstream).toBe('GET / HTTP/1.1\r\nA: 1\r\nhOST: origin.test\r\nB: 2\r\nVia: 1.1 test-proxy\r\n\r\n');
  });

  it('of an HTTP/1.0 client without Host gets one, in front', async () => {
    const { upstream } = await exchange(newWorld().forward(), 'GET http://origin.test/ HTTP/1.0\r\nA: 1\r\n\r\n');
    expect(upstream).toBe('GET / HTTP/1.1\r\nHost: origin.test\r\nA: 1\r\nVia: 1.0 test-proxy\r\n\r\n');
  });

  it.each([
    ['https://origin.test/', 501, 'use CONNECT for https'],
    ['ftp://origin.test/', 501, 'the scheme ftp is not supported; use CONNECT for https'],
  ])('for %s is answered with %i and what to do', async (target, status, why) => {
    const answer = await answerTo(`GET ${target} HTTP/1.1\r\nHost: origin.test\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*${why}\n$`, 's'));
  });

  it('with user information is refused by the server', async () => {
    expect(await answerTo('GET http://a:b@origin.test/ HTTP/1.1\r\nHost: origin.test\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });
});

describe('a request for the proxy itself', () => {
  it.each(['GET / HTTP/1.1', 'POST /form?x HTTP/1.1', 'OPTIONS * HTTP/1.1'])(
    '%s is refused, and says what to ask for',
    async (line) => {
      const answer = await answerTo(`${line}\r\nHost: proxy.test\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 400 .*ask it for a whole URL, or for a tunnel by CONNECT\n$/s);
    },
  );

  it('leaves the connection in use', async () => {
    const world = newWorld().forward();
    const origin = world.origin();
    const client = await world.connect();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.take()).toMatch(/^HTTP\/1.1 400 /);
    client.send('GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n\r\n');
    (await origin.accept()).send(OK);
    expect(await client.take()).toMatch(/^HTTP\/1.1 200 .*ok$/s);
  });
});

describe('credentials', () => {
  const auth = basicProxyAuth([{ name: 'ann', password: 'secret:with colon' }], { realm: 'a proxy' });
  const header = `Basic ${Buffer.from('ann:secret:with colon').toString('base64')}`;

  it('let a request through, and never reach the origin', async () => {
    const world = newWorld().forward({ auth });
    const request =
      'GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n' +
      `pROXY-authorization: ${header}\r\nAuthorization: for-the-origin\r\n\r\n`;
    const { upstream } = await exchange(world, request);
    expect(upstream).toBe(
      'GET / HTTP/1.1\r\nHost: origin.test\r\nAuthorization: for-the-origin\r\nVia: 1.1 test-proxy\r\n\r\n',
    );
  });

  it.each([
    ['none', ''],
    ['wrong ones', `Proxy-Authorization: Basic ${Buffer.from('ann:guess').toString('base64')}\r\n`],
    ['those for the origin', `Authorization: ${header}\r\n`],
    ['two of them', `Proxy-Authorization: ${header}\r\nProxy-Authorization: ${header}\r\n`],
  ])('are asked for where there are %s, before anything else', async (_, field) => {
    for (const line of ['GET http://origin.test/', 'GET /', 'CONNECT origin.test:80', 'CONNECT origin.test:22']) {
      const world = newWorld().forward({ auth });
      const origin = world.origin();
      const client = await world.connect();
      client.send(`${line} HTTP/1.1\r\nHost: origin.test\r\n${field}\r\n`);
      expect(withoutDate(await client.take())).toBe(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="a proxy", charset="UTF-8"\r\n' +
          `Content-Type: text/plain; charset=utf-8\r\nContent-Length: 34\r\n` +
          `${line.startsWith('CONNECT') ? 'Connection: close\r\n' : ''}\r\n407 Proxy Authentication Required\n`,
      );
      expect(origin.count).toBe(0);
    }
  });

  it('may follow on the connection that was refused', async () => {
    const world = newWorld().forward({ auth });
    const origin = world.origin();
    const client = await world.connect();
    client.send('GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n\r\n');
    expect(await client.take()).toMatch(/^HTTP\/1.1 407 /);
    client.send(`CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\nProxy-Authorization: ${header}\r\n\r\n`);
    await origin.accept();
    expect(await client.take()).toMatch(/^HTTP\/1.1 200 /);
  });
});

it.each<[string, Partial<ForwardProxyOptions>, string]>([
  ['a pseudonym that is no token', { pseudonym: 'two words' }, 'pseudonym must be a token'],
  ['an empty pseudonym', { pseudonym: '' }, 'pseudonym must be a token'],
  ['port 0', { connectPorts: [443, 0] }, 'connectPorts must be numbers from 1 to 65535'],
  ['port 65536', { connectPorts: [65_536] }, 'connectPorts must be'],
  ['half a port', { connectPorts: [1.5] }, 'connectPorts must be'],
  ['no idle time', { relay: { idleTimeoutMs: 0 } }, 'relay.idleTimeoutMs must be > 0, got 0'],
  ['no time for a first byte', { relay: { firstByteTimeoutMs: Number.NaN } }, 'relay.firstByteTimeoutMs must be > 0'],
])('refuses %s when it is made', (_, options, why) => {
  const { client, connector } = newWorld();
  const make = () => forwardProxyService({ client, connector, ...options });
  expect(make).toThrow(UsageError);
  expect(make).toThrow(why);
});

/** What the proxy answers by itself. */
async function answerTo(request: string): Promise<string> {
  const client = await newWorld().forward().connect();
  client.send(request);
  return client.take();
}

it('reflects a TRACE that may go no further as it came, each byte one byte', async () => {
  const answer = await answerTo(
    'TRACE http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nMax-Forwards: 0\r\nCookie: x\r\nA: \xe4\r\n\r\n',
  );
  const reflected = 'TRACE http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nMax-Forwards: 0\r\nA: \xe4\r\n\r\n';
  expect(answer).toMatch(/\r\nContent-Type: message\/http\r\n/);
  expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(reflected);
});
