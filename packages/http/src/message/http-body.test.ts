import { Readable } from 'node:stream';
import { UsageError } from '@lamella/service-core';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bytesOf, textOf } from '../../test/support/codec.ts';
import type { BodySource } from './body-source.ts';
import { iterableSource } from './body-source.ts';
import type { HttpBodyInit } from './http-body.ts';
import { HttpBody } from './http-body.ts';
import { HttpHeaders } from './http-headers.ts';

const WAYS: readonly (readonly [string, () => HttpBodyInit, number | undefined])[] = [
  ['text', () => 'hello', 5],
  ['bytes', () => bytesOf('hello'), 5],
  ['an iterable', () => ['he', bytesOf('l'), '', 'lo'], undefined],
  ['an async iterable', () => asyncChunks(['he', '', 'llo']), undefined],
  ['a Web stream', () => new Blob(['hello']).stream(), undefined],
  ['a Node stream', () => Readable.from([Buffer.from('hel'), Buffer.from('lo')]), undefined],
];

describe('HttpBody', () => {
  describe.each(WAYS)('of %s', (_what, init, size) => {
    it('is read once, whichever way', async () => {
      const read = HttpBody.from(init());
      expect([read.size, read.isEmpty, read.isUsed]).toEqual([size, false, false]);
      let content = '';
      for (let chunk = await read.read(); chunk !== undefined; chunk = await read.read()) {
        expect(chunk.length).toBeGreaterThan(0);
        content += textOf(chunk);
      }
      expect([content, read.isUsed]).toEqual(['hello', true]);
      await expect(read.read()).resolves.toBeUndefined();

      await expect(HttpBody.from(init()).bytes()).resolves.toEqual(expect.objectContaining(bytesOf('hello')));
      await expect(HttpBody.from(init()).text()).resolves.toBe('hello');
      expect(textOf(await joined(HttpBody.from(init()).stream()))).toBe('hello');
      expect(textOf(await joined(HttpBody.from(init())))).toBe('hello');
      expect(await new Response(HttpBody.from(init()).toWebStream()).text()).toBe('hello');
    });

    it('is claimed by the first method that reads it whole', async () => {
      const body = HttpBody.from(init());
      const text = body.text();
      expect(body.isUsed).toBe(true);
      await expect(body.read()).rejects.toThrow('the body was read already');
      await expect(body.bytes()).rejects.toThrow(UsageError);
      expect(() => body.toWebStream()).toThrow(UsageError);
      await expect(body.stream()[Symbol.asyncIterator]().next()).rejects.toThrow(UsageError);
      await expect(text).resolves.toBe('hello');
      expect(body.takeWhole()).toBeUndefined();
    });

    it('is bounded when it is collected: by maxBytes exactly', async () => {
      await expect(HttpBody.from(init()).text({ maxBytes: 5 })).resolves.toBe('hello');
      await expect(HttpBody.from(init()).text({ maxBytes: 4 })).rejects.toMatchObject({
        code: 'LML_ERR_LIMIT',
        limit: 'maxBytes',
        maximum: 4,
      });
    });

    it('gives nothing after it was cancelled', async () => {
      const body = HttpBody.from(init());
      body.cancel();
      body.cancel();
      await expect(body.read()).rejects.toThrow('the body was cancelled');
      await expect(body.text()).rejects.toThrow('the body was cancelled');
      expect(body.takeWhole()).toBeUndefined();
      expect(body.tryClone()).toBeUndefined();
    });
  });

  it('without content may be read as often as one likes', async () => {
    for (const body of [HttpBody.empty, HttpBody.from(''), HttpBody.from(new Uint8Array(0))]) {
      expect(body).toBe(HttpBody.empty);
      expect([body.size, body.isEmpty, body.canClone, body.tryClone()]).toEqual([0, true, true, body]);
      await expect(body.text()).resolves.toBe('');
      await expect(body.text()).resolves.toBe('');
      await expect(body.read()).resolves.toBeUndefined();
      expect(await new Response(body.toWebStream()).text()).toBe('');
      body.cancel();
      expect(body.takeWhole()).toHaveLength(0);
      expect(body.isUsed).toBe(false);
    }
  });

  it.each<[string, (body: HttpBody) => unknown]>([
    ['is read to its end', (body) => body.text()],
    ['fails', (body) => body.bytes({ maxBytes: 1 }).catch(() => {})],
    ['is cancelled', (body) => body.cancel()],
    ['is left in the middle', (body) => leaveEarly(body)],
  ])('tells everybody who asks once, and at once who asks later, when it %s', async (_how, finish) => {
    const body = HttpBody.from(['he', 'llo']);
    const told: string[] = [];
    body.onOver(() => told.push('first'));
    body.onOver(() => told.push('second'));
    expect(told).toEqual([]);
    await finish(body);
    body.cancel();
    expect(told).toEqual(['first', 'second']);
    body.onOver(() => told.push('late'));
    expect(told).toEqual(['first', 'second', 'late']);
  });

  it('tells that its source broke off', async () => {
    const source = { read: () => Promise.reject(new Error('broken off')), cancel: () => {} };
    const body = HttpBody.fromSource(source);
    const onOver = vi.fn();
    body.onOver(onOver);
    await expect(body.read()).rejects.toThrow('broken off');
    expect(onOver).toHaveBeenCalledOnce();
  });

  it('tells as soon as its source says so, though nobody reads', () => {
    const onOver = vi.fn();
    const heard: (() => void)[] = [];
    const source: BodySource = {
      read: async () => undefined,
      cancel() {},
      onOver: (listener) => heard.push(listener),
    };
    const body = HttpBody.fromSource(source);
    body.onOver(onOver);
    body.onOver(onOver);
    expect(heard).toHaveLength(1);
    heard[0]?.();
    expect(onOver).toHaveBeenCalledTimes(2);
    HttpBody.fromSource({ ...source, onOver: (listener) => listener() }).onOver(onOver);
    HttpBody.from('at hand').onOver(onOver);
    HttpBody.empty.onOver(onOver);
    expect(onOver).toHaveBeenCalledTimes(5);
  });

  it('is itself where it is a body already', () => {
    const body = HttpBody.from('x');
    expect(HttpBody.from(body)).toBe(body);
  });

  it('gives what is at hand without waiting, once', () => {
    expect(HttpBody.from('hé').takeWhole()).toBe('hé');
    const bytes = bytesOf('x');
    const body = HttpBody.from(bytes);
    expect([body.takeWhole(), body.takeWhole(), body.isUsed]).toEqual([bytes, undefined, true]);
    expect(HttpBody.from(['x']).takeWhole()).toBeUndefined();
  });

  it('can be cloned only while its content is at hand', async () => {
    const body = HttpBody.from('hi', { trailers: () => HttpHeaders.from({ a: 'b' }) });
    const clone = body.tryClone();
    await body.text();
    expect([body.canClone, body.tryClone()]).toEqual([false, undefined]);
    await expect(clone?.text()).resolves.toBe('hi');
    expect(clone?.trailers?.get('a')).toBe('b');
    expect(HttpBody.from(['hi']).canClone).toBe(false);
  });

  it('can be cloned if its source can begin anew, read or not, though it is not at hand', async () => {
    const open = (): BodySource => ({
      ...iterableSource(['he', 'llo']),
      canClone: true,
      tryClone: open,
    });
    const body = HttpBody.fromSource(open(), { size: 5 });
    expect([body.isAtHand, body.canClone, body.tryClone()?.size]).toEqual([false, true, 5]);
    expect(await body.text()).toBe('hello');
    expect(await body.tryClone()?.text()).toBe('hello');
  });

  it('tells a size for the wire unless trailers follow', () => {
    const trailers = () => HttpHeaders.from({ a: 'b' });
    expect(HttpBody.from('hé').sizeOnWire).toBe(3);
    expect(HttpBody.from(['hi'], { size: 2 }).sizeOnWire).toBe(2);
    expect(HttpBody.from(['hi']).sizeOnWire).toBeUndefined();
    expect(HttpBody.from('hi', { trailers }).sizeOnWire).toBeUndefined();
    for (const size of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => HttpBody.from(['hi'], { size })).toThrow(`size must be a whole number >= 0, got ${size}`);
    }
  });

  it.each([42, true, null, { a: 1 }, new ArrayBuffer(1)])('is not made of %s, which is said at once', (init) => {
    expect(() => HttpBody.from(init as unknown as string)).toThrow(/a body is text, bytes, or a stream or iterable/);
  });

  describe('trailers', () => {
    it('are there at the end, not before', async () => {
      for (const init of ['hi', ['h', 'i']]) {
        const body = HttpBody.from(init, { trailers: () => HttpHeaders.from({ sum: '1' }) });
        expect(body.trailers).toBeUndefined();
        await body.text();
        expect(body.trailers?.get('sum')).toBe('1');
      }
    });

    it('may follow no content', async () => {
      const body = HttpBody.from('', { trailers: () => HttpHeaders.from({ sum: '1' }) });
      expect([body.isEmpty, body.size]).toEqual([false, 0]);
      await expect(body.read()).resolves.toBeUndefined();
      expect(body.trailers?.get('sum')).toBe('1');
    });

    it('are those of the source, unless there are others', async () => {
      const body = HttpBody.fromSource({ ...sourceOf(['x']), trailers: HttpHeaders.from({ from: 'source' }) });
      await body.text();
      expect(body.trailers?.get('from')).toBe('source');
    });

    it('do not follow a body that was given up', () => {
      const body = HttpBody.from('hi', { trailers: () => HttpHeaders.from({ sum: '1' }) });
      body.cancel();
      expect(body.trailers).toBeUndefined();
    });
  });

  describe('text', () => {
    it('is decoded as UTF-8 as the Encoding standard has it, whatever the bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 24 }), async (bytes) => {
          await expect(HttpBody.from([bytes]).text()).resolves.toBe(new TextDecoder().decode(bytes));
        }),
      );
      await expect(HttpBody.from(bytesOf('\xef\xbb\xbfx')).text()).resolves.toBe('x');
    });

    it('may be JSON, or is refused', async () => {
      await expect(HttpBody.from('{"a":[1]}').json()).resolves.toEqual({ a: [1] });
      await expect(HttpBody.from('{"a"').json()).rejects.toMatchObject({ code: 'LML_ERR_HTTP_BODY_BAD_JSON' });
      await expect(HttpBody.from('').json()).rejects.toMatchObject({ code: 'LML_ERR_HTTP_BODY_BAD_JSON' });
      await expect(HttpBody.from('1').json({ maxBytes: 0 })).rejects.toMatchObject({ code: 'LML_ERR_LIMIT' });
    });

    it('needs a limit that is one', async () => {
      await expect(HttpBody.from('x').text({ maxBytes: -1 })).rejects.toThrow('maxBytes must be >= 0, got -1');
      await expect(HttpBody.from('x').text({ maxBytes: Number.NaN })).rejects.toThrow(UsageError);
    });
  });

  describe('of a source', () => {
    it('has one read at a time, and none ahead', async () => {
      const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
      let reads = 0;
      const body = HttpBody.fromSource({
        read: () => {
          reads++;
          return promise;
        },
        cancel: () => {},
      });
      expect(reads).toBe(0);
      const first = body.read();
      await expect(body.read()).rejects.toThrow('a read of the body is under way');
      resolve(bytesOf('x'));
      await expect(first).resolves.toEqual(bytesOf('x'));
      expect(reads).toBe(1);
    });

    it('fails with what the source fails with, at every read from then on', async () => {
      const failure = new Error('broken');
      const body = HttpBody.fromSource({ read: () => Promise.reject(failure), cancel: () => expect.unreachable() });
      await expect(body.read()).rejects.toBe(failure);
      await expect(body.read()).rejects.toBe(failure);
      body.cancel();
      expect(body.trailers).toBeUndefined();
    });

    it.each<[string, (end: PromiseWithResolvers<Uint8Array | undefined>) => void]>([
      ['an end', ({ resolve }) => resolve(undefined)],
      ['a failure', ({ reject }) => reject(new Error('closed'))],
    ])('takes %s after it was cancelled for the cancellation, not for the whole', async (_what, settle) => {
      const ending = Promise.withResolvers<Uint8Array | undefined>();
      const reasons: unknown[] = [];
      const body = HttpBody.fromSource({ read: () => ending.promise, cancel: (reason) => reasons.push(reason) });
      const reason = new Error('enough');
      const reading = body.read();
      body.cancel(reason);
      settle(ending);
      await expect(reading).rejects.toBe(reason);
      expect(reasons).toEqual([reason]);
    });

    it('is cancelled when it is longer than what is collected of it, and when a loop is left', async () => {
      const reasons: unknown[] = [];
      const source = (): BodySource => ({ ...sourceOf(['ab', 'cd', 'ef']), cancel: (reason) => reasons.push(reason) });
      await expect(HttpBody.fromSource(source()).bytes({ maxBytes: 3 })).rejects.toMatchObject({ observed: 4 });
      for await (const _chunk of HttpBody.fromSource(source())) break;
      expect(reasons).toEqual([expect.objectContaining({ code: 'LML_ERR_LIMIT' }), expect.any(UsageError)]);
      for await (const _chunk of HttpBody.fromSource(source()));
      expect(reasons).toHaveLength(2);
    });

    it('is not even begun when it says beforehand that it is too long', async () => {
      const reasons: unknown[] = [];
      const source = { read: () => expect.unreachable(), cancel: (reason: unknown) => reasons.push(reason) };
      const body = HttpBody.fromSource(source, { size: 6 });
      await expect(body.text({ maxBytes: 5 })).rejects.toMatchObject({ observed: 6 });
      expect(reasons).toHaveLength(1);
    });
  });
});

async function* asyncChunks(chunks: readonly string[]): AsyncGenerator<string> {
  yield* chunks;
}

function sourceOf(chunks: readonly string[]): BodySource {
  const left = [...chunks];
  return {
    read: async () => {
      const chunk = left.shift();
      return chunk === undefined ? undefined : bytesOf(chunk);
    },
    cancel: () => {},
  };
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function leaveEarly(body: HttpBody): Promise<void> {
  for await (const _chunk of body) break;
}
