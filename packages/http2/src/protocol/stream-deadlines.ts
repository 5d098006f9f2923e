import { TimeoutError } from '@lamella/service-core';
import type { Http2Stream } from './http2-stream.ts';
import type { Http2Timeouts } from './http2-timeouts.ts';

/** A stream whose peer was too slow. */
export interface ExpiredStream<Owner> {
  readonly stream: Http2Stream<Owner>;
  readonly error: TimeoutError;
}

/** What a peer that takes nothing holds up. */
export function writePhase(isServer: boolean): string {
  return isServer ? 'write' : 'request';
}

/** Bytes that a peer must take within `writeTimeoutMs`: one that takes less is not reading, but holding on. */
export function leastTakenBytes({ writeTimeoutMs }: Http2Timeouts): number {
  return LEAST_TAKEN_PER_MS * writeTimeoutMs;
}

/**
 * What each stream waits for, and until when.
 *
 * @remarks
 * Streams are only looked at one by one when the earliest deadline there can be has passed: a deadline that moves on costs nothing.
 */
export class StreamDeadlines<Owner> {
  readonly #timeouts: Http2Timeouts;
  readonly #bodyPhase: string;
  readonly #writePhase: string;
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(timeouts: Http2Timeouts, isServer: boolean) {
    this.#timeouts = timeouts;
    this.#bodyPhase = isServer ? 'request-body' : 'response-body';
    this.#writePhase = writePhase(isServer);
  }

  /** No deadline passes before that. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** The request is sent; the response may take its time from now on. */
  awaitHead(stream: Http2Stream<Owner>, nowMs: number): void {
    this.#set(stream, 'head', nowMs + this.#timeouts.responseHeadTimeoutMs);
  }

  /** The body is wanted, or is not. A reader that comes and goes gives the peer no new time, and takes nothing from what has come in it. */
  wantBody(stream: Http2Stream<Owner>, isWanted: boolean, nowMs: number): void {
    if (isWanted === (stream.awaits === 'body')) return;
    if (isWanted) {
      const { pausedLeftMs, progressBytes } = stream;
      this.#set(stream, 'body', nowMs + (pausedLeftMs ?? this.#timeouts.bodyProgressTimeoutMs));
      if (pausedLeftMs !== undefined) stream.progressBytes = progressBytes; // the window goes on where it stood
      return;
    }
    stream.pausedLeftMs = Math.max(0, stream.deadlineMs - nowMs);
    stream.awaits = 'nothing';
    stream.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Some of the body has come. */
  noteBody(stream: Http2Stream<Owner>, byteCount: number, nowMs: number): void {
    stream.progressBytes += byteCount;
    if (this.#timeouts.minBodyBytesPerSecond > 0) return;
    stream.pausedLeftMs = undefined;
    if (stream.awaits !== 'body') return;
    stream.deadlineMs = nowMs + this.#timeouts.bodyProgressTimeoutMs;
    stream.progressBytes = 0;
  }

  /** Content waits that may have to wait for long. */
  noteStall(stream: Http2Stream<Owner>): void {
    this.#nextMs = Math.min(this.#nextMs, stream.stalledSinceMs + this.#timeouts.writeTimeoutMs);
  }

  /** Nothing is awaited of the peer any more. */
  stop(stream: Http2Stream<Owner>): void {
    stream.awaits = 'nothing';
    stream.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Those whose deadline has passed; a slow one that keeps its rate gets another window. */
  expired(streams: Iterable<Http2Stream<Owner>>, nowMs: number): ExpiredStream<Owner>[] {
    const expired: ExpiredStream<Owner>[] = [];
    if (nowMs < this.#nextMs) return expired;
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (const stream of streams) {
      const error = this.#inboundFailure(stream, nowMs) ?? this.#outboundFailure(stream, nowMs);
      if (error !== undefined) expired.push({ stream, error });
      else {
        const stallEndMs = stream.stalledSinceMs + this.#timeouts.writeTimeoutMs;
        this.#nextMs = Math.min(this.#nextMs, stream.deadlineMs, stallEndMs);
      }
    }
    return expired;
  }

  #inboundFailure(stream: Http2Stream<Owner>, nowMs: number): TimeoutError | undefined {
    if (nowMs < stream.deadlineMs) return undefined;
    if (stream.awaits === 'head' ? stream.allowsLateHead : stream.allowsQuiet) {
      stream.deadlineMs = Number.POSITIVE_INFINITY;
      return undefined;
    }
    if (stream.awaits === 'head') return this.#error('responseHeadTimeoutMs', 'response-head');
    const { bodyProgressTimeoutMs, minBodyBytesPerSecond } = this.#timeouts;
    const leastBytes = Math.max(1, (minBodyBytesPerSecond * bodyProgressTimeoutMs) / 1_000);
    if (stream.progressBytes < leastBytes) return this.#error('bodyProgressTimeoutMs', this.#bodyPhase);
    stream.progressBytes = 0;
    stream.deadlineMs = nowMs + bodyProgressTimeoutMs;
    return undefined;
  }

  #outboundFailure(stream: Http2Stream<Owner>, nowMs: number): TimeoutError | undefined {
    if (nowMs < stream.stalledSinceMs + this.#timeouts.writeTimeoutMs) return undefined;
    return this.#error('writeTimeoutMs', this.#writePhase);
  }

  #set(stream: Http2Stream<Owner>, awaits: 'head' | 'body', deadlineMs: number): void {
    stream.awaits = awaits;
    stream.deadlineMs = deadlineMs;
    stream.progressBytes = 0;
    stream.pausedLeftMs = undefined;
    this.#nextMs = Math.min(this.#nextMs, deadlineMs);
  }

  #error(limit: 'responseHeadTimeoutMs' | 'bodyProgressTimeoutMs' | 'writeTimeoutMs', phase: string): TimeoutError {
    return new TimeoutError({ limit, timeoutMs: this.#timeouts[limit], facts: { layer: 'h2', phase } });
  }
}

/** 50 bytes a second. */
const LEAST_TAKEN_PER_MS = 0.05;
