import { FakeClock } from '@lamella/service-core/testing';
import { expect, it } from 'vitest';
import { afterFirstMoment } from './after-first-moment.ts';

it('calls when the connection is a second old', async () => {
  const clock = new FakeClock();
  const sinceMs = clock.nowMs();
  await clock.advance(400);
  let calls = 0;
  afterFirstMoment(clock, sinceMs, () => calls++);
  await clock.advance(599);
  expect(calls).toBe(0);
  await clock.advance(1);
  expect(calls).toBe(1);
});

it('calls at once for one that is as old already', async () => {
  const clock = new FakeClock();
  const sinceMs = clock.nowMs();
  await clock.advance(1_000);
  let calls = 0;
  expect(afterFirstMoment(clock, sinceMs, () => calls++)).toBeUndefined();
  expect(calls).toBe(1);
});

it('calls nobody if that is cancelled', async () => {
  const clock = new FakeClock();
  afterFirstMoment(clock, clock.nowMs(), () => expect.unreachable())?.cancel();
  await clock.advance(5_000);
});
