import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, assertDecodes, splitsOf } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import type { MultipartEvent } from './multipart-decoder.ts';
import { MultipartDecoder } from './multipart-decoder.ts';

type Told = MultipartEvent['type'] | readonly unknown[] | string;

describe('MultipartDecoder', () => {
  it.each<[string, string, readonly Told[]]>([
    [
      'parts, with fields and without',
      '--B\r\nA: 1\r\nb:2 \r\n\r\nhello\r\n--B\r\n\r\n\r\n--B--\r\n',
      [
        [
          ['A', '1'],
          ['b', '2'],
        ],
        'hello',
        'part-end',
        [],
        'part-end',
        'end',
      ],
    ],
    [
      'a preamble and an epilogue',
      'pre\r\n-\r\n--\r\n\r\n--B\r\n\r\nx\r\n--B--post\r\n--B\r\n',
      [[], 'x', 'part-end', 'end'],
    ],
    ['no part at all', '--B--', ['end']],
    [
      'blanks behind boundaries',
      '--B \t\r\n\r\nx\r\n--B\t\r\n\r\ny\r\n--B--',
      [[], 'x', 'part-end', [], 'y', 'part-end', 'end'],
    ],
    [
      'content full of begins of boundaries',
      '--B\r\n\r\n\r\r\n\r\n-\r\n--\r\n--A--B\r\r\n--B--',
      [[], '\r\r\n\r\n-\r\n--\r\n--A--B\r', 'part-end', 'end'],
    ],
    [
      'blanks around values and within',
      '--B\r\na: \t x \t y\t \r\nb:\r\nc:\t \r\nd: \xa0\r\n\r\n\r\n--B--',
      [
        [
          ['a', 'x \t y'],
          ['b', ''],
          ['c', ''],
          ['d', '\xa0'],
        ],
        'part-end',
        'end',
      ],
    ],
    [
      'bytes beyond ASCII',
      '--B\r\nN: \xff\r\n\r\n\x00\xff\x80\r\n--B--',
      [[['N', '\xff']], '\x00\xff\x80', 'part-end', 'end'],
    ],
  ])('decodes %s', (_name, text, expected) => {
    assertDecodes(() => new Merged('B'), bytes(text), expected);
  });

  it.each<[string, string, string]>([
    ['a longer line that begins with the boundary', '--B\r\n\r\nx\r\n--BC\r\n', 'BOUNDARY'],
    ['a boundary with one dash', '--B-\r\n', 'BOUNDARY'],
    ['a boundary that ends with a bare LF', '--B\n', 'BOUNDARY'],
    ['a boundary with a bare CR', '--B\rx', 'BOUNDARY'],
    ['text behind the blanks of a boundary', '--B x', 'BOUNDARY'],
    ['a bare LF in a head', '--B\r\nA: 1\n', 'HEADER'],
    ['a bare CR in a head', '--B\r\nA: 1\rx', 'HEADER'],
    ['two CR in a head', '--B\r\nA: 1\r\r\n', 'HEADER'],
    ['a line that is no field', '--B\r\nhello\r\n', 'HEADER'],
    ['a line that goes on', '--B\r\nA: 1\r\n 2\r\n', 'HEADER'],
    ['a blank in front of the colon', '--B\r\nA : 1\r\n', 'HEADER'],
    ['a NUL in a value', '--B\r\nA: \x00\r\n', 'HEADER'],
    ['no name', '--B\r\n: 1\r\n', 'HEADER'],
  ])('refuses %s', (_name, text, code) => {
    assertDecodeFails(() => new Merged('B'), bytes(text), `LML_ERR_WEB_MULTIPART_${code}`);
  });

  it('takes a head of maxHeaderBytes and no longer', () => {
    // CRLF of the boundary, the field with its CRLF, and the empty line
    const text = '--B\r\nA: 12\r\n\r\nx\r\n--B--';
    assertDecodes(() => new Merged('B', 11), bytes(text), [[['A', '12']], 'x', 'part-end', 'end']);
    assertDecodeFails(() => new Merged('B', 10), bytes(text), 'LML_ERR_LIMIT');
    assertDecodeFails(() => new Merged('B', 10), bytes(`--B${' '.repeat(20)}`), 'LML_ERR_LIMIT');
  });

  it('reads a row of 8,000 blanks once, whatever stands behind them', () => {
    const blanks = ' \t'.repeat(4_000);
    const decode = (line: string): MultipartEvent | undefined =>
      new MultipartDecoder('B', 20_000).decode(new ByteCursor(bytes(`--B\r\n${line}\r\n\r\n`)));
    expect(() => decode(`A:${blanks}\x01`)).toThrow(expect.objectContaining({ code: 'LML_ERR_WEB_MULTIPART_HEADER' }));
    expect(decode(`A:${blanks}1${blanks}`)).toEqual({ type: 'part', fields: [['A', '1']] });
  });

  it('knows at the end whether anything is missing', () => {
    const text = '--B\r\nA: 1\r\n\r\nx\r\n--B--';
    for (let length = 0; length <= text.length; length++) {
      const decoder = new MultipartDecoder('B', 100);
      const input = new ByteCursor(bytes(text.slice(0, length)));
      while (decoder.decode(input) !== undefined);
      expect(decoder.isComplete).toBe(length === text.length);
      if (length === text.length) decoder.receiveEnd();
      else {
        expect(() => decoder.receiveEnd()).toThrow(
          expect.objectContaining({ code: 'LML_ERR_WEB_MULTIPART_INCOMPLETE', origin: 'remote' }),
        );
      }
    }
  });

  it('gives content as it comes, without holding back more than a begin of a boundary', () => {
    const decoder = new MultipartDecoder('BOUND', 100);
    const feed = (text: string): string => {
      const input = new ByteCursor(bytes(text));
      let data = '';
      for (let event = decoder.decode(input); event !== undefined; event = decoder.decode(input)) {
        if (event.type === 'data') data += Buffer.from(event.bytes).toString('latin1');
      }
      return data;
    };
    expect(feed('--BOUND\r\n\r\nabc')).toBe('abc');
    expect(feed('def\r\n--BO')).toBe('def');
    expect(feed('X\r\n')).toBe('\r\n--BOX');
    expect(feed('-')).toBe('');
    expect(feed('\r\n')).toBe('\r\n-');
  });

  it('passes random content through unharmed, however it is split', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 200; round++) {
      const content = Array.from({ length: random(30) }, () => '\r\n-Bx'[random(5)]).join('');
      if (`\r\n${content}`.includes('\r\n--B')) continue;
      const text = `--B\r\n\r\n${content}\r\n--B--`;
      const expected = content === '' ? [[], 'part-end', 'end'] : [[], content, 'part-end', 'end'];
      for (const { parts } of splitsOf(bytes(text))) {
        const decoder = new Merged('B');
        const told: Told[] = [];
        for (const part of parts) {
          const input = new ByteCursor(part);
          for (let next = decoder.decode(input); next !== undefined; next = decoder.decode(input)) told.push(next);
        }
        expect(told).toEqual(expected);
      }
    }
  });
});

/** Where data is cut depends on the input, so it is told in one piece. */
class Merged {
  readonly #decoder: MultipartDecoder;
  #data = '';
  #next: Told | undefined;

  constructor(boundary: string, maxHeaderBytes = 200) {
    this.#decoder = new MultipartDecoder(boundary, maxHeaderBytes);
  }

  decode(input: ByteCursor): Told | undefined {
    if (this.#next !== undefined) {
      const next = this.#next;
      this.#next = undefined;
      return next;
    }
    for (;;) {
      const event = this.#decoder.decode(input);
      if (event === undefined) return undefined;
      if (event.type === 'data') {
        this.#data += Buffer.from(event.bytes).toString('latin1');
        continue;
      }
      const told = event.type === 'part' ? event.fields : event.type;
      if (this.#data === '') return told;
      this.#next = told;
      const data = this.#data;
      this.#data = '';
      return data;
    }
  }
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
