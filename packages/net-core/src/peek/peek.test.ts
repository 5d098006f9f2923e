import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { readExactly, text, utf8 } from '../testing/stream-tools.ts';
import type { PeekVerdict } from './peek.ts';
import { peek } from './peek.ts';

checkLedger({ beforeEach, afterEach });

describe('peek', () => {
  it('finds a match in bytes that come one by one, and puts all of them back', async () => {
    await withPipe(async (client, server) => {
      const lengths: number[] = [];
      const peeking = peek(server, isPing(lengths), { onTimeout: 'fail-closed' });
      for (const byte of utf8('PING')) await client.write([Uint8Array.of(byte)]);
      expect(await peeking).toEqual({ type: 'match', value: 'ping' });
      void client.write([utf8(' rest')]);
      expect(text(await readExactly(server, 9))).toBe('PING rest');
      expect(lengths.at(-1)).toBe(4);
    });
  });

  it('rejects as soon as the bytes say no', async () => {
    await withPipe(async (client, server) => {
      void client.write([utf8('POST')]);
      expect(await peek(server, isPing(), { onTimeout: 'fail-closed' })).toEqual({ type: 'reject', cause: 'verdict' });
      expect(text(await readExactly(server, 4))).toBe('POST');
    });
  });

  it('stops at the end of the stream and at maxBytes, never looking further', async () => {
    await withPipe(async (client, server) => {
      void client.write([utf8('PI')]);
      await client.closeWrite();
      expect(await peek(server, isPing(), { onTimeout: 'fail-open' })).toEqual({ type: 'reject', cause: 'end' });
      expect(text(await readExactly(server, 2))).toBe('PI');
      expect(await server.read()).toBeUndefined();
    });
    await withPipe(async (client, server) => {
      void client.write([utf8('PINGPONG')]);
      expect(await peek(server, isPing(), { onTimeout: 'fail-open', maxBytes: 3 })).toEqual({
        type: 'reject',
        cause: 'limit',
      });
      expect(await peek(server, isPing(), { onTimeout: 'fail-open', maxBytes: 4 })).toEqual({
        type: 'match',
        value: 'ping',
      });
      expect(text(await readExactly(server, 8))).toBe('PINGPONG');
    });
  });

  it('fails closed or open on a silent peer, as told, and keeps what came', async () => {
    await withPipe(async (client, server) => {
      const clock = new FakeClock();
      void client.write([utf8('PI')]);
      const closed = peek(server, isPing(), { onTimeout: 'fail-closed', timeoutMs: 100, clock });
      const failed = expect(closed).rejects.toMatchObject({
        code: 'LML_ERR_TIMEOUT',
        timeoutMs: 100,
        facts: { phase: 'peek' },
      });
      await clock.advanceAsync(100);
      await failed;

      const open = peek(server, isPing(), { onTimeout: 'fail-open', timeoutMs: 100, clock });
      await clock.advanceAsync(100);
      expect(await open).toEqual({ type: 'reject', cause: 'timeout' });
      expect(clock.pendingTimers).toBe(0);
      expect(text(await readExactly(server, 2))).toBe('PI');
    });
  });

  it('gives up with the reason of the caller', async () => {
    await withPipe(async (_client, server) => {
      const controller = new AbortController();
      const peeking = peek(server, isPing(), { onTimeout: 'fail-open', signal: controller.signal });
      const reason = new Error('caller left');
      controller.abort(reason);
      await expect(peeking).rejects.toBe(reason);
      await expect(peek(server, isPing(), { onTimeout: 'fail-open', signal: controller.signal })).rejects.toBe(reason);
    });
  });

  describe('of a server that drains', () => {
    it.each([0, 400, 999])('waits for who is %j ms old until it is a second old', async (ageMs) => {
      await withDrain(async ({ peeking, clock, lifecycle }) => {
        await clock.advanceAsync(ageMs);
        void lifecycle.drain({ graceMs: 20_000 });
        await clock.advanceAsync(999 - ageMs);
        expect(await Promise.race([peeking, settle().then(() => 'waits')])).toBe('waits');
        await clock.advanceAsync(1);
        expect(await peeking).toEqual({ type: 'reject', cause: 'drain' });
      });
    });

    it('lets go at once who has been silent for a second', async () => {
      await withDrain(async ({ peeking, clock, lifecycle }) => {
        await clock.advanceAsync(1_000);
        const report = lifecycle.drain({ graceMs: 20_000 });
        expect(await peeking).toEqual({ type: 'reject', cause: 'drain' });
        expect((await report).protocols).toEqual({ 'first-bytes': { finished: 0, closed: 1, cut: 0 } });
      });
    });

    it('lets go who comes while it drains', async () => {
      const clock = new FakeClock();
      const lifecycle = createLifecycle({ clock });
      const held = lifecycle.register({ protocol: 'x', startDrain() {}, drained: Promise.resolve(), destroy() {} });
      void lifecycle.drain({ graceMs: 20_000 });
      await withPipe(async (_client, server) => {
        const peeking = peek(server, isPing(), { onTimeout: 'fail-closed', clock, lifecycle });
        await clock.advanceAsync(1_000);
        expect(await peeking).toEqual({ type: 'reject', cause: 'drain' });
      });
      held[Symbol.dispose]();
    });

    it('waits for the rest of who has begun, and for the verdict', async () => {
      await withDrain(async ({ peeking, client, clock, lifecycle }) => {
        void client.write([utf8('PI')]);
        await settle();
        await clock.advanceAsync(2_000);
        const report = lifecycle.drain({ graceMs: 20_000 });
        await clock.advanceAsync(3_000);
        void client.write([utf8('NG')]);
        expect(await peeking).toEqual({ type: 'match', value: 'ping' });
        expect((await report).protocols).toEqual({ 'first-bytes': { finished: 1, closed: 0, cut: 0 } });
      });
    });

    it('fails who has not come to an end when the grace is over', async () => {
      await withDrain(async ({ peeking, client, clock, lifecycle }) => {
        void client.write([utf8('PI')]);
        const failed = expect(peeking).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
        await settle();
        const report = lifecycle.drain({ graceMs: 2_000 });
        await clock.advanceAsync(2_000);
        await failed;
        expect((await report).protocols).toEqual({ 'first-bytes': { finished: 0, closed: 0, cut: 1 } });
      });
    });

    it('has nothing to do with who has been heard before', async () => {
      await withDrain(async ({ peeking, client, lifecycle }) => {
        void client.write([utf8('PING')]);
        await peeking;
        expect((await lifecycle.drain()).protocols).toEqual({});
      });
    });
  });

  it('fails when the stream does', async () => {
    await withPipe(async (client, server) => {
      const peeking = peek(server, isPing(), { onTimeout: 'fail-open' });
      client.destroy(new Error('reset'));
      await expect(peeking).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    });
  });

  it('refuses limits that make no sense', async () => {
    await withPipe(async (_client, server) => {
      await expect(peek(server, isPing(), { onTimeout: 'fail-open', maxBytes: 0 })).rejects.toThrow(
        'maxBytes must be >= 1',
      );
      await expect(peek(server, isPing(), { onTimeout: 'fail-open', timeoutMs: 0 })).rejects.toThrow(
        'timeoutMs must be > 0',
      );
    });
  });
});

interface Draining {
  readonly client: ByteStream;
  readonly peeking: ReturnType<typeof peek<string>>;
  readonly clock: FakeClock;
  readonly lifecycle: ReturnType<typeof createLifecycle>;
}

/** A peek that takes part in draining; afterwards no timer is left. */
async function withDrain(run: (parts: Draining) => Promise<void>): Promise<void> {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  await withPipe(async (client, server) => {
    const peeking = peek(server, isPing(), { onTimeout: 'fail-closed', clock, lifecycle });
    await run({ client, peeking, clock, lifecycle });
  });
  expect(clock.pendingTimers).toBe(0);
}

function isPing(lengths: number[] = []) {
  return (bytes: Uint8Array): PeekVerdict<string> => {
    lengths.push(bytes.length);
    const seen = text(bytes);
    if (seen.startsWith('PING')) return { type: 'match', value: 'ping' };
    return 'PING'.startsWith(seen) ? { type: 'more' } : { type: 'reject' };
  };
}

async function withPipe(test: (client: ByteStream, server: ByteStream) => Promise<void>): Promise<void> {
  const [client, server] = memoryPipe();
  try {
    await test(client, server);
  } finally {
    client.destroy();
    server.destroy();
  }
}
