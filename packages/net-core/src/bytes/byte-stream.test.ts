import { afterEach, beforeEach, describe, it } from 'vitest';
import { byteStreamFromDuplex } from '../adapters/duplex-byte-stream.ts';
import { duplexFromByteStream } from '../adapters/node-duplex.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { byteStreamCases } from '../testing/byte-stream-cases.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { countBytes } from './byte-counts.ts';
import type { ByteStream } from './byte-stream.ts';

checkLedger({ beforeEach, afterEach });

describe.each<{ what: string; connect: () => Promise<readonly [ByteStream, ByteStream]> }>([
  { what: 'a pipe in memory', connect: async () => memoryPipe() },
  {
    what: 'a pipe in memory that delivers byte by byte',
    connect: async () => memoryPipe({ forward: { chunkBytes: [1, 3000] }, seed: 7 }),
  },
  { what: 'counted streams', connect: async () => both(memoryPipe(), (stream) => countBytes(stream).stream) },
  {
    what: 'byte streams through Node duplexes and back',
    connect: async () => both(memoryPipe(), (stream) => byteStreamFromDuplex(duplexFromByteStream(stream))),
  },
])('$what', ({ connect }) => {
  it.each(byteStreamCases)('$name', ({ run }) => run({ connect }));
});

function both(pipe: readonly [ByteStream, ByteStream], wrap: (stream: ByteStream) => ByteStream) {
  return pipe.map(wrap) as unknown as readonly [ByteStream, ByteStream]; // two in, two out
}
