import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decoded, encoded } from '../../../test/support/hpack.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';

type Fields = readonly (readonly [name: string, value: string])[];

interface Step {
  readonly fields: Fields;
  /** What the peer allows from now on, in bytes; `null` as before. */
  readonly tableBytes: number | null;
}

it('makes of a list what it makes of its fields one by one, and a decoder the list again', () => {
  const name = fc.constantFrom(':path', ':status', 'date', 'cookie', 'authorization', 'x-a', 'x-b', 'x-c', 'x-d');
  const value = fc.oneof(
    fc.constantFrom('', '200', '/', 'a'),
    fc.nat(9).map((length) => 'long '.repeat(length)),
  );
  const few = fc.array(fc.tuple(name, value), { maxLength: 12 });
  const many = fc.nat(600).map((from) => Array.from({ length: 300 }, (_, index) => newField(from + index)));
  const fields = fc.oneof({ weight: 9, arbitrary: few }, many);
  const tableBytes = fc.option(fc.constantFrom(0, 40, 100, 500, 4_096), { freq: 5 });
  const steps = fc.array(fc.record<Step>({ fields, tableBytes }), { minLength: 2, maxLength: 20 });
  fc.assert(fc.property(steps, check), { numRuns: 80 });
});

it('does not know a name in two ways when it has forgotten it', () => {
  const strangers = Array.from({ length: 500 }, (_, index) => stepOf(newField(index)));
  const known = [stepOf(['x-a', '1'], ['x-b', '1']), ...strangers];
  check([...known, stepOf(['x-c', '1'], ['x-b', '2']), stepOf(['x-b', '2'])]);
});

function check(steps: readonly Step[]): void {
  const [whole, single, decoder] = [new HpackEncoder(), new HpackEncoder(), new HpackDecoder()];
  for (const { fields, tableBytes } of steps) {
    if (tableBytes !== null) for (const encoder of [whole, single]) encoder.setPeerMaxTableBytes(tableBytes);
    const block = encoded(whole, fields.flat());
    expect(decoded(decoder, block)).toEqual(fields.flat());
    const parts = fields.length === 0 ? [encoded(single, [])] : fields.map((field) => encoded(single, field));
    expect(block).toEqual(Buffer.concat(parts));
  }
}

function stepOf(...fields: Fields): Step {
  return { fields, tableBytes: null };
}

function newField(index: number): readonly [name: string, value: string] {
  return [`x-${index}`, 'a'];
}
