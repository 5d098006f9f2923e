import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { patternBytes, readAll, readExactly, text, utf8 } from '../testing/stream-tools.ts';
import { byteStreamFromDuplex } from './duplex-byte-stream.ts';
import { duplexFromByteStream } from './node-duplex.ts';
import { byteStreamFromWebStreams, webStreamsFromByteStream } from './web-streams.ts';

checkLedger({ beforeEach, afterEach });

describe('duplexFromByteStream', () => {
  it('works in a Node pipeline, with backpressure up to its high-water mark', async () => {
    const [near, far] = memoryPipe();
    const duplex = duplexFromByteStream(near, { highWaterMark: 1024 });
    const bytes = patternBytes(500_000);
    const sent = pipeline(Readable.from([bytes.subarray(0, 300_000), bytes.subarray(300_000)]), duplex);
    sent.catch(() => {}); // the readable half is still open; pipeline only cares for the writable one
    expect(Buffer.compare(await readAll(far), bytes)).toBe(0);

    void far.write([bytes.slice()]);
    await settle(20);
    expect(duplex.readableLength).toBe(0); // nobody has asked yet
    duplex.read(0);
    await settle(20);
    expect(duplex.readableLength).toBe(1024);
    void far.closeWrite();
    const received: Buffer[] = [];
    for await (const chunk of duplex) received.push(chunk as Buffer);
    expect(Buffer.compare(Buffer.concat(received), bytes)).toBe(0);
  });

  it.each([
    [true, true],
    [undefined, true],
    [false, false],
  ])(
    'destroys itself when both directions have ended, or leaves that to its owner: autoDestroy %s',
    async (autoDestroy, isDestroyed) => {
      const [near, far] = memoryPipe();
      const duplex = duplexFromByteStream(near, autoDestroy === undefined ? {} : { autoDestroy });
      duplex.resume().end();
      void far.closeWrite();
      await readAll(far);
      await settle(1);
      expect([duplex.readableEnded, duplex.writableFinished, duplex.destroyed]).toEqual([true, true, isDestroyed]);
      duplex.destroy();
    },
  );

  it('becomes an error of the duplex when the stream fails, and a reset when the duplex is destroyed', async () => {
    const [near, far] = memoryPipe();
    const duplex = duplexFromByteStream(near);
    const failed = new Promise<Error>((resolve) => duplex.once('error', resolve));
    far.destroy(new Error('gone'));
    expect(await failed).toMatchObject({ code: 'LML_ERR_STREAM_RESET' });

    const [near2, far2] = memoryPipe();
    const duplex2 = duplexFromByteStream(near2);
    duplex2.on('error', () => {});
    duplex2.destroy(new Error('app failed'));
    expect((await far2.closed).reason).toBe('reset');
  });
});

describe('byteStreamFromDuplex', () => {
  it('never throws for an error of the duplex, at any time', async () => {
    const duplex = new PassThrough();
    const stream = byteStreamFromDuplex(duplex);
    duplex.destroy(Object.assign(new Error('odd'), { code: 'EODD' }));
    expect(await stream.closed).toMatchObject({ reason: 'error' });
    duplex.emit('error', new Error('after the end'));
    await expect(stream.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_FAILED' });
  });

  it.each([
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['ETIMEDOUT', 'timeout'],
    ['EWHATEVER', 'error'],
  ])('tells %s as %s', async (code, reason) => {
    const duplex = new PassThrough();
    const stream = byteStreamFromDuplex(duplex);
    duplex.destroy(Object.assign(new Error('x'), { code }));
    expect((await stream.closed).reason).toBe(reason);
  });

  it('takes a duplex that is dead already', async () => {
    const duplex = new PassThrough();
    duplex.destroy();
    const stream = byteStreamFromDuplex(duplex);
    expect((await stream.closed).reason).toBe('reset');
  });

  it('hands the duplex over with what was read, and is dead after', async () => {
    const duplex = new PassThrough();
    const stream = byteStreamFromDuplex(duplex);
    duplex.write('hello world');
    const chunk = await stream.read();
    stream.unread(chunk ?? utf8(''));
    const detached = stream.detach?.();
    expect(text(detached?.buffered[0] ?? utf8(''))).toBe('hello world');
    expect(detached?.socket).toBe(duplex);
    expect(duplex.destroyed).toBe(false);
    await expect(stream.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_CLOSED' });
    expect(stream.detach?.()).toBeUndefined();
    duplex.destroy();
  });
});

describe('a duplex that changes hands', () => {
  it('has one byte stream at a time', async () => {
    const duplex = new PassThrough();
    const first = byteStreamFromDuplex(duplex);
    expect(() => byteStreamFromDuplex(duplex)).toThrow('owns this duplex already');
    first.detach?.();
    const second = byteStreamFromDuplex(duplex);
    duplex.write('once');
    expect(text((await second.read()) ?? utf8(''))).toBe('once');
    second.destroy();
    await second.closed;
  });

  it('is left alone by a sink of the stream that it was detached from', async () => {
    const duplex = new PassThrough();
    const stream = byteStreamFromDuplex(duplex);
    const consumption = stream.consume?.({ onBytes: () => undefined, onEnd() {} });
    consumption?.pause();
    duplex.write('for the next one');
    stream.detach?.();
    consumption?.resume();
    await settle();
    const next = byteStreamFromDuplex(duplex);
    expect(text(await readExactly(next, 16))).toBe('for the next one');
    next.destroy();
    await next.closed;
  });

  it('tells its next stream of ends that were before', async () => {
    const duplex = new PassThrough({ autoDestroy: false });
    const first = byteStreamFromDuplex(duplex);
    await first.closeWrite();
    expect(await first.read()).toBeUndefined();
    first.detach?.();
    const second = byteStreamFromDuplex(duplex);
    expect(await second.read()).toBeUndefined();
    await second.closeWrite();
    second.destroy();
    await second.closed;
  });

  it('is not handed over once it is destroyed', async () => {
    const stream = byteStreamFromDuplex(new PassThrough());
    stream.destroy();
    expect(stream.detach?.()).toBeUndefined();
    await stream.closed;
  });
});

describe('a duplex with ends of its own', () => {
  it('has not ended where its end is an error, and gives what came before', async () => {
    const duplex = new PassThrough();
    const broken = Object.assign(new Error('cut off'), { code: 'ECONNRESET' });
    const stream = byteStreamFromDuplex(duplex, { endError: () => broken });
    duplex.end('all there was');
    expect(text(await readExactly(stream, 13))).toBe('all there was');
    await expect(stream.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET', cause: broken });
    expect(await stream.closed).toEqual({ reason: 'reset', error: broken });
  });

  it('is closed in its own way without a reason, and reset in its own way with one', async () => {
    const calls: string[] = [];
    const open = (): ByteStream => {
      const duplex = new PassThrough();
      const end = (how: string) => (): void => {
        calls.push(how);
        duplex.destroy();
      };
      return byteStreamFromDuplex(duplex, { close: end('close'), reset: end('reset') });
    };
    const [plain, broken] = [open(), open()];
    plain.destroy();
    broken.destroy(new Error('no'));
    await Promise.all([plain.closed, broken.closed]);
    expect(calls).toEqual(['close', 'reset']);
  });

  it('says itself what its errors mean', async () => {
    const duplex = new PassThrough();
    const stream = byteStreamFromDuplex(duplex, { closeInfo: (error) => ({ reason: 'timeout', error }) });
    const error = new Error('too slow');
    duplex.destroy(error);
    expect(await stream.closed).toEqual({ reason: 'timeout', error });
  });

  it('hands over how it is reset', () => {
    const duplex = new PassThrough();
    const detached = byteStreamFromDuplex(duplex, { reset: (own) => void own.destroy() }).detach?.();
    expect(duplex.destroyed).toBe(false);
    detached?.reset?.();
    expect(duplex.destroyed).toBe(true);
    expect(byteStreamFromDuplex(new PassThrough()).detach?.()).not.toHaveProperty('reset');
  });

  it('tells once that it has closed, also when it has been handed over', async () => {
    const told: unknown[] = [];
    const options = { onClose: (duplex: unknown) => void told.push(duplex) };
    const [own, handedOver, closedBefore] = [new PassThrough(), new PassThrough(), new PassThrough()];
    byteStreamFromDuplex(own, options).destroy();
    await settle();
    expect(told).toHaveLength(1);
    expect(told[0]).toBe(own);

    byteStreamFromDuplex(handedOver, options).detach?.();
    await settle();
    expect(told).toHaveLength(1);
    handedOver.destroy();
    await settle();
    expect(told[1]).toBe(handedOver);

    closedBefore.destroy();
    await byteStreamFromDuplex(closedBefore, options).closed;
    await settle();
    expect(told).toHaveLength(3);
  });
});

describe('webStreamsFromByteStream', () => {
  it('reads nothing ahead, and ends with the stream', async () => {
    const [near, far] = memoryPipe();
    const { readable, writable } = webStreamsFromByteStream(near);
    void far.write([utf8('one')]);
    await settle();
    const reader = readable.getReader();
    const first = await reader.read();
    expect(text(first.value ?? utf8(''))).toBe('one');
    const writer = writable.getWriter();
    await writer.write(utf8('two'));
    await writer.close();
    expect(text(await readAll(far))).toBe('two');
    await far.closeWrite();
    expect((await reader.read()).done).toBe(true);
  });

  it('tells the writable when the stream fails, though nobody writes', async () => {
    const [near, far] = memoryPipe();
    const { readable, writable } = webStreamsFromByteStream(near);
    const writer = writable.getWriter();
    const reading = expect(readable.getReader().read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    far.destroy(new Error('gone'));
    await expect(writer.closed).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    await reading;
  });

  it('resets the peer when it is cancelled before its end, and not after', async () => {
    const [near, far] = memoryPipe();
    await webStreamsFromByteStream(near).readable.cancel();
    expect((await far.closed).reason).toBe('reset');

    const [near2, far2] = memoryPipe();
    const { readable, writable } = webStreamsFromByteStream(near2);
    const writer = writable.getWriter();
    void writer.write(utf8('all'));
    await writer.close();
    await readable.cancel();
    expect(text(await readAll(far2))).toBe('all');
    far2.destroy();
  });
});

describe('byteStreamFromWebStreams', () => {
  it('carries bytes both ways and ends in good order', async () => {
    const [near, far] = memoryPipe();
    const stream = byteStreamFromWebStreams(webStreamsFromByteStream(near));
    const bytes = patternBytes(300_000);
    const send = (async () => {
      for (let at = 0; at < bytes.length; at += 10_000) await stream.write([bytes.slice(at, at + 10_000)]);
      await stream.closeWrite();
    })();
    expect(Buffer.compare(await readAll(far), bytes)).toBe(0);
    await send;
    void far.write([utf8('answer')]);
    void far.closeWrite();
    expect(text(await readExactly(stream, 6))).toBe('answer');
    expect(await stream.read()).toBeUndefined();
    expect((await stream.closed).reason).toBe('eof');
  });

  it('passes failures on, and refuses writes when it is over', async () => {
    const [near, far] = memoryPipe();
    const stream = byteStreamFromWebStreams(webStreamsFromByteStream(near));
    const reading = stream.read();
    far.destroy(new Error('gone'));
    await expect(reading).rejects.toMatchObject({ code: 'LML_ERR_STREAM_FAILED' });
    expect((await stream.closed).reason).toBe('error');
    await expect(stream.write([utf8('x')])).rejects.toMatchObject({ code: 'LML_ERR_STREAM_FAILED' });

    const [near2, far2] = memoryPipe();
    const stream2 = byteStreamFromWebStreams(webStreamsFromByteStream(near2));
    const reason = new Error('enough');
    stream2.destroy(reason);
    await expect(stream2.write([utf8('x')])).rejects.toBe(reason);
    await stream2.closeWrite();
    expect((await far2.closed).reason).toBe('reset');
  });
});
