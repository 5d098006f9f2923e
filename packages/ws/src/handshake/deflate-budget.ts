import { UsageError } from '@lamella/service-core';

/** Memory that compression of many WebSockets may take together. */
export interface DeflateBudget {
  /** Most bytes that all contexts may take together. */
  readonly maxBytes: number;
  /** Bytes that are reserved now. */
  readonly usedBytes: number;
  /** Reserves memory for the contexts of one connection. @returns `undefined` if there is not enough left. */
  readonly reserve: (bytes: number) => DeflateReservation | undefined;
}

/** Memory reserved for one connection. */
export interface DeflateReservation {
  /** Gives it back; twice does nothing. */
  release(): void;
}

/**
 * Makes a budget; give the same one to all services and clients that shall share it.
 *
 * @remarks
 * A connection whose contexts don't fit any more is opened without compression, which the peer has to accept.
 *
 * @param options - `maxBytes`: in bytes, >= 0.
 * @throws UsageError if `maxBytes` is out of its range.
 *
 * @example
 * const budget = deflateBudget({ maxBytes: 16 * 1024 * 1024 });
 * budget.usedBytes; // 0
 */
export function deflateBudget(options: { readonly maxBytes: number }): DeflateBudget {
  const { maxBytes } = options;
  if (!(maxBytes >= 0)) throw new UsageError(`maxBytes must be >= 0, got ${maxBytes}`);
  let usedBytes = 0;
  return {
    maxBytes,
    get usedBytes() {
      return usedBytes;
    },
    reserve(bytes) {
      if (usedBytes + bytes > maxBytes) return undefined;
      usedBytes += bytes;
      let isReleased = false;
      return {
        release() {
          if (!isReleased) usedBytes -= bytes;
          isReleased = true;
        },
      };
    },
  };
}

/** What all WebSockets of the process share that were given no budget of their own. */
export const commonDeflateBudget: DeflateBudget = deflateBudget({ maxBytes: 64 * 1024 * 1024 });
