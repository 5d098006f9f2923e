import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { encodeMessageFrame } from '../codec/message-frame.ts';
import { GrpcStatusError } from '../errors.ts';
import type { AnyGrpcCodec } from '../methods/grpc-method.ts';
import { compressMessage } from './message-compression.ts';

/** How messages are sent. */
export interface MessageWriterOptions {
  readonly encoding: GrpcEncoding;
  /** Shorter messages are not compressed, in bytes. */
  readonly compressFromBytes: number;
  /** Whether a message may be compressed at all. */
  readonly compresses: (message: unknown) => boolean;
}

/**
 * Makes bytes of a message, with its prefix.
 *
 * @returns A promise only where the message is compressed.
 * @throws GrpcStatusError INTERNAL if the codec fails; RESOURCE_EXHAUSTED if the message is too long for any prefix.
 */
export function encodeMessage(
  message: unknown,
  codec: AnyGrpcCodec,
  options: MessageWriterOptions,
): Uint8Array | Promise<Uint8Array> {
  const bytes = serialized(message, codec);
  const { encoding } = options;
  if (encoding === 'identity' || !isToCompress(bytes, message, options)) {
    return encodeMessageFrame(bytes, false);
  }
  return compressMessage(bytes, encoding).then((compressed) => encodeMessageFrame(compressed, true));
}

/** Whether a message is to be compressed, if it can be. */
export function isToCompress(bytes: Uint8Array, message: unknown, options: MessageWriterOptions): boolean {
  return bytes.length >= options.compressFromBytes && options.compresses(message);
}

/** Makes bytes of a message, without a prefix. @throws GrpcStatusError as {@link encodeMessage}. */
export function serialized(message: unknown, codec: AnyGrpcCodec): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = codec.serialize(message);
  } catch (error) {
    if (error instanceof GrpcStatusError) throw error;
    throw new GrpcStatusError(GrpcStatus.INTERNAL, 'a message can not be written', { cause: error });
  }
  if (bytes.length <= MAX_LENGTH) return bytes;
  throw new GrpcStatusError(GrpcStatus.RESOURCE_EXHAUSTED, `a message of ${bytes.length} bytes is too long for gRPC`);
}

const MAX_LENGTH = 0xffff_ffff;
