import { serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream, CloseInfo } from '../bytes/byte-stream.ts';
import type { Connection } from '../connection/connection.ts';
import { createConnection } from '../connection/connection.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { relay } from '../relay/relay.ts';
import { byteStreamCases } from '../testing/byte-stream-cases.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { patternBytes, readAll, utf8 } from '../testing/stream-tools.ts';
import { streamTimeoutLayer } from './stream-timeout-layer.ts';
import type { StreamTimeoutOptions } from './timeout-stream.ts';
import { timeoutStream } from './timeout-stream.ts';

checkLedger({ beforeEach, afterEach });

const NEVER = Number.POSITIVE_INFINITY;

describe('a stream with timeouts is a stream', () => {
  it.each(byteStreamCases)('$name', async ({ run }) => {
    const clock = new FakeClock();
    const options = { readTimeoutMs: 1_000, writeTimeoutMs: 1_000, clock };
    await run({
      async connect() {
        const [near, far] = memoryPipe();
        return [timeoutStream(near, options), timeoutStream(far, options)];
      },
    });
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('readTimeoutMs', () => {
  it('ends a stream whose peer is waited for and silent', async () => {
    const { near, far, clock } = setup({ readTimeoutMs: 1_000 });
    const reading = near.read();
    await clock.advanceAsync(999);
    void far.write([utf8('a')]);
    await reading;
    await clock.advanceAsync(5_000); // nobody reads
    const failing = near.read();
    await clock.advanceAsync(999);
    let isOver = false;
    void near.closed.then(() => {
      isOver = true;
    });
    await settle();
    expect(isOver).toBe(false);
    const failed = expect(failing).rejects.toMatchObject({
      code: 'LML_ERR_TIMEOUT',
      limit: 'readTimeoutMs',
      timeoutMs: 1_000,
      facts: { layer: 'stream-timeout', phase: 'read' },
    });
    await clock.advanceAsync(1);
    await failed;
    await expect(far.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on for the first read when a second one is refused', async () => {
    const { near, far, clock } = setup({ readTimeoutMs: 1_000 });
    const failed = expect(near.read()).rejects.toMatchObject({ limit: 'readTimeoutMs' });
    await expect(near.read()).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    await clock.advanceAsync(1_000);
    await failed;
    far.destroy();
  });

  it('lets the peer say nothing while it takes what is sent', async () => {
    const { near, far, clock } = setup({ readTimeoutMs: 1_000 });
    const reading = near.read();
    for (let second = 0; second < 10; second++) {
      void near.write([utf8('tick')]);
      await far.read();
      await clock.advanceAsync(900);
    }
    void far.write([utf8('a')]);
    await expect(reading).resolves.toBeDefined();
    near.destroy();
    far.destroy();
  });

  it('does not run while a sink is paused, nor once it has stopped', async () => {
    const { near, far, clock } = setup({ readTimeoutMs: 1_000 });
    const source = near.consume?.({ onBytes: () => 'kept', onEnd() {} });
    source?.pause();
    await clock.advanceAsync(5_000);
    source?.resume();
    await clock.advanceAsync(999);
    source?.stop();
    await clock.advanceAsync(5_000);
    expect(near.write([utf8('still here')])).toBeUndefined();
    near.consume?.({ onBytes: () => 'kept', onEnd() {} });
    await clock.advanceAsync(1_000);
    await expect(near.closed).resolves.toMatchObject({ reason: 'shutdown', error: { limit: 'readTimeoutMs' } });
    far.destroy();
  });

  it.each(['read', 'consume'])('does not run after the end of the peer, by %s', async (how) => {
    const { near, far, clock } = setup({ readTimeoutMs: 1_000 });
    await far.closeWrite();
    if (how === 'read') expect(await near.read()).toBeUndefined();
    else await new Promise<void>((resolve) => near.consume?.({ onBytes: () => 'kept', onEnd: resolve }));
    await clock.advanceAsync(60_000);
    void near.write([utf8('late')]);
    await near.closeWrite();
    expect((await readAll(far)).length).toBe(4);
  });
});

describe('writeTimeoutMs', () => {
  it('ends a stream whose peer takes nothing', async () => {
    const { near, far, clock } = setup({ writeTimeoutMs: 1_000 });
    const room = near.write([patternBytes(200_000)]);
    await clock.advanceAsync(999);
    await far.read();
    await settle();
    expect(clock.pendingTimers).toBe(1);
    await clock.advanceAsync(1);
    await expect(room).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'writeTimeoutMs' });
    far.destroy();
  });

  it('starts anew for each wait', async () => {
    const { near, far, clock } = setup({ writeTimeoutMs: 1_000 }, 1_000);
    const reading = readSlowly(far, clock);
    for (let count = 0; count < 20; count++) await near.write([patternBytes(2_000)]);
    await near.closeWrite();
    expect(await reading).toBe(40_000);
    expect(clock.nowMs()).toBeGreaterThan(2_000);
    far.destroy();
    near.destroy();
  });

  it('counts the end that never gets out', async () => {
    const clock = new FakeClock();
    const { promise: closed, resolve } = Promise.withResolvers<CloseInfo>();
    const stuck: ByteStream = {
      read: () => new Promise(() => {}),
      unread() {},
      write: () => undefined,
      closeWrite: () => new Promise(() => {}),
      destroy: (error) => resolve({ reason: 'shutdown', error }),
      closed,
    };
    void timeoutStream(stuck, { writeTimeoutMs: 1_000, clock }).closeWrite();
    await clock.advanceAsync(999);
    expect(clock.pendingTimers).toBe(1);
    await clock.advanceAsync(1);
    expect(await closed).toMatchObject({ error: { limit: 'writeTimeoutMs' } });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('idleTimeoutMs', () => {
  it('ends a stream on which nothing moves, whatever anybody waits for', async () => {
    const { near, far, clock } = setup({ idleTimeoutMs: 1_000 });
    await clock.advanceAsync(999);
    void near.write([utf8('a')]);
    await clock.advanceAsync(999);
    void far.write([utf8('b')]);
    await near.read();
    await clock.advanceAsync(999);
    expect(near.write([utf8('c')])).toBeUndefined();
    await clock.advanceAsync(1_000);
    await expect(near.closed).resolves.toMatchObject({ reason: 'shutdown', error: { limit: 'idleTimeoutMs' } });
    far.destroy();
  });

  it('is 300,000 ms unless told otherwise', async () => {
    const clock = new FakeClock();
    const [inner, far] = memoryPipe();
    const near = timeoutStream(inner, { clock });
    await clock.advanceAsync(299_999);
    expect(clock.pendingTimers).toBe(1);
    await clock.advanceAsync(1);
    await expect(near.closed).resolves.toMatchObject({ error: { timeoutMs: 300_000 } });
    far.destroy();
  });

  it('has one timer, however much moves, and none where there is no limit', async () => {
    const { near, far, clock } = setup({ idleTimeoutMs: 1_000, readTimeoutMs: 2_000, writeTimeoutMs: 2_000 });
    for (let count = 0; count < 100; count++) {
      void far.write([utf8('a')]);
      await near.read();
      expect(clock.pendingTimers).toBe(1);
    }
    near.destroy();
    far.destroy();
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('streamTimeoutLayer', () => {
  it('ends the connection of a service that waits for ever', async () => {
    const clock = new FakeClock();
    const [near, far] = memoryPipe();
    const connection = createConnection(near);
    const service = streamTimeoutLayer({ readTimeoutMs: 100, clock })(
      serviceFn(async ({ stream, extensions }: Connection) => {
        expect(extensions).toBe(connection.extensions);
        await stream.read();
      }),
    );
    const served = service.serve(connection);
    const failed = expect(served).rejects.toMatchObject({ limit: 'readTimeoutMs' });
    await clock.advanceAsync(100);
    await failed;
    far.destroy();
  });

  it('lets a relay run in which one direction is over and the other one slow', async () => {
    const clock = new FakeClock();
    const [client, clientSide] = memoryPipe();
    const [serverSide, server] = memoryPipe();
    const limits = { readTimeoutMs: 1_000, writeTimeoutMs: 1_000, idleTimeoutMs: 1_000, clock };
    const outcome = relay(timeoutStream(clientSide, limits), timeoutStream(serverSide, limits), { clock });
    void client.write([utf8('request')]);
    await client.closeWrite();
    const all = readAll(client);
    for (let second = 0; second < 20; second++) {
      await clock.advanceAsync(900);
      void server.write([utf8('part')]);
    }
    void server.closeWrite();
    expect((await all).length).toBe(80);
    expect((await readAll(server)).length).toBe(7);
    expect(await outcome).toMatchObject({ reason: 'eof', bytesUp: 7, bytesDown: 80 });
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['readTimeoutMs', 'writeTimeoutMs', 'idleTimeoutMs'])('refuses a %s of 0', (name) => {
    const make = () => streamTimeoutLayer({ [name]: 0 });
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE', message: `${name} must be > 0, got 0` }));
  });

  it('hands no socket over that nobody would watch', () => {
    const { near, far } = setup({});
    expect(near.detach).toBeUndefined();
    near.destroy();
    far.destroy();
  });
});

function setup(options: StreamTimeoutOptions, windowBytes = 65_536) {
  const clock = new FakeClock();
  const [inner, far] = memoryPipe({ windowBytes });
  return { clock, near: timeoutStream(inner, { idleTimeoutMs: NEVER, clock, ...options }), far };
}

/** Takes a piece every 200 ms. @returns How many bytes came. */
async function readSlowly(stream: ReturnType<typeof memoryPipe>[1], clock: FakeClock): Promise<number> {
  let byteCount = 0;
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
    byteCount += chunk.length;
    await clock.advanceAsync(200);
  }
  return byteCount;
}
