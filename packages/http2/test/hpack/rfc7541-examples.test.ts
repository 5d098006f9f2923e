import { describe, expect, it } from 'vitest';
import { HpackDecoder } from '../../src/codec/hpack/hpack-decoder.ts';
import { HpackEncoder } from '../../src/codec/hpack/hpack-encoder.ts';
import { blockOf, decoded, encoded, examples, sizeOf, tableOf } from '../support/hpack.ts';

describe('HpackDecoder, examples of RFC 7541', () => {
  it.each(examples('rfc7541-examples.json'))(
    'decodes $name, and holds the same table',
    ({ tableBytes = 0, blocks }) => {
      const decoder = new HpackDecoder();
      if (tableBytes === 256) expect(decoded(decoder, blockOf('3fe101'))).toEqual([]);
      for (const { block, fields, table, tableSize } of blocks) {
        expect(decoded(decoder, blockOf(block))).toEqual(fields);
        expect(tableOf(decoder)).toEqual(table);
        expect(sizeOf(tableOf(decoder))).toBe(tableSize);
      }
    },
  );

  it('says which field came as one that is never indexed: C.2.3 only', () => {
    for (const { name, blocks } of examples('rfc7541-examples.json')) {
      const decoder = new HpackDecoder();
      for (const { block } of blocks) {
        decoded(decoder, blockOf(block));
        expect(decoder.sensitive, name).toEqual(name === 'C.2.3' ? [0] : []);
      }
    }
  });

  it('fails with a code of its own wherever a block is cut inside of a field', () => {
    for (const { name, blocks } of examples('rfc7541-examples.json')) {
      for (const [turn, { block, fields }] of blocks.entries()) {
        const whole = blockOf(block);
        for (let length = 0; length < whole.length; length++) {
          const decoder = new HpackDecoder();
          for (const before of blocks.slice(0, turn)) decoded(decoder, blockOf(before.block));
          const outcome = outcomeOf(() => decoded(decoder, whole.subarray(0, length)));
          // Cut between two fields, a block is a shorter one.
          const isBetween = Array.isArray(outcome) && outcome.length < fields.length;
          if (isBetween) expect(outcome).toEqual(fields.slice(0, outcome.length));
          else expect(outcome, `${name}, ${length} bytes`).toMatchObject({ code: 'LML_ERR_HPACK_TRUNCATED' });
        }
      }
    }
  });
});

describe('HpackEncoder, examples of RFC 7541', () => {
  it('makes the blocks of C.4', () => {
    const example = examples('rfc7541-examples.json').find(({ name }) => name === 'C.4');
    const encoder = new HpackEncoder();
    const blocks = example?.blocks.map(({ fields }) => encoded(encoder, fields).toString('hex'));
    expect(blocks).toEqual(example?.blocks.map(({ block }) => block));
  });

  it('makes blocks for the others that a decoder gives the same lists for', () => {
    for (const { name, blocks } of examples('rfc7541-examples.json')) {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      for (const { fields } of blocks) expect(decoded(decoder, encoded(encoder, fields)), name).toEqual(fields);
    }
  });
});

describe('HpackDecoder, blocks of other encoders', () => {
  it.each(examples('foreign-blocks.json'))('decodes $origin', ({ blocks }) => {
    const decoder = new HpackDecoder();
    for (const { tableBytes, block, fields } of blocks) {
      if (tableBytes !== undefined) decoder.setMaxTableBytes(tableBytes);
      expect(decoded(decoder, blockOf(block))).toEqual(fields);
    }
  });

  it('decodes what our encoder makes of the same lists', () => {
    for (const { origin, blocks } of examples('foreign-blocks.json')) {
      const encoder = new HpackEncoder();
      const decoder = new HpackDecoder();
      for (const { tableBytes, fields } of blocks) {
        if (tableBytes !== undefined) {
          encoder.setPeerMaxTableBytes(tableBytes);
          decoder.setMaxTableBytes(tableBytes);
        }
        expect(decoded(decoder, encoded(encoder, fields)), origin).toEqual(fields);
      }
    }
  });
});

function outcomeOf(run: () => string[]): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
