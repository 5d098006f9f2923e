import type { AbortListener, Timer } from '@lamella/service-core';
import { isLamellaError } from '@lamella/service-core';
import type { Connection } from '../connection/connection.ts';
import type { DialBackoffLimits } from './dial-backoff.ts';
import { DialBackoff } from './dial-backoff.ts';
import { DialBackoffError } from './dial-backoff-error.ts';
import { DialWindow } from './dial-window.ts';

/** Limits of one {@link DialLane}, all set and checked. */
export interface DialLaneLimits {
  /** Most dials under way. */
  readonly maxConcurrent: number;
  /** Most dials that start within any second. */
  readonly dialsPerSecond: number;
  readonly backoff: DialBackoffLimits;
}

/** A dial that waits for its turn. */
export interface DialWaiter {
  readonly dial: () => Promise<Connection>;
  readonly resolve: (connection: Promise<Connection>) => void;
  readonly reject: (error: unknown) => void;
  timer?: Timer;
  listener?: AbortListener;
}

/** What is known of one target: who dials it, who waits, and how it went. */
export class DialLane {
  /** Who waits, in the order of arrival. */
  readonly waiting: Set<DialWaiter> = new Set();
  /** Runs while those who wait do so for the rate alone. */
  timer: Timer | undefined;
  readonly #target: string;
  readonly #limits: DialLaneLimits;
  readonly #window: DialWindow;
  readonly #backoff: DialBackoff;
  #active = 0;
  #lastStartMs = Number.NEGATIVE_INFINITY;

  constructor(target: string, limits: DialLaneLimits) {
    this.#target = target;
    this.#limits = limits;
    this.#window = new DialWindow(limits.dialsPerSecond);
    this.#backoff = new DialBackoff(limits.backoff);
  }

  /** Whether nobody dials or waits. */
  get isIdle(): boolean {
    return this.#active === 0 && this.waiting.size === 0;
  }

  /** Whether it is as good as a new one. */
  isForgotten(nowMs: number): boolean {
    return this.isIdle && this.#backoff.isForgotten(nowMs) && this.#lastStartMs + 1_000 <= nowMs;
  }

  /** @returns Why it is not dialled now, if it has just failed. */
  refusal(nowMs: number): DialBackoffError | undefined {
    const retryAfterMs = this.#backoff.waitMs(nowMs);
    if (retryAfterMs === 0) return undefined;
    const { failures, error: cause } = this.#backoff;
    return new DialBackoffError({ target: this.#target, retryAfterMs, failures, cause });
  }

  /** Whether so few dials are under way that one more may start. After a failure, one at a time finds out how it is. */
  get hasSlot(): boolean {
    return this.#active < (this.#backoff.failures > 0 ? 1 : this.#limits.maxConcurrent);
  }

  /** @returns When the rate lets one more start, in milliseconds from now; 0: at once. */
  rateWaitMs(nowMs: number): number {
    return this.#window.waitMs(nowMs);
  }

  /** A dial starts. @returns What {@link end} wants to know. */
  start(nowMs: number): number {
    this.#active++;
    this.#lastStartMs = nowMs;
    this.#window.note(nowMs);
    return this.#backoff.failures;
  }

  /** A dial has ended. @param how - Its error; what says nothing of the target is left out. */
  end(how: { readonly started: number; readonly isConnected: boolean; readonly error?: unknown }, nowMs: number): void {
    this.#active--;
    if (how.isConnected) this.#backoff.succeed();
    else if (how.error !== undefined && !isOfOurs(how.error)) this.#backoff.fail(how.error, how.started, nowMs);
  }
}

/** Errors that say nothing of the target: it was not dialled. */
function isOfOurs(error: unknown): boolean {
  return isLamellaError(error) && (error.code === 'LML_ERR_CONNECT_DENIED' || error.code === 'LML_ERR_USAGE');
}
