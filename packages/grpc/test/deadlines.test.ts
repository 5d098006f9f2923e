import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrpcCallOptions, GrpcServerCall } from '../src/index.ts';
import { grpcClient, grpcService, implementService } from '../src/index.ts';
import type { EchoHandlers } from './support/call-cases.ts';
import { eachKind, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';
import { stages } from './support/stages.ts';

const exceeded = expect.objectContaining({ statusName: 'DEADLINE_EXCEEDED' });

describe.each(stages)('deadlines over $name', (stage) => {
  checkLedger({ beforeEach, afterEach });

  it.each([0, 1, 2, 3])('ends a call of kind %i when its time is over, on both sides', async (kind) => {
    const { client, clock, log, close } = setup();
    const [call] = eachKind(client, { timeoutMs: 250 }, kind);
    const failure = expect(call).rejects.toEqual(exceeded);
    await settle(8);
    expect(log).toEqual(['begun 250']);
    clock.advance(249);
    await settle(8);
    expect(log).toEqual(['begun 250']);
    clock.advance(1);
    await failure;
    await settle(8);
    expect(log).toEqual(['begun 250', 'aborted']);
    expect(clock.pendingTimers).toBe(0);
    await close();
  });

  it('takes the earlier of two limits, and the default where a call says nothing', async () => {
    for (const [options, expected] of [
      [{}, 'begun 1000'],
      [{ timeoutMs: 2_000 }, 'begun 2000'],
      [{ timeoutMs: 2_000, deadlineAtMs: 5_300 }, 'begun 300'],
      [{ timeoutMs: 200, deadlineAtMs: 5_300 }, 'begun 200'],
      [{ timeoutMs: Number.POSITIVE_INFINITY }, 'begun never'],
    ] as [GrpcCallOptions, string][]) {
      const { client, clock, log, close } = setup({}, { epochMs: 5_000 });
      const controller = new AbortController();
      const call = client.echo({}, { ...options, signal: controller.signal });
      call.catch(() => {});
      await settle(8);
      expect(log).toEqual([expected]);
      controller.abort();
      await expect(call).rejects.toBe(controller.signal.reason);
      await settle(8);
      expect(clock.pendingTimers).toBe(0);
      await close();
    }
  });

  it.each([{ timeoutMs: 0 }, { timeoutMs: -1 }, { deadlineAtMs: 5_000 }])('calls nobody with %o', async (options) => {
    const { client, clock, log, close } = setup({}, { epochMs: 5_000 });
    for (const call of eachKind(client, options)) await expect(call).rejects.toEqual(exceeded);
    expect([log, clock.pendingTimers]).toEqual([[], 0]);
    await close();
  });

  it('goes on to calls that are made for a call, as does its cancellation', async () => {
    const inner = setup();
    let nested: GrpcServerCall | undefined;
    const outer = setup({
      async echo(message, parent) {
        nested = parent;
        return inner.client.echo(message, { parent, timeoutMs: 60_000 });
      },
    });
    const controller = new AbortController();
    const call = outer.client.echo({}, { timeoutMs: 300, signal: controller.signal });
    call.catch(() => {});
    await settle(16);
    expect(inner.log).toEqual(['begun 300']);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    await settle(16);
    expect([inner.log, nested?.scope.aborted]).toEqual([['begun 300', 'aborted'], true]);
    await outer.close();
    await inner.close();
  });

  it('holds for streams that have begun', async () => {
    const { client, clock, close } = setup({
      async *split(_, call) {
        yield { value: 'a' };
        await new Promise((resolve) => call.scope.onAbort(resolve));
      },
    });
    const stream = client.split({}, { timeoutMs: 100 });
    expect((await stream.next()).value?.value).toBe('a');
    const next = expect(stream.next()).rejects.toEqual(exceeded);
    clock.advance(100);
    await next;
    await settle(8);
    expect(clock.pendingTimers).toBe(0);
    await close();
  });

  it('is not reached by a call that ends in time', async () => {
    const { client, clock, close } = setup({}, {}, true);
    const calls: GrpcServerCall[] = [];
    for (const call of eachKind(client, { timeoutMs: 100 })) await call;
    expect(clock.pendingTimers).toBe(0);
    expect(calls.some(({ scope }) => scope.aborted)).toBe(false);
    await close();
  });

  it('tells the reader of an error that came at the end', async () => {
    const { client, clock, close } = setup();
    // The server notices first: its trailers, or its reset, are on their way when the client's own time is over.
    const call = client.echo({}, { timeoutMs: 50 });
    const failure = expect(call).rejects.toEqual(exceeded);
    await settle(8);
    await clock.advanceAsync(50);
    await failure;
    await close();
  });

  function setup(handlers: Partial<EchoHandlers> = {}, { epochMs = 0 } = {}, echoes = false) {
    const clock = new FakeClock({ epochMs });
    const log: string[] = [];
    const base = echoes ? echoHandlers({ calls: [], errors: [], log }) : hangingHandlers(log);
    const implementation = implementService(EchoService, { ...base, ...handlers });
    const open = stage.open(grpcService([implementation], { clock }));
    const client = grpcClient(open.service, EchoService, { url: 'http://app.test', clock, defaultTimeoutMs: 1_000 });
    return { client, clock, log, close: () => open.close() };
  }
});

/** Handlers that wait until they are aborted. */
function hangingHandlers(log: string[]): EchoHandlers {
  const hang = (call: GrpcServerCall): Promise<never> => {
    log.push(`begun ${call.deadline === undefined ? 'never' : Math.round(call.deadline.remainingMs)}`);
    return new Promise((_, reject) => {
      call.scope.onAbort((reason) => {
        log.push('aborted');
        reject(reason);
      });
    });
  };
  return {
    echo: (_, call) => hang(call),
    // biome-ignore lint/correctness/useYield: it fails before
    async *split(_, call) {
      await hang(call);
    },
    join: (_, call) => hang(call),
    // biome-ignore lint/correctness/useYield: it fails before
    async *chat(_, call) {
      await hang(call);
    },
  };
}
