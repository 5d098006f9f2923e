import { describe, expect, it } from 'vitest';
import { AbortScope } from '../scope/abort-scope.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { sleep } from './sleep.ts';

describe('sleep', () => {
  it('waits', async () => {
    const clock = new FakeClock();
    let isOver = false;
    const over = sleep(clock, 100, new AbortScope()).then(() => {
      isOver = true;
    });
    clock.advance(99);
    await settle();
    expect(isOver).toBe(false);
    clock.advance(1);
    await over;
  });

  it('ends with what ends its scope, and leaves no timer', async () => {
    const clock = new FakeClock();
    const scope = new AbortScope();
    const reason = new Error('gone');
    const over = sleep(clock, 100, scope);
    scope.abort(reason);
    await expect(over).rejects.toBe(reason);
    await expect(sleep(clock, 100, scope)).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });
});
