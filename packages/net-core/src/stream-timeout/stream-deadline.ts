/** The limits of a {@link StreamDeadline}, in milliseconds; `Infinity` for none. */
export interface StreamDeadlineLimits {
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Which limit is reached next, and when. */
export interface NextDeadline {
  readonly limit: keyof StreamDeadlineLimits;
  readonly atMs: number;
}

/** When a stream has been silent for too long. Pure: time is an argument. */
export class StreamDeadline {
  readonly #limits: StreamDeadlineLimits;
  #lastByteMs: number;
  #readSinceMs: number | undefined;
  #writeSinceMs: number | undefined;
  #writesWaiting = 0;

  constructor(limits: StreamDeadlineLimits, nowMs: number) {
    this.#limits = limits;
    this.#lastByteMs = nowMs;
  }

  /** Bytes have come or gone. */
  noteBytes(nowMs: number): void {
    this.#lastByteMs = nowMs;
  }

  /** Somebody waits for bytes, or does no more. */
  setReading(isReading: boolean, nowMs: number): void {
    this.#readSinceMs = isReading ? nowMs : undefined;
  }

  /** Somebody waits until bytes have gone. */
  startWriting(nowMs: number): void {
    if (this.#writesWaiting++ === 0) this.#writeSinceMs = nowMs;
  }

  /** One of those waits is over; the next one counts from now. */
  endWriting(nowMs: number): void {
    this.#lastByteMs = nowMs;
    this.#writeSinceMs = --this.#writesWaiting === 0 ? undefined : nowMs;
  }

  /** @returns What elapses next. */
  next(): NextDeadline {
    const { readTimeoutMs, writeTimeoutMs, idleTimeoutMs } = this.#limits;
    const readFromMs = this.#readSinceMs === undefined ? NEVER : Math.max(this.#readSinceMs, this.#lastByteMs);
    const candidates: readonly NextDeadline[] = [
      { limit: 'writeTimeoutMs', atMs: (this.#writeSinceMs ?? NEVER) + writeTimeoutMs },
      { limit: 'readTimeoutMs', atMs: readFromMs + readTimeoutMs },
      { limit: 'idleTimeoutMs', atMs: this.#lastByteMs + idleTimeoutMs },
    ];
    return candidates.reduce((first, other) => (other.atMs < first.atMs ? other : first));
  }
}

const NEVER = Number.POSITIVE_INFINITY;
