import { TimeoutError, UsageError } from '@lamella/service-core';

/** How long a client waits for its peer. Every value in milliseconds, greater than 0, `Infinity` for no limit. */
export interface Http1ClientTimeouts {
  /** For the head of the response, from the last byte of the request that could be sent. Default 120_000. */
  readonly responseHeadTimeoutMs: number;
  /** For more of a response body, while somebody waits for it. Default 120_000. */
  readonly bodyTimeoutMs: number;
  /** For the peer to take some of what was written. Default 60_000. */
  readonly writeTimeoutMs: number;
  /** For 100 (Continue), after which the body is sent without it. Default 1_000. */
  readonly expectContinueTimeoutMs: number;
}

/** Fills in defaults. @throws UsageError if a value is out of its range. */
export function fullClientTimeouts(timeouts: Partial<Http1ClientTimeouts> = {}): Http1ClientTimeouts {
  const {
    responseHeadTimeoutMs = 120_000,
    bodyTimeoutMs = 120_000,
    writeTimeoutMs = 60_000,
    expectContinueTimeoutMs = 1_000,
  } = timeouts;
  const full = { responseHeadTimeoutMs, bodyTimeoutMs, writeTimeoutMs, expectContinueTimeoutMs };
  for (const [name, value] of Object.entries(full)) {
    if (!(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
  }
  return full;
}

/** What a client connection waits for, and since when. Times are those of a monotonic clock. */
export class Http1ClientDeadlines {
  readonly #timeouts: Http1ClientTimeouts;
  /** Whether the head of the response to this request may take any time. */
  allowsLateHead = false;
  #inbound: 'head' | 'body' | 'nothing' = 'nothing';
  #inboundEndMs = Number.POSITIVE_INFINITY;
  #writeEndMs = Number.POSITIVE_INFINITY;

  constructor(timeouts: Http1ClientTimeouts) {
    this.#timeouts = timeouts;
  }

  /** When the next deadline passes; `Infinity` if nothing is waited for. */
  get nextMs(): number {
    return Math.min(this.#inboundEndMs, this.#writeEndMs);
  }

  /** Something of the request was sent; the response may take its time from now on. */
  startHead(nowMs: number): void {
    if (this.allowsLateHead) return;
    this.#inbound = 'head';
    this.#inboundEndMs = nowMs + this.#timeouts.responseHeadTimeoutMs;
  }

  /** The body is wanted. */
  startBody(nowMs: number): void {
    this.#inbound = 'body';
    this.#inboundEndMs = nowMs + this.#timeouts.bodyTimeoutMs;
  }

  /** Some of the body has come: if somebody waits for it, the rest may take its time from now on. */
  noteBody(nowMs: number): void {
    if (this.#inbound === 'body') this.startBody(nowMs);
  }

  /** Nothing is waited for. */
  stopInbound(): void {
    this.#inbound = 'nothing';
    this.#inboundEndMs = Number.POSITIVE_INFINITY;
  }

  /** The peer does not take what is written; it has not since `nowMs`. */
  startWrite(nowMs: number): void {
    this.#writeEndMs = nowMs + this.#timeouts.writeTimeoutMs;
  }

  /** The peer has taken something. */
  stopWrite(): void {
    this.#writeEndMs = Number.POSITIVE_INFINITY;
  }

  /** @returns What took too long, or `undefined` if nothing did. */
  check(nowMs: number): TimeoutError | undefined {
    const { writeTimeoutMs, responseHeadTimeoutMs, bodyTimeoutMs } = this.#timeouts;
    if (nowMs >= this.#writeEndMs) return timeout('writeTimeoutMs', writeTimeoutMs, 'request');
    if (nowMs < this.#inboundEndMs) return undefined;
    return this.#inbound === 'head'
      ? timeout('responseHeadTimeoutMs', responseHeadTimeoutMs, 'response-head')
      : timeout('bodyTimeoutMs', bodyTimeoutMs, 'response-body');
  }
}

function timeout(limit: string, timeoutMs: number, phase: string): TimeoutError {
  return new TimeoutError({ limit, timeoutMs, facts: { layer: 'http/1.1', phase } });
}
