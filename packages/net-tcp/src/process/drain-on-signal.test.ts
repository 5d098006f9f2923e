import { EventEmitter } from 'node:events';
import type { Lifecycle } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { drainOnSignal } from './drain-on-signal.ts';

describe('drainOnSignal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('drains on %s, tells of it once, and listens no more', async (signal) => {
    const { signals, lifecycle, drained, begun } = setup();
    expect(lifecycle.phase).toBe('running');

    signals.emit(signal);
    expect(begun).toEqual(['drain']);
    await expect(drained).resolves.toMatchObject({ durationMs: 0 });
    expect(signals.listenerCount(signal)).toBe(0);
  });

  it('takes signals within half a second for the same one', async () => {
    const { clock, signals, lifecycle, part, begun } = setup({ isBusy: true });
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    clock.advance(499);
    signals.emit('SIGTERM');
    await settle();

    expect(lifecycle.phase).toBe('draining');
    expect(part.isDestroyed).toBe(false);
    expect(begun).toEqual(['drain']);
  });

  it('cuts at a signal that comes later', async () => {
    const { clock, signals, drained, part } = setup({ isBusy: true });
    signals.emit('SIGINT');
    clock.advance(500);
    signals.emit('SIGINT');

    await expect(drained).resolves.toMatchObject({ protocols: { 'http/1.1': { cut: 1 } } });
    expect(part.isDestroyed).toBe(true);
  });

  it('goes on accepting for the time it was told to, then gives the rest the grace', async () => {
    const { clock, signals, drained, lifecycle, part } = setup({ isBusy: true, preDrainMs: 1_000 });
    signals.emit('SIGTERM');
    clock.advance(999);
    expect(lifecycle.phase).toBe('pre-drain');
    clock.advance(1);
    expect(lifecycle.phase).toBe('draining');
    clock.advance(9_999);
    expect(part.isDestroyed).toBe(false);
    clock.advance(1);
    await expect(drained).resolves.toMatchObject({ durationMs: 11_000 });
    expect(part.isDestroyed).toBe(true);
  });
});

function setup({ isBusy = false, preDrainMs = 0 } = {}) {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const part = isBusy ? busyPart(lifecycle) : { isDestroyed: false };
  const signals = new EventEmitter();
  const begun: string[] = [];
  const drained = drainOnSignal(lifecycle, {
    preDrainMs,
    graceMs: 10_000,
    signals,
    clock,
    onDrain: () => begun.push('drain'),
  });
  return { clock, lifecycle, part, signals, begun, drained };
}

/** Work that does not end by itself. */
function busyPart(lifecycle: Lifecycle): { readonly isDestroyed: boolean } {
  const { promise: drained, resolve } = Promise.withResolvers<void>();
  let isDestroyed = false;
  lifecycle.register({
    protocol: 'http/1.1',
    drained,
    startDrain() {},
    destroy() {
      isDestroyed = true;
      resolve();
    },
  });
  return {
    get isDestroyed() {
      return isDestroyed;
    },
  };
}
