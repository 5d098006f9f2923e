import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../address/address.ts';
import type { Connection } from '../connection/connection.ts';
import { connectRequest } from '../connection/connector.ts';
import { PeerAddress } from '../connection/keys.ts';
import type { Listener } from '../connection/listener.ts';
import { serveListener } from '../connection/serve-listener.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { patternBytes, readAll, readExactly, text, utf8 } from '../testing/stream-tools.ts';
import type { LinkConditions } from './link-conditions.ts';
import type { MemoryConnectorOptions } from './memory-connector.ts';
import type { MemoryNetwork, NetworkEvent } from './memory-network.ts';
import { memoryNetwork } from './memory-network.ts';

checkLedger({ beforeEach, afterEach });

describe('loss', () => {
  it('is a stall: nothing is missing, nothing is out of order, and it takes its time', async () => {
    const { clock, network, near, far, end } = await pair({ lossRatio: 0.3, retransmitMs: 200 });
    for (let index = 0; index < 100; index++) void near.write([Uint8Array.of(index)]);
    const reading = readExactly(far, 100);
    await clock.advanceAsync(60_000);
    expect([...(await reading)]).toEqual(Array.from({ length: 100 }, (_, index) => index));
    const losses = network.events.filter(({ event }) => event === 'loss').length;
    expect(losses).toBeGreaterThan(10);
    expect(losses).toBeLessThan(60);
    const arrivals = network.events.filter(({ event }) => event === 'bytes').map(({ atMs }) => atMs);
    expect(arrivals.every((atMs) => atMs % 200 === 0)).toBe(true); // each stalls for whole retransmissions
    expect(arrivals.at(-1)).toBeGreaterThanOrEqual(200);
    await end();
  });

  it('makes connects late as well', async () => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock });
    network.setConditions({ lossRatio: 0.9, retransmitMs: 1_000 });
    const listener = network.listen('origin.test:80');
    let isConnected = false;
    const connecting = connect(network, 'origin.test:80', { connectTimeoutMs: 3_600_000 }).then((connection) => {
      isConnected = true;
      return connection;
    });
    await clock.advanceAsync(999);
    expect(isConnected).toBe(false);
    await clock.advanceAsync(3_600_000 - 1_000);
    (await connecting).stream.destroy();
    await listener.close();
  });
});

describe('connects', () => {
  it('fail by the faults of a host in whichever spelling', async () => {
    const faults: readonly ((network: MemoryNetwork) => void)[] = [
      (network) => network.unreachable('[2001:DB8:0::1]'),
      (network) => network.blackHole('2001:DB8::1'),
      (network) => network.partition(['2001:DB8::2'], ['2001:db8:0::1']),
      (network) => network.setConditions({ latencyMs: 60_000 }, { to: '2001:DB8::1' }),
    ];
    for (const fault of faults) {
      const clock = new FakeClock();
      const network = memoryNetwork({ clock });
      fault(network);
      const listener = network.listen('[2001:db8::1]:80');
      const connecting = connect(network, '[2001:db8::1]:80', { from: '2001:db8:0::2' });
      const failed = expect(connecting).rejects.toMatchObject({ code: expect.stringMatching(/UNREACHABLE|TIMEOUT/) });
      await clock.advanceAsync(10_000);
      await failed;
      await listener.close();
    }
  });

  it('may overtake each other where latency varies', async () => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock });
    network.setConditions({ latencyMs: [1, 100] });
    const listener = network.listen('origin.test:80');
    const connecting = Array.from({ length: 20 }, () => connect(network, 'origin.test:80'));
    await clock.advanceAsync(200);
    const accepted = network.events.filter(({ event }) => event === 'accept').map(({ connection }) => connection);
    const inOrder = Array.from({ length: 20 }, (_, index) => index + 1);
    expect(accepted).not.toEqual(inOrder);
    expect(accepted.toSorted((one, other) => one - other)).toEqual(inOrder);
    for (const connection of await Promise.all(connecting)) connection.stream.destroy();
    await listener.close();
    await clock.advanceAsync(200);
  });

  it('that a partition swallows on their way go on when it heals', async () => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock });
    network.setConditions({ latencyMs: 50 });
    const listener = network.listen('origin.test:80');
    const connecting = connect(network, 'origin.test:80');
    await clock.advanceAsync(60);
    network.partition(['192.0.2.1'], ['origin.test']);
    await clock.advanceAsync(1_000);
    network.heal();
    await clock.advanceAsync(100);
    (await connecting).stream.destroy();
    await listener.close();
    await clock.advanceAsync(50);
  });
});

describe('names', () => {
  it('lead to an address, and what that address suffers', async () => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock });
    network.setName('app.test', ['10.0.0.1', '10.0.0.2']);
    const listener = network.listen('10.0.0.2:80');
    const connection = await connect(network, 'app.test:80');
    const peer = connection.extensions.get(PeerAddress);
    expect(peer === undefined ? '' : formatAddress(peer)).toBe('10.0.0.2:80');
    connection.stream.destroy();
    network.unreachable('10.0.0.2');
    await expect(connect(network, 'app.test:80')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_UNREACHABLE',
      facts: { peer: '10.0.0.2:80' },
    });
    await listener.close();
    await expect(connect(network, 'app.test:80')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_REFUSED',
      facts: { peer: '10.0.0.1:80' },
    });
  });

  it.each([
    ['not-found', 'LML_ERR_CONNECT_NAME_NOT_FOUND'],
    ['lookup-failed', 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED'],
  ] as const)('that fail (%s) fail the connect at once', async (failure, code) => {
    const network = memoryNetwork();
    network.setName('app.test', failure);
    await expect(connect(network, 'app.test:80')).rejects.toMatchObject({
      code,
      phase: 'resolve',
      facts: { phase: 'resolve', peer: 'app.test' },
    });
    expect(network.events.map(({ event }) => event)).toEqual(['connect', 'name-failure']);
  });

  it('that nobody answers for fail the connect at its limit, or when the caller gives up', async () => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock });
    network.setName('app.test', 'silent');
    const late = connect(network, 'app.test:80', { connectTimeoutMs: 3_000 });
    let failure: unknown;
    late.catch((error: unknown) => {
      failure = error;
    });
    await clock.advanceAsync(2_999);
    expect(failure).toBeUndefined();
    await clock.advanceAsync(1);
    expect(failure).toMatchObject({
      code: 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED',
      phase: 'resolve',
      cause: { code: 'LML_ERR_TIMEOUT', timeoutMs: 3_000 },
    });

    const controller = new AbortController();
    const request = connectRequest({ target: parseAddress('app.test:80'), signal: controller.signal });
    const aborted = network.connector().serve(request);
    controller.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('half-close', () => {
  it('arrives after its bytes, as late as they do, and leaves the other direction open', async () => {
    const { clock, network, near, far, end } = await pair({ latencyMs: 30, chunkBytes: 3 });
    void near.write([utf8('question')]);
    void near.closeWrite();
    const reading = readAll(far);
    await clock.advanceAsync(29);
    expect(network.events.some(({ event }) => event === 'bytes')).toBe(false);
    await clock.advanceAsync(1);
    expect(text(await reading)).toBe('question');
    void far.write([utf8('answer')]);
    const answer = readExactly(near, 6);
    await clock.advanceAsync(30);
    expect(text(await answer)).toBe('answer');
    await end();
  });
});

describe('an hour in a network with every fault at once', () => {
  it('passes in a moment, with the same events for the same seed, one by one', async () => {
    const first = await stormyHour(7);
    expect(new Set(first.map(({ event }) => event))).toEqual(
      new Set(['connect', 'name-failure', 'refuse', 'accept', 'bytes', 'loss', 'end', 'close', 'reset', 'reset-fault']),
    );
    expect(first.length).toBeLessThan(100_000); // the log is whole
    expect(first.at(-1)?.atMs).toBeGreaterThan(3_500_000);
    expect(await stormyHour(7)).toEqual(first);
    expect(await stormyHour(8)).not.toEqual(first);
  });
});

function connect(network: MemoryNetwork, target: string, options?: MemoryConnectorOptions): Promise<Connection> {
  return network.connector(options).serve(connectRequest({ target: parseAddress(target) }));
}

async function pair(conditions: LinkConditions) {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  const listener = network.listen('origin.test:80');
  const near = await connect(network, 'origin.test:80');
  const { value: far } = await listener[Symbol.asyncIterator]().next();
  network.setConditions(conditions);
  const end = async (): Promise<void> => {
    near.stream.destroy();
    far.stream.destroy();
    await listener.close();
    await clock.advanceAsync(600_000);
    expect(clock.pendingTimers).toBe(0);
  };
  return { clock, network, near: near.stream, far: (far as Connection).stream, end };
}

/** Four clients that ask an echo server every half minute, while the network does its worst. */
async function stormyHour(seed: number): Promise<readonly NetworkEvent[]> {
  const clock = new FakeClock();
  const network = memoryNetwork({ seed, clock, windowBytes: 1_000 });
  network.setConditions({
    latencyMs: [1, 300],
    bytesPerSecond: 20_000,
    lossRatio: 0.05,
    chunkBytes: [1, 500],
    resetAfterBytes: 5_000,
  });
  network.setName('app.test', ['10.9.0.1']);
  network.setName('gone.test', 'not-found');
  let listener = serveEcho(network);
  clock.startTimer(900_000, () => network.partition(['10.0.0.1', '10.0.0.2'], ['10.9.0.1']));
  clock.startTimer(960_000, () => network.heal());
  clock.startTimer(1_800_000, () => void listener.close());
  clock.startTimer(1_900_000, () => {
    listener = serveEcho(network);
  });
  const clients = Array.from({ length: 4 }, (_, index) => talkForAnHour(network, clock, index + 1));
  await clock.advanceAsync(3_660_000);
  await Promise.all(clients);
  await listener.close();
  await clock.advanceAsync(120_000);
  return network.events;
}

async function talkForAnHour(network: MemoryNetwork, clock: FakeClock, number: number): Promise<void> {
  const from = `10.0.0.${number}`;
  for (let round = 0; clock.nowMs() < 3_600_000; round++) {
    await new Promise<void>((resolve) => clock.startTimer(30_000, resolve));
    try {
      const { stream } = await connect(network, round % 20 === 19 ? 'gone.test:7' : 'app.test:7', { from });
      const received = readAll(stream);
      received.catch(() => {});
      for (let count = 0; count < 5; count++) await stream.write([patternBytes(100 * number * (1 + (round % 4)))]);
      if (round % 7 === 3) stream.destroy(round % 2 === 0 ? new Error('the client broke off') : undefined);
      await stream.closeWrite();
      await received;
      stream.destroy();
    } catch {
      // a fault, as ordered
    }
  }
}

function serveEcho(network: MemoryNetwork): Listener {
  const listener = network.listen('10.9.0.1:7');
  const echo = serviceFn(async ({ stream }: Connection) => {
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
    await stream.closeWrite();
  });
  void serveListener(listener, echo, { onError() {} });
  return listener;
}
