import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { closeGently } from './close-gently.ts';

checkLedger({ beforeEach, afterEach });

it('ends, throws away what was on its way, and closes when the peer has', async () => {
  const { near, closing, clock } = closed();
  expect(await near.read()).toBeUndefined();
  for (let count = 0; count < 10; count++) await near.write([Buffer.from('late')]);
  expect(await Promise.race([closing, settle().then(() => 'open')])).toBe('open');
  await near.closeWrite();
  await closing;
  expect(clock.pendingTimers).toBe(0);
});

it.each([
  ['sends too much', async (near: ReturnType<typeof closed>['near']) => near.write([new Uint8Array(1024 * 1024 + 1)])],
  ['is gone', async (near: ReturnType<typeof closed>['near']) => near.destroy()],
])('closes when the peer %s', async (_how, act) => {
  const { near, closing, clock } = closed();
  await act(near);
  await closing;
  expect(clock.pendingTimers).toBe(0);
  near.destroy();
});

it('waits for a silent peer for two seconds', async () => {
  const { near, closing, clock } = closed();
  await settle();
  await clock.advanceAsync(1_999);
  expect(await Promise.race([closing, settle().then(() => 'open')])).toBe('open');
  await clock.advanceAsync(1);
  await closing;
  near.destroy();
});

function closed() {
  const clock = new FakeClock();
  const [near, far] = memoryPipe();
  return { near, closing: closeGently(far, clock), clock };
}
