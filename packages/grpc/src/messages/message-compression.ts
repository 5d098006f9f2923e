import { deflate, gunzip, gzip, inflate } from 'node:zlib';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { messageTooLong } from '../codec/message-frame.ts';
import { GrpcStatusError } from '../errors.ts';

/** Compresses a message, in a context of its own. */
export function compressMessage(message: Uint8Array, encoding: 'gzip' | 'deflate'): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: Uint8Array): void => (error === null ? resolve(result) : reject(error));
    if (encoding === 'gzip') gzip(message, done);
    else deflate(message, done);
  });
}

/**
 * Inflates a message, and stops at `maxMessageBytes`.
 *
 * @throws GrpcStatusError RESOURCE_EXHAUSTED beyond that, INTERNAL if the bytes are malformed or `encoding` is `identity`.
 */
export function inflateMessage(
  bytes: Uint8Array,
  encoding: GrpcEncoding,
  maxMessageBytes: number,
): Promise<Uint8Array> {
  if (encoding === 'identity') {
    const message = 'a message has the compressed flag, but no grpc-encoding says how it is compressed';
    return Promise.reject(new GrpcStatusError(GrpcStatus.INTERNAL, message));
  }
  return new Promise((resolve, reject) => {
    const done = (error: NodeJS.ErrnoException | null, result: Uint8Array): void => {
      if (error === null) resolve(result);
      else if (error.code === 'ERR_BUFFER_TOO_LARGE') reject(messageTooLong(undefined, maxMessageBytes));
      else reject(new GrpcStatusError(GrpcStatus.INTERNAL, `a message is no valid ${encoding}`, { cause: error }));
    };
    // zlib takes no 0, and a message of none can still be told from one of some.
    const options = { maxOutputLength: Math.max(1, Math.min(maxMessageBytes, MAX_BUFFER_BYTES)) };
    if (encoding === 'gzip') gunzip(bytes, options, done);
    else inflate(bytes, options, done);
  });
}

const MAX_BUFFER_BYTES = 2 ** 31 - 1;
