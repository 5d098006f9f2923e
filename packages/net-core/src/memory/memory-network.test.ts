import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../address/address.ts';
import { parseDomain } from '../address/domain.ts';
import { byteCountLayer } from '../connection/byte-count-layer.ts';
import type { Connection } from '../connection/connection.ts';
import type { Connector } from '../connection/connector.ts';
import { connectRequest } from '../connection/connector.ts';
import { ConnectionBytes } from '../connection/keys.ts';
import { resolveRequest } from '../connection/resolver.ts';
import { serveListener } from '../connection/serve-listener.ts';
import { byteStreamCases } from '../testing/byte-stream-cases.ts';
import { connectorCases } from '../testing/connector-cases.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { patternBytes, readAll, readExactly, text, utf8 } from '../testing/stream-tools.ts';
import type { MemoryNetwork } from './memory-network.ts';
import { memoryNetwork } from './memory-network.ts';

checkLedger({ beforeEach, afterEach });

describe('connectors and listeners in memory', () => {
  it.each(connectorCases)('on TCP addresses: $name', ({ run }) => {
    const network = memoryNetwork();
    return run({ listen: async () => network.listen('origin.test:0'), connector: network.connector() });
  });

  it.each(connectorCases)('on Unix addresses: $name', ({ run }) => {
    const network = memoryNetwork();
    let count = 0;
    return run({ listen: async () => network.listen(`unix:/run/${count++}.sock`), connector: network.connector() });
  });

  it.each(byteStreamCases)('through the network: $name', async ({ run }) => {
    const network = memoryNetwork();
    const listener = network.listen('origin.test:80');
    await run({ connect: () => open(network, listener, 'origin.test:80') });
    await listener.close();
  });

  it('finds a listener on one of the addresses of a name', async () => {
    const network = memoryNetwork();
    network.setName('app.test', ['10.0.0.1', '10.0.0.2']);
    const listener = network.listen('10.0.0.2:80');
    const [near, far] = await open(network, listener, 'app.test:80');
    near.destroy();
    far.destroy();
    await listener.close();
  });

  it('refuses two listeners on one address, and a connect beyond the backlog', async () => {
    const network = memoryNetwork();
    const listener = network.listen('origin.test:80');
    expect(() => network.listen('origin.test:80')).toThrow('listens on origin.test:80 already');
    const connector = network.connector();
    const connections: Connection[] = [];
    for (let count = 0; count < 511; count++) connections.push(await connect(connector, 'origin.test:80'));
    await expect(connect(connector, 'origin.test:80')).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' });
    await listener.close();
    for (const connection of connections) connection.stream.destroy();
  });
});

describe('faults', () => {
  it('delays bytes by the latency, and never reorders them', async () => {
    const { clock, network, near, far, end } = await pair({ latencyMs: [10, 50] });
    for (let index = 0; index < 20; index++) void near.write([Uint8Array.of(index)]);
    const reading = readExactly(far, 20);
    await clock.advanceAsync(9);
    expect(network.events.some(({ event }) => event === 'bytes')).toBe(false);
    await clock.advanceAsync(41);
    expect([...(await reading)]).toEqual(Array.from({ length: 20 }, (_, index) => index));
    await end();
  });

  it('limits bandwidth', async () => {
    const { clock, near, far, end } = await pair({ bytesPerSecond: 1_000, chunkBytes: 100 });
    let received = 0;
    const reading = (async () => {
      while (received < 2_000) received += (await far.read())?.length ?? 0;
    })();
    for (let count = 0; count < 20; count++) void near.write([patternBytes(100)]);
    await clock.advanceAsync(1_000);
    expect(received).toBe(1_000);
    await clock.advanceAsync(1_000);
    await reading;
    await end();
  });

  it('cuts bytes into pieces of one byte', async () => {
    const { near, far, end } = await pair({ chunkBytes: 1 });
    void near.write([utf8('abc')]);
    expect([await far.read(), await far.read(), await far.read()].map((chunk) => chunk?.length)).toEqual([1, 1, 1]);
    await end();
  });

  it('resets a connection at an exact byte, after delivering the bytes before it', async () => {
    for (const resetAfterBytes of [0, 1, 5]) {
      const { near, far, end } = await pair({ resetAfterBytes, chunkBytes: 2 });
      void near.write([utf8('hello world')]);
      let received = '';
      await expect(
        (async () => {
          for (let chunk = await far.read(); chunk !== undefined; chunk = await far.read()) received += text(chunk);
        })(),
      ).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
      expect(received).toBe('hello world'.slice(0, resetAfterBytes));
      expect((await near.closed).reason).toBe('reset');
      await end();
    }
  });

  it('holds bytes and connects back during a partition, and delivers them when it heals', async () => {
    const { clock, network, near, far, end } = await pair({});
    network.partition(['192.0.2.1'], ['origin.test']);
    void near.write([utf8('late')]);
    const second = connect(network.connector(), 'origin.test:80');
    const reading = readExactly(far, 4);
    await clock.advanceAsync(5_000);
    expect(network.events.some(({ event }) => event === 'bytes')).toBe(false);
    network.heal();
    expect(text(await reading)).toBe('late');
    (await second).stream.destroy();
    await end();
  });

  it('times a connect into a black hole out, or aborts it, and leaves nothing behind', async () => {
    const { clock, network, end } = await pair({});
    network.blackHole('origin.test');
    const waiting = connect(network.connector({ connectTimeoutMs: 3_000 }), 'origin.test:80');
    const failed = expect(waiting).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_TIMEOUT',
      phase: 'connect',
      facts: { phase: 'connect', peer: 'origin.test:80', retryable: true },
    });
    await clock.advanceAsync(3_000);
    await failed;

    const controller = new AbortController();
    const target = parseAddress('origin.test:80');
    const aborted = network.connector().serve(connectRequest({ target, signal: controller.signal }));
    await settle();
    controller.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);

    network.blackHole('origin.test', false);
    await end();
  });

  it('fails connects without a route at once', async () => {
    const { network, end } = await pair({});
    network.unreachable('origin.test');
    await expect(connect(network.connector(), 'origin.test:80')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_UNREACHABLE',
    });
    network.unreachable('origin.test', false);
    (await connect(network.connector(), 'origin.test:80')).stream.destroy();
    await end();
  });

  it('fails names in every way that names fail', async () => {
    const network = memoryNetwork();
    const ask = (name: string, family: 4 | 6 = 4) => network.resolver.serve(resolveRequest(parseDomain(name), family));
    network.setName('both.test', ['10.0.0.1', '2001:db8::1']);
    expect((await ask('both.test', 4)).join()).toBe('10.0.0.1');
    expect((await ask('both.test', 6)).join()).toBe('2001:db8::1');
    await expect(ask('missing.test')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_NAME_NOT_FOUND',
      phase: 'resolve',
    });
    network.setName('broken.test', 'lookup-failed');
    await expect(ask('broken.test')).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED' });
    network.setName('silent.test', 'silent');
    const silent = resolveRequest(parseDomain('silent.test'), 4);
    const answer = network.resolver.serve(silent);
    silent.scope.abort('no answer');
    await expect(answer).rejects.toBe('no answer');
  });

  it.each([
    [{ latencyMs: -1 }, 'latencyMs'],
    [{ latencyMs: [5, 1] as const }, 'latencyMs'],
    [{ chunkBytes: 0 }, 'chunkBytes'],
    [{ bytesPerSecond: 0 }, 'bytesPerSecond'],
    [{ lossRatio: 1 }, 'lossRatio'],
    [{ lossRatio: -0.1 }, 'lossRatio'],
    [{ retransmitMs: 0 }, 'retransmitMs'],
    [{ resetAfterBytes: Number.NaN }, 'resetAfterBytes'],
  ])('refuses %j', (conditions, name) => {
    expect(() => memoryNetwork().setConditions(conditions)).toThrow(name);
  });

  it('refuses connectors and networks that make no sense', () => {
    expect(() => memoryNetwork({ windowBytes: 0 })).toThrow('windowBytes');
    expect(() => memoryNetwork().connector({ connectTimeoutMs: 0 })).toThrow('connectTimeoutMs');
    expect(() => memoryNetwork().connector({ from: 'me' })).toThrow('from must be an IP address');
  });
});

describe('determinism', () => {
  it('gives the same events for the same seed, and others for another', async () => {
    const first = await rumble(11);
    expect(first.length).toBeGreaterThan(200);
    expect(await rumble(11)).toEqual(first);
    expect(await rumble(12)).not.toEqual(first);
  });

  it('lives through a simulated hour of chatter at once', async () => {
    const { clock, near, far, end } = await pair({ latencyMs: 20 });
    let answered = 0;
    const server = (async () => {
      for (let chunk = await far.read(); chunk !== undefined; chunk = await far.read()) void far.write([chunk]);
    })();
    const client = (async () => {
      for (let minute = 0; minute < 60; minute++) {
        await new Promise<void>((resolve) => clock.startTimer(60_000 - 40, resolve));
        void near.write([utf8('tick')]);
        answered += (await readExactly(near, 4)).length / 4;
      }
      await near.closeWrite();
    })();
    await clock.advanceAsync(3_601_000);
    await Promise.all([client, server]);
    expect(answered).toBe(60);
    await end();
  });
});

describe('serveListener', () => {
  it('serves each connection by itself, counts its bytes, and survives one that fails', async () => {
    const network = memoryNetwork();
    const lifecycle = createLifecycle();
    const errors: unknown[] = [];
    const counts: (number | undefined)[] = [];
    const echo = byteCountLayer()(
      serviceFn(async (connection: Connection) => {
        const bytes = await readAll(connection.stream);
        if (text(bytes) === 'fail') throw new Error('this one fails');
        await connection.stream.write([bytes]);
        await connection.stream.closeWrite();
        counts.push(connection.extensions.get(ConnectionBytes)?.bytesIn);
      }),
    );
    const serving = serveListener(network.listen('echo.test:7'), echo, {
      lifecycle,
      onError: (error) => errors.push(error),
    });
    const ask = async (message: string): Promise<string> => {
      const { stream } = await connect(network.connector(), 'echo.test:7');
      await stream.write([utf8(message)]);
      await stream.closeWrite();
      return text(await readAll(stream));
    };
    expect(await ask('hello')).toBe('hello');
    expect(await ask('fail')).toBe('');
    expect(await ask('again')).toBe('again');
    expect(errors).toMatchObject([{ message: 'this one fails' }]);
    expect(counts).toEqual([5, 5]);

    const report = await lifecycle.drain();
    await serving;
    expect(report.protocols).toEqual({ listener: { finished: 0, closed: 1, cut: 0 } });
    await expect(connect(network.connector(), 'echo.test:7')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_REFUSED',
    });
  });
});

function connect(connector: Connector, target: string): Promise<Connection> {
  return connector.serve(connectRequest({ target: parseAddress(target) }));
}

async function open(network: MemoryNetwork, listener: AsyncIterable<Connection>, target: string) {
  const near = await connect(network.connector(), target);
  const { value: far } = await listener[Symbol.asyncIterator]().next();
  return [near.stream, far.stream] as const;
}

async function pair(conditions: Parameters<MemoryNetwork['setConditions']>[0]) {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  const listener = network.listen('origin.test:80');
  const [near, far] = await open(network, listener, 'origin.test:80');
  network.setConditions(conditions);
  const end = async (): Promise<void> => {
    near.destroy();
    far.destroy();
    await listener.close();
    await clock.advanceAsync(1_000);
    expect(clock.pendingTimers).toBe(0);
  };
  return { clock, network, near, far, end };
}

/** A busy hour in a bad network; gives its log. */
async function rumble(seed: number) {
  const clock = new FakeClock();
  const network = memoryNetwork({ seed, clock });
  network.setConditions({ latencyMs: [1, 200], bytesPerSecond: 5_000, chunkBytes: [1, 100], resetAfterBytes: 3_000 });
  const lifecycle = createLifecycle({ clock });
  const echo = serviceFn(async ({ stream }: Connection) => {
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
  });
  const serving = serveListener(network.listen('echo.test:7'), echo, { lifecycle, onError() {} });
  const clients = Array.from({ length: 5 }, async (_, index) => {
    try {
      const { stream } = await connect(network.connector({ from: `10.0.0.${index + 1}` }), 'echo.test:7');
      const reading = readAll(stream);
      reading.catch(() => {});
      for (let count = 0; count < 40; count++) await stream.write([patternBytes(50 + index)]);
      await stream.closeWrite();
      await reading;
    } catch {
      // resets are part of the game
    }
  });
  await clock.advanceAsync(600_000);
  await Promise.all(clients);
  const drained = lifecycle.drain({ graceMs: 0 });
  await clock.advanceAsync(2_000);
  await Promise.all([drained, serving]);
  return network.events;
}
