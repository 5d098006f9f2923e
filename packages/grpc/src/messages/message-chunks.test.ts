import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { MessageFrameDecoder } from '../codec/message-frame.ts';
import { bytesCodec } from '../methods/grpc-codec.ts';
import { CHUNK_BYTES, MessageChunks } from './message-chunks.ts';
import { asyncMessages } from './sync-messages.ts';

describe('MessageChunks', () => {
  it.each(['sync', 'async'] as const)('joins messages that are there at once: %s', async (kind) => {
    const { chunks } = setup(streams[kind](messagesOf(1, 2, 3)));
    expect(lengthsIn(await chunks.read())).toEqual([1, 2, 3]);
    expect(await chunks.read()).toBeUndefined();
    expect(await chunks.read()).toBeUndefined();
  });

  it.each(['sync', 'async'] as const)(
    'fills a chunk to its bound, and pulls no more before it is read: %s',
    async (kind) => {
      let pulled = 0;
      const endless = (function* () {
        for (;;) {
          pulled++;
          yield new Uint8Array(CHUNK_BYTES / 4 - 5);
        }
      })();
      const { chunks } = setup(streams[kind](endless));
      expect(lengthsIn(await chunks.read())).toHaveLength(4);
      await settle(1);
      expect(pulled).toBe(4);
      expect(lengthsIn(await chunks.read())).toHaveLength(4);
      expect(pulled).toBe(8);
      chunks.leave();
    },
  );

  it('gives a message of the length of a chunk alone', async () => {
    const { chunks } = setup(streams.async(messagesOf(CHUNK_BYTES - 5, 1)));
    expect(lengthsIn(await chunks.read())).toEqual([CHUNK_BYTES - 5]);
    expect(lengthsIn(await chunks.read())).toEqual([1]);
  });

  it('gives a message at once that nothing follows, and keeps one at most that comes before the next read', async () => {
    const first = Promise.withResolvers<void>();
    let pulled = 0;
    const slow = (async function* () {
      yield new Uint8Array(1);
      await first.promise;
      for (pulled = 2; ; pulled++) yield new Uint8Array(pulled);
    })();
    const { chunks } = setup(slow, 64);
    expect(lengthsIn(await chunks.read())).toEqual([1]);
    first.resolve();
    await settle(1);
    expect(pulled).toBe(2);
    expect(lengthsIn(await chunks.read()).slice(0, 3)).toEqual([2, 3, 4]);
    await chunks.read();
    chunks.leave();
  });

  it('gives what came before a failure', async () => {
    const failure = new Error('broken');
    const failing = (function* () {
      yield new Uint8Array(1);
      throw failure;
    })();
    for (const stream of [streams.sync(failing), streams.async(failingOnce(failure))]) {
      const { chunks } = setup(stream);
      expect(lengthsIn(await chunks.read())).toEqual([1]);
      await expect(chunks.read()).rejects.toBe(failure);
      await expect(chunks.read()).rejects.toBe(failure);
    }
  });

  it('awaits messages of an iterable of promises, in their order, and none before it is wanted', async () => {
    const failure = new Error('broken');
    const first = Promise.withResolvers<Uint8Array>();
    const promises = (function* () {
      yield first.promise;
      yield Promise.resolve(new Uint8Array(2));
      yield new Uint8Array(3);
      yield Promise.reject(failure);
    })();
    const { chunks } = setup(asyncMessages(promises));
    const read = chunks.read();
    await settle(1);
    first.resolve(new Uint8Array(1));
    const lengths = [...lengthsIn(await read)];
    while (lengths.length < 3) lengths.push(...lengthsIn(await chunks.read()));
    expect(lengths).toEqual([1, 2, 3]);
    await expect(chunks.read()).rejects.toBe(failure);
  });

  it('fails a read that is under way, and every other, when it is stopped', async () => {
    const { chunks } = setup(streams.never());
    const read = chunks.read();
    const reason = new Error('enough');
    chunks.stop(reason);
    await expect(read).rejects.toBe(reason);
    await expect(chunks.read()).rejects.toBe(reason);
  });

  it('copies a message whose memory is used again', async () => {
    const scratch = new Uint8Array(1);
    const reused = (function* () {
      for (scratch[0] = 7; scratch[0] < 10; scratch[0]++) yield scratch;
    })();
    const { chunks } = setup(streams.async(reused));
    expect(messagesIn(await chunks.read()).map((message) => message[0])).toEqual([7, 8, 9]);
  });

  it('compresses messages in their order', async () => {
    const { chunks } = setup(streams.sync(messagesOf(3, 2_000, 4)), CHUNK_BYTES, 'gzip');
    const sizes: number[] = [];
    for (let chunk = await chunks.read(); chunk !== undefined; chunk = await chunks.read()) {
      for (const message of messagesIn(chunk)) sizes.push(message.length);
    }
    expect(sizes).toHaveLength(3);
    expect([sizes[0], sizes[2]]).toEqual([3, 4]);
    expect(sizes[1]).toBeLessThan(100);
  });
});

const streams = {
  sync: (messages: Iterable<Uint8Array>) => asyncMessages(messages),
  async *async(messages: Iterable<Uint8Array>) {
    yield* messages;
  },
  never: (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
};

function* failingOnce(failure: Error): Generator<Uint8Array> {
  yield new Uint8Array(1);
  throw failure;
}

function setup(
  messages: AsyncIterable<unknown>,
  maxChunkBytes = CHUNK_BYTES,
  encoding: 'identity' | 'gzip' = 'identity',
) {
  const options = { encoding, compressFromBytes: 1_000, compresses: () => true };
  return { chunks: new MessageChunks(messages, bytesCodec, options, maxChunkBytes) };
}

function messagesOf(...lengths: number[]): Uint8Array[] {
  return lengths.map((length) => new Uint8Array(length));
}

function messagesIn(chunk: Uint8Array | undefined): Uint8Array[] {
  const decoder = new MessageFrameDecoder(CHUNK_BYTES);
  decoder.push(chunk ?? new Uint8Array(0));
  const messages: Uint8Array[] = [];
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) messages.push(frame.bytes);
  expect(decoder.isAtBoundary).toBe(true);
  return messages;
}

function lengthsIn(chunk: Uint8Array | undefined): number[] {
  return messagesIn(chunk).map((message) => message.length);
}
