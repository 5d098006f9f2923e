import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decoded, encoded } from '../../../test/support/hpack.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';

/** Few that come often, and so many others that they can't all be remembered. */
const name = fc.oneof(
  fc.constantFrom(':path', ':status', 'date', 'cookie', 'authorization', 'x-a', 'x-b'),
  fc.nat(600).map((index) => `x-${index}`),
);
const value = fc.oneof(
  fc.constantFrom('', '200', '/', 'a'),
  fc.nat(9).map((length) => 'long '.repeat(length)),
);
const fields = fc.oneof(
  fc.array(fc.tuple(name, value), { maxLength: 40 }),
  fc
    .nat(600)
    .map((from) => Array.from({ length: 300 }, (_, index) => [`x-${(from + index) % 601}`, 'a'] as [string, string])),
);
const step = fc.record({
  fields,
  isOneList: fc.boolean(),
  tableBytes: fc.option(fc.constantFrom(0, 40, 100, 500, 4_096), { freq: 5 }),
});

it('HpackEncoder makes of a list what it makes of its fields one by one, and a decoder the list again', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), (steps) => {
      const [whole, single, decoder] = [new HpackEncoder(), new HpackEncoder(), new HpackDecoder()];
      for (const { fields: pairs, isOneList, tableBytes } of steps) {
        if (tableBytes !== null) for (const each of [whole, single]) each.setPeerMaxTableBytes(tableBytes);
        for (const list of isOneList ? [pairs] : pairs.map((pair) => [pair])) {
          const block = encoded(whole, list.flat());
          expect(decoded(decoder, block)).toEqual(list.flat());
          const parts = list.length === 0 ? [encoded(single, [])] : list.map((pair) => encoded(single, pair));
          expect(block).toEqual(Buffer.concat(parts));
        }
      }
    }),
    { numRuns: 80 },
  );
});
