import {
  createHttpClient,
  followRedirectLayer,
  HttpRequest,
  HttpResponse,
  http1,
  httpServerLayer,
} from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import type { EgressDecision, IpAddress } from '@lamella/net-core';
import { egressPolicyLayer, formatAddress, memoryNetwork, parseIp, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { happyEyeballsConnector } from '@lamella/net-tcp';
import { forwardProxyService } from '@lamella/proxy';
import { createLifecycle, stack } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const PUBLIC = '8.8.8.8';
const PRIVATE = '10.0.0.1';

describe('a policy of where connections may go', () => {
  it('judges what a name leads to, and dials only what it approved', async () => {
    const world = openWorld({ 'mixed.test': [[PRIVATE, PUBLIC]] });
    expect(await world.get('http://mixed.test/')).toBe(PUBLIC);
    expect(world.told()).toEqual([`deny ${PRIVATE}:80`, `allow ${PUBLIC}:80`]);
    expect(world.reached).toEqual([PUBLIC]);
    await world.close();
  });

  it('looks at each lookup of a name that changes', async () => {
    const world = openWorld({ 'rebinding.test': [[PUBLIC], [PRIVATE]] });
    expect(await world.get('http://rebinding.test/')).toBe(PUBLIC);
    expect(await world.get('http://rebinding.test/')).toBe('LML_ERR_CONNECT_DENIED');
    expect(world.reached).toEqual([PUBLIC]);
    await world.close();
  });

  it.each([`http://${PRIVATE}/`, `http://[::ffff:${PRIVATE}]/`, 'http://inner.test/'])(
    'follows no redirect to %s',
    async (location) => {
      const world = openWorld({ 'outer.test': [[PUBLIC]], 'inner.test': [[PRIVATE]] }, location);
      expect(await world.get('http://outer.test/')).toBe('LML_ERR_CONNECT_DENIED');
      expect(world.reached).toEqual([PUBLIC]);
      await world.close();
    },
  );

  it.each([PRIVATE, '[::ffff:10.0.0.1]', '[64:ff9b::10.0.0.1]', 'inner.test', 'inner.test.', '169.254.169.254'])(
    'keeps a forward proxy away from %s',
    async (host) => {
      const world = openWorld({ 'inner.test': [[PRIVATE]] });
      const plain = await world.proxy.serve(HttpRequest.from({ target: `http://${host}/` }));
      const tunnel = await world.proxy.serve(HttpRequest.from({ method: 'CONNECT', target: `${host}:80` }));
      expect([plain.status, tunnel.status].filter((status) => status < 400)).toEqual([]);
      await Promise.all([plain.body.text(), tunnel.body.text()]);
      expect(world.reached).toEqual([]);
      expect(world.told().length).toBeGreaterThan(0);
      expect(world.told().filter((line) => line.startsWith('allow'))).toEqual([]);
      await world.close();
    },
  );
});

describe('spellings of an address that is not public', () => {
  it.each([
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.1/',
    'http://0/',
    'http://0.0.0.0/',
    'http://127.0.0.1./',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://[ff02::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://192.168.0.1/',
    'http://172.16.0.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://8.8.8.8@127.0.0.1/',
    'http://127.0.0.1#@8.8.8.8/',
    'http://127.0.0.1%2f@8.8.8.8/',
    'http://127.0.0.1\\@8.8.8.8/',
    'http://①②⑦.⓪.⓪.①/',
    'http://localhost/',
    'http://LOCALHOST./',
  ])('%s reaches nobody', async (target) => {
    const world = openWorld({ localhost: [['127.0.0.1']] });
    expect(await world.get(target)).toMatch(/^LML_ERR_/);
    expect(world.reached).toEqual([]);
    expect(world.told().filter((line) => line.startsWith('allow'))).toEqual([]);
    await world.close();
  });
});

/** A client and a forward proxy under one policy, before a public and a private server; a name gives its answers in turn. */
function openWorld(names: Record<string, string[][]>, location?: string) {
  const network = memoryNetwork();
  const lifecycle = createLifecycle();
  const decisions: EgressDecision[] = [];
  const reached: string[] = [];
  for (const address of [PUBLIC, PRIVATE]) {
    const service = {
      serve: async () => {
        reached.push(address);
        const redirect = address === PUBLIC && location !== undefined;
        return redirect
          ? HttpResponse.text('', { status: 302, headers: { location, connection: 'close' } })
          : HttpResponse.text(address, { headers: { connection: 'close' } });
      },
    };
    void serveListener(network.listen(`${address}:80`), httpServerLayer({ lifecycle })(service), { lifecycle });
  }
  const connector = happyEyeballsConnector({
    resolver: {
      serve: async ({ domain, family }): Promise<readonly IpAddress[]> => {
        if (family === 6) return [];
        const answers = names[domain.name] ?? [[]];
        return ((answers.length > 1 ? answers.shift() : answers[0]) ?? []).map(parseIp);
      },
    },
    connector: stack(egressPolicyLayer({ onDecision: (decision) => decisions.push(decision) }), network.connector()),
  });
  const client = createHttpClient({ connector, protocols: [http1()] });
  const following = stack(followRedirectLayer(), client);
  return {
    reached,
    proxy: directClientOn(forwardProxyService({ client, connector, connectPorts: 'any' })),
    told: () => decisions.map(({ isAllowed, target }) => `${isAllowed ? 'allow' : 'deny'} ${formatAddress(target)}`),
    async get(target: string): Promise<string> {
      try {
        return await (await following.serve(HttpRequest.from({ target }))).body.text();
      } catch (error) {
        return String((error as { code?: unknown }).code); // whatever it is, the test shows it
      }
    },
    async close() {
      client.destroy();
      await lifecycle.drain({ graceMs: 0 });
    },
  };
}
