import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../address/ip-address.ts';
import type { FollowNameOptions } from './follow-name.ts';
import { followName } from './follow-name.ts';

describe('followName', () => {
  it('gives addresses in the order of the resolver, each once; another order is no change', async () => {
    const { clock, state, addresses } = setup();
    state.found = ['10.0.0.2', '10.0.0.1', '10.0.0.2'];
    await addresses.firstLookup;
    expect(addresses.get().map(String)).toEqual(['10.0.0.2', '10.0.0.1']);
    const before = addresses.get();
    state.found = ['10.0.0.1', '10.0.0.2'];
    await clock.advanceAsync(30_000);
    expect(addresses.get()).toBe(before);
    state.found = ['10.0.0.3'];
    await clock.advanceAsync(30_000);
    expect(addresses.get().map(String)).toEqual(['10.0.0.3']);
    addresses.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('says what the last lookup failed with, until one finds something', async () => {
    const { clock, state, addresses } = setup();
    state.error = new Error('SERVFAIL');
    await addresses.firstLookup;
    expect([addresses.failure(), addresses.get()]).toEqual([state.error, []]);
    state.error = undefined;
    addresses.refresh();
    await clock.advanceAsync(4_999);
    expect(state.lookups).toBe(1);
    await clock.advanceAsync(1);
    expect([addresses.failure(), addresses.get().map(String)]).toEqual([undefined, ['10.0.0.1']]);
    addresses.close();
  });

  it('keeps nobody waiting for a first lookup that is ended', async () => {
    const { clock, addresses } = setup({ resolver: { serve: () => new Promise(() => {}) } });
    addresses.close();
    await addresses.firstLookup;
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['intervalMs', 'minIntervalMs', 'timeoutMs'] as const)('refuses %s of 0', (name) => {
    const message = `${name} must be > 0, got 0`;
    expect(() => setup({ [name]: 0 })).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: Partial<FollowNameOptions> = {}) {
  const clock = new FakeClock();
  const state = { found: ['10.0.0.1'], error: undefined as Error | undefined, lookups: 0 };
  const addresses = followName({
    host: 'api.internal',
    families: [4],
    clock,
    random: () => 0.5,
    resolver: {
      async serve() {
        state.lookups++;
        await Promise.resolve(); // what a test sets in its first turn counts
        if (state.error !== undefined) throw state.error;
        return state.found.map(parseIp);
      },
    },
    ...options,
  });
  return { clock, state, addresses };
}
