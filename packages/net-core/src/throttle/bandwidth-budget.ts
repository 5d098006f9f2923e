import type { Clock, Timer } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { requireFinite } from '../shared/checks.ts';
import { TokenBucket } from './token-bucket.ts';

/** Options of a {@link BandwidthBudget}. */
export interface BandwidthBudgetOptions {
  /** Bytes in a second, greater than 0 and finite. */
  readonly bytesPerSecond: number;
  /** Bytes that may go at once after a pause, at least 1 and finite. Default: what comes in a tenth of a second. */
  readonly burstBytes?: number;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** A place in the line of a {@link BandwidthBudget}. */
export interface BandwidthTurn {
  /** Leaves the line; what has been taken already stays taken. */
  cancel(): void;
}

/**
 * So many bytes a second, shared fairly by whoever takes from it: one direction of one connection, or all connections together.
 *
 * @remarks
 * Those who wait take turns, of `chunkBytes` at most, so a connection with much to send gets no more than its neighbour. Nobody who waits
 * for bytes of a peer holds any.
 *
 * @example
 * const uplink = new BandwidthBudget({ bytesPerSecond: 1_000_000 });
 * throttleLayer({ writeBudget: uplink }); // all its connections together
 */
export class BandwidthBudget {
  /** Most bytes of one turn. */
  readonly chunkBytes: number;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #line = new Set<Turn>(); // in the order of arrival
  #timer: Timer | undefined;

  /** @throws UsageError if an option is out of its range. */
  constructor(options: BandwidthBudgetOptions) {
    const { bytesPerSecond, clock = systemClock } = options;
    requireFinite('bytesPerSecond', bytesPerSecond);
    const { burstBytes = Math.max(1, bytesPerSecond / 10) } = options;
    requireBurst(burstBytes);
    this.chunkBytes = Math.floor(Math.min(MAX_CHUNK_BYTES, burstBytes));
    this.#clock = clock;
    this.#bucket = new TokenBucket(bytesPerSecond, burstBytes, clock.nowMs());
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Takes bytes, or waits for its turn.
   *
   * @param byteCount - From 0 to `chunkBytes`.
   * @returns `undefined` if they were there, else a place in the line; `onTaken` is called when they have come.
   */
  take(byteCount: number, onTaken: () => void): BandwidthTurn | undefined {
    if (this.#line.size === 0 && this.#bucket.tryTake(byteCount, this.#clock.nowMs())) return undefined;
    const turn: Turn = { byteCount, onTaken };
    this.#line.add(turn);
    if (this.#line.size === 1) this.#waitForHead();
    return { cancel: () => this.#leave(turn) };
  }

  #waitForHead(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const [head] = this.#line;
    if (head === undefined) return;
    const waitMs = this.#bucket.waitMs(head.byteCount, this.#clock.nowMs());
    this.#timer = this.#clock.startTimer(waitMs, () => {
      this.#serveLine();
      this.#waitForHead();
    });
  }

  #serveLine(): void {
    for (const turn of this.#line) {
      if (!this.#bucket.tryTake(turn.byteCount, this.#clock.nowMs())) return;
      this.#line.delete(turn);
      turn.onTaken(); // may come again, at the end of the line
    }
  }

  #leave(turn: Turn): void {
    const [head] = this.#line;
    if (this.#line.delete(turn) && turn === head) this.#waitForHead();
  }
}

/**
 * Takes the same bytes from several budgets, one after the other.
 *
 * @returns `undefined` if they were there everywhere; else `onTaken` is called when they are.
 */
export function takeFromAll(
  budgets: readonly BandwidthBudget[],
  byteCount: number,
  onTaken: () => void,
): BandwidthTurn | undefined {
  for (const [index, budget] of budgets.entries()) {
    let later: BandwidthTurn | undefined;
    const turn = budget.take(byteCount, () => {
      later = takeFromAll(budgets.slice(index + 1), byteCount, onTaken);
      if (later === undefined) onTaken();
    });
    if (turn === undefined) continue;
    return {
      cancel() {
        turn.cancel();
        later?.cancel();
      },
    };
  }
  return undefined;
}

/** @throws UsageError unless `burstBytes` is at least 1 and finite. */
export function requireBurst(burstBytes: number): void {
  if (burstBytes >= 1 && burstBytes < Number.POSITIVE_INFINITY) return;
  throw new UsageError(`burstBytes must be >= 1 and finite, got ${burstBytes}`);
}

interface Turn {
  readonly byteCount: number;
  readonly onTaken: () => void;
}

/** Small enough that turns come often, large enough that each is worth a write. */
const MAX_CHUNK_BYTES = 16 * 1024;
