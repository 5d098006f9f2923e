import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import type { EventStreamItem } from './event-stream-decoder.ts';
import { EventStreamDecoder } from './event-stream-decoder.ts';
import { encodeEvent } from './event-stream-encoder.ts';

/** Decodes a stream whole, byte by byte and in two at every cut; all must give the same. */
function decode(text: string | Uint8Array, maxEventChars = 1_000): readonly EventStreamItem[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const run = (parts: readonly Uint8Array[]): readonly EventStreamItem[] => {
    const decoder = new EventStreamDecoder(maxEventChars);
    return parts.flatMap((part) => [...decoder.receiveBytes(part)]);
  };
  const whole = run([bytes]);
  expect(run(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(run([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
  }
  return whole;
}

const message = (data: string, rest: { event?: string; id?: string } = {}) => ({
  type: 'event',
  event: 'message',
  id: '',
  data,
  ...rest,
});

describe('EventStreamDecoder', () => {
  it.each<[string, readonly unknown[]]>([
    ['', []],
    ['data: a\n\n', [message('a')]],
    ['data: a\r\n\r\n', [message('a')]],
    ['data: a\r\r', [message('a')]],
    ['data: a\r\n\rdata: b\n\r', [message('a'), message('b')]],
    ['data: YHOO\ndata: +2\ndata: 10\n\n', [message('YHOO\n+2\n10')]],
    [': a comment\n\ndata: x\n\n', [message('x')]],
    ['data\n\n', [message('')]],
    ['data\ndata\n\n', [message('\n')]],
    ['data:test\n\ndata: test\n\ndata:  test\n\n', [message('test'), message('test'), message(' test')]],
    ['event: add\ndata: 1\n\ndata: 2\n\n', [message('1', { event: 'add' }), message('2')]],
    ['event: add\n\ndata: 2\n\n', [message('2')]],
    [
      'id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n',
      [message('a', { id: '7' }), message('b', { id: '7' }), message('c')],
    ],
    ['id: a\0b\ndata: x\n\n', [message('x')]],
    ['retry: 500\n\nretry: x\nretry: -1\nretry:\n\n', [{ type: 'retry', retryMs: 500 }]],
    ['unknown: x\nDATA: y\n\n', []],
    ['data: cut off', []],
    ['data: cut off\n', []],
    ['\ufeffdata: a\n\n', [message('a')]],
    ['data: \ufeffa\n\n', [message('\ufeffa')]],
    ['data: ü€😀\n\n', [message('ü€😀')]],
  ])('%j', (text, expected) => {
    expect(decode(text)).toEqual(expected);
  });

  it('replaces what is no UTF-8', () => {
    expect(decode(Buffer.from('data: \xff\n\n', 'latin1'))).toEqual([message('\ufffd')]);
  });

  it('knows the last id, also before an event', () => {
    const decoder = new EventStreamDecoder(100, 'before');
    expect(decoder.lastEventId).toBe('before');
    decoder.receiveBytes(Buffer.from('id: 5\n'));
    expect(decoder.lastEventId).toBe('5');
  });

  it.each([
    ['a line', `data: ${'x'.repeat(94)}\n\n`, `data: ${'x'.repeat(95)}\n\n`],
    ['a line without end', 'x'.repeat(100), 'x'.repeat(101)],
    ['an event', `${'data: 123456789\n'.repeat(10)}\n`, `${'data: 123456789\n'.repeat(10)}data:\n\n`],
  ])('bounds %s', (_name, good, bad) => {
    const run = (text: string) => new EventStreamDecoder(100).receiveBytes(Buffer.from(text));
    expect(() => run(good)).not.toThrow();
    expect(() => run(bad)).toThrow(expect.objectContaining({ code: 'LML_ERR_LIMIT', limit: 'maxEventChars' }));
  });
});

describe('encodeEvent', () => {
  it.each([
    [{ data: 'a' }, 'data: a\n\n'],
    [{ data: 'a\nb\r\nc\rd' }, 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
    [{ data: '' }, 'data: \n\n'],
    [{ event: 'add', id: '7', data: 'x', retryMs: 5, comment: 'c' }, ': c\nretry: 5\nevent: add\nid: 7\ndata: x\n\n'],
    [{ comment: '' }, ':\n\n'],
    [{ data: ' x' }, 'data:  x\n\n'],
  ])('%j', (event, expected) => {
    expect(encodeEvent(event)).toBe(expected);
  });

  it.each([
    {},
    { event: 'a\nb' },
    { event: 'a\r' },
    { id: 'a\ndata: evil' },
    { id: 'a\0' },
    { retryMs: -1 },
    { retryMs: 1.5 },
  ])('refuses %j', (event) => {
    expect(() => encodeEvent(event)).toThrow(UsageError);
  });

  it('gives back what was put in, whatever that is', () => {
    for (const data of ['', ' ', 'data: x', 'a\nevent: b', ':', '\ufeff', 'id: 1\n\n\ndata']) {
      const items = decode(encodeEvent({ data, event: 'kind', id: 'i: d' }));
      expect(items).toEqual([message(data, { event: 'kind', id: 'i: d' })]);
    }
  });
});
