import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { createLifecycle } from './create-lifecycle.ts';
import type { Drainable } from './lifecycle.ts';

describe('drain', () => {
  it('goes through its phases in time, and tells parts only after the pre-drain', async () => {
    const { clock, lifecycle } = setup();
    const part = fakePart('http/1.1');
    lifecycle.register(part);
    const report = lifecycle.drain({ preDrainMs: 100, graceMs: 1_000 });
    expect(lifecycle.phase).toBe('pre-drain');

    clock.advance(99);
    expect(part.log).toEqual([]);
    clock.advance(1);
    expect(lifecycle.phase).toBe('draining');
    expect(part.log).toEqual(['startDrain']);

    clock.advance(10);
    part.end();
    expect(await report).toEqual({
      durationMs: 110,
      protocols: { 'http/1.1': { finished: 1, closed: 0, cut: 0 } },
      unfinishedTasks: [],
    });
    expect(lifecycle.phase).toBe('closed');
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells those that drain last only when parts and tasks have ended, and waits for them', async () => {
    const { clock, lifecycle } = setup();
    const [part, last] = [fakePart('http/1.1'), fakePart('telemetry', { drainsLast: true })];
    const task = Promise.withResolvers<void>();
    lifecycle.register(last);
    lifecycle.register(part);
    lifecycle.spawn('task', () => task.promise);
    const report = lifecycle.drain({ graceMs: 1_000 });
    const late = fakePart('logs', { drainsLast: true });
    lifecycle.register(late);

    clock.advance(10);
    part.end();
    await settle();
    expect([part.log, last.log, late.log]).toEqual([['startDrain'], [], []]);
    task.resolve();
    await settle();
    expect([last.log, late.log, lifecycle.phase]).toEqual([['startDrain'], ['startDrain'], 'draining']);

    clock.advance(20);
    last.end();
    late.end();
    expect(await report).toMatchObject({ durationMs: 30, unfinishedTasks: [] });
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells those that drain last when the grace is over, and gives them the time that destroyed parts have', async () => {
    const { clock, lifecycle } = setup();
    const [part, last] = [fakePart('tunnel'), fakePart('telemetry', { drainsLast: true })];
    lifecycle.register(last);
    lifecycle.register(part);
    const report = lifecycle.drain({ graceMs: 1_000 });
    clock.advance(999);
    expect(last.log).toEqual([]);
    clock.advance(1);
    expect([part.log, last.log]).toEqual([['startDrain', 'destroy'], ['startDrain']]);
    part.end();
    clock.advance(999);
    await settle();
    expect(last.log).toEqual(['startDrain']);
    clock.advance(1);
    expect(last.log).toEqual(['startDrain', 'destroy']);
    expect(await report).toMatchObject({ durationMs: 2_000, protocols: { tunnel: { cut: 1 }, telemetry: { cut: 1 } } });
  });

  it('gives those that drain last the same time where everything else had ended before', async () => {
    const { clock, lifecycle } = setup();
    const last = fakePart('telemetry', { drainsLast: true });
    lifecycle.register(last);
    const report = lifecycle.drain({ graceMs: 0 });
    clock.advance(999);
    expect(last.log).toEqual(['startDrain']);
    last.end();
    expect(await report).toMatchObject({ durationMs: 999, protocols: { telemetry: { finished: 1, cut: 0 } } });
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at once where nothing but a part that drains last is there', async () => {
    const { lifecycle } = setup();
    const last = fakePart('telemetry', { drainsLast: true });
    lifecycle.register(last);
    const report = lifecycle.drain();
    expect(last.log).toEqual(['startDrain']);
    last.end();
    expect(await report).toMatchObject({ protocols: { telemetry: { finished: 1 } } });
  });

  it('tells parts that want to know as soon as the pre-drain begins, once, and those that come during it', async () => {
    const { clock, lifecycle } = setup();
    const log: string[] = [];
    const part = (name: string): Drainable => ({
      protocol: name,
      startPreDrain: () => void log.push(`${name} is told`),
      startDrain: () => void log.push(`${name} drains`),
      drained: Promise.resolve(),
      destroy: () => {},
    });
    lifecycle.register(part('first'));
    const report = lifecycle.drain({ preDrainMs: 100, graceMs: 0 });
    expect(log).toEqual(['first is told']);
    lifecycle.register(part('late'));
    void lifecycle.drain({ preDrainMs: 50 });
    expect(log.splice(0)).toEqual(['first is told', 'late is told']);
    clock.advance(50);
    expect(log).toEqual(['first drains', 'late drains']);
    await settle();
    clock.advance(1_000);
    await report;
  });

  it('counts idle parts as closed, busy ones as finished and late ones as cut, by protocol', async () => {
    const { clock, lifecycle } = setup();
    const idle = fakePart('http/1.1', { isIdle: true });
    const busy = fakePart('http/1.1');
    const late = fakePart('tunnel');
    for (const part of [idle, busy, late]) lifecycle.register(part);
    const report = lifecycle.drain({ graceMs: 500 });
    idle.end();
    busy.end();
    await settle();
    clock.advance(499);
    expect(late.log).toEqual(['startDrain']);
    clock.advance(1);
    expect(late.log).toEqual(['startDrain', 'destroy']);
    late.end();
    expect((await report).protocols).toEqual({
      'http/1.1': { finished: 1, closed: 1, cut: 0 },
      tunnel: { finished: 0, closed: 0, cut: 1 },
    });
  });

  it('tells protocols in the order in which they began, whichever ends first', async () => {
    const { lifecycle } = setup();
    const [first, second] = [fakePart('first'), fakePart('second')];
    for (const part of [first, second]) lifecycle.register(part);
    const report = lifecycle.drain();
    second.end();
    await settle();
    first.end();
    expect(Object.keys((await report).protocols)).toEqual(['first', 'second']);
  });

  it('ends a second after the grace even if a destroyed part never ends', async () => {
    const { clock, lifecycle } = setup();
    lifecycle.register(fakePart('stuck'));
    const report = lifecycle.drain({ graceMs: 500 });
    clock.advance(500);
    clock.advance(1_000);
    expect(await report).toMatchObject({ durationMs: 1_500, protocols: { stuck: { cut: 1 } } });
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts a part that is taken out while draining, and none that left before', async () => {
    const { lifecycle } = setup();
    const left = lifecycle.register(fakePart('gone'));
    left[Symbol.dispose]();
    const registration = lifecycle.register(fakePart('http/1.1'));
    const report = lifecycle.drain();
    registration[Symbol.dispose]();
    registration[Symbol.dispose]();
    expect((await report).protocols).toEqual({ 'http/1.1': { finished: 1, closed: 0, cut: 0 } });
  });

  it('drains parts that come while it drains, cuts those that come later, destroys those after the end', async () => {
    const { clock, lifecycle } = setup();
    lifecycle.register(fakePart('keeps it open'));
    const report = lifecycle.drain({ graceMs: 100 });
    const during = fakePart('during');
    lifecycle.register(during);
    expect(during.log).toEqual(['startDrain']);
    clock.advance(100);
    const cutting = fakePart('cutting');
    lifecycle.register(cutting);
    expect(cutting.log).toEqual(['startDrain', 'destroy']);
    clock.advance(1_000);
    await report;
    const after = fakePart('after');
    lifecycle.register(after);
    expect(after.log).toEqual(['destroy']);
  });

  it('may be shortened by a second call, never prolonged', async () => {
    const { clock, lifecycle } = setup();
    const part = fakePart('http/1.1');
    lifecycle.register(part);
    const first = lifecycle.drain({ preDrainMs: 60_000, graceMs: 60_000 });
    const second = lifecycle.drain({ preDrainMs: 0, graceMs: 0 });
    expect(second).toBe(first);
    expect(part.log).toEqual(['startDrain', 'destroy']);
    void lifecycle.drain({ graceMs: 999_999 });
    clock.advance(1_000);
    expect((await first).protocols).toEqual({ 'http/1.1': { finished: 0, closed: 0, cut: 1 } });
  });

  it('ends at once when nothing is there', async () => {
    const { lifecycle } = setup();
    expect(await lifecycle.drain()).toEqual({ durationMs: 0, protocols: {}, unfinishedTasks: [] });
  });

  it('waits for spawned tasks, and names those that do not end', async () => {
    const { clock, lifecycle } = setup();
    const quick = Promise.withResolvers<void>();
    lifecycle.spawn('quick', () => quick.promise);
    lifecycle.spawn('stuck', () => new Promise(() => {}));
    const report = lifecycle.drain({ graceMs: 100 });
    quick.resolve();
    await settle();
    clock.advance(100);
    clock.advance(1_000);
    expect((await report).unfinishedTasks).toEqual(['stuck']);
  });

  it('waits for all parts, even if the first one ends while it is told', async () => {
    const { lifecycle } = setup();
    const first = lifecycle.register({ ...fakePart('first'), startDrain: () => first[Symbol.dispose]() });
    const slow = fakePart('slow');
    lifecycle.register(slow);
    const report = lifecycle.drain();
    expect(lifecycle.phase).toBe('draining');
    slow.end();
    expect((await report).protocols).toEqual({
      first: { finished: 1, closed: 0, cut: 0 },
      slow: { finished: 1, closed: 0, cut: 0 },
    });
  });

  it('does not tell a part that ended because another one was told', async () => {
    const { lifecycle } = setup();
    const second = fakePart('second');
    lifecycle.register({ ...fakePart('first'), drained: Promise.resolve(), startDrain: () => taken[Symbol.dispose]() });
    const taken = lifecycle.register(second);
    await lifecycle.drain();
    expect(second.log).toEqual([]);
  });

  it('goes on when a part throws, and cuts it in the end', async () => {
    const { clock, lifecycle, errors } = setup();
    const fail = (): never => {
      throw new Error('broken');
    };
    lifecycle.register({ ...fakePart('broken'), startDrain: fail, destroy: fail });
    const other = fakePart('other');
    lifecycle.register(other);
    const report = lifecycle.drain({ graceMs: 100 });
    expect(other.log).toEqual(['startDrain']);
    clock.advance(100);
    expect(other.log).toEqual(['startDrain', 'destroy']);
    clock.advance(1_000);
    expect((await report).protocols).toMatchObject({ broken: { cut: 1 }, other: { cut: 1 } });
    expect(errors).toEqual(['drain of broken: broken', 'drain of broken: broken']);
  });

  it('goes on when a part does not say whether it is idle, and when who hears of failures throws', async () => {
    const clock = new FakeClock();
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => told.mockRestore());
    const fail = (): never => {
      throw new Error('broken');
    };
    const lifecycle = createLifecycle({ clock, onError: fail });
    const silent = fakePart('silent');
    Object.defineProperty(silent, 'isIdle', { get: fail });
    lifecycle.register(silent);
    lifecycle.register({ ...fakePart('broken'), startDrain: fail });
    const other = fakePart('other');
    lifecycle.register(other);
    lifecycle.spawn('task', async () => fail());
    const report = lifecycle.drain({ graceMs: 100 });
    expect([silent.log, other.log]).toEqual([['startDrain'], ['startDrain']]);
    for (const part of [silent, other]) part.end();
    await settle();
    clock.advance(100);
    clock.advance(1_000);
    expect((await report).protocols).toEqual({
      silent: { finished: 1, closed: 0, cut: 0 },
      broken: { finished: 0, closed: 0, cut: 1 },
      other: { finished: 1, closed: 0, cut: 0 },
    });
    // Each failure, and that of who was to hear of it.
    expect(told).toHaveBeenCalledTimes(2 * 3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts its time from the call that was taken', async () => {
    const { clock, lifecycle } = setup();
    expect(() => lifecycle.drain({ graceMs: -1 })).toThrow('graceMs must be >= 0');
    clock.advance(60_000);
    expect((await lifecycle.drain()).durationMs).toBe(0);
  });

  it('reports a part whose drained rejects, and counts it all the same', async () => {
    const { lifecycle, errors } = setup();
    const part = { ...fakePart('odd'), drained: Promise.reject(new Error('odd')) };
    lifecycle.register(part);
    expect((await lifecycle.drain()).protocols).toEqual({ odd: { finished: 1, closed: 0, cut: 0 } });
    expect(errors).toEqual(['drain of odd: odd']);
  });

  it('refuses limits that are not numbers of milliseconds', () => {
    const { lifecycle } = setup();
    expect(() => lifecycle.drain({ graceMs: -1 })).toThrow('graceMs must be >= 0');
    expect(() => lifecycle.drain({ preDrainMs: Number.NaN })).toThrow('preDrainMs must be >= 0');
    expect(lifecycle.phase).toBe('running');
  });
});

describe('spawn', () => {
  it('gives every failure to the error sink, synchronous throws included', async () => {
    const { lifecycle, errors } = setup();
    lifecycle.spawn('async', () => Promise.reject(new Error('later')));
    lifecycle.spawn('sync', () => {
      throw new Error('at once');
    });
    await settle();
    expect(errors.sort()).toEqual(['async: later', 'sync: at once']);
  });
});

function setup() {
  const clock = new FakeClock();
  const errors: string[] = [];
  const lifecycle = createLifecycle({
    clock,
    onError: (error, name) => errors.push(`${name}: ${(error as Error).message}`),
  });
  return { clock, lifecycle, errors };
}

function fakePart(protocol: string, options: { isIdle?: boolean; drainsLast?: boolean } = {}) {
  const ended = Promise.withResolvers<void>();
  const log: string[] = [];
  const part: Drainable = {
    protocol,
    isIdle: options.isIdle ?? false,
    drainsLast: options.drainsLast ?? false,
    startDrain: () => log.push('startDrain'),
    drained: ended.promise,
    destroy: () => log.push('destroy'),
  };
  return { ...part, log, end: ended.resolve };
}
