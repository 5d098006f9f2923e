import { splitsOf } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import { encodeMessageFrame, MessageFrameDecoder } from './message-frame.ts';

describe('MessageFrameDecoder', () => {
  const wire = Buffer.concat([
    encodeMessageFrame(Buffer.from('hello'), false),
    encodeMessageFrame(new Uint8Array(0), false),
    encodeMessageFrame(Buffer.from('zip'), true),
  ]);

  it('decodes messages split at every byte', () => {
    for (const { name, parts } of splitsOf(wire)) expect(decoded(parts), name).toEqual(['hello', '', 'zip!']);
  });

  it('knows where no message is under way', () => {
    for (let length = 0; length <= wire.length; length++) {
      const decoder = new MessageFrameDecoder(100);
      decoder.push(wire.subarray(0, length));
      while (decoder.next() !== undefined);
      expect(decoder.isAtBoundary, `${length}`).toBe([0, 10, 15, wire.length].includes(length));
    }
  });

  it('joins pieces of any sizes', () => {
    const message = Buffer.alloc(100_000, 'abcdefg');
    const frame = encodeMessageFrame(message, false);
    for (const size of [1, 7, 100, 1_023, 1_025, 20_000]) {
      const decoder = new MessageFrameDecoder(100_000);
      let found: Uint8Array | undefined;
      for (let at = 0; at < frame.length; at += size) {
        decoder.push(frame.subarray(at, at + size));
        found = decoder.next()?.bytes ?? found;
      }
      expect(found && Buffer.compare(found, message), `${size}`).toBe(0);
    }
  });

  it('takes a message of the greatest length and refuses the next by its prefix', () => {
    expect(decoded([encodeMessageFrame(Buffer.from('12345'), false)], 5)).toEqual(['12345']);
    const prefix = encodeMessageFrame(Buffer.from('123456'), false).subarray(0, 5);
    expect(() => decoded([prefix], 5)).toThrow(expect.objectContaining({ statusName: 'RESOURCE_EXHAUSTED' }));
  });

  it('takes no memory for what a prefix promises', () => {
    const decoder = new MessageFrameDecoder(0xffff_ffff);
    decoder.push(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]));
    expect(decoder.next()).toBe(undefined);
    expect(decoder.isAtBoundary).toBe(false);
  });

  it.each([2, 3, 128, 255])('refuses the flag %i', (flag) => {
    expect(() => decoded([Buffer.from([flag, 0, 0, 0, 0])])).toThrow(
      expect.objectContaining({ statusName: 'INTERNAL' }),
    );
  });
});

function decoded(pieces: readonly Uint8Array[], maxMessageBytes = 100): string[] {
  const decoder = new MessageFrameDecoder(maxMessageBytes);
  const found: string[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      found.push(`${Buffer.from(frame.bytes)}${frame.isCompressed ? '!' : ''}`);
    }
  }
  return found;
}
