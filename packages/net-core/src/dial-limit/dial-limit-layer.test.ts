import { FakeClock, mockService, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../address/address.ts';
import type { Connection } from '../connection/connection.ts';
import { createConnection } from '../connection/connection.ts';
import type { ConnectRequest, ConnectRequestInit } from '../connection/connector.ts';
import { connectRequest } from '../connection/connector.ts';
import { ConnectError } from '../errors.ts';
import { memoryNetwork } from '../memory/memory-network.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { connectorCases } from '../testing/connector-cases.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import type { DialLimitOptions } from './dial-limit-layer.ts';
import { dialLimitLayer } from './dial-limit-layer.ts';

checkLedger({ beforeEach, afterEach });

const REFUSED = new ConnectError('LML_ERR_CONNECT_REFUSED', 'refused', { phase: 'connect' });

describe('dialLimitLayer', () => {
  it.each(connectorCases)('as part of a connector: $name', ({ run }) => {
    const network = memoryNetwork();
    const connector = dialLimitLayer()(network.connector());
    let port = 1;
    return run({ listen: async () => network.listen(`peer.test:${port++}`), connector });
  });

  it('has so many dials under way to a target, and so many in all; the rest waits in order', async () => {
    const { dial, inner, limit } = setup({ maxConcurrentDials: 3, maxConcurrentDialsPerTarget: 2 });
    const dials = ['a.test:1', 'a.test:1', 'a.test:1', 'b.test:1', 'b.test:1'].map((target) => dial(target));
    expect([inner.callCount, limit.active, limit.waiting]).toEqual([3, 3, 2]);
    const seen: string[] = [];
    for (let count = 0; count < 5; count++) seen.push(await answer(inner));
    expect(seen).toEqual(['a.test:1', 'a.test:1', 'b.test:1', 'a.test:1', 'b.test:1']);
    await Promise.all(dials);
    expect([limit.active, limit.waiting]).toEqual([0, 0]);
  });

  it('lets targets take turns, however many wait for one of them', async () => {
    const { dial, inner } = setup({ maxConcurrentDials: 1 });
    const dials = ['a:1', 'a:1', 'a:1', 'a:1', 'b:1', 'c:1'].map((target) => dial(target));
    const seen: string[] = [];
    for (let count = 0; count < 6; count++) seen.push(await answer(inner));
    expect(seen).toEqual(['a:1', 'a:1', 'b:1', 'c:1', 'a:1', 'a:1']);
    await Promise.all(dials);
  });

  it('starts no more than dialsPerSecond within any second', async () => {
    const { dial, inner, clock } = setup({ dialsPerSecond: 3 });
    const dials = Array.from({ length: 7 }, () => dial('a:1'));
    const answers = answerAll(inner, 7);
    await clock.advanceAsync(999);
    expect(inner.callCount).toBe(3);
    await clock.advanceAsync(1);
    expect(inner.callCount).toBe(6);
    await clock.advanceAsync(999);
    expect(inner.callCount).toBe(6);
    await clock.advanceAsync(1);
    await Promise.all([...dials, answers]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells a full queue and a long wait, and holds back nobody else', async () => {
    const { dial, inner, clock, limit } = setup({
      maxConcurrentDialsPerTarget: 1,
      maxWaitingDials: 1,
      queueTimeoutMs: 500,
    });
    const first = dial('a:1');
    const late = dial('a:1');
    await expect(dial('a:1')).rejects.toMatchObject({
      code: 'LML_ERR_LIMIT',
      limit: 'maxWaitingDials',
      facts: { layer: 'dial-limit', peer: 'a:1', retryable: true },
    });
    clock.advance(499);
    expect(limit.waiting).toBe(1);
    clock.advance(1);
    await expect(late).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'queueTimeoutMs', timeoutMs: 500 });
    const other = dial('b:1');
    await answerAll(inner, 2);
    await Promise.all([first, other]);
    expect([limit.waiting, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('lets a dial that is aborted while it waits leave at once, and dials nothing for it', async () => {
    const { dial, inner, limit } = setup({ maxConcurrentDialsPerTarget: 1 });
    const first = dial('a:1');
    const controller = new AbortController();
    const waiting = dial('a:1', { signal: controller.signal });
    controller.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    await expect(dial('a:1', { signal: controller.signal })).rejects.toBe('enough');
    expect(limit.waiting).toBe(0);
    await answer(inner);
    await first;
    expect(inner.callCount).toBe(1);
  });
});

describe('dialLimitLayer after failures', () => {
  it('leaves a target alone for a time that doubles, and says for how long', async () => {
    const { fail, dial, clock, inner } = setup({ minBackoffMs: 100, maxBackoffMs: 350 });
    for (const [failures, waitMs] of [100, 200, 350, 350].entries()) {
      await fail('a:1');
      await expect(dial('a:1')).rejects.toMatchObject({
        code: 'LML_ERR_CONNECT_BACKING_OFF',
        phase: 'connect',
        retryAfterMs: waitMs,
        failures: failures + 1,
        cause: REFUSED,
        facts: { layer: 'dial-limit', peer: 'a:1', retryable: true },
        message: `connect to a:1: not tried after ${failures + 1} failures, again in ${waitMs} ms`,
      });
      clock.advance(waitMs - 1);
      await expect(dial('a:1')).rejects.toMatchObject({ retryAfterMs: 1 });
      clock.advance(1);
    }
    expect(inner.callCount).toBe(4);
  });

  it('takes jitter off each wait', async () => {
    const { fail, dial } = setup({ jitterRatio: 0.5, random: () => 0.5 });
    await fail('a:1');
    await expect(dial('a:1')).rejects.toMatchObject({ retryAfterMs: 75 });
  });

  it('lets one dial find out how things are, and tells those who wait for it that they are bad', async () => {
    const { fail, dial, clock, inner } = setup();
    await fail('a:1');
    clock.advance(100);
    const dials = Array.from({ length: 5 }, () => dial('a:1'));
    expect(inner.callCount).toBe(2);
    (await inner.nextCall()).reject(REFUSED);
    const results = await Promise.allSettled(dials);
    const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'connected'));
    expect(codes).toEqual(['LML_ERR_CONNECT_REFUSED', ...Array(4).fill('LML_ERR_CONNECT_BACKING_OFF')]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on as ever once that one has connected', async () => {
    const { fail, dial, clock, inner } = setup();
    await fail('a:1');
    await settle();
    clock.advance(100);
    const dials = Array.from({ length: 5 }, () => dial('a:1'));
    await answer(inner);
    await settle();
    expect(inner.callCount).toBe(6);
    await answerAll(inner, 4);
    await Promise.all(dials);
    await fail('a:1');
    await expect(dial('a:1')).rejects.toMatchObject({ failures: 1, retryAfterMs: 100 });
  });

  it('counts dials that were under way side by side as one failure', async () => {
    const { dial, inner, clock } = setup();
    const dials = Promise.allSettled(Array.from({ length: 10 }, () => dial('a:1')));
    for (let count = 0; count < 10; count++) (await inner.nextCall()).reject(REFUSED);
    await dials;
    await expect(dial('a:1')).rejects.toMatchObject({ failures: 1, retryAfterMs: 100 });
    clock.advance(100);
    void dial('a:1').catch(() => {});
    expect(inner.callCount).toBe(11);
  });

  it('keeps targets apart, also by the proxies on the way', async () => {
    const { fail, dial, inner } = setup();
    await fail('a:1');
    const others = [dial('b:1'), dial('a:2'), dial('a:1', { via: ['http://proxy.test'] })];
    await answerAll(inner, 3);
    await Promise.all(others);
  });

  it('learns nothing from dials that are given up or denied', async () => {
    const { dial, fail, inner } = setup();
    const controller = new AbortController();
    const given = dial('a:1', { signal: controller.signal });
    controller.abort('enough');
    (await inner.nextCall()).reject('enough');
    await expect(given).rejects.toBe('enough');
    await fail('a:1', new ConnectError('LML_ERR_CONNECT_DENIED', 'denied', { phase: 'connect' }));
    const next = dial('a:1');
    await answer(inner);
    await next;
  });

  it('forgets a failure of long ago', async () => {
    const { fail, dial, clock } = setup({ minBackoffMs: 100, maxBackoffMs: 1_000 });
    await fail('a:1');
    clock.advance(100);
    await fail('a:1');
    clock.advance(200 + 1_000);
    await fail('a:1');
    await expect(dial('a:1')).rejects.toMatchObject({ failures: 1 });
  });

  it('remembers maxTargets, drops the one used least recently, and never one that is being dialled', async () => {
    const { fail, dial, inner } = setup({ maxTargets: 2 });
    await fail('a:1');
    await fail('b:1');
    await expect(dial('a:1')).rejects.toMatchObject({ failures: 1 });
    const third = dial('c:1'); // instead of b
    await expect(dial('a:1')).rejects.toMatchObject({ failures: 1 });
    const again = dial('b:1'); // instead of a, for c is under way
    await expect(dial('a:1')).rejects.toMatchObject({ code: 'LML_ERR_LIMIT', limit: 'maxTargets', maximum: 2 });
    await answerAll(inner, 2);
    await Promise.all([third, again]);
  });

  it('passes on what the connector throws', async () => {
    const connector = dialLimitLayer()({
      serve() {
        throw REFUSED;
      },
    });
    await expect(connector.serve(connectRequest({ target: parseAddress('a:1') }))).rejects.toBe(REFUSED);
  });
});

describe('dialLimitLayer refuses', () => {
  it.each([
    [{ maxConcurrentDials: 0 }, 'maxConcurrentDials must be an integer >= 1 or Infinity, got 0'],
    [{ maxConcurrentDialsPerTarget: 1.5 }, 'maxConcurrentDialsPerTarget must be an integer >= 1 or Infinity, got 1.5'],
    [{ dialsPerSecond: 0 }, 'dialsPerSecond must be an integer >= 1 or Infinity, got 0'],
    [{ maxWaitingDials: -1 }, 'maxWaitingDials must be an integer >= 0 or Infinity, got -1'],
    [{ maxTargets: 0 }, 'maxTargets must be an integer >= 1 or Infinity, got 0'],
    [{ queueTimeoutMs: 0 }, 'queueTimeoutMs must be > 0, got 0'],
    [{ minBackoffMs: 0 }, 'minBackoffMs must be > 0, got 0'],
    [{ maxBackoffMs: Number.POSITIVE_INFINITY }, 'maxBackoffMs must be finite, got Infinity'],
    [{ maxBackoffMs: 99 }, 'maxBackoffMs must be >= minBackoffMs, got 99 and 100'],
    [{ backoffFactor: 0.5 }, 'backoffFactor must be from 1 to 100, got 0.5'],
    [{ jitterRatio: 1.1 }, 'jitterRatio must be from 0 to 1, got 1.1'],
    [{ target: 1 }, 'target must be a function, got number'],
  ])('%o', (options, message) => {
    const make = () => dialLimitLayer(options as DialLimitOptions); // as JavaScript may call it
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

type Inner = ReturnType<typeof mockService<ConnectRequest, Connection>>;

function setup(options: DialLimitOptions = {}) {
  const clock = new FakeClock();
  const inner = mockService<ConnectRequest, Connection>();
  const limit = dialLimitLayer({ clock, jitterRatio: 0, ...options });
  const connector = limit(inner);
  const dial = (target: string, init: Partial<ConnectRequestInit> = {}): Promise<Connection> =>
    connector.serve(connectRequest({ target: parseAddress(target), ...init }));
  return {
    clock,
    inner,
    limit,
    dial,
    async fail(target: string, error: unknown = REFUSED): Promise<void> {
      const failing = dial(target);
      (await inner.nextCall()).reject(error);
      await expect(failing).rejects.toBe(error);
    },
  };
}

/** Connects the oldest dial that waits for an answer. @returns Where it went. */
async function answer(inner: Inner): Promise<string> {
  const call = await inner.nextCall();
  const [near, far] = memoryPipe();
  for (const stream of [near, far]) stream.destroy();
  call.respond(createConnection(near));
  await settle(1);
  return String(call.input);
}

async function answerAll(inner: Inner, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await answer(inner);
}
