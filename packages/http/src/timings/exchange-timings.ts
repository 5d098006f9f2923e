import type { CallStartFacts, Dial } from './call-start.ts';
import type { CallTimings } from './http-timings.ts';

/** When an exchange came how far, on the monotonic clock; `undefined`: not yet. */
export interface ExchangeMarks {
  readonly beganMs: number;
  readonly sentMs: number | undefined;
  readonly headMs: number | undefined;
  readonly endedMs: number | undefined;
}

/**
 * The timings of one exchange, computed when somebody asks: nobody else pays for more than the marks.
 *
 * @remarks
 * A connect that began before the call is cut off in front: a phase is what the call waited for, not what happened in all.
 */
export class ExchangeTimings implements CallTimings {
  readonly #marks: ExchangeMarks;
  readonly #startMs: number;
  readonly #phases: ConnectPhases | undefined;

  /** @param start - What the pool knows; without it the call began when it was sent. */
  constructor(marks: ExchangeMarks, start: CallStartFacts | undefined) {
    this.#marks = marks;
    this.#startMs = start?.startMs ?? marks.beganMs;
    this.#phases = phasesOf(start?.dial, this.#startMs);
  }

  get queuedMs(): number {
    const { resolveMs = 0, connectMs = 0, proxyMs = 0, tlsMs = 0 } = this.#phases ?? {};
    return this.#marks.beganMs - this.#startMs - (resolveMs + connectMs + proxyMs + tlsMs);
  }

  get resolveMs(): number | undefined {
    return this.#phases?.resolveMs;
  }

  get connectMs(): number | undefined {
    return this.#phases?.connectMs;
  }

  get proxyMs(): number | undefined {
    return this.#phases?.proxyMs;
  }

  get tlsMs(): number | undefined {
    return this.#phases?.tlsMs;
  }

  get sentMs(): number {
    return this.#sentAtMs - this.#marks.beganMs;
  }

  get ttfbMs(): number {
    return this.#headAtMs - this.#sentAtMs;
  }

  get bodyMs(): number | undefined {
    const { endedMs } = this.#marks;
    return endedMs === undefined ? undefined : endedMs - this.#headAtMs;
  }

  get totalMs(): number | undefined {
    const { endedMs } = this.#marks;
    return endedMs === undefined ? undefined : endedMs - this.#startMs;
  }

  toJSON(): CallTimings {
    const { queuedMs, resolveMs, connectMs, proxyMs, tlsMs, sentMs, ttfbMs, bodyMs, totalMs } = this;
    return { queuedMs, resolveMs, connectMs, proxyMs, tlsMs, sentMs, ttfbMs, bodyMs, totalMs };
  }

  get #headAtMs(): number {
    return this.#marks.headMs ?? this.#marks.beganMs;
  }

  /** A response may come before the request is sent. */
  get #sentAtMs(): number {
    return Math.min(this.#marks.sentMs ?? Number.POSITIVE_INFINITY, this.#headAtMs);
  }
}

interface ConnectPhases {
  readonly resolveMs: number | undefined;
  readonly connectMs: number;
  readonly proxyMs: number | undefined;
  readonly tlsMs: number | undefined;
}

function phasesOf(dial: Dial | undefined, startMs: number): ConnectPhases | undefined {
  if (dial === undefined || dial.endMs < startMs) return undefined;
  const { resolveMs, proxyMs, tlsMs } = dial.durations ?? {};
  let missedMs = Math.max(0, startMs - dial.startMs);
  const waited = (ms: number): number => {
    const cutMs = Math.min(missedMs, ms);
    missedMs -= cutMs;
    return ms - cutMs;
  };
  const connectMs = dial.endMs - dial.startMs - (resolveMs ?? 0) - (proxyMs ?? 0) - (tlsMs ?? 0);
  // In this order, since what was missed was missed at the front.
  return {
    resolveMs: resolveMs === undefined ? undefined : waited(resolveMs),
    connectMs: waited(Math.max(0, connectMs)),
    proxyMs: proxyMs === undefined ? undefined : waited(proxyMs),
    tlsMs: tlsMs === undefined ? undefined : waited(tlsMs),
  };
}
