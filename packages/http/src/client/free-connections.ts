import type { Clock } from '@lamella/service-core';
import { DeadlineTimer } from '../connection/deadline-timer.ts';
import type { PooledConnection } from './pooled-connection.ts';

/** The connections of a pool that have room, or rest; closes those that have been idle for too long. */
export class FreeConnections {
  readonly #clock: Clock;
  /** Those with room, the one used last at the end; the others are not looked at when a request comes. */
  readonly #free: PooledConnection[] = [];
  /** Those whose server takes nothing for now. */
  readonly #resting = new Set<PooledConnection>();
  readonly #timer: DeadlineTimer;
  /** When the next idle connection may be too old; it never is before that. */
  #nextIdleEndMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = new DeadlineTimer(
      clock,
      () => this.#nextIdleEndMs,
      () => this.closeExpired(),
    );
  }

  /** Whether the server of one of them takes nothing for now. */
  get hasResting(): boolean {
    return this.#resting.size > 0;
  }

  /** Those without a request, the one used longest ago first. */
  get idle(): readonly PooledConnection[] {
    const idle = this.#free.filter(isIdle);
    for (const entry of this.#resting) if (entry.isIdle) idle.push(entry);
    return idle;
  }

  /** The one that has been idle for longest, if there is one. */
  get oldestIdle(): PooledConnection | undefined {
    return this.#free.find(isIdle) ?? (this.hasResting ? [...this.#resting].find(isIdle) : undefined);
  }

  /** The next request may have it, before those that have been free for longer: they grow old, and are closed. */
  put(entry: PooledConnection): void {
    if (!entry.isFree) {
      entry.isFree = true;
      this.#free.push(entry);
    }
    if (entry.isIdle) this.#watch(entry);
  }

  /** Takes out the one that was used last, of those that still have room. */
  take(): PooledConnection | undefined {
    const nowMs = this.#clock.coarseNowMs();
    for (let entry = this.#free.pop(); entry !== undefined; entry = this.#free.pop()) {
      entry.isFree = false;
      if (!entry.hasRoom) continue;
      if (entry.isIdle) {
        if (nowMs < entry.idleEndMs) return entry;
        entry.connection.destroy(); // the peer may be closing it right now
      } else {
        if (!entry.isTooOld(nowMs)) return entry;
        void entry.connection.close(); // when its last request is done
      }
    }
    return undefined;
  }

  /** Looks whether the server of a connection takes nothing for now. @returns Whether that is news. */
  noteRest(entry: PooledConnection): boolean {
    const { isResting } = entry;
    const isNews = isResting !== this.#resting.has(entry);
    if (isNews && !isResting) this.#resting.delete(entry);
    if (!isResting) return isNews;
    this.#resting.add(entry);
    if (entry.isIdle) this.#watch(entry);
    return isNews;
  }

  /** It has gone. */
  remove(entry: PooledConnection): void {
    this.#resting.delete(entry);
    if (!entry.isFree) return;
    entry.isFree = false;
    this.#free.splice(this.#free.indexOf(entry), 1);
  }

  /** Closes those that have been idle for too long. */
  closeExpired(): void {
    const nowMs = this.#clock.nowMs();
    this.#nextIdleEndMs = Number.POSITIVE_INFINITY;
    for (const entry of this.idle) {
      const endMs = entry.idleEndMs;
      if (nowMs >= endMs) entry.connection.destroy();
      else this.#nextIdleEndMs = Math.min(this.#nextIdleEndMs, endMs);
    }
    this.#timer.update(nowMs);
  }

  /** Needs no timer any more, until the next connection comes. */
  stop(): void {
    this.#nextIdleEndMs = Number.POSITIVE_INFINITY;
    this.#timer.pause();
  }

  #watch(entry: PooledConnection): void {
    const endMs = entry.idleEndMs;
    if (endMs >= this.#nextIdleEndMs) return;
    this.#nextIdleEndMs = endMs;
    this.#timer.update(this.#clock.coarseNowMs());
  }
}

function isIdle(entry: PooledConnection): boolean {
  return entry.isIdle;
}
