import { AbortScope } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { parseDomain } from '../address/domain.ts';
import { parseIp } from '../address/ip-address.ts';
import type { ResolvedAddresses, Resolver } from '../connection/resolver.ts';
import { resolvedAddresses, resolveRequest } from '../connection/resolver.ts';
import { ConnectError } from '../errors.ts';
import type { CachingResolverOptions } from './caching-resolver.ts';
import { cachingResolver } from './caching-resolver.ts';

describe('cachingResolver', () => {
  it('asks once a lifetime, however often one asks: 1,000 lookups a second for five minutes', async () => {
    const world = setup();
    for (let second = 0; second < 300; second++) {
      const answers = await Promise.all(Array.from({ length: 1_000 }, () => world.ask()));
      expect(answers.every((answer) => answer === '192.0.2.7')).toBe(true);
      world.clock.advance(1_000);
    }
    expect(world.lookups).toBe(10); // lifetimes of 30 s
    expect(world.resolver.gauges).toMatchObject({ lookups: 10, hits: 290_000, misses: 10_000 });
    expect(world.clock.pendingTimers).toBe(0);
  });

  it.each([
    ['the lifetime of the answer', {}, 30_000, 30_000],
    ['the least lifetime', {}, 0, 1_000],
    ['the longest lifetime', { maxTtlMs: 20_000 }, 30_000, 20_000],
    ['the default where none is said', { defaultTtlMs: 7_000 }, undefined, 7_000],
  ])('keeps to %s', async (_, options, ttlMs, keptMs) => {
    const world = setup(options);
    world.found(ttlMs);
    await world.ask();
    world.clock.advance(keptMs - 1);
    await world.ask();
    expect(world.lookups).toBe(1);
    world.clock.advance(1);
    await world.ask();
    expect(world.lookups).toBe(2);
  });

  it.each([
    ['LML_ERR_CONNECT_NAME_NOT_FOUND', 5_000],
    ['LML_ERR_CONNECT_NAME_LOOKUP_FAILED', 1_000],
  ] as const)('remembers %s for %d ms', async (code, keptMs) => {
    const world = setup();
    world.answer = failing(code);
    expect(await world.ask()).toBe(code);
    world.clock.advance(keptMs - 1);
    expect(await world.ask()).toBe(code);
    expect(world.lookups).toBe(1);
    world.clock.advance(1);
    world.found(30_000);
    expect(await world.ask()).toBe('192.0.2.7');
  });

  it('remembers that a name has no address of a family for no longer than that a name is missing', async () => {
    const world = setup();
    world.answer = async () => [];
    expect(await world.ask()).toBe('');
    world.clock.advance(4_999);
    await world.ask();
    expect(world.lookups).toBe(1);
    world.clock.advance(1);
    await world.ask();
    expect(world.lookups).toBe(2);
  });

  it('gives what it has beyond its time while lookups fail, asks once a second, and not for ever', async () => {
    const world = setup({ staleIfErrorMs: 10_000 });
    await world.ask();
    world.answer = failing('LML_ERR_CONNECT_NAME_LOOKUP_FAILED');
    world.clock.advance(30_000);
    for (let tenth = 0; tenth < 100; tenth++) {
      expect(await world.ask()).toBe('192.0.2.7');
      world.clock.advance(100);
    }
    expect(world.lookups).toBe(1 + 10);
    expect(world.resolver.gauges.stale).toBe(100);
    expect(await world.ask()).toBe('LML_ERR_CONNECT_NAME_LOOKUP_FAILED');
  });

  it('gives nothing beyond its time when the name does not exist any more', async () => {
    const world = setup();
    await world.ask();
    world.clock.advance(30_000);
    world.answer = failing('LML_ERR_CONNECT_NAME_NOT_FOUND');
    expect(await world.ask()).toBe('LML_ERR_CONNECT_NAME_NOT_FOUND');
  });

  it('looks up ahead when asked to, and nobody waits for it', async () => {
    const world = setup({ refreshAheadMs: 5_000 });
    await world.ask();
    world.clock.advance(24_999);
    await world.ask();
    expect(world.lookups).toBe(1);
    world.clock.advance(1);
    await world.ask();
    expect(world.lookups).toBe(2);
    world.clock.advance(20_000); // the first answer would be over
    await world.ask();
    expect(world.resolver.gauges).toMatchObject({ lookups: 2, misses: 1 });
  });

  it('shares a lookup: one who leaves leaves alone, the last one ends it', async () => {
    const world = setup();
    let aborted: unknown;
    world.answer = (request) => {
      request.scope.onAbort((reason) => {
        aborted = reason;
      });
      return request.scope.race(new Promise<never>(() => {}));
    };
    const [first, second] = [new AbortScope(), new AbortScope()];
    const waiting = [world.ask(4, first), world.ask(4, second)];
    expect(world.lookups).toBe(1);
    first.abort(new Error('first left'));
    expect(await waiting[0]).toBe('first left');
    expect(aborted).toBeUndefined();
    second.abort(new Error('second left'));
    expect(await waiting[1]).toBe('second left');
    expect(aborted).toMatchObject({ message: 'second left' });

    world.found(30_000);
    expect(await world.ask()).toBe('192.0.2.7'); // what was given up is not remembered
  });

  it('keeps families apart, no more answers than it may, and those that were asked for last', async () => {
    const world = setup({ maxEntries: 2 });
    await world.ask(4);
    await world.ask(6);
    await world.ask(4);
    await world.ask(4, undefined, 'other.test');
    expect(world.resolver.gauges.entries).toBe(2);
    await world.ask(4);
    expect(world.lookups).toBe(3);
    await world.ask(6);
    expect(world.lookups).toBe(4);
    world.resolver.clear();
    expect(world.resolver.gauges.entries).toBe(0);
  });

  it.each([
    { minTtlMs: -1 },
    { maxTtlMs: 999 },
    { defaultTtlMs: -1 },
    { negativeTtlMs: Number.NaN },
    { failureTtlMs: -1 },
    { staleIfErrorMs: -1 },
    { refreshAheadMs: -1 },
    { maxEntries: 0 },
  ])('refuses %o', (options) => {
    const [name = ''] = Object.keys(options);
    expect(() => cachingResolver({ serve: async () => [] }, options)).toThrow(name);
  });
});

function setup(options: CachingResolverOptions = {}) {
  const clock = new FakeClock();
  const state = { lookups: 0, answer: foundFor(30_000) };
  const inner: Resolver = {
    serve(request) {
      state.lookups++;
      return state.answer(request);
    },
  };
  const resolver = cachingResolver(inner, { clock, ...options });
  return Object.assign(state, {
    clock,
    resolver,
    found(ttlMs: number | undefined): void {
      state.answer = foundFor(ttlMs);
    },
    /** The addresses as text, or what went wrong. */
    async ask(family: 4 | 6 = 4, scope = new AbortScope(), name = 'api.test'): Promise<string> {
      try {
        return (await resolver.serve(resolveRequest(parseDomain(name), family, { scope }))).join();
      } catch (error) {
        return error instanceof ConnectError ? error.code : error instanceof Error ? error.message : String(error);
      }
    },
  });
}

function foundFor(ttlMs: number | undefined): Resolver['serve'] {
  return async () => found(ttlMs);
}

function found(ttlMs: number | undefined): ResolvedAddresses {
  const addresses = [parseIp('192.0.2.7')];
  return ttlMs === undefined ? addresses : resolvedAddresses(addresses, ttlMs);
}

function failing(code: ConnectError['code']): Resolver['serve'] {
  return async () => {
    throw new ConnectError(code, 'no answer', { phase: 'resolve' });
  };
}
