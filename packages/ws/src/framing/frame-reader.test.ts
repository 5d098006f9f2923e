import { expect, it } from 'vitest';
import { FrameReader } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { ReceiverPool } from './receiver-pool.ts';

const limits = { isServer: false, maxMessageBytes: 1_000, maxFragments: 10 };

it('has a receiver only from the first byte of a frame to the last one', () => {
  const { pool, open } = setup();
  const reader = open();
  const bytes = frame('hello');
  for (const [index, byte] of bytes.entries()) {
    reader.read(Buffer.of(byte));
    const isOver = index === bytes.length - 1;
    expect([index, pool.spareCount]).toEqual([index, isOver ? 1 : 0]);
  }
  reader.read(frame('again'));
  expect([reader.heard, pool.spareCount]).toEqual([['hello', 'again'], 1]);
});

it('keeps it between the fragments of a message, whatever comes in between', () => {
  const { pool, open } = setup();
  const reader = open();
  reader.read(Buffer.from([0x01, 2, 0x68, 0x65])); // text, not the end
  expect(pool.spareCount).toBe(0);
  reader.read(Buffer.from([0x89, 0])); // a ping
  expect(pool.spareCount).toBe(0);
  reader.read(Buffer.from([0x80, 1, 0x79]));
  expect([reader.heard, pool.spareCount]).toEqual([['ping', 'hey'], 1]);
});

it('does not mix up what connections of one pool get, byte by byte in turns', () => {
  const { pool, open } = setup();
  const [first, second] = [open(), open()];
  const [left, right] = [frame('left'), frame('right')];
  for (let index = 0; index < right.length; index++) {
    first.read(left.subarray(index, index + 1));
    second.read(right.subarray(index, index + 1));
  }
  expect([first.heard, second.heard, pool.spareCount]).toEqual([['left'], ['right'], 2]);
});

it.each([
  ['a violation', Buffer.from([0x83, 0])],
  ['a close frame', Buffer.from([0x88, 0])],
])('gives none back after %s', (_name, bytes) => {
  const { pool, open } = setup();
  const reader = open();
  reader.read(bytes);
  reader.read(frame('late'));
  expect([reader.heard, pool.spareCount]).toEqual([['end'], 0]);
});

it('keeps no more than 64 that nobody has', () => {
  const { pool, open } = setup();
  const readers = Array.from({ length: 70 }, open);
  for (const reader of readers) reader.read(frame('x').subarray(0, 1));
  for (const reader of readers) reader.read(frame('x').subarray(1));
  expect(pool.spareCount).toBe(64);
});

it('has one pool for the same limits', () => {
  expect(ReceiverPool.of({ ...limits })).toBe(ReceiverPool.of({ ...limits }));
  expect(ReceiverPool.of({ ...limits, isServer: true })).not.toBe(ReceiverPool.of(limits));
  expect(ReceiverPool.of({ ...limits, maxFragments: 11 })).not.toBe(ReceiverPool.of(limits));
  expect(ReceiverPool.of({ ...limits, maxMessageBytes: 11 })).not.toBe(ReceiverPool.of(limits));
});

function setup() {
  const pool = new ReceiverPool(limits);
  const open = () => {
    const heard: string[] = [];
    const reader = new FrameReader(
      {
        onMessage: (data) => heard.push(data.toString()),
        onPing: () => heard.push('ping'),
        onPong: () => heard.push('pong'),
        onCloseFrame: () => heard.push('end'),
        onViolation: () => heard.push('end'),
        onReady() {},
      },
      pool,
      undefined,
    );
    return { heard, read: (bytes: Uint8Array) => reader.read(Buffer.from(bytes)) };
  };
  return { pool, open };
}

/** A message as a server sends it. */
function frame(text: string): Buffer {
  const written: Uint8Array[] = [];
  const sink = { write: (chunks: readonly Uint8Array[]) => void written.push(...chunks) };
  void new FrameWriter(sink, { isClient: false, deflate: undefined }).message(text, false);
  return Buffer.concat(written);
}
