import { UsageError } from '@lamella/service-core';

/** Limits that both sides of ttRPC have. */
export interface TtrpcLimits {
  /**
   * Longest data of a frame, either way: a message and what is said of its call, in bytes, 0 to 16_777_215. Other implementations take no more
   * than the default. Default 4_194_304 (4 MiB).
   */
  readonly maxMessageBytes?: number;
  /**
   * Bytes of messages that may wait to be taken, over all calls of a connection, at least 0. As long as there are more, nothing is read: ttRPC has
   * no flow control, so that a reader who is slow stops all calls of the connection. Default 8_388_608 (8 MiB).
   */
  readonly maxBufferedBytes?: number;
}

/** Those limits with their defaults. @throws UsageError if one is out of its range. */
export function fullTtrpcLimits(options: TtrpcLimits): Required<TtrpcLimits> {
  const { maxMessageBytes = 4_194_304, maxBufferedBytes = 8_388_608 } = options;
  if (!(Number.isSafeInteger(maxMessageBytes) && maxMessageBytes >= 0 && maxMessageBytes <= MAX_LENGTH)) {
    throw new UsageError(`maxMessageBytes must be 0 to ${MAX_LENGTH}, got ${maxMessageBytes}`);
  }
  if (!(maxBufferedBytes >= 0)) throw new UsageError(`maxBufferedBytes must be >= 0, got ${maxBufferedBytes}`);
  return { maxMessageBytes, maxBufferedBytes };
}

const MAX_LENGTH = 0xff_ffff;
