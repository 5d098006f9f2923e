import { roundRobin } from '@lamella/layers';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrpcChannelOptions } from '../src/index.ts';
import { GrpcStatus, GrpcStatusError, grpcChannel, grpcClient } from '../src/index.ts';
import { all } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';
import { ServerFarm } from './support/server-farm.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';
const C = '10.0.0.3';

describe('grpcChannel', () => {
  checkLedger({ beforeEach, afterEach });

  it('stays with one server as long as that is well, and goes on to the next one', async () => {
    const { farm, calls, end } = setup();
    await calls(4);
    expect(farm.forget()).toEqual({ [A]: 4 });
    farm.stop(A);
    await settle(16);
    await calls(4);
    expect(farm.forget()).toEqual({ [B]: 4 });
    await end();
  });

  it('takes all servers in turn with roundRobin, and passes over what it can not connect to', async () => {
    const { farm, calls, end } = setup({ policy: roundRobin() });
    await calls(6);
    expect(farm.forget()).toEqual({ [A]: 3, [B]: 3 });
    farm.stop(A);
    await settle(16);
    await calls(6);
    expect(farm.forget()).toEqual({ [B]: 6 });
    await end();
  });

  it('leaves out servers that are not well, if it is to ask them', async () => {
    const check = async ({ id }: { readonly id: string }) => id !== A;
    const { farm, calls, end } = setup({ policy: roundRobin(), healthCheck: { check, fall: 1 } });
    await calls(1);
    await settle();
    farm.forget();
    await calls(6);
    expect(farm.forget()).toEqual({ [B]: 6 });
    await end();
  });

  it('sends a stream to another server, too, where the first one is not there', async () => {
    const { farm, client, end } = setup();
    farm.stop(A);
    expect(await all(client.chat([{ value: 'a' }, { value: 'b' }]))).toEqual(['A', 'B']);
    expect(farm.forget()).toEqual({ [B]: 1 });
    await end();
  });

  it('follows the name: soon after a connection has ended, else by the interval, and never more often than allowed', async () => {
    const { farm, clock, calls, end } = setup({ policy: roundRobin() });
    await calls(100);
    expect(farm.lookups).toBe(1);
    farm.forget();
    farm.start(C);
    farm.setName(B, C);
    farm.stop(A);
    await settle(16);
    await calls(100);
    expect(farm.lookups).toBe(1);
    expect(farm.forget()).toEqual({ [B]: 100 });
    await clock.advanceAsync(5_000);
    await settle(16);
    expect(farm.lookups).toBe(2);
    await calls(100);
    expect(farm.forget()).toEqual({ [B]: 50, [C]: 50 });
    await clock.advanceAsync(29_999);
    expect(farm.lookups).toBe(2);
    await clock.advanceAsync(1);
    await settle(16);
    expect(farm.lookups).toBe(3);
    await end();
  });

  it('lets a server that is gone from the name finish what it has', async () => {
    const { farm, clock, client, calls, end } = setup({ intervalMs: 6_000 });
    const gate = Promise.withResolvers<void>();
    const chat = client.chat(
      (async function* () {
        yield { value: 'a' };
        await gate.promise;
        yield { value: 'b' };
      })(),
    );
    expect((await chat.next()).value?.value).toBe('A');
    const next = chat.next();
    farm.setName(B);
    await clock.advanceAsync(6_000);
    await settle(16);
    farm.forget();
    await calls(2);
    expect(farm.forget()).toEqual({ [B]: 2 });
    gate.resolve();
    expect((await next).value?.value).toBe('B');
    expect((await chat.next()).done).toBe(true);
    await end();
  });

  it('leaves a server out whose calls fail, for a time', async () => {
    const { farm, clock, client, calls, end } = setup({ policy: roundRobin(), ejection: { consecutiveFailures: 2 } });
    farm.stop(A);
    farm.start(A, {
      echo() {
        throw new GrpcStatusError(GrpcStatus.UNAVAILABLE, 'not now');
      },
    });
    const ends = await Promise.allSettled(Array.from({ length: 4 }, () => client.echo({ value: 'a' })));
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    farm.forget();
    await calls(10);
    expect(farm.forget()).toEqual({ [B]: 10 });
    farm.stop(A);
    farm.start(A);
    await settle(16);
    await clock.advanceAsync(30_000);
    await settle(16);
    await calls(10);
    expect(farm.forget()).toEqual({ [A]: 5, [B]: 5 });
    await end();
  });

  it('fails calls at once where nobody is there, says why, and spreads them again when all are back', async () => {
    const { farm, clock, client, calls, end } = setup({ policy: roundRobin() });
    farm.stop(A);
    farm.stop(B);
    const call = client.echo({ value: 'a' });
    await expect(call).rejects.toMatchObject({ statusName: 'UNAVAILABLE', cause: { code: 'LML_ERR_CONNECT_REFUSED' } });
    const waiting = client.echo({ value: 'b' }, { waitForReady: true });
    await settle(16);
    farm.start(A);
    farm.start(B);
    await clock.advanceAsync(200);
    expect((await waiting).value).toBe('b');
    await clock.advanceAsync(60_000);
    farm.forget();
    await calls(20);
    expect(farm.forget()).toEqual({ [A]: 10, [B]: 10 });
    await end();
  });

  it('waits for the first lookup, and says what it has failed with', async () => {
    const { farm, clock, client, end } = setup({}, []);
    const failure = client.echo({ value: 'a' });
    await expect(failure).rejects.toMatchObject({
      statusName: 'UNAVAILABLE',
      cause: { code: 'LML_ERR_CONNECT_NAME_NOT_FOUND' },
    });
    const waiting = client.echo({ value: 'b' }, { waitForReady: true });
    farm.setName(A);
    for (let step = 0; step < 10; step++) await clock.advanceAsync(1_000).then(() => settle(8));
    expect((await waiting).value).toBe('b');
    await end();
  });

  it('finishes what is under way when it is closed, and takes no more', async () => {
    const { farm, clock, client, channel } = setup();
    const split = client.split({ value: 'ab' });
    expect((await split.next()).value?.value).toBe('a');
    const closed = channel.close();
    await expect(client.echo({ value: 'a' })).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    expect((await split.next()).value?.value).toBe('b');
    expect((await split.next()).done).toBe(true);
    await closed;
    expect(farm.lookups).toBe(1);
    stopAll(farm);
    await settle(16);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at once when it is destroyed', async () => {
    const { farm, clock, client, channel } = setup();
    const chat = client.chat(unended());
    await chat.next();
    channel.destroy(new Error('enough'));
    await expect(all(chat)).rejects.toMatchObject({ code: 'LML_ERR_GRPC_STATUS' });
    stopAll(farm);
    await settle(16);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends what a server that is gone from the name still has, too', async () => {
    const { farm, clock, client, channel } = setup({ intervalMs: 6_000 });
    const chat = client.chat(unended());
    await chat.next();
    farm.setName(B);
    await clock.advanceAsync(6_000);
    await settle(16);
    expect(channel.gauges().map(({ id }) => id)).toEqual([B]);
    channel.destroy(new Error('enough'));
    await expect(all(chat)).rejects.toMatchObject({ code: 'LML_ERR_GRPC_STATUS' });
    stopAll(farm);
    await settle(16);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes part in draining', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const { farm, calls, channel } = setup({ clock, lifecycle });
    await calls(1);
    const drained = lifecycle.drain({ graceMs: 1_000 });
    await settle(32);
    await drained;
    await channel.close();
    stopAll(farm);
    await settle(16);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([{ port: 0 }, { port: 65_536 }, { intervalMs: 0 }, { panicRatio: 2 }, { maxConnections: 0 }])(
    'refuses %j',
    async (options) => {
      const farm = new ServerFarm(new FakeClock());
      let channel: { destroy(): void } | undefined;
      const make = async (): Promise<void> => {
        channel = grpcChannel({ ...farm.channel, ...options });
      };
      await expect(make()).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
      channel?.destroy();
    },
  );
});

function setup(options: Partial<GrpcChannelOptions> & { readonly clock?: FakeClock } = {}, names = [A, B]) {
  const { clock = new FakeClock() } = options;
  const farm = new ServerFarm(clock);
  farm.start(A);
  farm.start(B);
  if (names.length > 0) farm.setName(...names);
  const channel = grpcChannel({ ...farm.channel, ...options, clock });
  const client = grpcClient(channel, EchoService, { url: 'http://app.test:50051', clock, random: () => 0.5 });
  const calls = async (count: number): Promise<void> => {
    for (let call = 0; call < count; call++) await client.echo({ value: 'a' });
  };
  const end = async (): Promise<void> => {
    await channel.close();
    stopAll(farm);
    await settle(16);
    expect(clock.pendingTimers).toBe(0);
  };
  return { farm, clock, channel, client, calls, end };
}

/** One message, and nothing behind it. */
async function* unended(): AsyncGenerator<{ value: string }> {
  yield { value: 'a' };
  await new Promise(() => {});
}

function stopAll(farm: ServerFarm): void {
  for (const address of [A, B, C]) farm.stop(address);
}
