import { TimeoutError, UsageError } from '@lamella/service-core';

/** How long a server waits for its peer. Every value in milliseconds, greater than 0, `Infinity` for no limit. */
export interface Http1ServerTimeouts {
  /** For a whole head, from its first byte; for the first one, from the start of the connection. Default 20_000. */
  readonly headerTimeoutMs: number;
  /** For the next request on a kept connection. Longer than common load balancers keep theirs. Default 95_000. */
  readonly idleTimeoutMs: number;
  /** Window in which a request body must come on by `minBodyBytesPerSecond`, while it is being read. Default 30_000. */
  readonly bodyProgressTimeoutMs: number;
  /** Slowest body, in bytes per second over each such window, at least 0. Default 50. */
  readonly minBodyBytesPerSecond: number;
  /** For the peer to take some of what was written. Default 60_000. */
  readonly writeTimeoutMs: number;
  /**
   * Window in which something of an answer must be written once the client has ended its side: most such clients are gone, which only
   * writing tells. Default 1_000.
   */
  readonly halfClosedTimeoutMs: number;
}

/** Fills in defaults. @throws UsageError if a value is out of its range. */
export function fullServerTimeouts(timeouts: Partial<Http1ServerTimeouts> = {}): Http1ServerTimeouts {
  const {
    headerTimeoutMs = 20_000,
    idleTimeoutMs = 95_000,
    bodyProgressTimeoutMs = 30_000,
    minBodyBytesPerSecond = 50,
    writeTimeoutMs = 60_000,
    halfClosedTimeoutMs = 1_000,
  } = timeouts;
  for (const [name, value] of Object.entries({
    headerTimeoutMs,
    idleTimeoutMs,
    bodyProgressTimeoutMs,
    writeTimeoutMs,
    halfClosedTimeoutMs,
  })) {
    if (!(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
  }
  if (!(minBodyBytesPerSecond >= 0)) {
    throw new UsageError(`minBodyBytesPerSecond must be >= 0, got ${minBodyBytesPerSecond}`);
  }
  return {
    headerTimeoutMs,
    idleTimeoutMs,
    bodyProgressTimeoutMs,
    minBodyBytesPerSecond,
    writeTimeoutMs,
    halfClosedTimeoutMs,
  };
}

/** What a server connection waits for, and since when. Times are those of a monotonic clock. */
export class Http1ServerDeadlines {
  readonly #timeouts: Http1ServerTimeouts;
  #inbound: 'first-head' | 'idle' | 'head' | 'body' | 'nothing' = 'first-head';
  #inboundEndMs: number;
  #writeEndMs = Number.POSITIVE_INFINITY;
  /** When a client that has ended its side is taken for gone; `Infinity` if it has not. */
  #goneAtMs = Number.POSITIVE_INFINITY;
  /** Whether something was written since that was set. */
  #hasAnswered = false;
  #windowBytes = 0;
  /** What is left of the window of a body that nobody wants now. */
  #pausedWindowMs: number | undefined;

  constructor(timeouts: Http1ServerTimeouts, nowMs: number) {
    this.#timeouts = timeouts;
    this.#inboundEndMs = nowMs + timeouts.headerTimeoutMs;
  }

  /** When the next deadline passes; `Infinity` if nothing is waited for. */
  get nextMs(): number {
    return Math.min(this.#inboundEndMs, this.#isWriting ? this.#writeEndMs : this.#goneAtMs);
  }

  /** An exchange is over; the next request may take its time. */
  startIdle(nowMs: number): void {
    this.#inbound = 'idle';
    this.#inboundEndMs = nowMs + this.#timeouts.idleTimeoutMs;
  }

  /** The first bytes of a head have come, but not all. */
  startHead(nowMs: number): void {
    if (this.#inbound !== 'idle') return; // the first head has its deadline since the connection stands
    this.#inbound = 'head';
    this.#inboundEndMs = nowMs + this.#timeouts.headerTimeoutMs;
  }

  /** The body is wanted, from now on or again; then the window goes on where it stood. */
  startBody(nowMs: number): void {
    if (this.#inbound === 'body') return;
    this.#inbound = 'body';
    this.#inboundEndMs = nowMs + (this.#pausedWindowMs ?? this.#timeouts.bodyProgressTimeoutMs);
  }

  /** Nobody wants the body now. That time does not count; but a reader that comes and goes gives no new window either. */
  pauseBody(nowMs: number): void {
    if (this.#inbound !== 'body') return;
    this.#pausedWindowMs = Math.max(0, this.#inboundEndMs - nowMs);
    this.#inbound = 'nothing';
    this.#inboundEndMs = Number.POSITIVE_INFINITY;
  }

  /** Nothing is waited for: the answer is ours to give. */
  stopInbound(): void {
    this.#inbound = 'nothing';
    this.#inboundEndMs = Number.POSITIVE_INFINITY;
    this.#pausedWindowMs = undefined;
    this.#windowBytes = 0;
  }

  /** Bytes of a body have come. */
  noteBody(byteCount: number): void {
    this.#windowBytes += byteCount;
  }

  /** The client has ended its side while it is owed an answer. Begins once. */
  startHalfClosed(nowMs: number): void {
    if (this.#goneAtMs !== Number.POSITIVE_INFINITY) return;
    this.#goneAtMs = nowMs + this.#timeouts.halfClosedTimeoutMs;
    this.#hasAnswered = false;
  }

  /** Something of an answer is written: a client that is gone will say so. */
  noteAnswer(): void {
    this.#hasAnswered = true;
  }

  /** The peer does not take what is written; it has not since `nowMs`. */
  startWrite(nowMs: number): void {
    this.#writeEndMs = nowMs + this.#timeouts.writeTimeoutMs;
  }

  /** The peer has taken something. */
  stopWrite(): void {
    this.#writeEndMs = Number.POSITIVE_INFINITY;
    this.#hasAnswered = true;
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.stopInbound();
    this.stopWrite();
    this.#goneAtMs = Number.POSITIVE_INFINITY;
  }

  /** Whether what is written waits for the peer, which then has that deadline alone. */
  get #isWriting(): boolean {
    return this.#writeEndMs !== Number.POSITIVE_INFINITY;
  }

  /** @returns What took too long, or `undefined` if nothing did. A body that came on gets another window. */
  check(nowMs: number): TimeoutError | undefined {
    if (nowMs >= this.#writeEndMs) return timeout('writeTimeoutMs', this.#timeouts.writeTimeoutMs, 'write');
    if (nowMs >= this.#goneAtMs && !this.#isWriting) return this.#checkHalfClosed(nowMs);
    if (nowMs < this.#inboundEndMs) return undefined;
    switch (this.#inbound) {
      case 'first-head':
      case 'head':
        return timeout('headerTimeoutMs', this.#timeouts.headerTimeoutMs, 'request-head');
      case 'idle':
        return timeout('idleTimeoutMs', this.#timeouts.idleTimeoutMs, 'idle');
      default:
        return this.#checkBody(nowMs);
    }
  }

  #checkHalfClosed(nowMs: number): TimeoutError | undefined {
    const { halfClosedTimeoutMs } = this.#timeouts;
    if (!this.#hasAnswered) return timeout('halfClosedTimeoutMs', halfClosedTimeoutMs, 'response');
    this.#hasAnswered = false;
    this.#goneAtMs = nowMs + halfClosedTimeoutMs;
    return undefined;
  }

  #checkBody(nowMs: number): TimeoutError | undefined {
    const { bodyProgressTimeoutMs, minBodyBytesPerSecond } = this.#timeouts;
    const leastBytes = (minBodyBytesPerSecond * bodyProgressTimeoutMs) / 1_000;
    if (this.#windowBytes < Math.max(1, leastBytes)) {
      return timeout('bodyProgressTimeoutMs', bodyProgressTimeoutMs, 'request-body');
    }
    this.#windowBytes = 0;
    this.#inboundEndMs = nowMs + bodyProgressTimeoutMs;
    return undefined;
  }
}

function timeout(limit: string, timeoutMs: number, phase: string): TimeoutError {
  return new TimeoutError({ limit, timeoutMs, facts: { layer: 'http/1.1', phase } });
}
