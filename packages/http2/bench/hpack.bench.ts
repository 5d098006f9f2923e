// What it takes to decode and encode a block of fields. Not part of the test run:
// node --expose-gc --conditions=@lamella/source packages/http2/bench/hpack.bench.ts [case ...]
import { HpackDecoder } from '../src/codec/hpack/hpack-decoder.ts';
import { HpackEncoder } from '../src/codec/hpack/hpack-encoder.ts';

const CALLS = 200_000;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 3;

const REQUEST = [
  ...[':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'api.example.com'],
  ...['user-agent', 'Mozilla/5.0 (X11; Linux x86_64)', 'accept', '*/*'],
  ...['accept-encoding', 'gzip, deflate, br', 'accept-language', 'en-GB,en;q=0.9'],
];
const RESPONSE = [
  ...[':status', '200', 'server', 'lamella', 'content-type', 'application/json; charset=utf-8'],
  ...['cache-control', 'private, max-age=0', 'vary', 'accept-encoding', 'x-frame-options', 'SAMEORIGIN'],
  ...['date', 'Thu, 26 Nov 2026 03:20:00 GMT', 'content-length', '1348'],
];
const PATHS = Array.from({ length: 1_024 }, (_, index) => `/v1/items/${index * 7_919}?fields=name`);
const LENGTHS = Array.from({ length: 1_024 }, (_, index) => `${1_000 + ((index * 7_919) % 9_000)}`);

/** Makes what is measured. */
const subjects: Readonly<Record<string, () => (call: number) => number>> = {
  'decode request, all indexed': () => decoding([REQUEST], 5),
  'decode response, all indexed': () => decoding([RESPONSE], 5),
  'decode request, path changes': () =>
    decoding(
      PATHS.map((path) => replaced(REQUEST, 5, path)),
      1,
    ),
  'decode request, path repeats': () => decodingBlock(withLiteral([...REQUEST.slice(0, 4), ...REQUEST.slice(6)])),
  'decode request, all literal': () => {
    const encoder = new HpackEncoder({ maxTableBytes: 0 });
    return decodingBlock(encoded(encoder, REQUEST));
  },
  'encode request, repeated': () => encoding(() => REQUEST),
  'encode response, repeated': () => encoding(() => RESPONSE),
  'encode request, path changes': () => {
    const lists = PATHS.map((path) => replaced(REQUEST, 5, path));
    return encoding((call) => lists[call & 1_023] ?? REQUEST);
  },
  'encode response, length changes': () => {
    const lists = LENGTHS.map((length) => replaced(RESPONSE, 15, length));
    return encoding((call) => lists[call & 1_023] ?? RESPONSE);
  },
  'encode request, all literal': () => encoding(() => REQUEST, new HpackEncoder({ maxTableBytes: 0 })),
};

const wanted = process.argv.slice(2);
const names = Object.keys(subjects).filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const roundsByName = new Map<string, number[]>(names.map((name) => [name, []]));
const runs = new Map(names.map((name) => [name, subjects[name]?.()]));
for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
  const order = round % 2 === 0 ? names : [...names].reverse();
  for (const name of order) {
    const run = runs.get(name);
    if (run === undefined) continue;
    globalThis.gc?.();
    const nanoseconds = measure(run);
    if (round >= WARM_UP_ROUNDS) roundsByName.get(name)?.push(nanoseconds);
  }
}

console.log(`${'case'.padEnd(34)} ns/block     min     max  (of ${ROUNDS} rounds)`);
for (const [name, rounds] of roundsByName) {
  const columns = [median(rounds), Math.min(...rounds), Math.max(...rounds)];
  console.log(`${name.padEnd(34)} ${columns.map((value) => value.toFixed(0).padStart(8)).join('')}`);
}

/** Decodes blocks of an encoder that saw all lists some times before, one list after the other. */
function decoding(lists: readonly string[][], times: number): (call: number) => number {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder();
  for (let time = 0; time < times; time++) for (const list of lists) decode(decoder, encoded(encoder, list));
  const blocks = lists.map((list) => encoded(encoder, list));
  return (call) => decode(decoder, blocks[call % blocks.length] ?? Buffer.alloc(0));
}

function decodingBlock(block: Buffer): (call: number) => number {
  const decoder = new HpackDecoder();
  return () => decode(decoder, block);
}

/** A block as some clients make it: the path is a literal that is not indexed. */
function withLiteral(fields: readonly string[]): Buffer {
  const encoder = new HpackEncoder({ maxTableBytes: 0 });
  const path = encoded(encoder, [':path', '/v1/items/42?fields=name']);
  return Buffer.concat([path, encoded(encoder, fields.slice(0, 4))]);
}

function decode(decoder: HpackDecoder, block: Buffer): number {
  const fields = decoder.decode(block, 0, block.length);
  if (fields.length < 6) throw new Error(`wrong list: ${fields}`);
  return fields.length;
}

function encoding(list: (call: number) => readonly string[], encoder = new HpackEncoder()): (call: number) => number {
  const target = Buffer.alloc(4_096);
  return (call) => encoder.encode(list(call), target, 0);
}

function encoded(encoder: HpackEncoder, fields: readonly string[]): Buffer {
  const target = Buffer.alloc(encoder.maxEncodedBytes(fields));
  return target.subarray(0, encoder.encode(fields, target, 0));
}

function replaced(fields: readonly string[], index: number, value: string): string[] {
  return fields.with(index, value);
}

function measure(run: (call: number) => number): number {
  let sum = 0;
  const startMs = performance.now();
  for (let call = 0; call < CALLS; call++) sum += run(call);
  const nanoseconds = ((performance.now() - startMs) * 1e6) / CALLS;
  if (sum <= 0) throw new Error('nothing was done');
  return nanoseconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((first, second) => first - second)[values.length >> 1] ?? Number.NaN;
}
