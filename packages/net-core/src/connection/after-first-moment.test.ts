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

it('calls in the second turn for one that is as old already: what the kernel has of it is read by then', async () => {
  const clock = new FakeClock();
  const sinceMs = clock.nowMs();
  await clock.advance(1_000);
  let calls = 0;
  afterFirstMoment(clock, sinceMs, () => calls++);
  await turn();
  expect(calls).toBe(0);
  await turn();
  expect(calls).toBe(1);
});

it.each([0, 1])('calls nobody if that is cancelled after %i turns', async (turns) => {
  const waiting = afterFirstMoment(new FakeClock(), Number.NEGATIVE_INFINITY, () => expect.unreachable());
  for (let count = 0; count < turns; count++) await turn();
  waiting.cancel();
  for (let count = 0; count < 3; count++) await turn();
});

it('calls nobody if that is cancelled', async () => {
  const clock = new FakeClock();
  afterFirstMoment(clock, clock.nowMs(), () => expect.unreachable()).cancel();
  await clock.advance(5_000);
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
