import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer, proxyFromEnvironment, via } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { basicProxyAuth, forwardProxyService } from '@lamella/proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noProxyVectors } from '../support/no-proxy-vectors.ts';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('ways through proxies', () => {
  it('lead through four of them, by tunnels or to a last one that gets whole URLs, and are kept', async () => {
    const world = setup();
    for (const [plainHttp, tunnels] of [
      ['tunnel', 4],
      ['absolute-form', 3],
    ] as const) {
      const client = world.client({
        proxy: via(['http://a.test', 'http://b.test', 'http://u:p@c.test', 'http://d.test'], { plainHttp }),
      });
      const before = world.tunnels.length;
      for (let time = 0; time < 3; time++) expect((await world.ask(client)).body).toBe('from the origin');
      expect(world.tunnels.length - before).toBe(tunnels);
    }
    expect(world.tunnels.slice(0, 4)).toEqual([
      'a: b.test:1080',
      'b: c.test:1080',
      'c: d.test:1080',
      'd: origin.test:80',
    ]);
    await world.end();
  });

  it('never tell an origin who we are to a proxy, whatever the request says', async () => {
    const world = setup();
    const environment = { http_proxy: 'http://u:p@c.test', no_proxy: 'origin.test' };
    for (const proxy of [
      via('http://u:p@c.test', { plainHttp: 'tunnel' }),
      via('http://u:p@c.test'),
      via(['http://u:p@c.test', 'http://a.test']),
      proxyFromEnvironment(environment),
    ]) {
      const { seen } = await world.ask(world.client({ proxy }), [['Proxy-Authorization', `Basic ${btoa('u:p')}`]]);
      expect(seen.filter(([name]) => /^proxy-/i.test(name))).toEqual([]);
    }
    await world.end();
  });

  it('are different ways for different credentials: rotating them rotates the connections', async () => {
    const world = setup();
    const users = ['u', 'v', 'w', 'u', 'v', 'w'];
    const next = users.values();
    const proxy = () => via(`http://${next.next().value}:p@c.test`, { plainHttp: 'tunnel' });
    const client = world.client({ proxy });
    for (const _ of users) await world.ask(client);
    expect(client.counters().map(({ dials, reuses }) => [dials, reuses])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    await world.end();
  });

  it('have a deadline for the handshake, and typed errors that name the proxy and nobody’s password', async () => {
    const world = setup();
    const failure = async (proxy: string) => {
      const client = world.client({ proxy: via(proxy, { plainHttp: 'tunnel', clock: world.clock }) });
      const failed = world.ask(client).then(
        () => undefined,
        (error: unknown) => error,
      );
      await world.clock.advanceAsync(10_000);
      return failed;
    };
    const wrong = await failure('http://u:secret@c.test');
    expect(wrong).toMatchObject({
      code: 'LML_ERR_CONNECT_PROXY_AUTH',
      phase: 'proxy',
      facts: { via: ['c.test:1080'] },
    });
    const silent = await failure('http://u:secret@silent.test');
    expect(silent).toMatchObject({ code: 'LML_ERR_CONNECT_TIMEOUT', phase: 'proxy' });
    expect(`${wrong} ${silent} ${JSON.stringify([wrong, silent])}`).not.toMatch(/secret|dTpzZWNyZXQ/);
    await world.end();
  });

  it('follow NO_PROXY row by row as curl does', () => {
    const differences = noProxyVectors.filter(([list, host, isDirect]) => {
      const request = HttpRequest.from({ target: `http://${host}/` });
      const select = proxyFromEnvironment({ all_proxy: 'http://p.test', no_proxy: list });
      let wentDirectly: boolean | undefined;
      const client = createHttpClient({
        connector: { serve: () => Promise.reject(new Error('not dialled here')) },
        proxy(target, asked) {
          const chain = select(target, asked);
          wentDirectly = chain === undefined;
          return chain;
        },
      });
      client.serve(request).catch(() => {});
      client.destroy();
      return wentDirectly !== isDirect;
    });
    expect(differences).toEqual([]);
  });
});

/** Proxies a, b and d for everybody, c for those who say the password `p`, one that is silent, and an origin. */
function setup() {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  const lifecycle = createLifecycle({ clock });
  const layer = httpServerLayer({ clock, lifecycle });
  const tunnels: string[] = [];
  const served: Promise<unknown>[] = [];
  const auth = basicProxyAuth(['u', 'v', 'w'].map((name) => ({ name, password: 'p' })));
  for (const name of ['a', 'b', 'c', 'd']) {
    const connector = network.connector();
    const inner = forwardProxyService({
      client: createHttpClient({ connector, clock, lifecycle }),
      connector,
      connectPorts: 'any',
      relay: { clock, lifecycle },
      ...(name === 'c' ? { auth } : {}),
    });
    const proxy = serviceFn((request: Request) => {
      if (request.method === 'CONNECT') tunnels.push(`${name}: ${request.target}`);
      return inner.serve(request);
    });
    served.push(serveListener(network.listen(`${name}.test:1080`), stack(layer, proxy), { lifecycle }));
  }
  const silent = serviceFn(async ({ stream }: Connection) => {
    const reading = async (): Promise<void> => {
      while ((await stream.read()) !== undefined);
    };
    await reading().catch(() => {}); // whoever gives up resets the connection
    stream.destroy();
  });
  served.push(serveListener(network.listen('silent.test:1080'), silent, { lifecycle }));
  const origin = serviceFn(({ headers }: Request) =>
    HttpResponse.text('from the origin', { headers: { 'X-Seen': JSON.stringify([...headers]) } }),
  );
  served.push(serveListener(network.listen('origin.test:80'), stack(layer, origin), { lifecycle }));
  return {
    clock,
    tunnels,
    client: (options: Partial<Parameters<typeof createHttpClient>[0]>) =>
      createHttpClient({ connector: network.connector(), clock, lifecycle, ...options }),
    async ask(client: ReturnType<typeof createHttpClient>, headers: [string, string][] = []) {
      const response = await client.serve(HttpRequest.from({ target: 'http://origin.test/', headers }));
      const body = await response.body.text();
      const seen: [string, string][] = JSON.parse(response.headers.get('x-seen') ?? '[]');
      return { body, seen };
    },
    async end(): Promise<void> {
      const drained = lifecycle.drain({ graceMs: 0 });
      await clock.advanceAsync(10_000);
      await drained;
      await Promise.all(served);
    },
  };
}
