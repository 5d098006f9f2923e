import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDer, readDerList } from './der-decoder.ts';
import {
  derBitString,
  derBoolean,
  derImplicit,
  derNamedBits,
  derNull,
  derOctetString,
  derPrintableString,
  derSequence,
  derSetOf,
  derTagged,
  derUnsigned,
  derUtf8String,
  encodeDer,
} from './der-encoder.ts';
import { derTime } from './der-time.ts';
import { derObjectIdentifier } from './object-identifier.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

describe('encodeDer', () => {
  it.each([
    [0, '0400'],
    [1, '0401'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_535, '0482ffff'],
    [65_536, '0483010000'],
  ])('writes the length of %i bytes in its shortest form, which reads back', (length, head) => {
    const encoded = derOctetString(new Uint8Array(length).fill(7));
    expect(hex(encoded.subarray(0, encoded.length - length))).toBe(head);
    expect(readDer(encoded, 0x04).contents).toEqual(new Uint8Array(length).fill(7));
  });

  it('writes simple values', () => {
    expect(hex(derBoolean(true))).toBe('0101ff');
    expect(hex(derBoolean(false))).toBe('010100');
    expect(hex(derNull())).toBe('0500');
    expect(hex(derUtf8String('é'))).toBe('0c02c3a9');
    expect(hex(derPrintableString('DE'))).toBe('13024445');
    expect(hex(derBitString(bytes('0102')))).toBe('0303000102');
    expect(hex(derSequence(derNull(), derBoolean(true)))).toBe('300505000101ff');
    expect(hex(derSetOf(derNull()))).toBe('31020500');
    expect(hex(derTagged(3, derNull()))).toBe('a3020500');
    expect(hex(derImplicit(7, bytes('7f000001')))).toBe('87047f000001');
  });

  it.each([
    ['', '020100'],
    ['00', '020100'],
    ['0000', '020100'],
    ['02', '020102'],
    ['7f', '02017f'],
    ['80', '02020080'],
    ['ff', '020200ff'],
    ['0080', '02020080'],
    ['007f', '02017f'],
    ['0100', '02020100'],
  ])('writes the unsigned number %s', (magnitude, encoded) => {
    expect(hex(derUnsigned(bytes(magnitude)))).toBe(encoded);
  });

  it.each([
    [[], '030100'],
    [[0], '03020780'],
    [[5, 6], '03020106'],
    [[7], '03020001'],
    [[8], '0303070080'],
    [[0, 15], '0303008001'],
  ])('writes the named bits %j without zeros behind', (bits, encoded) => {
    expect(hex(derNamedBits(bits))).toBe(encoded);
  });
});

describe('derObjectIdentifier', () => {
  it.each([
    ['2.5.29.17', '0603551d11'],
    ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
    ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
    ['0.39', '060127'],
    ['1.39', '06014f'],
    ['2.999', '06028837'],
    ['1.3.127.128', '06042b7f8100'],
  ])('encodes %s', (dotted, encoded) => {
    expect(hex(derObjectIdentifier(dotted))).toBe(encoded);
  });

  it.each(['', '1', '3.1', '0.40', '1.40', '1..2', '1.2.x', '1.2.9007199254740993', '2.9999999999999999'])(
    'refuses %j',
    (dotted) => {
      expect(() => derObjectIdentifier(dotted)).toThrow('is no object identifier');
    },
  );
});

describe('derTime', () => {
  it.each([
    ['1950-01-01T00:00:00.000Z', '17', '500101000000Z'],
    ['1969-12-31T23:59:59.999Z', '17', '691231235959Z'],
    ['1970-01-01T00:00:00.000Z', '17', '700101000000Z'],
    ['2000-02-29T12:34:56.000Z', '17', '000229123456Z'],
    ['2049-12-31T23:59:59.999Z', '17', '491231235959Z'],
    ['2050-01-01T00:00:00.000Z', '18', '20500101000000Z'],
    ['2100-03-01T00:00:00.000Z', '18', '21000301000000Z'],
    ['9999-12-31T23:59:59.999Z', '18', '99991231235959Z'],
  ])('encodes %s', (date, tag, text) => {
    const encoded = derTime(Date.parse(date));
    expect(hex(encoded.subarray(0, 1))).toBe(tag);
    expect(Buffer.from(readDer(encoded).contents).toString('latin1')).toBe(text);
  });

  it.each([-631_152_000_001, 253_402_300_800_000, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (atMs) => {
    expect(() => derTime(atMs)).toThrow('a date of a certificate is 1950 to 9999');
  });

  it('agrees with Date everywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: -631_152_000, max: 253_402_300_799 }), (seconds) => {
        const digits = new Date(seconds * 1_000)
          .toISOString()
          .replace(/\.000Z$/, '')
          .replace(/\D/g, '');
        const text = Buffer.from(readDer(derTime(seconds * 1_000)).contents).toString('latin1');
        expect(text).toBe(`${digits >= '2050' ? digits : digits.slice(2)}Z`);
      }),
    );
  });
});

describe('readDer', () => {
  it.each([
    ['', 'cut short'],
    ['30', 'cut short'],
    ['3002 05', '2 bytes announced, 1 are there'],
    ['0500 00', '1 bytes behind its end'],
    ['3080 0000', 'a length of form 128'],
    ['04850000000001', 'a length of form 133'],
    ['04ff', 'a length of form 255'],
    ['0481', 'cut short'],
    ['04817f', 'a length that is too long'],
    ['04820080', 'a length that is too long'],
    ['0482 00ff', 'a length that is too long'],
    ['1f8101', 'a tag of several bytes'],
    ['0484ffffffff', '4294967295 bytes announced, 0 are there'],
  ])('refuses %s', (text, why) => {
    expect(() => readDer(bytes(text.replaceAll(' ', '')))).toThrow(why);
    expect(() => readDer(bytes(text.replaceAll(' ', '')))).toThrow(
      expect.objectContaining({ code: 'LML_ERR_TLS_MATERIAL' }),
    );
  });

  it('refuses another tag than the one that is wanted', () => {
    expect(readDer(derNull(), 0x05).tag).toBe(5);
    expect(() => readDer(derNull(), 0x30)).toThrow('tag 5 in place of 48');
  });

  it('refuses every element that is cut anywhere', () => {
    const whole = derSequence(derOctetString(new Uint8Array(300)), derNull());
    for (let end = 0; end < whole.length; end++) expect(() => readDer(whole.subarray(0, end))).toThrow('malformed DER');
  });

  it('never throws anything else, and reads back what was written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (input) => {
        try {
          expect(readDer(input).raw).toEqual(input);
        } catch (error) {
          expect(error).toMatchObject({ code: 'LML_ERR_TLS_MATERIAL' });
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (contents) => {
        expect(readDer(encodeDer(0x04, contents)).contents).toEqual(contents);
      }),
    );
  });
});

describe('readDerList', () => {
  it('reads elements one behind the other', () => {
    expect(readDerList(bytes('0500010100')).map(({ tag }) => tag)).toEqual([5, 1]);
    expect(readDerList(bytes(''))).toEqual([]);
  });

  it('reads 4,096 elements, and not one more', () => {
    expect(readDerList(bytes('0500'.repeat(4_096)))).toHaveLength(4_096);
    expect(() => readDerList(bytes('0500'.repeat(4_097)))).toThrow('more than 4096 elements in one');
  });
});
