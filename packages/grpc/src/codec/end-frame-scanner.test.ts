import { describe, expect, it } from 'vitest';
import { EndFrameScanner, encodeEndFrame } from './end-frame-scanner.ts';
import { encodeMessageFrame } from './message-frame.ts';

const END = 0x80;
const message = encodeMessageFrame(Buffer.from('hello'), false);
const compressed = encodeMessageFrame(Buffer.from('zip'), true);
const end = encodeEndFrame(Buffer.from('grpc-status: 0\r\n'), END);

/** Scans input that comes in pieces. */
function scan(maxEndBytes: number, ...pieces: Uint8Array[]) {
  const scanner = new EndFrameScanner(END, maxEndBytes);
  const messages = pieces.flatMap((piece) => scanner.push(piece));
  return { messages: Buffer.concat(messages).toString('hex'), end: scanner.end };
}

describe('EndFrameScanner', () => {
  it('passes messages on and keeps the end, however they are split', () => {
    const input = Buffer.concat([message, compressed, encodeMessageFrame(new Uint8Array(0), false), end]);
    const expected = input.subarray(0, input.length - end.length).toString('hex');
    for (let at = 0; at <= input.length; at++) {
      const found = scan(100, input.subarray(0, at), input.subarray(at));
      expect([found.messages, Buffer.from(found.end?.bytes ?? []).toString()], `at ${at}`).toEqual([
        expected,
        'grpc-status: 0\r\n',
      ]);
    }
    const single = scan(100, ...Array.from(input, (byte) => new Uint8Array([byte])));
    expect([single.messages, single.end?.isCompressed]).toEqual([expected, false]);
  });

  it('has no end before all of it is here', () => {
    expect(scan(100, end.subarray(0, end.length - 1)).end).toBeUndefined();
    expect(scan(100, message).end).toBeUndefined();
    expect(scan(100, encodeEndFrame(new Uint8Array(0), END)).end?.bytes.length).toBe(0);
  });

  it('says that an end is compressed', () => {
    expect(scan(100, encodeEndFrame(Buffer.from('x'), END | 1)).end?.isCompressed).toBe(true);
  });

  it('takes an end as long as is allowed, and refuses a longer one by its prefix', () => {
    expect(scan(16, end).end?.bytes.length).toBe(16);
    expect(() => scan(15, end.subarray(0, 5))).toThrow('RESOURCE_EXHAUSTED');
    expect(() => scan(100, new Uint8Array([END, 255, 255, 255, 255]))).toThrow('4294967295');
  });

  it.each([
    ['a second end', Buffer.concat([end, end])],
    ['a message behind the end', Buffer.concat([end, message])],
    ['a byte behind the end', Buffer.concat([end, new Uint8Array(1)])],
  ])('refuses %s', (_, input) => {
    expect(() => scan(100, input)).toThrow('more behind the end');
    expect(() => scan(100, ...Array.from(input, (byte) => new Uint8Array([byte])))).toThrow('more behind the end');
  });

  it('refuses an end with flags that nobody knows', () => {
    expect(() => scan(100, encodeEndFrame(Buffer.from('x'), END | 2))).toThrow('flags');
  });
});
