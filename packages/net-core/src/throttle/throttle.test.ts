import { serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../bytes/byte-stream.ts';
import type { Connection } from '../connection/connection.ts';
import { createConnection } from '../connection/connection.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { relay } from '../relay/relay.ts';
import { byteStreamCases } from '../testing/byte-stream-cases.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { patternBytes, readAll, text, utf8 } from '../testing/stream-tools.ts';
import { BandwidthBudget } from './bandwidth-budget.ts';
import { throttleLayer } from './throttle-layer.ts';
import type { ThrottleOptions } from './throttle-stream.ts';
import { throttleStream } from './throttle-stream.ts';

checkLedger({ beforeEach, afterEach });

const FAST = { readBytesPerSecond: 1e12, writeBytesPerSecond: 1e12 };

describe('a throttled stream is a stream', () => {
  it.each(byteStreamCases)('$name', ({ run }) =>
    run({
      async connect() {
        const [near, far] = memoryPipe();
        return [throttleStream(near, FAST), throttleStream(far, FAST)];
      },
    }),
  );

  it.each(byteStreamCases)('also where it has to wait all the time: $name', async ({ run }) => {
    const clock = new FakeClock();
    const options = { readBytesPerSecond: 1e6, writeBytesPerSecond: 1e6, burstBytes: 700, clock };
    let isDone = false;
    const done = run({
      async connect() {
        const [near, far] = memoryPipe();
        return [throttleStream(near, options), throttleStream(far, options)];
      },
    }).finally(() => {
      isDone = true;
    });
    while (!isDone) await clock.advanceAsync(100);
    await done;
  });
});

describe('throttleStream', () => {
  it('sends at its rate: a burst at once, then so many bytes a second', async () => {
    const { near, far, clock } = setup({ writeBytesPerSecond: 1_000, burstBytes: 100 });
    const seen = received(far);
    const wait = near.write([patternBytes(600)]);
    let isDrained = false;
    void wait?.then(() => {
      isDrained = true;
    });
    await settle();
    expect(seen.byteCount).toBe(100);
    await clock.advanceAsync(499);
    expect(seen.byteCount).toBe(500);
    expect(isDrained).toBe(false);
    await clock.advanceAsync(1);
    expect(seen.byteCount).toBe(600);
    expect(isDrained).toBe(true);
    expect(Buffer.compare(seen.bytes(), patternBytes(600))).toBe(0);
    expect(near.write([utf8('')])).toBeUndefined();
    end(near, far);
  });

  it('receives at its rate, and takes no more of the peer than it may', async () => {
    const { near, far, clock } = setup({ readBytesPerSecond: 1_000, burstBytes: 100 });
    void far.write([patternBytes(60_000)]);
    const seen = received(near);
    await clock.advanceAsync(0);
    expect(seen.byteCount).toBe(100);
    await clock.advanceAsync(1_000);
    expect(seen.byteCount).toBe(1_100);
    expect(Buffer.compare(seen.bytes(), patternBytes(60_000).subarray(0, 1_100))).toBe(0);
    end(near, far);
  });

  it('sends at once what is within its burst, with nothing to wait for', () => {
    const { near, far, clock } = setup({ writeBytesPerSecond: 1_000, burstBytes: 1_000 });
    expect(near.write([utf8('a'), utf8('b')])).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
    end(near, far);
  });

  it('ends its direction behind all that was written', async () => {
    const { near, far, clock } = setup({ writeBytesPerSecond: 1_000, burstBytes: 10 });
    void near.write([patternBytes(200)]);
    const closing = near.closeWrite();
    const late = near.write([utf8('late')]);
    await expect(late).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    const all = readAll(far);
    await clock.advanceAsync(190);
    await closing;
    expect(Buffer.compare(await all, patternBytes(200))).toBe(0);
    end(near, far);
  });

  it('keeps a chunk whose read is given up while it is being paid for', async () => {
    const { near, far, clock } = setup({ readBytesPerSecond: 1_000, burstBytes: 10 });
    void far.write([utf8('0123456789abcdefghij')]);
    expect(text((await near.read()) ?? utf8(''))).toBe('0123456789');
    const controller = new AbortController();
    const given = near.read({ signal: controller.signal });
    await settle();
    controller.abort('enough');
    await expect(given).rejects.toBe('enough');
    await clock.advanceAsync(10);
    expect(text((await near.read()) ?? utf8(''))).toBe('abcdefghij');
    end(near, far);
  });

  it('takes nothing for bytes that are put back', async () => {
    const { near, far, clock } = setup({ readBytesPerSecond: 1_000, burstBytes: 10 });
    void far.write([utf8('0123456789')]);
    for (let round = 0; round < 5; round++) near.unread((await near.read()) ?? utf8(''));
    expect(text((await near.read({ maxBytes: 4 })) ?? utf8(''))).toBe('0123');
    expect(clock.nowMs()).toBe(0);
    end(near, far);
  });

  it('gives what came before a reset, and then the reset', async () => {
    const { near, far, clock } = setup({ readBytesPerSecond: 1_000, burstBytes: 10 });
    void far.write([utf8('0123456789abcdefghij')]);
    await near.read();
    const reading = near.read();
    await settle();
    far.destroy(new Error('broken off'));
    await clock.advanceAsync(10);
    expect(text((await reading) ?? utf8(''))).toBe('abcdefghij');
    await expect(near.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    end(near, far);
  });

  it.each(['itself', 'the peer'])('leaves no timer and nobody waiting when it is destroyed by %s', async (who) => {
    const { near, far, clock } = setup({ readBytesPerSecond: 100, writeBytesPerSecond: 100, burstBytes: 1 });
    void far.write([utf8('ab')]);
    const writing = near.write([patternBytes(50)]);
    await near.read();
    const reading = near.read();
    await settle();
    expect(clock.pendingTimers).toBe(2);
    const [cut, code] = who === 'itself' ? [near, undefined] : [far, 'LML_ERR_STREAM_RESET'];
    const reason = new Error('enough');
    cut.destroy(reason);
    if (code === undefined) {
      await expect(writing).rejects.toBe(reason);
      await expect(reading).rejects.toBe(reason);
      await expect(near.write([utf8('more')])).rejects.toBe(reason);
    } else {
      await expect(writing).rejects.toMatchObject({ code });
      await clock.advanceAsync(10);
      await reading;
      await expect(near.read()).rejects.toMatchObject({ code });
    }
    expect(clock.pendingTimers).toBe(0);
  });

  it('is the stream itself where nothing is limited, and hands no socket over where something is', () => {
    const { near, far } = setup({});
    expect(throttleStream(near, {})).toBe(near);
    const limited = throttleStream(near, { readBytesPerSecond: 1 });
    expect([limited.detach, throttleStream(near, { writeBytesPerSecond: 1 }).writeLent]).toEqual([
      undefined,
      undefined,
    ]);
    expect(limited.writeLent).toBeTypeOf('function');
    end(near, far);
  });
});

describe('BandwidthBudget', () => {
  it('gives each of many the same share, however much each of them wants', async () => {
    const clock = new FakeClock();
    const writeBudget = new BandwidthBudget({ bytesPerSecond: 30_000, burstBytes: 300, clock });
    const pairs = [100_000, 20_000, 20_000].map((byteCount) => {
      const [near, far] = memoryPipe();
      const seen = received(far);
      const stream = throttleStream(near, { writeBudget });
      void stream.write([patternBytes(byteCount)]);
      return { near, far, seen };
    });
    await clock.advanceAsync(1_000);
    const counts = pairs.map(({ seen }) => seen.byteCount);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30_300);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2 * 300); // the burst, and a turn
    for (const { near, far } of pairs) for (const stream of [near, far]) stream.destroy();
    await settle();
    expect([writeBudget.waiting, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('is all for those who send, while others are idle', async () => {
    const clock = new FakeClock();
    const readBudget = new BandwidthBudget({ bytesPerSecond: 1_000, burstBytes: 100, clock });
    const idle = Array.from({ length: 20 }, () => memoryPipe());
    for (const [near] of idle) void received(throttleStream(near, { readBudget }));
    const [near, far] = memoryPipe();
    const seen = received(throttleStream(near, { readBudget }));
    void far.write([patternBytes(5_000)]);
    await clock.advanceAsync(1_000);
    expect(seen.byteCount).toBe(1_100);
    for (const stream of [near, far, ...idle.flat()]) stream.destroy();
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets nobody overtake, however little it wants', () => {
    const clock = new FakeClock();
    const budget = new BandwidthBudget({ bytesPerSecond: 1_000, burstBytes: 100, clock });
    const taken: string[] = [];
    expect(budget.take(100, () => {})).toBeUndefined();
    const left = budget.take(100, () => taken.push('left'));
    budget.take(100, () => taken.push('much'));
    clock.advance(50);
    expect(budget.take(10, () => taken.push('little'))).toBeDefined();
    left?.cancel();
    clock.advance(50);
    expect(taken).toEqual(['much']);
    clock.advance(10);
    expect(taken).toEqual(['much', 'little']);
    expect([budget.waiting, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('holds beside a limit of each connection', async () => {
    const clock = new FakeClock();
    const writeBudget = new BandwidthBudget({ bytesPerSecond: 10_000, burstBytes: 10, clock });
    const [near, far] = memoryPipe();
    const seen = received(far);
    void throttleStream(near, { writeBudget, writeBytesPerSecond: 1_000, burstBytes: 10, clock }).write([
      patternBytes(5_000),
    ]);
    await clock.advanceAsync(1_000);
    expect(seen.byteCount).toBeGreaterThan(980);
    expect(seen.byteCount).toBeLessThanOrEqual(1_010);
    near.destroy();
    far.destroy();
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [{ bytesPerSecond: 0 }, 'bytesPerSecond must be > 0, got 0'],
    [{ bytesPerSecond: Number.POSITIVE_INFINITY }, 'bytesPerSecond must be finite, got Infinity'],
    [{ bytesPerSecond: 1, burstBytes: 0.5 }, 'burstBytes must be >= 1 and finite, got 0.5'],
  ])('refuses %o', (options, message) => {
    const make = () => new BandwidthBudget(options);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

describe('throttleLayer', () => {
  it('gives its service the throttled stream of the same connection', async () => {
    const clock = new FakeClock();
    const [near, far] = memoryPipe();
    const connection = createConnection(near);
    const service = throttleLayer({ writeBytesPerSecond: 1_000, burstBytes: 10, clock })(
      serviceFn(async ({ stream, extensions }: Connection) => {
        expect(extensions).toBe(connection.extensions);
        await stream.write([patternBytes(110)]);
        await stream.closeWrite();
      }),
    );
    const served = service.serve(connection);
    const seen = received(far);
    await clock.advanceAsync(99);
    expect(seen.byteCount).toBeLessThan(110);
    await clock.advanceAsync(1);
    await served;
    expect(seen.byteCount).toBe(110);
    near.destroy();
    far.destroy();
  });

  it('goes together with a relay, both ways', async () => {
    const clock = new FakeClock();
    const [client, clientSide] = memoryPipe();
    const [serverSide, server] = memoryPipe();
    const limits = { readBytesPerSecond: 10_000, writeBytesPerSecond: 20_000, burstBytes: 500, clock };
    const outcome = relay(throttleStream(clientSide, limits), serverSide, { clock });
    void client.write([patternBytes(10_000)]);
    void client.closeWrite();
    void server.write([patternBytes(20_000)]);
    void server.closeWrite();
    const [up, down] = [readAll(server), readAll(client)];
    await clock.advanceAsync(2_000);
    expect(Buffer.compare(await up, patternBytes(10_000))).toBe(0);
    expect(Buffer.compare(await down, patternBytes(20_000))).toBe(0);
    const { reason, bytesUp, bytesDown, ageMs } = await outcome;
    expect([reason, bytesUp, bytesDown]).toEqual(['eof', 10_000, 20_000]);
    expect(ageMs).toBeGreaterThanOrEqual(950);
    expect(ageMs).toBeLessThanOrEqual(1_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [{ readBytesPerSecond: 0 }, 'readBytesPerSecond must be > 0, got 0'],
    [{ writeBytesPerSecond: Number.POSITIVE_INFINITY }, 'writeBytesPerSecond must be finite, got Infinity'],
    [{ readBytesPerSecond: 1, burstBytes: 0 }, 'burstBytes must be >= 1 and finite, got 0'],
  ])('refuses %o', (options, message) => {
    const make = () => throttleLayer(options);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message }));
  });
});

function setup(options: ThrottleOptions) {
  const clock = new FakeClock();
  const [inner, far] = memoryPipe();
  return { clock, near: throttleStream(inner, { clock, ...options }), far };
}

/** What a stream has given so far, read all the time. */
function received(stream: ByteStream) {
  const chunks: Uint8Array[] = [];
  const seen = { byteCount: 0, bytes: () => Buffer.concat(chunks) };
  const run = async (): Promise<void> => {
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
      chunks.push(chunk);
      seen.byteCount += chunk.length;
    }
  };
  run().catch(() => {}); // the test looks at what has come
  return seen;
}

function end(near: ByteStream, far: ByteStream): void {
  near.destroy();
  far.destroy();
}
