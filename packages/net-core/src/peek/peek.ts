import type { Clock, Lifecycle } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { FirstBytes } from './first-bytes.ts';

/** What the first bytes of a stream say to a {@link peek}. */
export type PeekVerdict<Value> =
  | { readonly type: 'match'; readonly value: Value }
  | { readonly type: 'reject' }
  | { readonly type: 'more' };

/** How a {@link peek} ended. */
export type PeekOutcome<Value> =
  | { readonly type: 'match'; readonly value: Value }
  | {
      readonly type: 'reject';
      /**
       * `verdict`: the bytes say no. `end`, `limit`, `timeout`: they never said anything. `drain`: the `lifecycle` drains, and not a byte has come.
       */
      readonly cause: 'verdict' | 'end' | 'limit' | 'timeout' | 'drain';
    };

/** Options of {@link peek}. */
export interface PeekOptions {
  /** Most bytes to look at, at least 1. Default 16_384. */
  readonly maxBytes?: number;
  /** Longest wait for a verdict, in milliseconds, greater than 0. Default 10_000. */
  readonly timeoutMs?: number;
  /**
   * What a silent peer means. `fail-closed`: the peek rejects with a `TimeoutError`; right for every decision that
   * security hangs on. `fail-open`: it resolves to a rejection with cause `timeout`, as server-speaks-first protocols need.
   */
  readonly onTimeout: 'fail-closed' | 'fail-open';
  /** Where the wait takes part in draining: a peer that has said nothing is not waited for once it is a second old. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of timers. Default: the system clock. */
  readonly clock?: Clock;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/**
 * Looks at the first bytes of a stream until `decide` says match or reject, and puts every byte back.
 *
 * @param stream - Read during the peek; afterwards it gives the same bytes as if nobody had looked.
 * @param decide - Gets all bytes so far, borrowed; called again with more when it says `more`.
 * @returns The outcome; `end` if the peer ended and `limit` if `maxBytes` were reached before a verdict.
 * @throws TimeoutError on a silent peer with `fail-closed`; StreamError if the stream fails; the reason of `signal`; UsageError if an
 * option is out of its range.
 */
export async function peek<Value>(
  stream: ByteStream,
  decide: (bytes: Uint8Array) => PeekVerdict<Value>,
  options: PeekOptions,
): Promise<PeekOutcome<Value>> {
  const { maxBytes = 16_384, timeoutMs = 10_000, onTimeout, clock = systemClock, signal, lifecycle } = options;
  if (!(maxBytes >= 1)) throw new UsageError(`maxBytes must be >= 1, got ${maxBytes}`);
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
  signal?.throwIfAborted();

  const seen = new SeenBytes(maxBytes);
  const first = new FirstBytes({ phase: 'peek', timeoutMs, clock, signal, lifecycle });
  try {
    while (seen.room > 0) {
      const chunk = await stream.read({ maxBytes: seen.room, signal: first.signal });
      if (chunk === undefined) return { type: 'reject', cause: 'end' };
      first.begin();
      seen.add(chunk);
      const verdict = decide(seen.bytes);
      if (verdict.type === 'match') return verdict;
      if (verdict.type === 'reject') return { type: 'reject', cause: 'verdict' };
    }
    return { type: 'reject', cause: 'limit' };
  } catch (error) {
    if (first.wasLetGo) return { type: 'reject', cause: 'drain' };
    if (first.isTimeout(error) && onTimeout === 'fail-open') return { type: 'reject', cause: 'timeout' };
    throw error;
  } finally {
    first.end();
    stream.unread(seen.bytes);
  }
}

/** All bytes seen so far in one run of memory that doubles when it is full. */
class SeenBytes {
  readonly #maxBytes: number;
  #memory: Uint8Array = new Uint8Array(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  get room(): number {
    return this.#maxBytes - this.#length;
  }

  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#memory.length) {
      const grown = new Uint8Array(Math.min(this.#maxBytes, Math.max(256, 2 * length)));
      grown.set(this.bytes);
      this.#memory = grown;
    }
    this.#memory.set(chunk, this.#length);
    this.#length = length;
  }
}
