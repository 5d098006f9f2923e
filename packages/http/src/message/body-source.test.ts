import { PassThrough, Readable } from 'node:stream';
import { UsageError } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { BodyChunk } from './body-source.ts';
import { iterableSource, webStreamSource } from './body-source.ts';

/** What is no chunk, for those who do not care for types. */
const NO_CHUNK = 7 as unknown as Uint8Array;

describe('iterableSource', () => {
  it('pulls one chunk at a time, and leaves empty ones out', async () => {
    const pulled: BodyChunk[] = [];
    function* chunks(): Generator<BodyChunk> {
      for (const chunk of ['', 'a', new Uint8Array(0), 'é']) {
        pulled.push(chunk);
        yield chunk;
      }
    }
    const source = iterableSource(chunks());
    expect(pulled).toHaveLength(0);
    expect(await source.read()).toEqual(Buffer.from('a'));
    expect(pulled).toHaveLength(2);
    expect(await source.read()).toEqual(Buffer.from('é'));
    expect(await source.read()).toBeUndefined();
  });

  it('ends the iterable when it is cancelled, if it was begun', async () => {
    let ends = 0;
    async function* chunks(): AsyncGenerator<string> {
      try {
        yield 'a';
        yield 'b';
      } finally {
        ends++;
      }
    }
    const source = iterableSource(chunks());
    await source.read();
    source.cancel(new Error('enough'));
    await settle();
    expect(ends).toBe(1);
    iterableSource(chunks()).cancel(undefined);
    await settle();
    expect(ends).toBe(1);
  });

  it('refuses what is no chunk, and ends the iterable', async () => {
    let ends = 0;
    function* chunks(): Generator<Uint8Array> {
      try {
        yield NO_CHUNK;
      } finally {
        ends++;
      }
    }
    await expect(iterableSource(chunks()).read()).rejects.toThrow('must be Uint8Array or text, got number');
    expect(ends).toBe(1);
  });

  it('does not mind an iterable that fails to end', async () => {
    const chunks = (): AsyncIterable<string> => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ value: NO_CHUNK as unknown as string, done: false }),
        return: () => Promise.reject(new Error('stuck')),
      }),
    });
    const source = iterableSource(chunks());
    await expect(source.read()).rejects.toThrow(UsageError);
    source.cancel(undefined);
    await settle();

    const destroy = (): never => {
      throw new Error('stuck');
    };
    iterableSource(Object.assign(['a'], { destroy })).cancel(undefined);
    await settle();
  });

  it('frees a Node stream: one that was never read, one that is read, and one that has nothing to read', async () => {
    const unread = new PassThrough();
    iterableSource(unread).cancel(new Error('enough'));
    expect(unread.destroyed).toBe(true);

    const begun = Readable.from(['a', 'b']);
    const source = iterableSource(begun);
    await source.read();
    source.cancel(new Error('enough'));
    expect(begun.destroyed).toBe(true);

    const silent = new PassThrough();
    const waiting = iterableSource(silent);
    const reading = expect(waiting.read()).rejects.toThrow('Premature close');
    await settle();
    waiting.cancel(new Error('enough'));
    expect(silent.destroyed).toBe(true);
    await reading;
  });

  it('fails with the error of a Node stream', async () => {
    const stream = new PassThrough();
    const source = iterableSource(stream);
    const reading = expect(source.read()).rejects.toThrow('disk on fire');
    await settle();
    stream.destroy(new Error('disk on fire'));
    await reading;
  });
});

describe('webStreamSource', () => {
  it('pulls one chunk at a time, and leaves empty ones out', async () => {
    const source = webStreamSource(ReadableStream.from([new Uint8Array(0), Buffer.from('a'), Buffer.from('b')]));
    expect(await source.read()).toEqual(Buffer.from('a'));
    expect(await source.read()).toEqual(Buffer.from('b'));
    expect(await source.read()).toBeUndefined();
  });

  it('cancels the stream, and does not mind if that fails', async () => {
    const reasons: unknown[] = [];
    const cancel = (reason: unknown): never => {
      reasons.push(reason);
      throw new Error('stuck');
    };
    const reason = new Error('enough');
    webStreamSource(new ReadableStream({ cancel })).cancel(reason);
    await settle();
    expect(reasons).toEqual([reason]);
  });

  it('refuses what is no chunk, and cancels the stream', async () => {
    let cancels = 0;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(NO_CHUNK),
      cancel: () => void cancels++,
    });
    await expect(webStreamSource(stream).read()).rejects.toThrow('must be Uint8Array or text, got number');
    expect(cancels).toBe(1);
  });

  it('fails as the stream fails', async () => {
    const failure = new Error('broken');
    const stream = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(failure) });
    await expect(webStreamSource(stream).read()).rejects.toBe(failure);
  });
});
