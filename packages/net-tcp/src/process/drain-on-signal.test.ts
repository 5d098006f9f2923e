import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Lifecycle } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drainOnSignal } from './drain-on-signal.ts';

describe('drainOnSignal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('drains on %s, and tells of it once', async (signal) => {
    const { signals, lifecycle, drained, begun } = setup();
    expect(lifecycle.phase).toBe('running');

    signals.emit(signal, signal);
    expect(begun).toEqual(['drain']);
    await expect(drained).resolves.toMatchObject({ durationMs: 0 });
  });

  it('holds off the same signal, which comes when it has drained, and listens no more after that', async () => {
    const { clock, signals, drained } = setup();
    signals.emit('SIGINT', 'SIGINT');
    await drained;
    clock.advance(499);
    signals.emit('SIGINT', 'SIGINT');
    expect(signals.listenerCount('SIGINT')).toBe(1); // without a listener it would have ended the process
    clock.advance(1);
    signals.emit('SIGTERM', 'SIGTERM');
    expect(signals.eventNames()).toEqual([]);
  });

  it('listens no more when it has drained for longer than that', async () => {
    const { clock, signals, drained } = setup({ preDrainMs: 500 });
    signals.emit('SIGTERM', 'SIGTERM');
    clock.advance(500);
    await drained;
    expect(signals.eventNames()).toEqual([]);
  });

  it('lets a process put everything away although its runner sends a signal again, and end by a later one', async () => {
    expect(await run(PUTS_AWAY)).toEqual({ printed: 'put away\n', endedBy: 'SIGINT' });
  });

  it('leaves a signal that comes later to whoever else listens, once', async () => {
    expect(await run(HEARD_BY_OTHERS)).toEqual({ printed: 'heard 2\n', endedBy: 0 });
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

/** Runs a program in a process of its own. `endedBy`: its exit code, or the signal. */
async function run(program: string): Promise<{ readonly printed: string; readonly endedBy: unknown }> {
  const args = ['--conditions=@lamella/source', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const printed = await text(child.stdout);
  const [code, signal] = await ended;
  return { printed, endedBy: code ?? signal };
}

const PUTS_AWAY = `
import { once } from 'node:events';
import { createLifecycle } from '${import.meta.resolve('@lamella/service-core')}';
import { FakeClock } from '${import.meta.resolve('@lamella/service-core/testing')}';
import { drainOnSignal } from '${new URL('./drain-on-signal.ts', import.meta.url)}';
const clock = new FakeClock();
const drained = drainOnSignal(createLifecycle({ clock }), { clock });
setInterval(() => {}, 1_000); // work that never ends
process.kill(process.pid, 'SIGINT');
await drained;
process.kill(process.pid, 'SIGINT');
await once(process, 'SIGINT');
console.log('put away');
clock.advance(500);
process.kill(process.pid, 'SIGINT');
`;

const HEARD_BY_OTHERS = `
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { createLifecycle } from '${import.meta.resolve('@lamella/service-core')}';
import { FakeClock } from '${import.meta.resolve('@lamella/service-core/testing')}';
import { drainOnSignal } from '${new URL('./drain-on-signal.ts', import.meta.url)}';
const clock = new FakeClock();
let heard = 0;
setInterval(() => {}, 1_000); // a listener alone does not keep a process
process.on('SIGINT', () => heard++);
const drained = drainOnSignal(createLifecycle({ clock }), { clock });
process.kill(process.pid, 'SIGINT');
await drained;
clock.advance(500);
process.kill(process.pid, 'SIGINT');
await once(process, 'SIGINT');
await setTimeout(100); // one more would have come by now
console.log('heard ' + heard);
process.exit();
`;
