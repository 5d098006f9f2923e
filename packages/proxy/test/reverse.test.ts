import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReverseProxyOptions } from '../src/index.ts';
import { exchange, worlds } from './support/world.ts';

const newWorld = worlds({ beforeEach, afterEach });
const QUIET: Partial<ReverseProxyOptions> = { forwarded: 'none' };

describe('the upstream gets', () => {
  it.each([
    ['the host that was asked for', true, 'shop.test'],
    ['its own host, if told so', false, 'origin.test'],
  ])('%s, where the client has written it', async (_, keepsHost, host) => {
    const world = newWorld().reverse({ ...QUIET, keepsHost });
    const { upstream } = await exchange(world, 'GET /a HTTP/1.1\r\nA: 1\r\nhOST: shop.test\r\nB: 2\r\n\r\n');
    expect(upstream).toBe(`GET /a HTTP/1.1\r\nA: 1\r\nhOST: ${host}\r\nB: 2\r\nVia: 1.1 test-proxy\r\n\r\n`);
  });

  it('the host of a whole URL, whatever Host says', async () => {
    const world = newWorld().reverse(QUIET);
    const { upstream } = await exchange(world, 'GET http://shop.test/a HTTP/1.1\r\nHost: other.test\r\n\r\n');
    expect(upstream).toBe('GET /a HTTP/1.1\r\nHost: shop.test\r\nVia: 1.1 test-proxy\r\n\r\n');
  });

  it.each([
    ['http://shop.test/a', 'A: 1\r\nHost: shop.test\r\n'],
    ['/a', 'Host: origin.test\r\nA: 1\r\n'],
  ])('a Host, where an HTTP/1.0 client asks for %s without one', async (target, lines) => {
    const { upstream } = await exchange(newWorld().reverse(QUIET), `GET ${target} HTTP/1.0\r\nA: 1\r\n\r\n`);
    expect(upstream).toBe(`GET /a HTTP/1.1\r\n${lines}Via: 1.0 test-proxy\r\n\r\n`);
  });

  it.each([
    ['OPTIONS *', 'OPTIONS *'],
    ['OPTIONS http://shop.test', 'OPTIONS *'],
    ['OPTIONS http://shop.test?q', 'OPTIONS /?q'],
    ['OPTIONS /', 'OPTIONS /'],
    ['GET http://shop.test', 'GET /'],
    ['GET //elsewhere.test/x', 'GET //elsewhere.test/x'],
    ['GET /%61///b%2f', 'GET /%61///b%2f'],
  ])('for %s: %s', async (asked, line) => {
    const { upstream } = await exchange(newWorld().reverse(QUIET), `${asked} HTTP/1.1\r\nHost: shop.test\r\n\r\n`);
    expect(upstream).toBe(`${line} HTTP/1.1\r\nHost: shop.test\r\nVia: 1.1 test-proxy\r\n\r\n`);
  });

  it.each([false, true])('nothing that a client claims in trailers, believed: %s', async (trustsForwarded) => {
    const world = newWorld().reverse({ ...QUIET, trustsForwarded });
    const head = 'POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n';
    const trailers = 'X_Forwarded_For: evil\r\nX-Forwarded-Prefix: evil\r\nX-Sum: 1\r\n\r\n';
    const origin = world.origin();
    const client = await world.connect();
    for (const part of [head, '2\r\nok\r\n', `0\r\n${trailers}`]) {
      client.send(part);
      await client.take();
    }
    expect(await (await origin.accept()).take()).toMatch(/\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n$/);
  });

  it('a URL with https from a proxy that is believed', async () => {
    const world = newWorld().reverse({ ...QUIET, trustsForwarded: true });
    const { upstream } = await exchange(world, 'GET https://shop.test/a HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    expect(upstream).toMatch(/^GET \/a HTTP\/1.1\r\nHost: shop.test\r\n/);
  });
});

it.each([
  ['GET https://shop.test/', 421, 'the scheme https is not served here'],
  ['GET ftp://shop.test/', 421, 'the scheme ftp is not served here'],
  ['GET http://other.test/api', 421, 'this host is not served here'],
  ['GET http://shop.test/x', 404, 'no upstream serves this'],
  ['GET /api/..%2fadmin', 400, 'a path must not have dot segments'],
  ['GET /api\\admin', 400, 'a path must not have backslashes'],
  ['GET http://shop.test/api\\', 400, 'a path must not have backslashes'],
  ['CONNECT shop.test:80', 405, 'this is no forward proxy'],
  ['TRACE /api', 405, 'TRACE is not passed on'],
])('%s is answered with %i: %s', async (asked, status, why) => {
  const world = newWorld().reverse({ routes: [{ host: 'shop.test', path: '/api', to: 'http://origin.test' }] });
  const client = await world.connect();
  client.send(`${asked} HTTP/1.1\r\nHost: shop.test\r\n\r\n`);
  expect(await client.take()).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\n\r\n${status}: ${why}\n$`, 's'));
  expect(world.access).toEqual([{ status }]);
});
