import type { Clock } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { consumeStream } from '../bytes/consume-stream.ts';
import { LingeringClose } from './lingering-close.ts';

/**
 * Closes a connection that serves nobody, so that the peer sees an end, and no reset if something of it is on its way.
 *
 * @returns When the stream is closed; never rejects.
 */
export async function closeGently(stream: ByteStream, clock: Clock): Promise<void> {
  const closing = new LingeringClose(stream, clock, END_TIMEOUT_MS);
  consumeStream(stream, {
    onBytes(chunk) {
      closing.discard(chunk.length);
      return undefined;
    },
    onEnd() {},
  });
  await stream.closed;
  closing.cancel();
}

/** For an end that has nothing before it. */
const END_TIMEOUT_MS = 2_000;
