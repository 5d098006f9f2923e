import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { Deadline } from './deadline.ts';

describe('Deadline', () => {
  it('aborts when the time is over, and not before', () => {
    const clock = new FakeClock();
    const signal = new Deadline(100, clock).start();
    clock.advance(99);
    expect(signal.aborted).toBe(false);
    clock.advance(1);
    expect(signal.reason).toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: '--max-time', timeoutMs: 100 });
  });

  it('gives all the time again, behind a wait', () => {
    const clock = new FakeClock();
    const deadline = new Deadline(100, clock);
    const signal = deadline.start();
    clock.advance(90);
    deadline.extend(50);
    clock.advance(149);
    expect(signal.aborted).toBe(false);
    clock.advance(1);
    expect(signal.aborted).toBe(true);
  });

  it('begins anew after it has passed', () => {
    const clock = new FakeClock();
    const deadline = new Deadline(100, clock);
    deadline.start();
    clock.advance(100);
    const signal = deadline.start();
    clock.advance(99);
    expect(signal.aborted).toBe(false);
    clock.advance(1);
    expect(signal.aborted).toBe(true);
  });

  it('leaves no timer behind, and has none without a limit', () => {
    const clock = new FakeClock();
    const deadline = new Deadline(100, clock);
    deadline.start();
    deadline.cancel();
    expect(clock.pendingTimers).toBe(0);
    new Deadline(undefined, clock).start();
    expect(clock.pendingTimers).toBe(0);
  });
});
