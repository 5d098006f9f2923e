import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { isGrpcEncoding } from '../codec/grpc-encoding.ts';

/** Options that servers and clients have in common. */
export interface GrpcOptions {
  /** Longest message that the other side may send, on the wire and inflated, in bytes, 0 to 2^32 - 1. Default 4_194_304 (4 MiB). */
  readonly maxMessageBytes?: number;
  /** Most metadata of the other side, head and trailers each: names, values and 32 bytes for each, in bytes, at least 0. Default 16_384. */
  readonly maxMetadataBytes?: number;
  /** How messages are compressed that go out. A server does so only for clients that understand it. Default `'identity'`: not at all. */
  readonly encoding?: GrpcEncoding;
  /** Length from which messages are compressed, in bytes, at least 0. Default 1_024. */
  readonly compressFromBytes?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** Those options with their defaults. @throws UsageError if one is out of its range. */
export function fullGrpcOptions(options: GrpcOptions): Required<GrpcOptions> {
  const { maxMessageBytes = 4_194_304, maxMetadataBytes = 16_384, encoding = 'identity' } = options;
  const { compressFromBytes = 1_024, clock = systemClock } = options;
  if (!(Number.isSafeInteger(maxMessageBytes) && maxMessageBytes >= 0 && maxMessageBytes <= MAX_LENGTH)) {
    throw new UsageError(`maxMessageBytes must be 0 to ${MAX_LENGTH}, got ${maxMessageBytes}`);
  }
  for (const [name, value] of Object.entries({ maxMetadataBytes, compressFromBytes })) {
    if (!(value >= 0)) throw new UsageError(`${name} must be >= 0, got ${value}`);
  }
  if (!isGrpcEncoding(encoding)) throw new UsageError(`encoding must be identity, gzip or deflate, got ${encoding}`);
  return { maxMessageBytes, maxMetadataBytes, encoding, compressFromBytes, clock };
}

const MAX_LENGTH = 0xffff_ffff;
