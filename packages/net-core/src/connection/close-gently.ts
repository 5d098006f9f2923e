import type { Clock } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';

/**
 * Closes a connection that serves nobody, so that the peer sees an end, and no reset if something of it is on its way.
 *
 * @remarks
 * A kernel that has unread bytes at the close resets the connection: what comes is read and thrown away until the peer has closed too, for two seconds and
 * 64 KiB at most.
 *
 * @returns When the stream is destroyed; never rejects.
 */
export async function closeGently(stream: ByteStream, clock: Clock): Promise<void> {
  const lingering = new AbortController();
  const timer = clock.startTimer(LINGER_MS, () => lingering.abort());
  try {
    await stream.closeWrite();
    for (let left = MAX_LINGER_BYTES; left > 0; ) {
      const chunk = await stream.read({ signal: lingering.signal });
      if (chunk === undefined) break;
      left -= chunk.length;
    }
  } catch {
    // it is gone, or has had its time
  } finally {
    timer.cancel();
    stream.destroy();
  }
}

const LINGER_MS = 2_000;
const MAX_LINGER_BYTES = 64 * 1024;
