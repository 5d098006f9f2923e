import type { Clock } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { requireFinite } from '../shared/checks.ts';
import { BandwidthBudget, requireBurst } from './bandwidth-budget.ts';
import { ThrottledReads } from './throttled-reads.ts';
import { ThrottledWrites } from './throttled-writes.ts';

/** Options of {@link throttleStream} and `throttleLayer`. */
export interface ThrottleOptions {
  /** Bytes that each stream receives in a second, greater than 0 and finite. Default: no limit of its own. */
  readonly readBytesPerSecond?: number;
  /** Bytes that each stream sends in a second, greater than 0 and finite. Default: no limit of its own. */
  readonly writeBytesPerSecond?: number;
  /** Bytes of each stream that may go at once after a pause, in each direction, at least 1. Default: what comes in a tenth of a second. */
  readonly burstBytes?: number;
  /** Budget for receiving that is shared with other streams. Default: none. */
  readonly readBudget?: BandwidthBudget;
  /** Budget for sending that is shared with other streams; may be the one for receiving. Default: none. */
  readonly writeBudget?: BandwidthBudget;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Lets the bytes of a stream come and go at a limited rate.
 *
 * @remarks
 * Receiving reads a chunk, pays for it and then gives it to the reader; sending passes chunks on in slices as they are paid for. Nothing
 * else waits here: a slow rate is felt as backpressure at both ends. Reading and pushing (`consume`) both work; the socket is not handed
 * over (`detach`), nor is memory lent for sending (`writeLent`) where sending is limited, since both would go past the limit. So inside of
 * TLS the limit costs TLS nothing; outside of it TLS loses its fast path. `closeWrite` waits for what was written before; `destroy` does not.
 *
 * @returns A stream in place of the original; the original itself if nothing is limited.
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const [near] = memoryPipe();
 * const slow = throttleStream(near, { writeBytesPerSecond: 64_000 });
 * void slow.write([new Uint8Array(1_000)]);
 */
export function throttleStream(stream: ByteStream, options: ThrottleOptions): ByteStream {
  return throttler(options)(stream);
}

/** Checks the options once. @returns What throttles each stream. */
export function throttler(options: ThrottleOptions): (stream: ByteStream) => ByteStream {
  const { readBytesPerSecond, writeBytesPerSecond, burstBytes, readBudget, writeBudget, clock } = options;
  for (const [name, value] of Object.entries({ readBytesPerSecond, writeBytesPerSecond })) {
    if (value !== undefined) requireFinite(name, value);
  }
  if (burstBytes !== undefined) requireBurst(burstBytes);
  const more = { ...(burstBytes === undefined ? {} : { burstBytes }), ...(clock === undefined ? {} : { clock }) };
  // Its own first: of a shared budget nothing is taken that a stream may not use yet.
  const budgetsOf = (bytesPerSecond: number | undefined, shared: BandwidthBudget | undefined): BandwidthBudget[] => [
    ...(bytesPerSecond === undefined ? [] : [new BandwidthBudget({ bytesPerSecond, ...more })]),
    ...(shared === undefined ? [] : [shared]),
  ];

  return (stream) => {
    const [reads, writes] = [budgetsOf(readBytesPerSecond, readBudget), budgetsOf(writeBytesPerSecond, writeBudget)];
    const throttled = reads.length === 0 ? stream : new ThrottledReads(stream, reads);
    return writes.length === 0 ? throttled : new ThrottledWrites(throttled, writes);
  };
}
