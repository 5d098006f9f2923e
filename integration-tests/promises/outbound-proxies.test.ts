import { createHttpClient, HttpRequest, httpServerLayer, proxyFromEnvironment, via } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn, stack } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noProxyVectors } from '../support/no-proxy-vectors.ts';
import { checkProcess } from './support/process-failures.ts';
import { ProxyWorld } from './support/proxy-world.ts';

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
      for (let time = 0; time < 3; time++) expect((await world.ask(client, 'http')).body).toBe('from the origin');
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
      const { seen } = await world.ask(world.client({ proxy }), 'http', [
        ['Proxy-Authorization', `Basic ${btoa('u:p')}`],
      ]);
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
    for (const _ of users) await world.ask(client, 'http');
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
      const failed = world.ask(client, 'http').then(
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
function setup(): ProxyWorld {
  const world = new ProxyWorld();
  const { clock, lifecycle } = world;
  const layer = httpServerLayer({ clock, lifecycle });
  for (const name of ['a', 'b', 'c', 'd']) {
    world.listen(`${name}.test:1080`, stack(layer, world.proxy(name, name === 'c')));
  }
  const silent = serviceFn(async ({ stream }: Connection) => {
    const reading = async (): Promise<void> => {
      while ((await stream.read()) !== undefined);
    };
    await reading().catch(() => {}); // whoever gives up resets the connection
    stream.destroy();
  });
  world.listen('silent.test:1080', silent);
  world.listen('origin.test:80', stack(layer, world.origin));
  return world;
}
