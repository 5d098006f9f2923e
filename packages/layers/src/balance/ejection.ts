import { requireCount, requirePositive, requireRange } from '../shared/checks.ts';

/** When an endpoint is ejected because calls of it fail, and for how long. */
export interface EjectionOptions {
  /** Failures in a row that eject, an integer of at least 1 or `Infinity`. Default 5. */
  readonly consecutiveFailures?: number;
  /** Share of failures within `windowMs` that ejects, greater than 0, at most 1. Default 1: that rule is off. */
  readonly failureRatio?: number;
  /** Least calls within `windowMs` before the share counts, an integer of at least 1. Default 20. */
  readonly minCalls?: number;
  /** Length of the window of the share, in milliseconds, greater than 0. Default 10_000. */
  readonly windowMs?: number;
  /**
   * How long the first ejection lasts, in milliseconds, greater than 0; the second one twice as long, and so on. Each `decayMs` without
   * an ejection takes one back. Default 30_000.
   */
  readonly baseEjectionMs?: number;
  /** Longest ejection, in milliseconds, greater than 0. Default 300_000. */
  readonly maxEjectionMs?: number;
  /** Time after the end of an ejection that makes the next one shorter by `baseEjectionMs`, in milliseconds, greater than 0. Default 60_000. */
  readonly decayMs?: number;
  /** Largest share of the endpoints that is ejected at a time, from 0 to 1; one endpoint may always be, if there are two or more. Default 0.5. */
  readonly maxEjectedRatio?: number;
}

/** {@link EjectionOptions}, complete and checked. @throws UsageError if one is out of its range. */
export function fullEjectionOptions(options: EjectionOptions): Required<EjectionOptions> {
  const full = {
    consecutiveFailures: options.consecutiveFailures ?? 5,
    failureRatio: options.failureRatio ?? 1,
    minCalls: options.minCalls ?? 20,
    windowMs: options.windowMs ?? 10_000,
    baseEjectionMs: options.baseEjectionMs ?? 30_000,
    maxEjectionMs: options.maxEjectionMs ?? 300_000,
    decayMs: options.decayMs ?? 60_000,
    maxEjectedRatio: options.maxEjectedRatio ?? 0.5,
  };
  requireCount('consecutiveFailures', full.consecutiveFailures, 1);
  requirePositive('failureRatio', full.failureRatio);
  requireRange('failureRatio', full.failureRatio, 0, 1);
  requireCount('minCalls', full.minCalls, 1);
  requirePositive('windowMs', full.windowMs);
  requirePositive('baseEjectionMs', full.baseEjectionMs);
  requirePositive('maxEjectionMs', full.maxEjectionMs);
  requirePositive('decayMs', full.decayMs);
  requireRange('maxEjectedRatio', full.maxEjectedRatio, 0, 1);
  return full;
}

/** How long the ejections of one endpoint last: the longer, the more there were of late. No clock of its own. */
export class EjectionLength {
  readonly #options: Required<EjectionOptions>;
  #level = 0;
  #endMs = 0;

  constructor(options: Required<EjectionOptions>) {
    this.#options = options;
  }

  /** An ejection begins. @returns How long it lasts, in milliseconds. */
  next(nowMs: number): number {
    const { baseEjectionMs, maxEjectionMs, decayMs } = this.#options;
    const decayed = Math.floor(Math.max(0, nowMs - this.#endMs) / decayMs);
    // No more than what makes a difference: what lasts no longer must not take longer to be forgotten either.
    const most = maxEjectionMs <= baseEjectionMs ? 1 : Math.ceil(maxEjectionMs / baseEjectionMs);
    this.#level = Math.min(most, Math.max(0, this.#level - decayed) + 1);
    const lengthMs = Math.min(maxEjectionMs, baseEjectionMs * this.#level);
    this.#endMs = nowMs + lengthMs;
    return lengthMs;
  }
}

/** What the calls of one endpoint came to of late; no clock of its own. */
export class OutcomeWindow {
  readonly #options: Required<EjectionOptions>;
  #consecutive = 0;
  #startedMs = Number.NEGATIVE_INFINITY;
  #calls = 0;
  #failures = 0;

  constructor(options: Required<EjectionOptions>) {
    this.#options = options;
  }

  /** Notes how a call ended. @returns Whether the endpoint should be ejected. */
  note(isFailure: boolean, nowMs: number): boolean {
    const { consecutiveFailures, failureRatio, minCalls, windowMs } = this.#options;
    if (nowMs - this.#startedMs >= windowMs) {
      this.#startedMs = nowMs;
      this.#calls = 0;
      this.#failures = 0;
    }
    this.#calls++;
    if (!isFailure) {
      this.#consecutive = 0;
      return false;
    }
    this.#consecutive++;
    this.#failures++;
    if (this.#consecutive >= consecutiveFailures) return true;
    return failureRatio < 1 && this.#calls >= minCalls && this.#failures / this.#calls >= failureRatio;
  }

  /** Forgets everything: what comes after an ejection is judged anew. */
  reset(): void {
    this.#consecutive = 0;
    this.#startedMs = Number.NEGATIVE_INFINITY;
  }
}
