import { describe, expect, it } from 'vitest';
import { balancer } from '../balancer.ts';
import { pickFirst } from './pick-first.ts';

describe('pickFirst', () => {
  it('stays with one, goes on to the next one when a call fails, and around', async () => {
    const { call, failing } = setup(['a', 'b', 'c']);
    expect(await Promise.all([call(), call(), call()])).toEqual(['a', 'a', 'a']);
    failing.add('a');
    expect(await call()).toBe('a failed');
    expect([await call(), await call()]).toEqual(['b', 'b']);
    failing.clear();
    failing.add('b').add('c');
    expect([await call(), await call(), await call(), await call()]).toEqual(['b failed', 'c failed', 'a', 'a']);
  });

  it('comes back to the only one that can be chosen, although it has failed', async () => {
    const { call, failing } = setup(['a']);
    failing.add('a');
    expect([await call(), await call()]).toEqual(['a failed', 'a failed']);
    failing.clear();
    expect(await call()).toBe('a');
  });

  it('leaves those out that are not to be chosen', async () => {
    const { call } = setup(['a', 'b', 'c'], new Set(['a']));
    expect([await call(), await call()]).toEqual(['b', 'b']);
  });
});

function setup(ids: readonly string[], avoided: ReadonlySet<string> = new Set()) {
  const failing = new Set<string>();
  const endpoints = ids.map((id) => ({
    id,
    service: {
      async serve(_: string) {
        if (failing.has(id)) throw new Error(`${id} failed`);
        return id;
      },
    },
  }));
  const service = balancer({ endpoints, policy: pickFirst(), avoid: () => avoided, ejection: false });
  const call = (): Promise<string> => service.serve('').catch((error: Error) => error.message);
  return { call, failing };
}
