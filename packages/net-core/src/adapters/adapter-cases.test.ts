import { afterEach, beforeEach, describe, it } from 'vitest';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { byteStreamCases } from '../testing/byte-stream-cases.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import { byteStreamFromDuplex } from './duplex-byte-stream.ts';
import { duplexFromByteStream } from './node-duplex.ts';
import { byteStreamFromWebStreams, webStreamsFromByteStream } from './web-streams.ts';

checkLedger({ beforeEach, afterEach });

const adapters: readonly { what: string; thereAndBack: (stream: ByteStream) => ByteStream; hasReset: boolean }[] = [
  {
    what: 'a Node duplex and back',
    thereAndBack: (stream) => byteStreamFromDuplex(duplexFromByteStream(stream)),
    hasReset: true,
  },
  {
    what: 'Web streams and back',
    thereAndBack: (stream) => byteStreamFromWebStreams(webStreamsFromByteStream(stream)),
    hasReset: false, // a pair of Web streams has one kind of failure
  },
];

describe.each(adapters)('a byte stream made to $what', ({ thereAndBack, hasReset }) => {
  it.each(byteStreamCases)('at one end: $name', ({ run }) => {
    const connect = async (): Promise<readonly [ByteStream, ByteStream]> => {
      const [near, far] = memoryPipe();
      return [thereAndBack(near), far];
    };
    return run({ connect, hasReset });
  });

  it.each(byteStreamCases)('at the other end: $name', ({ run }) => {
    const connect = async (): Promise<readonly [ByteStream, ByteStream]> => {
      const [near, far] = memoryPipe();
      return [near, thereAndBack(far)];
    };
    return run({ connect, hasReset });
  });
});
