import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, decoded, encoded, tableOf } from '../../../test/support/hpack.ts';
import type { HpackDecoderOptions } from './hpack-decoder.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import { HpackError } from './hpack-error.ts';
import { STATIC_NAMES, STATIC_VALUES } from './static-table.ts';

describe('HpackDecoder, fields', () => {
  it('knows the whole static table', () => {
    for (let index = 1; index <= 61; index++) {
      const field = [STATIC_NAMES[index], STATIC_VALUES[index]];
      expect(decode(new HpackDecoder(), [0x80 | index])).toEqual(field);
    }
    expect(decode(new HpackDecoder(), [0x81])).toEqual([':authority', '']);
    expect(decode(new HpackDecoder(), [0x90])).toEqual(['accept-encoding', 'gzip, deflate']);
    expect(decode(new HpackDecoder(), [0xbd])).toEqual(['www-authenticate', '']);
  });

  it.each([
    ['name of the static table, indexed', '4f0161', ['accept-charset', 'a'], 1],
    ['name of the static table, not indexed', '0f0001 61', ['accept-charset', 'a'], 0],
    ['name of the static table, never indexed', '1f0001 61', ['accept-charset', 'a'], 0],
    ['last name of the static table', '7d0161', ['www-authenticate', 'a'], 1],
    ['name and value given, indexed', '40016101 62', ['a', 'b'], 1],
    ['name and value given, not indexed', '0001610162', ['a', 'b'], 0],
    ['name and value given, never indexed', '1001610162', ['a', 'b'], 0],
    ['empty value', '0f0000', ['accept-charset', ''], 0],
    ['empty value, Huffman-coded', '0f0080', ['accept-charset', ''], 0],
    ['empty name', '00000161', ['', 'a'], 0],
    ['bytes beyond ASCII', '0001e902ff00', ['\xe9', '\xff\0'], 0],
    ['integers with more bytes than they need', '0f8080800001 61', ['accept-charset', 'a'], 0],
  ])('decodes a field: %s', (_, digits, fields, entries) => {
    const decoder = new HpackDecoder();
    expect(decoded(decoder, blockOf(digits))).toEqual(fields);
    expect(tableOf(decoder)).toEqual(entries === 1 ? fields : []);
  });

  it('takes names and values from the dynamic table', () => {
    const decoder = new HpackDecoder();
    decoded(decoder, blockOf('4001610162 4001630164'));
    expect(decoded(decoder, blockOf('be bf'))).toEqual(['c', 'd', 'a', 'b']);
    expect(decoded(decoder, blockOf('0f2f0165 0f300165 7f000165'))).toEqual(['c', 'e', 'a', 'e', 'a', 'e']);
    expect(tableOf(decoder)).toEqual(['a', 'e', 'c', 'd', 'a', 'b']);
  });

  it('keeps a name that its own field pushes out', () => {
    const decoder = new HpackDecoder();
    decoded(decoder, blockOf('3f15 4001610162')); // 52 bytes, 34 of them used
    expect(decoded(decoder, blockOf('7e0163'))).toEqual(['a', 'c']);
    expect(tableOf(decoder)).toEqual(['a', 'c']);
  });

  it('reads long strings', () => {
    for (const length of [126, 127, 128, 254, 255, 16_510, 16_511, 60_000]) {
      for (const character of ['a', '\xff']) {
        const fields = ['a', character.repeat(length)];
        expect(decoded(new HpackDecoder(), encoded(new HpackEncoder(), fields))).toEqual(fields);
      }
    }
  });

  it('knows a literal again that is not indexed, in each of its forms', () => {
    const decoder = new HpackDecoder();
    for (let round = 0; round < 5; round++) {
      expect(decoded(decoder, blockOf('04032f6162'))).toEqual([':path', '/ab']);
      expect(decoded(decoder, blockOf('0400'))).toEqual([':path', '']);
      expect(decoded(decoder, blockOf('0480'))).toEqual([':path', '']);
      expect(decoded(decoder, blockOf('048c f1e3c2e5f23a6ba0ab90f4ff'))).toEqual([':path', 'www.example.com']);
      expect(decoded(decoder, blockOf('040c f1e3c2e5f23a6ba0ab90f4ff'))).toEqual([
        ':path',
        '\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff',
      ]);
    }
  });

  it('gives lists that are not changed by later ones', () => {
    const decoder = new HpackDecoder();
    const first = decoded(decoder, blockOf('82'));
    decoded(decoder, blockOf('84'));
    expect(first).toEqual([':method', 'GET']);
    expect(decoded(decoder, new Uint8Array(0))).toEqual([]);
  });

  it('says which fields are sensitive, until the next block', () => {
    const decoder = new HpackDecoder();
    expect(decoder.sensitive).toEqual([]);
    decoded(decoder, blockOf('82 1001610162 84 1001610162 0001610162'));
    expect(decoder.sensitive).toEqual([2, 6]);
    decoded(decoder, blockOf('82'));
    expect(decoder.sensitive).toEqual([]);
  });
});

describe('HpackDecoder, malformed blocks', () => {
  it.each([
    ['LML_ERR_HPACK_BAD_INDEX', 'index 0', '80'],
    ['LML_ERR_HPACK_BAD_INDEX', 'an index behind the tables', 'be'],
    ['LML_ERR_HPACK_BAD_INDEX', 'an index far behind the tables', 'ffffffff7f'],
    ['LML_ERR_HPACK_BAD_INDEX', 'a name behind the tables, indexed', '7e0161'],
    ['LML_ERR_HPACK_BAD_INDEX', 'a name behind the tables, not indexed', '0f2f0161'],
    ['LML_ERR_HPACK_INTEGER_TOO_LARGE', 'an index of six bytes', 'ff8080808000'],
    ['LML_ERR_HPACK_INTEGER_TOO_LARGE', 'an index without end', `ff${'ff'.repeat(100)}`],
    ['LML_ERR_HPACK_INTEGER_TOO_LARGE', 'a length of six bytes', '40 7f8080808000'],
    ['LML_ERR_HPACK_INTEGER_TOO_LARGE', 'a name of six bytes', '0f8080808000'],
    ['LML_ERR_HPACK_INTEGER_TOO_LARGE', 'a size of six bytes', '3f8080808000'],
    ['LML_ERR_HPACK_TRUNCATED', 'an index that does not end', 'ff80'],
    ['LML_ERR_HPACK_TRUNCATED', 'a name without value', '41'],
    ['LML_ERR_HPACK_TRUNCATED', 'a name without value, not indexed', '01'],
    ['LML_ERR_HPACK_TRUNCATED', 'a field without name', '40'],
    ['LML_ERR_HPACK_TRUNCATED', 'a value that is cut', '410261'],
    ['LML_ERR_HPACK_TRUNCATED', 'a value that is cut, not indexed', '010261'],
    ['LML_ERR_HPACK_TRUNCATED', 'a length that is cut', '417f80'],
    ['LML_ERR_HPACK_TRUNCATED', 'a value of many bytes', '41ff ff ff ff 7f 61'],
    ['LML_ERR_HPACK_TRUNCATED', 'a size that is cut', '3f'],
    ['LML_ERR_HPACK_BAD_HUFFMAN', 'a value with EOS', '4184ffffffff'],
    ['LML_ERR_HPACK_BAD_HUFFMAN', 'a name with EOS', '4084ffffffff0161'],
    ['LML_ERR_HPACK_BAD_HUFFMAN', 'a value with a byte of padding', '41821fff'],
    ['LML_ERR_HPACK_BAD_HUFFMAN', 'a value padded with zeros, not indexed', '018100'],
    ['LML_ERR_HPACK_BAD_SIZE_UPDATE', 'an update behind a field', '8220'],
    ['LML_ERR_HPACK_BAD_SIZE_UPDATE', 'an update between fields', '823f0084'],
    ['LML_ERR_HPACK_BAD_SIZE_UPDATE', 'three updates', '20202082'],
    ['LML_ERR_HPACK_BAD_SIZE_UPDATE', 'thousands of updates', '20'.repeat(4_000)],
    ['LML_ERR_HPACK_BAD_SIZE_UPDATE', 'more than was announced', '3fe21f'],
    ['LML_ERR_HPACK_BAD_SIZE_UPDATE', 'much more than was announced', '3fffffff7f'],
  ])('refuses with %s: %s', (code, _, digits) => {
    const run = () => decoded(new HpackDecoder(), blockOf(digits));
    expect(run).toThrow(HpackError);
    expect(run).toThrow(expect.objectContaining({ code, origin: 'remote' }));
  });

  it('ends with a list or a HpackError whatever the bytes are', () => {
    const first = fc.constantFrom(0x80, 0x82, 0xbe, 0xff, 0x40, 0x41, 0x7f, 0x20, 0x3f, 0x00, 0x0f, 0x10, 0x1f, 0x01);
    const block = fc.array(fc.oneof(first, fc.nat(255)), { maxLength: 24 });
    let lists = 0;
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 4 }), (blocks) => {
        const decoder = new HpackDecoder();
        try {
          for (const bytes of blocks) {
            const fields = decode(decoder, bytes);
            lists++;
            expect(fields.length % 2).toBe(0);
            expect(fields.every((text) => typeof text === 'string')).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(HpackError);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(lists).toBeGreaterThan(300);
  });
});

describe('HpackDecoder, limits', () => {
  const list = ['a', 'b', 'cc', 'dd']; // 34 and 36 bytes

  it.each<[HpackDecoderOptions, boolean]>([
    [{ maxListBytes: 70 }, false],
    [{ maxListBytes: 69 }, true],
    [{ maxListBytes: 0 }, true],
    [{ maxListBytes: Number.POSITIVE_INFINITY, maxFields: Number.POSITIVE_INFINITY }, false],
    [{ maxFields: 2 }, false],
    [{ maxFields: 1 }, true],
    [{ maxFields: 0 }, true],
  ])('gives an empty list when it is larger than %o: %s', (options, tooLarge) => {
    const decoder = new HpackDecoder(options);
    expect(decoded(decoder, encoded(new HpackEncoder(), list))).toEqual(tooLarge ? [] : list);
    expect(decoder.tooLarge).toBe(tooLarge);
    // An empty list is within each limit.
    expect(decoded(decoder, new Uint8Array(0))).toEqual([]);
    expect(decoder.tooLarge).toBe(false);
  });

  it('has defaults', () => {
    const decoder = new HpackDecoder();
    const name = (bytes: number) => encoded(new HpackEncoder({ maxTableBytes: 0 }), ['a', 'b'.repeat(bytes - 33)]);
    expect(decoded(decoder, name(65_536))).toHaveLength(2);
    expect(decoded(decoder, name(65_537))).toEqual([]);
    expect(decoder.tooLarge).toBe(true);
    expect(decode(decoder, new Array(1_000).fill(0x82))).toHaveLength(2_000);
    expect(decode(decoder, new Array(1_001).fill(0x82))).toEqual([]);
  });

  it('keeps its table the same as the peer behind a list that is too large', () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder({ maxListBytes: 100 });
    const large = Array.from({ length: 20 }, (_, number) => [`name-${number}`, 'value']).flat();
    expect(decoded(decoder, encoded(encoder, [...large, 'authorization', 'secret']))).toEqual([]);
    expect([decoder.tooLarge, decoder.sensitive]).toEqual([true, []]);
    expect(tableOf(decoder)).toHaveLength(40);
    const block = encoded(encoder, large.slice(0, 4));
    expect(block).toHaveLength(2);
    expect(decoded(decoder, block)).toEqual(large.slice(0, 4));
    expect(decoder.tooLarge).toBe(false);
  });

  it('still refuses a block that is malformed behind what is too large', () => {
    expect(() => decode(new HpackDecoder({ maxFields: 1 }), [0x82, 0x82, 0x80])).toThrow(HpackError);
  });

  it('keeps nothing of a small block that stands for a list of megabytes', () => {
    const decoder = new HpackDecoder();
    decoded(decoder, encoded(new HpackEncoder(), ['a', 'b'.repeat(2_000)]));
    expect(decode(decoder, new Array(16_384).fill(0xbe))).toEqual([]);
    expect(decoder.tooLarge).toBe(true);
    expect(tableOf(decoder)).toEqual(['a', 'b'.repeat(2_000)]);
  });

  it.each([{ maxTableBytes: -1 }, { maxTableBytes: 1.5 }, { maxTableBytes: 16_777_217 }, { maxListBytes: -1 }])(
    'refuses options that are out of range: %o',
    (options) => {
      expect(() => new HpackDecoder(options)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    },
  );

  it('refuses numbers that are none', () => {
    for (const options of [{ maxListBytes: Number.NaN }, { maxFields: Number.NaN }, { maxFields: -1 }]) {
      expect(() => new HpackDecoder(options)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    }
    expect(() => new HpackDecoder().setMaxTableBytes(Number.NaN)).toThrow('maxTableBytes must be an integer');
    expect(() => new HpackDecoder({ maxTableBytes: 16_777_216 })).not.toThrow();
  });
});

describe('HpackDecoder, size of the table', () => {
  const GET = [':method', 'GET'];

  it('lets the peer have 4096 bytes until it knows of less', () => {
    const decoder = new HpackDecoder({ maxTableBytes: 0 });
    expect(decoded(decoder, blockOf('4001610162'))).toEqual(['a', 'b']);
    expect(decoded(decoder, blockOf('3fe11f be'))).toEqual(['a', 'b']);
    decoder.setMaxTableBytes(0);
    expect(decoded(decoder, blockOf('20 82'))).toEqual(GET);
    expect(tableOf(decoder)).toEqual([]);
  });

  it('lets the peer have as much as was announced', () => {
    const decoder = new HpackDecoder({ maxTableBytes: 8_192 });
    expect(decoded(decoder, blockOf('3fe13f 82'))).toEqual(GET);
    expect(() => decoded(decoder, blockOf('3fe23f 82'))).toThrow('is set to 8193 bytes, 8192 are allowed');
  });

  it('wants the table to get smaller before the next field, when less was acknowledged', () => {
    for (const [digits, isRefused] of [
      ['82', true],
      ['3f46 82', true], // 101
      ['3f45 82', false], // 100
      ['20 82', false],
      ['3f45 3f46 82', true],
      ['20 3f45 82', false],
    ] as const) {
      const decoder = new HpackDecoder();
      decoder.setMaxTableBytes(100);
      const run = () => decoded(decoder, blockOf(digits));
      if (isRefused) expect(run, digits).toThrow(HpackError);
      else expect(run(), digits).toEqual(GET);
    }
    const decoder = new HpackDecoder();
    decoder.setMaxTableBytes(100);
    expect(() => decoded(decoder, blockOf('82'))).toThrow(
      expect.objectContaining({ code: 'LML_ERR_HPACK_MISSING_SIZE_UPDATE' }),
    );
  });

  it('wants it once only, and not of a block without fields', () => {
    const decoder = new HpackDecoder();
    decoder.setMaxTableBytes(100);
    expect(decoded(decoder, new Uint8Array(0))).toEqual([]);
    expect(() => decoded(decoder, blockOf('82'))).toThrow(HpackError);
    expect(decoded(decoder, blockOf('3f45'))).toEqual([]);
    expect(decoded(decoder, blockOf('82'))).toEqual(GET);
  });

  it('wants the smallest size there was, and allows the last one behind it', () => {
    const decoder = new HpackDecoder();
    decoded(decoder, blockOf('4001610162'));
    for (const bytes of [200, 100, 300]) decoder.setMaxTableBytes(bytes);
    expect(() => decoded(decoder, blockOf('3f89 01'))).toThrow(HpackError); // 168
    expect(decoded(decoder, blockOf('20 3f8d02 82'))).toEqual(GET); // 0 and 300
    expect(tableOf(decoder)).toEqual([]);
    expect(() => decoded(decoder, blockOf('3f8e02'))).toThrow(HpackError); // 301
  });

  it('wants nothing of a peer whose table is small enough, or when more was acknowledged', () => {
    const decoder = new HpackDecoder();
    decoded(decoder, blockOf('3f45')); // 100
    decoder.setMaxTableBytes(100);
    expect(decoded(decoder, blockOf('82'))).toEqual(GET);
    decoder.setMaxTableBytes(65_536);
    expect(decoded(decoder, blockOf('82'))).toEqual(GET);
    expect(decoded(decoder, blockOf('3fe1ff03 82'))).toEqual(GET); // 65536
  });

  it('drops entries that no longer fit, oldest first', () => {
    const decoder = new HpackDecoder();
    decoded(decoder, blockOf('4001610162 4001630164'));
    expect(decoded(decoder, blockOf('3f23 be'))).toEqual(['c', 'd']); // 66
    expect(tableOf(decoder)).toEqual(['c', 'd']);
    expect(() => decoded(decoder, blockOf('bf'))).toThrow(HpackError);
  });
});

function decode(decoder: HpackDecoder, bytes: readonly number[]): string[] {
  return decoded(decoder, Uint8Array.from(bytes));
}
