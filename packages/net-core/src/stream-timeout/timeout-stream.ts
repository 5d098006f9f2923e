import type { Clock } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { requirePositive } from '../shared/checks.ts';
import { TimedStream } from './timed-stream.ts';

/** Options of {@link timeoutStream} and `streamTimeoutLayer`. */
export interface StreamTimeoutOptions {
  /** Longest wait for the next bytes of the peer, while nothing goes to it either, in milliseconds, greater than 0. Default `Infinity`. */
  readonly readTimeoutMs?: number;
  /** Longest wait until bytes have gone, or until the end of all of them has, in milliseconds, greater than 0. Default `Infinity`. */
  readonly writeTimeoutMs?: number;
  /** Longest time without a byte either way, whatever anybody waits for, in milliseconds, greater than 0. Default 300_000. */
  readonly idleTimeoutMs?: number;
  /** Source of timers. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Ends a stream on which nothing moves any more.
 *
 * @remarks
 * `readTimeoutMs` runs while somebody reads, and starts anew with each byte either way: a peer that takes a long download has nothing to
 * say, and is not silent for that. It does not run while nobody reads, such as while a sink is paused, nor after the peer has ended its
 * direction. `writeTimeoutMs` runs while a promise of `write` or `closeWrite` is pending, so it ends peers that take nothing. So all three
 * are fit for relays, in which one direction may be long over.
 *
 * A stream that is ended so is reset; who waits there gets the `TimeoutError`. Reading, pushing (`consume`) and lending (`writeLent`) are as fast
 * as before. The socket is not handed over (`detach`), since nobody would watch it any more: so stand inside of TLS where TLS shall keep
 * its fast path.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const [near] = memoryPipe();
 * const stream = timeoutStream(near, { idleTimeoutMs: 60_000, writeTimeoutMs: 20_000 });
 */
export function timeoutStream(stream: ByteStream, options: StreamTimeoutOptions = {}): ByteStream {
  return streamTimer(options)(stream);
}

/** Checks the options once. @returns What watches each stream. */
export function streamTimer(options: StreamTimeoutOptions): (stream: ByteStream) => ByteStream {
  const { readTimeoutMs = Number.POSITIVE_INFINITY, writeTimeoutMs = Number.POSITIVE_INFINITY } = options;
  const { idleTimeoutMs = 300_000, clock = systemClock } = options;
  const limits = { readTimeoutMs, writeTimeoutMs, idleTimeoutMs };
  for (const [name, value] of Object.entries(limits)) requirePositive(name, value);
  return (stream) => new TimedStream(stream, limits, clock);
}
