import { PassThrough } from 'node:stream';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { utf8 } from '../testing/stream-tools.ts';
import { byteStreamFromDuplex } from './duplex-byte-stream.ts';
import { duplexFromByteStream } from './node-duplex.ts';
import { byteStreamFromWebStreams, webStreamsFromByteStream } from './web-streams.ts';

checkLedger({ beforeEach, afterEach });

/** A consumer that reads some chunks through an adapter, and leaves. */
interface Consumer {
  /** Reads one chunk. */
  read(): Promise<unknown>;
  /** Leaves, in the way of that number. */
  leave(way: number): Promise<void>;
}

const adapters: readonly { what: string; open: (stream: ByteStream) => Consumer }[] = [
  { what: 'a Node duplex of a byte stream', open: nodeDuplex },
  { what: 'a byte stream of a Node duplex', open: (stream) => byteStream(byteStreamFromDuplex(passing(stream))) },
  { what: 'Web streams of a byte stream', open: webStreams },
  {
    what: 'a byte stream of Web streams',
    open: (stream) => byteStream(byteStreamFromWebStreams(webStreamsFromByteStream(stream))),
  },
];

describe.each(adapters)('$what', ({ open }) => {
  it('survives a cancel at every chunk, 10,000 times, and nothing is uncaught', { timeout: 120_000 }, async () => {
    const uncaught: unknown[] = [];
    const onUncaught = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
    for (let run = 0; run < RUNS; run++) await cancelOnce(open, run);
    await settle(4);
    process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
    expect(uncaught).toEqual([]);
  });
});

/** Every combination of: chunks read, way of leaving, whether a read waits, and who goes first. */
async function cancelOnce(open: (stream: ByteStream) => Consumer, run: number): Promise<void> {
  const [near, far] = memoryPipe();
  const consumer = open(near);
  for (let index = 0; index < CHUNKS; index++) void far.write([utf8(`chunk ${index}`)]);
  const chunks = run % (CHUNKS + 1);
  for (let index = 0; index < chunks; index++) await consumer.read();
  const rest = Math.floor(run / (CHUNKS + 1));
  if (rest % 2 === 0) void consumer.read().catch(() => {});
  if (rest % 5 === 0) far.destroy(new Error('the producer left first'));
  await consumer.leave(rest % 3);
  far.destroy();
}

function nodeDuplex(stream: ByteStream): Consumer {
  const duplex = duplexFromByteStream(stream, { highWaterMark: 16 });
  duplex.on('error', () => {}); // Node's rule for whoever uses a duplex
  const iterator = duplex[Symbol.asyncIterator]();
  return {
    read: () => iterator.next(),
    async leave(way) {
      if (way === 0) duplex.destroy(new Error('the consumer left'));
      // Does nothing if the iteration has not begun, and on some versions waits for the read that waits.
      const returned = way === 1 ? iterator.return?.() : undefined;
      duplex.destroy();
      await returned?.catch(() => {});
    },
  };
}

function webStreams(stream: ByteStream): Consumer {
  const { readable, writable } = webStreamsFromByteStream(stream);
  const reader = readable.getReader();
  return {
    read: () => reader.read(),
    async leave(way) {
      if (way === 0) await reader.cancel(new Error('the consumer left'));
      else if (way === 1) await writable.abort(new Error('the consumer left'));
      else await reader.cancel();
    },
  };
}

function byteStream(stream: ByteStream): Consumer {
  return {
    read: () => stream.read(),
    async leave(way) {
      if (way === 0) stream.destroy(new Error('the consumer left'));
      else stream.destroy();
      if (way === 2) void stream.write([utf8('too late')]);
    },
  };
}

/** A duplex of Node's own that gives the bytes of a stream. */
function passing(stream: ByteStream): PassThrough {
  const duplex = new PassThrough({ highWaterMark: 16 });
  duplex.once('close', () => stream.destroy());
  void (async () => {
    try {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) duplex.write(chunk);
      duplex.end();
    } catch (error) {
      duplex.destroy(error instanceof Error ? error : undefined);
    }
  })();
  return duplex;
}

const CHUNKS = 10;
const RUNS = 10_000;
