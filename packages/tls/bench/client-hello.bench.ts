// What it takes to read a ClientHello and to make fingerprints of it. Not part of the test run:
// node --expose-gc --conditions=@lamella/source packages/tls/bench/client-hello.bench.ts [case ...]
import { ByteCursor } from '@lamella/net-core';
import { ClientHello } from '../src/codec/client-hello/client-hello.ts';
import { ClientHelloDecoder } from '../src/codec/client-hello/client-hello-decoder.ts';
import { TlsFingerprints } from '../src/fingerprint/tls-fingerprints.ts';
import vectors from '../test/fixtures/client-hello/vectors.json' with { type: 'json' };
import { records } from '../test/support/client-hello-bytes.ts';
import { helloOfLists } from '../test/support/hello-of-lists.ts';

const CALLS = 50_000;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 3;

/** What Chrome sends, but for its key for after quantum computers, which is 1.2 KiB of bytes that nobody looks at. */
const MESSAGE = chromeHello();
const [ONE_RECORD, SMALL_RECORDS] = [records(MESSAGE), records(MESSAGE, 16)];

/** Does what is measured once. @returns A number that is more than 0. */
const subjects: Readonly<Record<string, () => number>> = {
  'decode, one record': () => decode(ONE_RECORD),
  'decode, records of 16 bytes': () => decode(SMALL_RECORDS),
  'decode, a byte at a time': () => {
    const decoder = new ClientHelloDecoder();
    for (let at = 0; at < ONE_RECORD.length; at++) decoder.decode(new ByteCursor(ONE_RECORD, at, at + 1));
    return decoder.byteCount;
  },
  'decode, name and protocols': () => {
    const hello = decoded(ONE_RECORD);
    return (hello.serverName?.length ?? 0) + hello.alpnProtocols.length;
  },
  'JA3 and its MD5': () => new TlsFingerprints(HELLO).ja3.length,
  JA4: () => new TlsFingerprints(HELLO).ja4.length,
  'PeetPrint and its MD5': () => new TlsFingerprints(HELLO).peetPrint.length,
};

const HELLO = new ClientHello(MESSAGE);
const wanted = process.argv.slice(2);
const names = Object.keys(subjects).filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const roundsByName = new Map<string, number[]>(names.map((name) => [name, []]));
for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
  const order = round % 2 === 0 ? names : [...names].reverse();
  for (const name of order) {
    const run = subjects[name];
    if (run === undefined) continue;
    globalThis.gc?.();
    const nanoseconds = measure(run);
    if (round >= WARM_UP_ROUNDS) roundsByName.get(name)?.push(nanoseconds);
  }
}

console.log(`a hello of ${MESSAGE.length} bytes`);
console.log(`${'case'.padEnd(30)} ns/hello     min     max  (of ${ROUNDS} rounds)`);
for (const [name, rounds] of roundsByName) {
  const columns = [median(rounds), Math.min(...rounds), Math.max(...rounds)];
  console.log(`${name.padEnd(30)} ${columns.map((value) => value.toFixed(0).padStart(8)).join('')}`);
}

function decode(bytes: Uint8Array): number {
  return decoded(bytes).message.length;
}

function decoded(bytes: Uint8Array): ClientHello {
  const hello = new ClientHelloDecoder().decode(new ByteCursor(bytes));
  if (hello === undefined) throw new Error('no hello came out');
  return hello;
}

function chromeHello(): Uint8Array {
  const [ciphers = [], extensions = [], groups = []] = (vectors.services[0]?.ja3 ?? '')
    .split(',')
    .slice(1)
    .map((list) => list.split('-').map(Number));
  const grease = 0x1a1a;
  return helloOfLists({
    version: 0x0303,
    ciphers: [grease, ...ciphers],
    extensions: [grease, ...extensions, 0x2a2a],
    groups: [grease, ...groups],
    signatureAlgorithms: [1_027, 2_052, 1_025, 1_283, 2_053, 1_281, 2_054, 1_537],
    supportedVersions: [grease, 0x0304, 0x0303],
    protocols: ['h2', 'http/1.1'],
  });
}

function measure(run: () => number): number {
  let sum = 0;
  const startMs = performance.now();
  for (let call = 0; call < CALLS; call++) sum += run();
  const nanoseconds = ((performance.now() - startMs) * 1e6) / CALLS;
  if (sum <= 0) throw new Error('nothing was done');
  return nanoseconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((first, second) => first - second)[values.length >> 1] ?? Number.NaN;
}
