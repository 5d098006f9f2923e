import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { listening } from '../../support/free-port.ts';
import { usePeers } from '../../support/peers.ts';
import { startRedis } from '../../support/redis-server.ts';
import { curl, NO_PROXIES, run } from '../../support/run.ts';
import type { RunningApp } from '../../support/start-app.ts';
import { startApp, startAppAsUser } from '../../support/start-app.ts';
import { startProcess } from '../../support/start-process.ts';

usePeers('curl', 'chromium', 'redis-server');

describe('the API gateway', () => {
  it('starts by the command of the README, and prints commands that work', async () => {
    const gateway = await startAppAsUser('start:api-gateway');
    const outputs = [];
    for (const command of gateway.stdout().match(/^ {2}curl .*$/gm) ?? []) {
      outputs.push((await run('sh', ['-c', command], { env: NO_PROXIES })).stdout);
    }
    expect(outputs).toEqual([
      expect.stringMatching(/^HTTP\/1.1 200 OK\r\n[\s\S]*{"user":"ann","via":"1.1 lamella-[0-9a-f]+","hasKey":false}$/),
      expect.stringMatching(/^HTTP\/1.1 200 OK\r\n[\s\S]*\r\nContent-Encoding: \S+\r\n[\s\S]*"item 99"}\]}$/),
      expect.stringMatching(/^HTTP\/1.1 200 OK\r\n[\s\S]*"isBroken":true}$/),
      expect.stringMatching(/^{\n {2}"phase": "running",\n[\s\S]*"health":/),
      expect.stringMatching(/^{"status":"ok","phase":"running","checks":\[{"name":"limit","status":"ok"/),
    ]);
    gateway.signal('SIGINT');
    await gateway.printed(/^drained in [0-9]+ ms/m);
    await gateway.ended;
  });

  it('asks for a key, tells its servers the name behind it, and keeps the key to itself', async () => {
    const { url } = await startApp('start:api-gateway');
    expect(await statusOf(`${url}/api/me`)).toBe('401');
    expect(await statusOf('-H', 'Authorization: Bearer wrong-key', `${url}/api/me`)).toBe('401');
    expect(await statusOf('-H', 'X-User: ann', `${url}/api/me`)).toBe('401');
    const me = await curl(...BOB, '-H', 'X-User: ann', '-H', 'Connection: X-User', `${url}/api/me`);
    expect(JSON.parse(me.stdout)).toMatchObject({ user: 'bob', hasKey: false });
    const json = await curl('-H', 'Accept: application/json', `${url}/nowhere`);
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 404, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const html = await curl('-H', 'Accept: text/html', `${url}/nowhere`);
    expect(html.stdout).toMatch(/^<!doctype html>.*<h1>Not Found<\/h1>/);
    const large = await curl(
      '-w',
      '%{http_code}',
      ...ANN,
      '-d',
      'x'.repeat(100),
      '-H',
      'Content-Length: 1000001',
      `${url}/api/echo`,
    );
    expect(large.stdout).toMatch(/413$/);
  });

  it('answers what is public from its cache, for every key, and what is not from a server', async () => {
    const { url } = await startApp('start:api-gateway');
    const first = await curl('-i', ...ANN, `${url}/api/items`);
    const second = await curl('-i', ...BOB, `${url}/api/items`);
    expect(first.stdout).toMatch(/^Cache-Status: lamella; fwd=miss/m);
    expect(second.stdout).toMatch(/^Cache-Status: lamella; hit; ttl=[0-9]+\r$/m);
    expect(bodyOf(second.stdout)).toBe(bodyOf(first.stdout));
    for (const key of [ANN, BOB]) {
      expect((await curl('-i', ...key, `${url}/api/me`)).stdout).not.toMatch(/^Cache-Status: .*hit/m);
    }
  });

  it('goes on with one server when the other breaks, and without any says so', async () => {
    const gateway = await startApp('start:api-gateway', { RATE_LIMIT: '1000' });
    const { url } = gateway;
    const { stdout } = await curl(...ANN, '-X', 'POST', `${url}/api/break`);
    expect(JSON.parse(stdout)).toMatchObject({ isBroken: true });
    for (let count = 0; count < 20; count++) expect(await statusOf(...ANN, `${url}/api/me`)).toBe('200');
    await gateway.printed(/^upstream http:\/\/127\.0\.0\.1:[0-9]+ is (?!available)/m);
    // The other one is all that is left, so it is the one that breaks now.
    await curl(...ANN, '-X', 'POST', `${url}/api/break`);
    const broken = await curl('-w', '%{http_code}', ...ANN, `${url}/api/me`);
    expect(broken.stdout).toMatch(/503$/);
  });

  it('lets pages of one site in, with a preflight, and shows them that a limit is reached', async () => {
    const site = createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end('<h1>page</h1>'),
    );
    onTestFinished(() => void site.close().closeAllConnections());
    const origin = `http://127.0.0.1:${await listening(site)}`;
    const gateway = await startApp('start:api-gateway', { CORS_ORIGINS: origin, RATE_LIMIT: '3' });
    const page = await chromiumPage();
    await page.goto(origin);
    const call = `fetch('${gateway.url}/api/me', { headers: { Authorization: 'Bearer demo-key-of-ann' } }).then(
      async (response) => [response.status, response.headers.get('RateLimit-Policy'), response.headers.get('Retry-After'), await response.text()],
      (error) => error.name,
    )`;
    for (let count = 0; count < 3; count++) {
      expect(await page.evaluate(call)).toEqual([200, '"key";q=3;w=60', null, expect.stringContaining('"user":"ann"')]);
    }
    expect(await page.evaluate(call)).toEqual([
      429,
      '"key";q=3;w=60',
      expect.stringMatching(/^[0-9]+$/),
      expect.any(String),
    ]);
    await gateway.printed(/"method":"OPTIONS","target":"\/api\/me","version":"1.1","status":204/);
    expect(await statusOf(...BOB, `${gateway.url}/api/me`)).toBe('200'); // a limit of his own

    await page.goto(origin.replace('127.0.0.1', 'localhost')); // another site
    expect(await page.evaluate(call)).toBe('TypeError');
  });

  it('shares the limit with another gateway over Redis', async () => {
    const { port } = await startRedis();
    const env = { ...redisAt(port), RATE_LIMIT: '6', RATE_LIMIT_WITHOUT_REDIS: 'deny' };
    const gateways = await Promise.all([startApp('start:api-gateway', env), startApp('start:api-gateway', env)]);
    for (const gateway of gateways) await isReady(gateway);
    const statuses = [];
    for (let count = 0; count < 8; count++) statuses.push(await statusOf(...ANN, `${gateways[count % 2]?.url}/api/me`));
    expect(statuses).toEqual(['200', '200', '200', '200', '200', '200', '429', '429']);
    for (const { url } of gateways) expect(await statusOf(...BOB, `${url}/api/me`)).toBe('200');
  });

  it.each([
    { policy: 'allow', whileDown: '200', readiness: '200' },
    { policy: 'deny', whileDown: '503', readiness: '503' },
  ])('while Redis is down it does what it is told: $policy', async ({ policy, whileDown, readiness }) => {
    const redis = await startRedis();
    const env = { ...redisAt(redis.port), RATE_LIMIT_WITHOUT_REDIS: policy };
    const gateway = await startApp('start:api-gateway', env);
    await isReady(gateway);
    expect(await statusOf(...ANN, `${gateway.url}/api/me`)).toBe('200');
    redis.signal('SIGKILL');
    await gateway.printed(/^redis: /m, 'stderr');
    expect(await statusOf(...ANN, `${gateway.url}/api/me`)).toBe(whileDown);
    await until(async () => (await statusOf(`${gateway.url}/readyz`)) === readiness);
    await startRedis(redis.port);
    await until(async () => (await statusOf(...ANN, `${gateway.url}/api/me`)) === '200');
    await isReady(gateway);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  it('lets a running request finish on SIGTERM, not ready from then on', async () => {
    const gateway = await startApp('start:api-gateway', { PRE_DRAIN_MS: '3000' });
    await isReady(gateway);
    const args = ['-q', '-sSN', ...ANN, `${gateway.url}/api/slow?seconds=4`];
    const slow = startProcess('curl', args, { env: NO_PROXIES });
    await slow.printed(/^1$/m);
    expect((await curl(`${gateway.url}/gauges`)).stdout).toMatch(/"active": 1/);
    gateway.signal('SIGTERM');
    await gateway.printed(/^draining/m);
    expect(await statusOf(`${gateway.url}/readyz`)).toBe('503');
    expect([await slow.ended, slow.stdout()]).toEqual([0, '1\n2\n3\n4\ndone\n']);
    expect(await gateway.ended).toBe(0);
    expect(gateway.stdout()).toMatch(/^drained in [0-9]+ ms; [1-9][0-9]* finished, [0-9]+ closed, 0 cut$/m);
    expect(gateway.stderr()).toBe('');
  });
});

const ANN = ['-H', 'Authorization: Bearer demo-key-of-ann'];
const BOB = ['-H', 'Authorization: Bearer demo-key-of-bob'];

/** Settings of a gateway that waits for a Redis which is there, however busy the machine is. */
function redisAt(port: number): Readonly<Record<string, string>> {
  return { REDIS_URL: `redis://127.0.0.1:${port}`, REDIS_TIMEOUT_MS: '10000' };
}

async function statusOf(...args: readonly string[]): Promise<string> {
  return (await curl('-o', '/dev/null', '-w', '%{http_code}', ...args)).stdout;
}

function bodyOf(response: string): string {
  return response.slice(response.indexOf('\r\n\r\n'));
}

function isReady({ url }: RunningApp): Promise<void> {
  return until(async () => (await statusOf(`${url}/readyz`)) === '200');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}
