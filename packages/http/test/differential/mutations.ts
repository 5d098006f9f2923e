import fc from 'fast-check';
import type { Subject } from './reading.ts';

/** Subjects with a few bytes changed, where changes hurt. */
export function mutated(subjects: fc.Arbitrary<Subject>): fc.Arbitrary<Subject> {
  return fc
    .record({ subject: subjects, changes: fc.array(change, { minLength: 1, maxLength: 3 }) })
    .map(({ subject, changes }) => ({
      ...subject,
      input: changes.reduce((input, change) => change(input), subject.input),
    }));
}

/** A place, as a fraction of the input; without the usual liking for small numbers, which would spare all but the first bytes. */
const place: fc.Arbitrary<number> = fc.noBias(fc.nat(999_999)).map((millionths) => millionths / 1_000_000);

/** Bytes that end, divide or frame something, or must not stand anywhere. */
const telling: fc.Arbitrary<string> = fc.constantFrom(
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '"',
    '\\',
    '/',
    '*',
    '#',
    '\0',
    '\x7f',
    '\xff',
    '0',
    '1',
  ],
  ...['Transfer-Encoding: chunked\r\n', 'Content-Length: 1\r\n', 'Content-Length: 0\r\n', 'Connection: close\r\n'],
  ...[
    'Connection: upgrade\r\n',
    'Upgrade: x\r\n',
    'chunked',
    'close',
    '\r\n ',
    'HTTP/1.1',
    '0\r\n\r\n',
    'f',
    'Host: b\r\n',
  ],
);

const change: fc.Arbitrary<(input: string) => string> = fc.oneof(
  atPlace(telling, (input, at, text) => input.slice(0, at) + text + input.slice(at)), // put in
  atPlace(telling, (input, at, text) => input.slice(0, at) + text + input.slice(at + 1)), // replace
  atPlace(fc.integer({ min: 1, max: 4 }), (input, at, count) => input.slice(0, at) + input.slice(at + count)), // take out
  atPlace(fc.nat(255), (input, at, byte) => input.slice(0, at) + String.fromCharCode(byte) + input.slice(at + 1)),
  atPlace(place, (input, at) => input.slice(0, at)), // cut off
  atPlace(place, repeatLine),
  atPlace(place, swapCase),
);

function atPlace<Value>(
  values: fc.Arbitrary<Value>,
  edit: (input: string, at: number, value: Value) => string,
): fc.Arbitrary<(input: string) => string> {
  return fc.tuple(place, values).map(
    ([fraction, value]) =>
      (input: string) =>
        edit(input, Math.floor(fraction * input.length), value),
  );
}

function repeatLine(input: string, at: number): string {
  const lines = input.split('\r\n');
  const index = input.slice(0, at).split('\r\n').length - 1;
  lines.splice(index, 0, lines[index] ?? '');
  return lines.join('\r\n');
}

function swapCase(input: string, at: number): string {
  const letter = input[at] ?? '';
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  // Only ASCII: others may become more than one byte.
  return /[a-z]/i.test(letter) ? input.slice(0, at) + other + input.slice(at + 1) : input;
}
