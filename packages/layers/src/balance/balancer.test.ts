import type { Service } from '@lamella/service-core';
import { ClosedError, cell, createLifecycle, serviceInput, UsageError } from '@lamella/service-core';
import { FakeClock, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { BalancerOptions, Endpoint } from '../index.ts';
import { balancer, consistentHash, leastRequests, NoEndpointError, powerOfTwoChoices, roundRobin } from '../index.ts';
import { timeoutLayer } from '../timeout/timeout-layer.ts';

/** A service that says its name, unless it is told to fail. */
class Named implements Endpoint<string, string> {
  readonly id: string;
  readonly weight: number;
  isDown = false;
  calls = 0;

  constructor(id: string, weight = 1) {
    this.id = id;
    this.weight = weight;
  }

  readonly service: Service<string, string> = {
    serve: async () => {
      this.calls++;
      if (this.isDown) throw new Error(`${this.id} is down`);
      return this.id;
    },
  };
}

const named = (...ids: string[]): Named[] => ids.map((id) => new Named(id));

/** A repeatable source of chance. */
function chance(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function spread(service: Service<string, string>, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let call = 0; call < count; call++) {
    const name = await service.serve(`call ${call}`).catch((error: Error) => error.message);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('policies', () => {
  it('roundRobin takes turns, by weight and spread evenly', async () => {
    const endpoints = [new Named('a', 5), new Named('b'), new Named('c')];
    const service = balancer({ endpoints, policy: roundRobin() });
    const turns: string[] = [];
    for (let call = 0; call < 14; call++) turns.push(await service.serve(''));
    expect(turns.join('')).toBe('aabacaaaabacaa');
  });

  it.each([
    ['leastRequests', leastRequests],
    ['powerOfTwoChoices', powerOfTwoChoices],
  ])('%s keeps away from endpoints that are busy', async (_name, policy) => {
    const gates: (() => void)[] = [];
    const slow: Endpoint<string, string> = {
      id: 'slow',
      service: { serve: () => new Promise((resolve) => gates.push(() => resolve('slow'))) },
    };
    const service = balancer({ endpoints: [slow, ...named('a', 'b')], policy: policy(), random: chance() });
    const calls = Array.from({ length: 300 }, () => service.serve(''));
    await settle();
    for (let call = 0; call < 300; call++) calls.push(service.serve(''));
    expect(gates.length).toBeLessThan(250);
    for (const open of gates) open();
    await Promise.all(calls);
    expect(service.gauges().map(({ active }) => active)).toEqual([0, 0, 0]);
  });

  it.each([
    ['leastRequests', leastRequests],
    ['powerOfTwoChoices', powerOfTwoChoices],
  ])('%s spreads evenly where all are idle', async (_name, policy) => {
    const counts = await spread(
      balancer({ endpoints: named('a', 'b', 'c', 'd'), policy: policy(), random: chance() }),
      4_000,
    );
    for (const id of ['a', 'b', 'c', 'd']) expect(counts[id]).toBeGreaterThan(850);
  });

  it.each([
    ['leastRequests', leastRequests],
    ['powerOfTwoChoices', powerOfTwoChoices],
  ])('%s goes by weight where all are idle', async (_name, policy) => {
    const endpoints = [new Named('small'), new Named('large', 3)];
    const counts = await spread(balancer({ endpoints, policy: policy(), random: chance() }), 4_000);
    expect(counts['large']).toBeGreaterThan(2_800);
    expect(counts['large']).toBeLessThan(3_200);
  });

  it('leastRequests goes by weight while calls are under way', async () => {
    const never: Service<string, string> = { serve: () => new Promise(() => {}) };
    const service = balancer({
      endpoints: [
        { id: 'large', service: never, weight: 3 },
        { id: 'small', service: never },
      ],
      policy: leastRequests(),
    });
    for (let call = 0; call < 400; call++) void service.serve('');
    expect(service.gauges().map(({ active }) => active)).toEqual([300, 100]);
  });

  describe('consistentHash', () => {
    const key = (input: string): string | undefined => (input === '' ? undefined : input);
    const keys = Array.from({ length: 2_000 }, (_, index) => `user ${index}`);
    const owners = async (service: Service<string, string>) => Promise.all(keys.map((name) => service.serve(name)));

    it('sends a key to one endpoint, and spreads keys', async () => {
      const service = balancer({ endpoints: named('a', 'b', 'c', 'd'), policy: consistentHash({ key }) });
      const first = await owners(service);
      expect(await owners(service)).toEqual(first);
      for (const id of ['a', 'b', 'c', 'd']) {
        const share = first.filter((owner) => owner === id).length / keys.length;
        expect(share).toBeGreaterThan(0.15);
        expect(share).toBeLessThan(0.35);
      }
    });

    it('moves only the keys of an endpoint that goes or comes', async () => {
      const endpoints = cell<readonly Endpoint<string, string>[]>(named('a', 'b', 'c', 'd'));
      const all = endpoints.get();
      const service = balancer({ endpoints, policy: consistentHash({ key }) });
      const before = await owners(service);
      endpoints.set(all.slice(0, 3));
      const without = await owners(service);
      without.forEach((owner, index) => {
        if (before[index] !== 'd') expect(owner).toBe(before[index]);
      });
      endpoints.set(all);
      expect(await owners(service)).toEqual(before);
    });

    it('passes keys on while their endpoint is ejected, and gives them back', async () => {
      const endpoints = named('a', 'b', 'c');
      const clock = new FakeClock();
      const service = balancer({
        endpoints,
        policy: consistentHash({ key }),
        clock,
        ejection: { consecutiveFailures: 1 },
      });
      const before = await owners(service);
      const [a] = endpoints as [Named];
      a.isDown = true;
      const mine = keys[before.indexOf('a')] as string;
      await expect(service.serve(mine)).rejects.toThrow('a is down');
      expect(await service.serve(mine)).not.toBe('a');
      a.isDown = false;
      clock.advance(30_000);
      expect(await owners(service)).toEqual(before);
    });

    it('bounds the load that one key can make, if told so', () => {
      const never: Service<string, string> = { serve: () => new Promise(() => {}) };
      const endpoints = ['a', 'b', 'c', 'd'].map((id) => ({ id, service: never }));
      const service = balancer({ endpoints, policy: consistentHash({ key, maxLoadRatio: 1.25 }) });
      for (let call = 0; call < 100; call++) void service.serve('the same');
      expect(Math.max(...service.gauges().map(({ active }) => active))).toBeLessThanOrEqual(33);
    });

    it('sends what has no key anywhere', async () => {
      const service = balancer({ endpoints: named('a', 'b'), policy: consistentHash({ key }), random: chance() });
      const found = new Set(await Promise.all(Array.from({ length: 50 }, () => service.serve(''))));
      expect(found.size).toBe(2);
    });

    it.each([{ pointsPerWeight: 0 }, { pointsPerWeight: 1_001 }, { maxLoadRatio: 0.9 }])('refuses %j', (options) => {
      expect(() => consistentHash({ key, ...options })).toThrow(UsageError);
    });
  });
});

describe('passive ejection', () => {
  it('leaves out an endpoint whose calls fail, for longer each time, and comes back to it', async () => {
    const clock = new FakeClock();
    const endpoints = named('a', 'b');
    const changes: string[] = [];
    const service = balancer({
      endpoints,
      clock,
      policy: roundRobin(),
      ejection: { consecutiveFailures: 3, baseEjectionMs: 1_000, maxEjectionMs: 1_500 },
      onHealthChange: ({ id, health }) => changes.push(`${id} ${health}`),
    });
    const [a] = endpoints as [Named];
    a.isDown = true;
    await spread(service, 6);
    expect(service.gauges()[0]).toMatchObject({ health: 'ejected', failures: 3, ejections: 1, active: 0 });
    expect(await spread(service, 10)).toEqual({ b: 10 });
    clock.advance(999);
    expect(await spread(service, 2)).toEqual({ b: 2 });
    clock.advance(1);
    await spread(service, 6);
    expect(service.gauges()[0]).toMatchObject({ health: 'ejected', ejections: 2 });
    clock.advance(1_499);
    expect(service.gauges()[0]?.health).toBe('ejected');
    clock.advance(1);
    a.isDown = false;
    expect(await spread(service, 4)).toEqual({ a: 2, b: 2 });
    expect(changes).toEqual(['a ejected', 'a available', 'a ejected', 'a available']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts failures in a row: one good call begins anew', async () => {
    const endpoints = named('a', 'b');
    const service = balancer({ endpoints, policy: roundRobin(), ejection: { consecutiveFailures: 2 } });
    const [a] = endpoints as [Named];
    for (const isDown of [true, false, true, false, true]) {
      a.isDown = isDown;
      await spread(service, 2);
    }
    expect(service.gauges()[0]).toMatchObject({ failures: 3, health: 'available' });
  });

  it('goes by the share of failures too, once there are enough calls', async () => {
    const clock = new FakeClock();
    const endpoints = named('a', 'b');
    const service = balancer({
      endpoints,
      clock,
      policy: roundRobin(),
      ejection: { consecutiveFailures: Number.POSITIVE_INFINITY, failureRatio: 0.5, minCalls: 10 },
    });
    const [a] = endpoints as [Named];
    for (let call = 0; call < 9; call++) {
      a.isDown = call % 2 === 0;
      await spread(service, 2);
    }
    expect(service.gauges()[0]?.health).toBe('available');
    a.isDown = true;
    await spread(service, 2);
    expect(service.gauges()[0]?.health).toBe('ejected');
  });

  it('never ejects more than maxEjectedRatio, and never the only one', async () => {
    const endpoints = named('a', 'b', 'c', 'd');
    for (const endpoint of endpoints) endpoint.isDown = true;
    const service = balancer({ endpoints, policy: roundRobin(), panicRatio: 0, ejection: { consecutiveFailures: 1 } });
    await spread(service, 20);
    expect(service.gauges().filter(({ health }) => health === 'ejected')).toHaveLength(2);
    const [only] = named('only') as [Named];
    only.isDown = true;
    const single = balancer({ endpoints: [only], ejection: { consecutiveFailures: 1 } });
    await spread(single, 3);
    expect(single.gauges()[0]?.health).toBe('available');
  });

  it('counts what took longer than the caller had time', async () => {
    const clock = new FakeClock();
    const service: Service<TestInput<string>, string> = {
      serve: ({ scope }) => new Promise((_resolve, reject) => scope.onAbort(reject)),
    };
    const balanced = balancer({ endpoints: [{ id: 'a', service }], clock });
    const output = timeoutLayer({ timeoutMs: 500, clock })(balanced).serve(testInput('x'));
    clock.advance(500);
    await expect(output).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT' });
    await settle();
    expect(balanced.gauges()[0]).toMatchObject({ failures: 1, active: 0 });
  });

  it('does not count what the caller cancels, and counts what isFailure says', async () => {
    const reason = new Error('no longer wanted');
    const controller = new AbortController();
    const input = serviceInput('x', { signal: controller.signal });
    const endpoint = {
      id: 'a',
      service: { serve: async (asked: typeof input) => (asked.signal.aborted ? Promise.reject(reason) : 503) },
    };
    const service = balancer({ endpoints: [endpoint] });
    controller.abort(reason);
    await expect(service.serve(input)).rejects.toBe(reason);
    expect(service.gauges()[0]?.failures).toBe(0);
    const strict = balancer({
      endpoints: [endpoint],
      isFailure: (outcome) => outcome.type === 'output' && outcome.output === 503,
    });
    expect(await strict.serve(serviceInput('y'))).toBe(503);
    expect(strict.gauges()[0]?.failures).toBe(1);
  });
});

describe('active checks', () => {
  const setup = (options: Partial<BalancerOptions<string, string>> & { answer: (id: string) => unknown }) => {
    const { answer, ...rest } = options;
    const clock = new FakeClock();
    const asked: string[] = [];
    const service = balancer({
      endpoints: named('a', 'b'),
      clock,
      policy: roundRobin(),
      random: () => 0.5,
      healthCheck: {
        intervalMs: 1_000,
        timeoutMs: 100,
        rise: 2,
        fall: 3,
        check: async ({ id }) => {
          asked.push(id);
          return answer(id);
        },
      },
      ...rest,
    });
    return { clock, asked, service };
  };

  it('take an endpoint out after fall bad ones, and back after rise good ones', async () => {
    let isWell = false;
    const { clock, service, asked } = setup({ answer: (id) => id === 'b' || isWell });
    const health = () => service.gauges().map((endpoint) => endpoint.health);
    await settle();
    expect(asked).toEqual(['a', 'b']);
    await clock.advanceAsync(1_000);
    expect(health()).toEqual(['available', 'available']);
    await clock.advanceAsync(1_000);
    expect(health()).toEqual(['unhealthy', 'available']);
    expect(await spread(service, 4)).toEqual({ b: 4 });
    isWell = true;
    await clock.advanceAsync(1_000);
    expect(health()).toEqual(['unhealthy', 'available']);
    await clock.advanceAsync(1_000);
    expect(health()).toEqual(['available', 'available']);
    await service.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, () => unknown]>([
    ['throw', () => Promise.reject(new Error('no'))],
    ['say false', () => false],
    ['never answer', () => new Promise(() => {})],
  ])('that %s are bad', async (_name, answer) => {
    const { clock, service } = setup({ answer: (id) => (id === 'a' ? answer() : true) });
    await clock.advanceAsync(4_000);
    expect(service.gauges().map(({ health }) => health)).toEqual(['unhealthy', 'available']);
    await service.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('that are under way end when the balancer closes', async () => {
    let signal: AbortSignal | undefined;
    const clock = new FakeClock();
    const service = balancer({
      endpoints: named('a'),
      clock,
      healthCheck: {
        check: (_endpoint, given) => {
          signal = given;
          return new Promise(() => {});
        },
      },
    });
    await service.close();
    expect(signal?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('decide before the first call, if nothing is believed unseen', async () => {
    const { clock, service } = setup({
      answer: () => true,
      panicRatio: 0,
      healthCheck: { check: async ({ id }) => id === 'a', initiallyHealthy: false },
    });
    await expect(service.serve('')).rejects.toThrow(NoEndpointError);
    await settle();
    expect(await spread(service, 2)).toEqual({ a: 2 });
    await service.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('are not believed if nearly everything seems to fail', async () => {
    const endpoints = named('a', 'b', 'c', 'd', 'e');
    const { clock, service } = setup({ answer: (id) => id === 'a', endpoints });
    await clock.advanceAsync(4_000);
    expect(await spread(service, 5)).toEqual({ a: 1, b: 1, c: 1, d: 1, e: 1 });
    await service.close();
  });
});

describe('endpoints that change', () => {
  it('get no more calls once they are gone, and finish those under way', async () => {
    const gate = Promise.withResolvers<string>();
    const old: Endpoint<string, string> = { id: 'old', service: { serve: () => gate.promise } };
    const endpoints = cell<readonly Endpoint<string, string>[]>([old]);
    const service = balancer({ endpoints });
    const underWay = service.serve('');
    endpoints.set(named('new'));
    expect(await spread(service, 5)).toEqual({ new: 5 });
    gate.resolve('old');
    expect(await underWay).toBe('old');
  });

  it('keep what is known of them while they stay', async () => {
    const all = named('a', 'b', 'c');
    const endpoints = cell<readonly Endpoint<string, string>[]>(all.slice(0, 2));
    const service = balancer({ endpoints, policy: roundRobin(), ejection: { consecutiveFailures: 1 } });
    const [a] = all as [Named];
    a.isDown = true;
    await spread(service, 2);
    endpoints.set([...all]);
    expect(service.gauges().map(({ id, health, calls }) => `${id} ${health} ${calls}`)).toEqual([
      'a ejected 1',
      'b available 1',
      'c available 0',
    ]);
  });

  it('start slowly, if told so, and take their whole share in the end', async () => {
    const clock = new FakeClock();
    const all = named('a', 'b');
    const endpoints = cell<readonly Endpoint<string, string>[]>(all.slice(0, 1));
    const service = balancer({ endpoints, clock, policy: roundRobin(), slowStartMs: 10_000 });
    endpoints.set([...all]);
    expect((await spread(service, 110))['b']).toBe(10);
    clock.advance(5_000);
    expect((await spread(service, 150))['b']).toBe(50);
    clock.advance(5_000);
    expect((await spread(service, 100))['b']).toBe(50);
  });

  it('change nothing if they are wrong', async () => {
    const endpoints = cell<readonly Endpoint<string, string>[]>(named('a'));
    const service = balancer({ endpoints });
    expect(() => endpoints.set(named('b', 'b'))).toThrow(UsageError);
    expect(await service.serve('')).toBe('a');
  });
});

describe('calls', () => {
  it('without an endpoint fail with what there is, at once', async () => {
    const service = balancer<string, string>({ endpoints: [], name: 'group api' });
    await expect(service.serve('')).rejects.toMatchObject({
      code: 'LML_ERR_BALANCE_NO_ENDPOINT',
      message: 'group api has no endpoint to call: it has none',
      known: 0,
    });
  });

  it('avoid what they are told to, as long as there is something else', async () => {
    const picked: string[] = [];
    const service = balancer({
      endpoints: named('a', 'b'),
      avoid: (input: string) => new Set(input.split(',')),
      onPick: ({ id }) => picked.push(id),
    });
    for (let call = 0; call < 5; call++) await service.serve('a');
    expect(picked).toEqual(['b', 'b', 'b', 'b', 'b']);
    expect(['a', 'b']).toContain(await service.serve('a,b'));
  });

  it('keep their endpoint busy until the output has ended', async () => {
    const ended = Promise.withResolvers<void>();
    const service = balancer({
      endpoints: named('a'),
      holdUntil: (output: string) => ({ output: `held ${output}`, ended: ended.promise }),
    });
    expect(await service.serve('')).toBe('held a');
    expect(service.gauges()[0]?.active).toBe(1);
    ended.resolve();
    await settle();
    expect(service.gauges()[0]?.active).toBe(0);
  });

  it('reject, and leave nothing counted, where a service throws or a hook fails', async () => {
    const thrower: Endpoint<string, string> = {
      id: 'a',
      service: {
        serve: () => {
          throw new Error('at once');
        },
      },
    };
    const service = balancer({ endpoints: [thrower] });
    await expect(service.serve('')).rejects.toThrow('at once');
    expect(service.gauges()[0]).toMatchObject({ active: 0, failures: 1 });
    const hooked = balancer({
      endpoints: named('a'),
      holdUntil: () => {
        throw new Error('hook');
      },
    });
    await expect(hooked.serve('')).rejects.toThrow('hook');
    expect(hooked.gauges()[0]?.active).toBe(0);
  });

  it('end when the balancer closes: those under way may finish, others are refused', async () => {
    const gate = Promise.withResolvers<string>();
    const service = balancer({ endpoints: [{ id: 'a', service: { serve: () => gate.promise } }] });
    const call = service.serve('');
    let isClosed = false;
    const closed = service.close().then(() => {
      isClosed = true;
    });
    await expect(service.serve('')).rejects.toThrow(ClosedError);
    await settle();
    expect(isClosed).toBe(false);
    gate.resolve('done');
    expect(await call).toBe('done');
    await closed;
  });

  it('go on while the process drains; only the checks end', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const service = balancer({ endpoints: named('a'), clock, lifecycle, healthCheck: { check: async () => true } });
    await settle();
    expect(clock.pendingTimers).toBe(1);
    await lifecycle.drain({ graceMs: 0 });
    expect(clock.pendingTimers).toBe(0);
    expect(await service.serve('')).toBe('a');
  });
});

describe('options', () => {
  it.each<Partial<BalancerOptions<string, string>>>([
    { slowStartMs: -1 },
    { panicRatio: 1.1 },
    { ejection: { consecutiveFailures: 0 } },
    { ejection: { failureRatio: 0 } },
    { ejection: { failureRatio: 1.1 } },
    { ejection: { minCalls: 0 } },
    { ejection: { windowMs: 0 } },
    { ejection: { baseEjectionMs: 0 } },
    { ejection: { maxEjectionMs: 0 } },
    { ejection: { decayMs: 0 } },
    { ejection: { maxEjectedRatio: 2 } },
    { healthCheck: { check: async () => true, intervalMs: 0 } },
    { healthCheck: { check: async () => true, jitterRatio: 2 } },
    { healthCheck: { check: async () => true, timeoutMs: 0 } },
    { healthCheck: { check: async () => true, rise: 0 } },
    { healthCheck: { check: async () => true, fall: 1.5 } },
    { endpoints: named('a', 'a') },
    { endpoints: [new Named('a', 0)] },
    { isFailure: 'no' as never },
  ])('%j is refused', (options) => {
    expect(() => balancer({ endpoints: named('a'), ...options })).toThrow(UsageError);
  });
});
