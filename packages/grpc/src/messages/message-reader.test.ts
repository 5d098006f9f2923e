import { HttpBody } from '@lamella/http';
import { splitsOf } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import { encodeMessageFrame } from '../codec/message-frame.ts';
import { GrpcStatusError } from '../errors.ts';
import { bytesCodec } from '../methods/grpc-codec.ts';
import { compressMessage } from './message-compression.ts';
import { MessageReader } from './message-reader.ts';

const options = { codec: bytesCodec, encoding: 'identity', maxMessageBytes: 100 } as const;
const frame = (text: string): Uint8Array => encodeMessageFrame(Buffer.from(text), false);
const none = (): GrpcStatusError => new GrpcStatusError(12, 'not one');

describe('MessageReader', () => {
  it('reads messages however they are split, and as plain bytes', async () => {
    const wire = Buffer.concat([frame('ab'), frame(''), frame('c')]);
    for (const { name, parts } of splitsOf(wire)) {
      const reader = new MessageReader(HttpBody.from(parts), options);
      const found: unknown[] = [];
      for await (const message of reader) found.push(message);
      expect(found, name).toEqual([new Uint8Array([97, 98]), new Uint8Array(0), new Uint8Array([99])]);
    }
  });

  it('reads nothing ahead, and cancels the rest when its loop is left', async () => {
    let reads = 0;
    let isCancelled = false;
    const body = HttpBody.fromSource({
      read: async () => frame(String(reads++)),
      cancel() {
        isCancelled = true;
      },
    });
    const reader = new MessageReader(body, options);
    for await (const _ of reader) break;
    expect([reads, isCancelled, (await reader.next()).done]).toEqual([1, true, true]);
  });

  it('has the messages of one chunk at hand, and no other', async () => {
    const parts = [Buffer.concat([frame('a'), frame('b'), frame('c').subarray(0, 3)]), frame('c').subarray(3)];
    const reader = new MessageReader(HttpBody.from(parts), options);
    expect(reader.nextAtHand()).toBeUndefined();
    await reader.next();
    expect(reader.nextAtHand()).toEqual({ done: false, value: new Uint8Array([98]) });
    expect(reader.nextAtHand()).toBeUndefined();
    expect(await reader.next()).toEqual({ done: false, value: new Uint8Array([99]) });
    expect((await reader.next()).done).toBe(true);
    expect(reader.nextAtHand()).toBeUndefined();
  });

  it('gives whoever asks for several at once one behind the other', async () => {
    const packed = encodeMessageFrame(await compressMessage(Buffer.from('b'), 'gzip'), true);
    const wire = Buffer.concat([frame('a'), packed, frame('c'), frame('d')]);
    for (const { name, parts } of splitsOf(wire)) {
      const reader = new MessageReader(HttpBody.from(parts), { ...options, encoding: 'gzip' });
      const asked = Array.from({ length: 6 }, () => reader.next());
      const found = (await Promise.all(asked)).map(({ done, value }) =>
        done === true ? 'done' : String.fromCharCode(...(value as Uint8Array)),
      );
      expect(found, name).toEqual(['a', 'b', 'c', 'd', 'done', 'done']);
      expect((await reader.next()).done).toBe(true);
    }
  });

  it('fails the first of those who asked at once, and tells the others that it is over', async () => {
    const reader = new MessageReader(HttpBody.from([Buffer.concat([frame('a'), frame('b').subarray(0, 3)])]), options);
    const found = await Promise.allSettled(Array.from({ length: 4 }, () => reader.next()));
    expect(found.map((each) => (each.status === 'rejected' ? 'failed' : each.value.done))).toEqual([
      false,
      'failed',
      true,
      true,
    ]);
  });

  it('keeps the order where one message has to be inflated', async () => {
    const packed = encodeMessageFrame(await compressMessage(Buffer.from('b'), 'gzip'), true);
    const parts = [Buffer.concat([frame('a'), packed, frame('c')])];
    const reader = new MessageReader(HttpBody.from(parts), { ...options, encoding: 'gzip' });
    await reader.next();
    expect([reader.nextAtHand(), reader.nextAtHand()]).toEqual([undefined, undefined]);
    const found: unknown[] = [];
    for await (const message of reader) found.push(message);
    expect(found).toEqual([new Uint8Array([98]), new Uint8Array([99])]);
  });

  it('has the one message of a body that is all here at hand, and its end', () => {
    let ends = 0;
    const onEnd = (): void => void ends++;
    const reader = new MessageReader(HttpBody.from(frame('ab')), { ...options, onEnd });
    expect(reader.singleAtHand(none)).toEqual({ message: new Uint8Array([97, 98]) });
    expect([ends, reader.isOver]).toEqual([1, true]);
  });

  it.each<[string, Uint8Array, string]>([
    ['several messages', Buffer.concat([frame('a'), frame('b')]), 'UNIMPLEMENTED'],
    ['a message and a half', Buffer.concat([frame('a'), frame('b').subarray(0, 3)]), 'INTERNAL'],
    ['a message that is too long', frame('x'.repeat(101)), 'RESOURCE_EXHAUSTED'],
  ])('has no one message of %s, whether it is all here or not', async (_, bytes, statusName) => {
    const reader = new MessageReader(HttpBody.from(bytes), options);
    expect(() => reader.singleAtHand(none)).toThrow(expect.objectContaining({ statusName }));
    const later = new MessageReader(HttpBody.from([bytes]), options);
    await expect(later.single(none)).rejects.toMatchObject({ statusName });
  });

  it('leaves to a promise what is not here, or has to be inflated, or is nothing', async () => {
    const later = new MessageReader(HttpBody.from([frame('a')]), options);
    expect(later.singleAtHand(none)).toBeUndefined();
    expect(await later.single(none)).toEqual(new Uint8Array([97]));
    const bytes = encodeMessageFrame(await compressMessage(Buffer.from('b'), 'gzip'), true);
    const packed = new MessageReader(HttpBody.from(bytes), { ...options, encoding: 'gzip' });
    expect(packed.singleAtHand(none)).toBeUndefined();
    expect(await packed.single(none)).toEqual(new Uint8Array([98]));
    const nothing = new MessageReader(HttpBody.empty, options);
    expect(nothing.singleAtHand(none)).toBeUndefined();
    await expect(nothing.single(none)).rejects.toMatchObject({ statusName: 'UNIMPLEMENTED' });
  });

  it('cancels the rest after a failure, and is over then', async () => {
    let reason: unknown;
    const body = HttpBody.fromSource({
      read: async () => new Uint8Array([9, 0, 0, 0, 0]),
      cancel(given) {
        reason = given;
      },
    });
    const reader = new MessageReader(body, options);
    await expect(reader.next()).rejects.toMatchObject({ statusName: 'INTERNAL' });
    expect(reason).toMatchObject({ statusName: 'INTERNAL' });
    expect((await reader.next()).done).toBe(true);
  });

  it('fails with what the end says, rather than with what is missing', async () => {
    const status = new GrpcStatusError(8, 'full');
    const onEnd = (): void => {
      throw status;
    };
    for (const bytes of [frame('abc'), frame('abc').subarray(0, -1)]) {
      const reader = new MessageReader(HttpBody.from(bytes), { ...options, onEnd });
      await expect(reader.single(none)).rejects.toBe(status);
    }
  });

  it('passes statuses of codecs on, and says nothing of their other errors', async () => {
    for (const [error, expected] of [
      [new GrpcStatusError(3, 'odd'), 'INVALID_ARGUMENT'],
      [new Error('odd'), 'INTERNAL'],
    ] as const) {
      const codec = {
        ...bytesCodec,
        deserialize() {
          throw error;
        },
      };
      const reader = new MessageReader(HttpBody.from(frame('a')), { ...options, codec });
      await expect(reader.next()).rejects.toMatchObject({ statusName: expected });
    }
  });
});
