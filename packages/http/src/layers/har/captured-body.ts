import type { HttpBody } from '../../message/http-body.ts';
import type { BodyOutcome } from '../shared/watched-body.ts';
import { watchedBody } from '../shared/watched-body.ts';

/** What was seen of a body. */
export interface Capture {
  /** The begin of the content, or all of it. */
  readonly bytes: Uint8Array;
  /** Bytes in all, as far as it was read. */
  readonly byteCount: number;
  /** Whether the content went on behind what is kept, or was not read to its end. */
  readonly isTruncated: boolean;
  /** What it failed with. */
  readonly error: unknown;
}

/**
 * Makes a body of the same content whose begin is kept.
 *
 * @param maxBytes - Most bytes to keep.
 * @param onEnd - Hears of the end, once; for a body at hand at once.
 */
export async function capturedBody(
  body: HttpBody,
  maxBytes: number,
  onEnd: (capture: Capture) => void,
): Promise<HttpBody> {
  if (body.isAtHand) {
    // It stays as it is: whoever sends it keeps the fast way, and may send it again.
    const bytes = (await body.tryClone()?.bytes({ maxBytes: Number.POSITIVE_INFINITY })) ?? new Uint8Array(0);
    const isTruncated = bytes.length > maxBytes;
    const kept = isTruncated ? bytes.slice(0, maxBytes) : bytes;
    onEnd({ bytes: kept, byteCount: bytes.length, isTruncated, error: undefined });
    return body;
  }
  const chunks: Uint8Array[] = [];
  let keptBytes = 0;
  let byteCount = 0;
  return watchedBody(body, {
    onChunk(chunk) {
      byteCount += chunk.length;
      const part = chunk.slice(0, maxBytes - keptBytes);
      if (part.length === 0) return;
      chunks.push(part); // a copy: the chunk is the reader's for good
      keptBytes += part.length;
    },
    onEnd(outcome: BodyOutcome, error) {
      const isTruncated = outcome !== 'complete' || keptBytes < byteCount;
      const failure = outcome === 'failed' ? error : undefined;
      onEnd({ bytes: Buffer.concat(chunks), byteCount, isTruncated, error: failure });
    },
  });
}
