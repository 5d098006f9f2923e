import type { MemoryNetwork } from '@lamella/net-core';
import { connectRequest, formatAddress, memoryNetwork, PeerAddress, parseAddress } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HappyEyeballsOptions } from './happy-eyeballs-connector.ts';
import { happyEyeballsConnector } from './happy-eyeballs-connector.ts';

checkLedger({ beforeEach, afterEach });
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

const V6 = '2001:db8::1';
const V4 = '192.0.2.10';

describe('happyEyeballsConnector', () => {
  it('connects when both families have a round trip of 400 ms, longer than the delay between attempts', async () => {
    const { connectTo, clock, network } = setup([V6, V4]);
    network.setConditions({ latencyMs: 200 });
    const connecting = connectTo();
    await clock.advanceAsync(399);
    expect(connecting.winner).toBeUndefined();
    await clock.advanceAsync(1);
    expect(connecting.winner).toBe(`[${V6}]:80`);
    expect(attempts(network)).toEqual([0, 250]); // they overlap, and the loser is closed
    await end(connecting, clock, network);
  });

  it('connects past an IPv6 black hole within a round trip and 300 ms', async () => {
    const { connectTo, clock, network } = setup([V6, V4]);
    network.setConditions({ latencyMs: 50 });
    network.blackHole(V6);
    const connecting = connectTo();
    await clock.advanceAsync(349);
    expect(connecting.winner).toBeUndefined();
    await clock.advanceAsync(1);
    expect(connecting.winner).toBe(`${V4}:80`);
    await end(connecting, clock, network);
  });

  it('falls back at once when there is no route', async () => {
    const { connectTo, clock, network } = setup([V6, V4]);
    network.unreachable(V6);
    const connecting = connectTo();
    await clock.advanceAsync(0);
    expect(connecting.winner).toBe(`${V4}:80`);
    await end(connecting, clock, network);
  });

  it('tells every address and its reason when all fail', async () => {
    const { connectTo, clock, network } = setup([V6, V4, '192.0.2.11'], []);
    network.unreachable(V6);
    network.blackHole('192.0.2.11');
    const connecting = connectTo();
    await clock.advanceAsync(20_000);
    expect(connecting.error).toMatchObject({
      code: 'LML_ERR_CONNECT_ALL_FAILED',
      phase: 'connect',
      facts: { peer: 'app.test:80' },
      message:
        'connect to app.test:80: all 3 addresses failed: 2001:db8::1 (no route), 192.0.2.10 (refused), ' +
        '192.0.2.11 (no answer within 10000 ms)',
      errors: [
        { code: 'LML_ERR_CONNECT_UNREACHABLE' },
        { code: 'LML_ERR_CONNECT_REFUSED' },
        { code: 'LML_ERR_CONNECT_TIMEOUT' },
      ],
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the error of the only address as it is', async () => {
    const { connectTo, clock } = setup([V4], []);
    const connecting = connectTo();
    await clock.advanceAsync(1_000);
    expect(connecting.error).toMatchObject({
      code: 'LML_ERR_CONNECT_REFUSED',
      message: `connect to ${V4}:80: refused`,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('alternates families, IPv6 first, and stops at the limit', async () => {
    const all = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '2001:db8::1', '2001:db8::2'];
    const { connectTo, clock, network } = setup(all, [], { maxAddresses: 4 });
    for (const host of all) network.blackHole(host);
    const connecting = connectTo();
    await clock.advanceAsync(30_000);
    expect(String((connecting.error as Error).message).match(/[0-9a-f:.]+(?= \(no)/g)).toEqual([
      '2001:db8::1',
      '192.0.2.1',
      '2001:db8::2',
      '192.0.2.2',
    ]);
  });

  it('waits 50 ms for IPv6 addresses when IPv4 ones come first, and no longer', async () => {
    for (const [delayMs, winner] of [
      [49, `[${V6}]:80`],
      [51, `${V4}:80`],
    ] as const) {
      const { connectTo, clock, network } = setup([V6, V4], [V6, V4], {}, { 6: delayMs });
      const connecting = connectTo();
      await clock.advanceAsync(60);
      expect(connecting.winner).toBe(winner);
      await end(connecting, clock, network);
    }
  });

  it('does not wait for IPv6 addresses when their lookup fails', async () => {
    const { connectTo, clock, network } = setup([V4]);
    const connecting = connectTo();
    await clock.advanceAsync(0);
    expect(connecting.winner).toBe(`${V4}:80`);
    await end(connecting, clock, network);
  });

  it('tells why a name has no address', async () => {
    const { connectTo, clock, network } = setup([]);
    const empty = connectTo();
    await clock.advanceAsync(0);
    expect(empty.error).toMatchObject({ code: 'LML_ERR_CONNECT_NAME_NOT_FOUND', phase: 'resolve' });
    network.setName('app.test', 'lookup-failed');
    const failed = connectTo();
    await clock.advanceAsync(0);
    expect(failed.error).toMatchObject({ code: 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED', phase: 'resolve' });
  });

  it('gives everything up when the caller does, with its reason, and leaves no timer', async () => {
    for (const silent of ['name', 'address'] as const) {
      const { connector, clock, network } = setup([V6, V4]);
      if (silent === 'name') network.setName('app.test', 'silent');
      else for (const host of [V6, V4]) network.blackHole(host);
      const controller = new AbortController();
      const request = connectRequest({ target: parseAddress('app.test:80'), signal: controller.signal });
      const connecting = connector.serve(request);
      const failed = expect(connecting).rejects.toBe('changed my mind');
      await clock.advanceAsync(300);
      controller.abort('changed my mind');
      await failed;
      await settle();
      expect(clock.pendingTimers).toBe(0);
      await expect(connector.serve(request)).rejects.toBe('changed my mind');
    }
  });

  it('aborts the losers, and neither the winner nor a lookup that has ended', async () => {
    const { clock, network } = setup([V6, V4]);
    network.blackHole(V6);
    const inner = network.connector();
    const signals = new Map<string, AbortSignal>();
    const connector = happyEyeballsConnector({
      clock,
      resolver: {
        serve(request) {
          signals.set(`lookup ${request.family}`, request.signal);
          return network.resolver.serve(request);
        },
      },
      connector: {
        serve(request) {
          signals.set(formatAddress(request.target), request.signal);
          return inner.serve(request);
        },
      },
    });
    const connecting = connector.serve(connectRequest({ target: parseAddress('app.test:80') }));
    await clock.advanceAsync(1_000);
    const connection = await connecting;
    expect(Array.from(signals, ([name, { aborted }]) => [name, aborted])).toEqual([
      ['lookup 6', false],
      ['lookup 4', false],
      [`[${V6}]:80`, true],
      [`${V4}:80`, false],
    ]);
    connection.stream.destroy();
    for (const listener of listeners.splice(0)) await listener.close();
  });

  it('sends addresses straight on', async () => {
    const { connector, clock, network } = setup([]);
    listeners.push(network.listen('unix:/run/x.sock'));
    const connection = await connector.serve(connectRequest({ target: parseAddress('unix:/run/x.sock') }));
    connection.stream.destroy();
    await expect(connector.serve(connectRequest({ target: parseAddress('192.0.2.99:80') }))).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_REFUSED',
    });
    expect(clock.pendingTimers).toBe(0);
    for (const listener of listeners.splice(0)) await listener.close();
  });

  it.each([
    ['resolutionDelayMs', -1],
    ['attemptDelayMs', 0],
    ['maxAddresses', 0],
  ])('refuses %s of %d', (name, value) => {
    const network = memoryNetwork();
    const rest = { resolver: network.resolver, connector: network.connector() };
    expect(() => happyEyeballsConnector({ ...rest, [name]: value })).toThrow(name);
  });
});

const listeners: { close(): Promise<void> }[] = [];

function setup(
  addresses: readonly string[],
  listening: readonly string[] = addresses,
  options: Partial<HappyEyeballsOptions> = {},
  lookupMs: Partial<Record<4 | 6, number>> = {},
) {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  network.setName('app.test', addresses);
  for (const host of listening) listeners.push(network.listen(host.includes(':') ? `[${host}]:80` : `${host}:80`));
  const resolver: HappyEyeballsOptions['resolver'] = {
    async serve(request) {
      const delayMs = lookupMs[request.family] ?? 0;
      if (delayMs > 0) await new Promise<void>((resolve) => clock.startTimer(delayMs, resolve));
      return network.resolver.serve(request);
    },
  };
  const connector = happyEyeballsConnector({ resolver, connector: network.connector(), clock, ...options });
  const connectTo = () => {
    const outcome: { winner?: string; error?: unknown; destroy(): void } = { destroy() {} };
    connector.serve(connectRequest({ target: parseAddress('app.test:80') })).then(
      (connection) => {
        const peer = connection.extensions.get(PeerAddress);
        outcome.winner = peer === undefined ? '' : formatAddress(peer);
        outcome.destroy = () => connection.stream.destroy();
      },
      (error: unknown) => {
        outcome.error = error;
      },
    );
    return outcome;
  };
  return { connector, connectTo, clock, network };
}

/** When each attempt started. */
function attempts(network: MemoryNetwork): number[] {
  return network.events.filter(({ event }) => event === 'connect').map(({ atMs }) => atMs);
}

/** Ends the winner, and looks that nothing of the losers is left. */
async function end(outcome: { destroy(): void }, clock: FakeClock, network: MemoryNetwork): Promise<void> {
  outcome.destroy();
  for (const listener of listeners.splice(0)) await listener.close();
  await clock.advanceAsync(5_000);
  expect(clock.pendingTimers).toBe(0);
  expect(network.events.length).toBeGreaterThan(0);
}
