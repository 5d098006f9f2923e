import { grpcClient } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection, Connector, MemoryNetwork } from '@lamella/net-core';
import { memoryNetwork, resources, serveListener } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { createLifecycle, systemClock } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import { Talk, talkServer } from './support/talk.ts';

const CALLS = 100_000;
const CLIENTS = 1_000;
/** As many as connect at the same time: a listener lets no more than 512 wait. */
const AT_ONCE = 250;

type Client = ReturnType<typeof grpcClient<typeof Talk>>;

describe('1,000 tests in one process', () => {
  useLedger();

  it('run side by side, each with a network, a server and a client of its own, on real frames', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const { client, close } = world(systemClock);
        const answer = await client.say(String(index));
        const letters = await all(client.shout(['a', 'b']));
        await close();
        return `${answer} ${letters.join('')}`;
      }),
    );
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, index) => `${index} AB`));
  });

  it('run side by side without frames', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => grpcClient(talkServer().service, Talk).say(String(index))),
    );
    expect(answers).toHaveLength(1_000);
  });
});

describe('nothing is left behind', () => {
  useLedger();

  it(`by ${CALLS} calls of all kinds that end in every way`, async () => {
    const clock = new FakeClock();
    const { client, close } = world(clock);
    const ways = waysToEnd(client, clock);
    const round = async (): Promise<void> => {
      await Promise.all(ways.map((end) => end()));
      await settle(16);
      clock.advance(50); // without time that passes, so many resets would be an attack
      await settle(16);
    };
    await round();
    const before = { ...resources(), timers: clock.pendingTimers };
    for (let calls = 0; calls < CALLS; calls += ways.length) await round();
    expect({ ...resources(), timers: clock.pendingTimers }).toEqual(before);
    await close();
    await settle(16);
    expect(clock.pendingTimers).toBe(0);
  });

  it(`by ${CLIENTS} clients that nobody closes, when their connections have been idle for long enough`, async () => {
    const clock = new FakeClock();
    const { network, close } = world(clock);
    const before = resources();
    for (let count = 0; count < CLIENTS; count += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => clientOf(network.connector(), clock).client.say('a')));
    }
    expect(resources()['pooled-connection']).toBe(CLIENTS);
    await clock.advanceAsync(600_000);
    await settle(16);
    expect(resources()).toEqual(before);
    await close();
    await settle(16);
    expect(clock.pendingTimers).toBe(0);
  });

  it(`by ${CLIENTS} clients that are gone in the middle of calls`, async () => {
    const clock = new FakeClock();
    const { network, close } = world(clock);
    const before = resources();
    const calls: Promise<unknown>[] = [];
    const dialled: Connection[] = [];
    const connector: Connector = {
      async serve(request) {
        const connection = await network.connector().serve(request);
        dialled.push(connection);
        return connection;
      },
    };
    for (let count = 0; count < CLIENTS; count++) {
      const { client } = clientOf(connector, clock);
      const kinds = [() => client.hang(''), () => all(client.shout(endless())), () => client.join(endless())];
      const call = kinds[count % kinds.length]?.();
      calls.push(expect(call).rejects.toMatchObject({ statusName: 'UNAVAILABLE' }));
      if (count % AT_ONCE === 0) await settle(16);
    }
    await settle(32);
    expect(dialled).toHaveLength(CLIENTS);
    for (const { stream } of dialled) stream.destroy(new Error('the machine is gone'));
    await Promise.all(calls);
    await settle(16);
    expect(resources()).toEqual(before);
    const { client } = clientOf(network.connector(), clock);
    expect(Number(await client.aborted(''))).toBe(Math.ceil(CLIENTS / 3));
    await clock.advanceAsync(600_000);
    await close();
    await settle(16);
    expect(clock.pendingTimers).toBe(0);
  });
});

/** Calls that end well, with a status, by their deadline, cancelled, and left; in each kind. */
function waysToEnd(client: Client, clock: FakeClock): readonly (() => Promise<unknown>)[] {
  const failing = async (call: Promise<unknown>): Promise<void> => void (await expect(call).rejects.toBeDefined());
  const cancelled = async (begin: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    const controller = new AbortController();
    const over = failing(begin(controller.signal));
    await settle(8);
    controller.abort('enough');
    await over;
  };
  return [
    () => client.say('a'),
    () => all(client.spell('abc')),
    () => client.join(['a', 'b']),
    () => all(client.shout(['a', 'b'])),
    () => failing(client.say('')),
    () => cancelled((signal) => client.hang('', { signal })),
    () => cancelled((signal) => client.join(endless(), { signal })),
    () => cancelled((signal) => all(client.shout(endless(), { signal }))),
    async () => {
      for await (const letter of client.spell('abc')) if (letter === 'a') break;
    },
    async () => {
      const over = failing(client.hang('', { timeoutMs: 5 }));
      await settle(8);
      clock.advance(5);
      await over;
    },
  ];
}

async function* endless(): AsyncGenerator<string> {
  for (let count = 0; ; count++) {
    yield String(count);
    await settle(64);
  }
}

function clientOf(connector: Connector, clock: Clock) {
  const http = createHttpClient({ connector, protocols: [http2()], clock });
  return { http, client: grpcClient(http, Talk, { url: 'http://talk.test', clock }) };
}

function world(clock: Clock): { client: Client; network: MemoryNetwork; close: () => Promise<void> } {
  const network = memoryNetwork({ clock });
  const lifecycle = createLifecycle({ clock });
  const server = http2ServerLayer({ lifecycle, clock })(talkServer({ clock }).service);
  const served = serveListener(network.listen('talk.test:80'), server, { lifecycle });
  const { http, client } = clientOf(network.connector(), clock);
  const close = async (): Promise<void> => {
    await http.close();
    await lifecycle.drain({ graceMs: 0 });
    await served;
  };
  onTestFinished(close);
  return { client, network, close };
}

async function all(messages: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const message of messages) found.push(message);
  return found;
}
