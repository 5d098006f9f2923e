import { AbortScope, createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { patternBytes, readAll, readExactly, text, utf8 } from '../testing/stream-tools.ts';
import type { RelayOptions } from './relay.ts';
import { relay } from './relay.ts';

checkLedger({ beforeEach, afterEach });
const opened: ByteStream[] = [];
afterEach(() => {
  for (const stream of opened.splice(0)) stream.destroy();
});

describe.each([
  { path: 'push', plain: (stream: ByteStream) => stream },
  { path: 'pull', plain: onlyReads },
])('relay by $path', ({ plain }) => {
  it('passes bytes both ways and tells exactly how many', async () => {
    const { client, origin, outcome, clock } = setup({}, plain);
    void client.write([utf8('request')]);
    expect(text(await readExactly(origin, 7))).toBe('request');
    clock.advance(5);
    void origin.write([utf8('an '), utf8('answer')]);
    expect(text(await readExactly(client, 9))).toBe('an answer');
    await client.closeWrite();
    clock.advance(10);
    await origin.closeWrite();
    expect(await outcome).toEqual({ reason: 'eof', bytesUp: 7, bytesDown: 9, ageMs: 15, firstByteMs: 5 });
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['client', 'origin'] as const)(
    'lets the other direction run to its end when the %s ends first',
    async (first) => {
      const { client, origin, outcome } = setup({}, plain);
      const [ender, other] = first === 'client' ? [client, origin] : [origin, client];
      void ender.write([utf8('all I have')]);
      await ender.closeWrite();
      expect(text(await readAll(other))).toBe('all I have');
      for (let part = 0; part < 5; part++) {
        await settle();
        void other.write([utf8('more ')]);
      }
      await other.closeWrite();
      expect(text(await readAll(ender))).toBe('more more more more more ');
      expect(await outcome).toMatchObject({ reason: 'eof' });
    },
  );

  it('holds a fast producer back while the consumer is slow, with one chunk between them', async () => {
    const { client, origin, outcome } = setup({}, plain);
    const chunk = patternBytes(64 * 1024);
    let produced = 0;
    const produce = (async () => {
      for (let count = 0; count < 100; count++) {
        await origin.write([chunk.slice()]);
        produced++;
      }
      await origin.closeWrite();
    })();
    await settle(200);
    expect(produced).toBeLessThan(8); // windows of two pipes and one chunk in the relay
    const received = await readAll(client);
    await produce;
    expect(received.length).toBe(100 * chunk.length);
    await client.closeWrite();
    expect(await outcome).toMatchObject({ reason: 'eof', bytesDown: 100 * chunk.length });
  });

  it.each([
    ['downstream-failed', 'client', 'origin'],
    ['upstream-failed', 'origin', 'client'],
  ] as const)('resets the other side: %s', async (reason, failing, left) => {
    const sides = setup({}, plain);
    void sides[failing].write([utf8('partial')]);
    await readExactly(sides[left], 7);
    sides[failing].destroy(new Error('reset'));
    const result = await sides.outcome;
    expect(result.reason).toBe(reason);
    expect(result.error).toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    expect((await sides[left].closed).reason).toBe('reset');
  });

  it('cuts off a silent tunnel, counting silence from the last byte', async () => {
    const { client, origin, outcome, clock } = setup({ idleTimeoutMs: 1_000 }, plain);
    await clock.advanceAsync(900);
    void client.write([utf8('x')]);
    await readExactly(origin, 1);
    await clock.advanceAsync(999);
    expect((await Promise.race([outcome, settle()]))?.reason).toBeUndefined();
    await clock.advanceAsync(1);
    const result = await outcome;
    expect(result).toMatchObject({
      reason: 'idle-timeout',
      bytesUp: 1,
      bytesDown: 0,
      ageMs: 1_900,
      firstByteMs: undefined,
    });
    expect(result.error).toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'idleTimeoutMs', timeoutMs: 1_000 });
    expect((await client.closed).reason).toBe('reset');
  });

  it('cuts off an upstream that never says a first byte, but not one that has', async () => {
    const silent = setup({ firstByteTimeoutMs: 500 }, plain);
    void silent.client.write([utf8('hello?')]);
    await readExactly(silent.origin, 6);
    await silent.clock.advanceAsync(500);
    expect(await silent.outcome).toMatchObject({ reason: 'first-byte-timeout', ageMs: 500 });

    const speaking = setup({ firstByteTimeoutMs: 500, idleTimeoutMs: 10_000 }, plain);
    void speaking.origin.write([utf8('220 hi')]);
    await readExactly(speaking.client, 6);
    await speaking.clock.advanceAsync(9_999);
    await Promise.all([speaking.client.closeWrite(), speaking.origin.closeWrite()]);
    expect(await speaking.outcome).toMatchObject({ reason: 'eof' });
  });

  it('ends when its scope aborts, with the reason', async () => {
    const scope = new AbortScope();
    const { client, origin, outcome } = setup({ scope }, plain);
    const reason = new Error('caller left');
    scope.abort(reason);
    expect(await outcome).toMatchObject({ reason: 'aborted', error: reason });
    expect((await client.closed).reason).toBe('reset');
    expect((await origin.closed).reason).toBe('reset');
  });

  it('gets the grace of a drain, and is cut after it', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const kept = setup({ lifecycle, clock, protocol: 'connect' }, plain);
    const cut = setup({ lifecycle, clock }, plain);
    const report = lifecycle.drain({ graceMs: 1_000 });
    await clock.advanceAsync(500);
    void kept.client.write([utf8('still works')]);
    expect(text(await readExactly(kept.origin, 11))).toBe('still works');
    await Promise.all([kept.client.closeWrite(), kept.origin.closeWrite()]);
    expect(await kept.outcome).toMatchObject({ reason: 'eof' });
    await clock.advanceAsync(500);
    expect(await cut.outcome).toMatchObject({ reason: 'aborted' });
    expect((await report).protocols).toEqual({
      connect: { finished: 1, closed: 0, cut: 0 },
      tunnel: { finished: 0, closed: 0, cut: 1 },
    });
  });

  it('ends in one typed outcome when either side breaks off at any byte, and counts what went through', async () => {
    const request = utf8('GET / HTTP/1.1\r\n\r\n');
    for (let offset = 0; offset <= request.length; offset++) {
      const { client, origin, outcome } = setup({}, plain);
      void client.write([request.slice(0, offset)]);
      if (offset > 0) await readExactly(origin, offset);
      (offset % 2 === 0 ? client : origin).destroy(new Error('reset'));
      const result = await outcome;
      expect(result.reason).toBe(offset % 2 === 0 ? 'downstream-failed' : 'upstream-failed');
      expect(result.bytesUp).toBe(offset);
    }
  });
});

describe('relay', () => {
  it('leaves no timer and no part behind when it is aborted before it begins', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const scope = new AbortScope();
    scope.abort('before');
    const aborted = setup({ scope, lifecycle, clock }, (stream) => stream);
    expect(await aborted.outcome).toMatchObject({ reason: 'aborted', error: 'before' });
    expect(clock.pendingTimers).toBe(0);
    expect((await lifecycle.drain()).protocols).toEqual({});

    const late = setup({ lifecycle, clock }, (stream) => stream);
    expect(await late.outcome).toMatchObject({ reason: 'aborted', error: { code: 'LML_ERR_CLOSED' } });
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses limits that are no numbers of milliseconds', () => {
    const [a, b] = memoryPipe();
    expect(() => relay(a, b, { idleTimeoutMs: 0 })).toThrow('idleTimeoutMs must be > 0');
    expect(() => relay(a, b, { firstByteTimeoutMs: Number.NaN })).toThrow('firstByteTimeoutMs must be > 0');
    a.destroy();
    b.destroy();
  });
});

function setup(options: RelayOptions, plain: (stream: ByteStream) => ByteStream) {
  const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
  const [client, downstream] = memoryPipe();
  const [upstream, origin] = memoryPipe();
  opened.push(client, origin); // they need not read the end that the relay passes on
  const outcome = relay(plain(downstream), plain(upstream), { clock, ...options });
  return { client, origin, outcome, clock };
}

/** The stream without its fast paths, as an adapter might be. */
function onlyReads(stream: ByteStream): ByteStream {
  return {
    read: (options) => stream.read(options),
    unread: (chunk) => stream.unread(chunk),
    write: (chunks) => stream.write(chunks),
    closeWrite: () => stream.closeWrite(),
    destroy: (reason) => stream.destroy(reason),
    closed: stream.closed,
  };
}
