import { UsageError } from '@lamella/service-core';

/** Options of `connectClientLayer`. */
export interface ConnectClientLayerOptions {
  /** Calls unary methods without side effects by GET, which caches understand. Default false. */
  readonly useGet?: boolean;
  /** Longest target of a GET, in characters, at least 0; what is longer goes by POST. Default 8_192. */
  readonly maxGetTargetLength?: number;
  /** Longest message of a unary call, each way, on the wire, in bytes, 0 to 2^32 - 1: it is held in memory. Default 4_194_304 (4 MiB). */
  readonly maxMessageBytes?: number;
  /** Longest end of a stream, and longest error, in bytes, at least 0. Default 65_536. */
  readonly maxEndBytes?: number;
}

/** Those options with their defaults. */
export type FullConnectClientOptions = Required<ConnectClientLayerOptions>;

/** Fills in defaults. @throws UsageError if a value is out of its range. */
export function fullConnectClientOptions(options: ConnectClientLayerOptions): FullConnectClientOptions {
  const { useGet = false, maxGetTargetLength = 8_192, maxMessageBytes = 4_194_304, maxEndBytes = 65_536 } = options;
  for (const [name, value] of Object.entries({ maxGetTargetLength, maxEndBytes })) {
    if (!(value >= 0)) throw new UsageError(`${name} must be >= 0, got ${value}`);
  }
  if (!(Number.isSafeInteger(maxMessageBytes) && maxMessageBytes >= 0 && maxMessageBytes <= MAX_LENGTH)) {
    throw new UsageError(`maxMessageBytes must be 0 to ${MAX_LENGTH}, got ${maxMessageBytes}`);
  }
  return { useGet, maxGetTargetLength, maxMessageBytes, maxEndBytes };
}

const MAX_LENGTH = 0xffff_ffff;
