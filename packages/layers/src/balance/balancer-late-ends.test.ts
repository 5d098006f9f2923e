import type { Service } from '@lamella/service-core';
import { cell } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BalancedEndpoint, Endpoint } from '../index.ts';
import { balancer, consistentHash } from '../index.ts';

afterEach(() => vi.restoreAllMocks());

/** A service whose calls end when the test says so. */
class Gated implements Endpoint<string, string> {
  readonly id: string;
  readonly calls: PromiseWithResolvers<string>[] = [];

  constructor(id: string) {
    this.id = id;
  }

  readonly service: Service<string, string> = {
    serve: () => {
      const call = Promise.withResolvers<string>();
      this.calls.push(call);
      return call.promise;
    },
  };

  failAll(): void {
    for (const call of this.calls.splice(0)) call.reject(new Error(`${this.id} is down`));
  }
}

describe('a balancer', () => {
  it('ejects nobody once it is closed, and so leaves no timer', async () => {
    const clock = new FakeClock();
    const [a, b] = [new Gated('a'), new Gated('b')];
    const service = balancer({ endpoints: [a, b], clock, ejection: { consecutiveFailures: 1 } });
    const calls = Array.from({ length: 4 }, () => service.serve('').catch(() => 'failed'));
    const closed = service.close();
    a.failAll();
    b.failAll();
    await Promise.all([...calls, closed]);
    expect(clock.pendingTimers).toBe(0);
    expect(service.gauges().map(({ ejections }) => ejections)).toEqual([0, 0]);
  });

  it('judges an endpoint that is back by its new calls, not by old ones that failed meanwhile', async () => {
    const clock = new FakeClock();
    const [a, b] = [new Gated('a'), new Gated('b')];
    const service = balancer({
      endpoints: [a, b],
      clock,
      policy: { pick: ([first = none]) => first },
      ejection: { consecutiveFailures: 3, baseEjectionMs: 1_000 },
    });
    const call = (): Promise<string> => service.serve('').catch(() => 'failed');
    const calls = Array.from({ length: 5 }, call);
    for (const early of a.calls.splice(0, 3)) early.reject(new Error('down'));
    await settle();
    expect(service.gauges()[0]?.health).toBe('ejected');
    a.failAll();
    await Promise.all(calls);
    clock.advance(1_000);
    const next = call();
    a.failAll();
    await next;
    expect(service.gauges()[0]).toMatchObject({ health: 'available', failures: 6 });
  });

  it('checks no endpoint that is taken away by whoever heard that it is unwell', async () => {
    const clock = new FakeClock();
    const endpoints = cell<readonly Endpoint<string, string>[]>([new Gated('a'), new Gated('b')]);
    const service = balancer({
      endpoints,
      clock,
      healthCheck: { check: async ({ id }) => id !== 'a', fall: 1 },
      onHealthChange: ({ id }) => endpoints.set(endpoints.get().filter((endpoint) => endpoint.id !== id)),
    });
    await settle();
    expect(service.gauges().map(({ id }) => id)).toEqual(['b']);
    expect(clock.pendingTimers).toBe(1);
    await service.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on checking where a hook throws, and says so', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const clock = new FakeClock();
    let isWell = false;
    const service = balancer({
      endpoints: [new Gated('a'), new Gated('b')],
      clock,
      healthCheck: {
        check: async ({ id }) => id === 'b' || isWell,
        fall: 1,
        rise: 1,
        intervalMs: 1_000,
        jitterRatio: 0,
      },
      onHealthChange: () => {
        throw new Error('hook');
      },
    });
    await settle();
    expect(service.gauges()[0]?.health).toBe('unhealthy');
    isWell = true;
    await clock.advanceAsync(1_000);
    expect(service.gauges()[0]?.health).toBe('available');
    expect(said).toHaveBeenCalledTimes(2);
    await service.close();
  });

  it('frees an output whose hook fails', async () => {
    let isFreed = false;
    const output = {
      [Symbol.dispose]() {
        isFreed = true;
      },
    };
    const service = balancer({
      endpoints: [{ id: 'a', service: { serve: async () => output } }],
      holdUntil: () => {
        throw new Error('hook');
      },
    });
    await expect(service.serve('')).rejects.toThrow('hook');
    expect(isFreed).toBe(true);
  });
});

describe('consistentHash', () => {
  it('bounds the load of an endpoint by its share, which is by weight', () => {
    const [large, small] = [new Gated('large'), new Gated('small')];
    const service = balancer({
      endpoints: [
        { id: large.id, service: large.service, weight: 3 },
        { id: small.id, service: small.service },
      ],
      policy: consistentHash({ key: (input: string) => input, maxLoadRatio: 1 }),
    });
    for (let call = 0; call < 400; call++) void service.serve(`key ${call}`);
    const active = ({ active: count }: BalancedEndpoint): number => count;
    const [ofLarge = 0, ofSmall = 0] = service.gauges().map(active);
    expect(ofLarge).toBeGreaterThanOrEqual(298);
    expect(ofLarge + ofSmall).toBe(400);
  });
});

const none: BalancedEndpoint = {
  id: 'none',
  weight: 1,
  fullWeight: 1,
  active: 0,
  calls: 0,
  failures: 0,
  ejections: 0,
  health: 'available',
};
