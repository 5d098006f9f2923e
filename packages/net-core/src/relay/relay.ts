import type { AbortScope, Clock, Lifecycle, Timer } from '@lamella/service-core';
import { ClosedError, systemClock, TimeoutError, UsageError } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { toStreamError } from '../errors.ts';
import { RelayDirection } from './relay-direction.ts';

/** Why a {@link relay} ended. */
export type RelayReason =
  | 'eof'
  | 'downstream-failed'
  | 'upstream-failed'
  | 'idle-timeout'
  | 'first-byte-timeout'
  | 'aborted';

/** What a {@link relay} did. */
export interface RelayOutcome {
  /** `eof`: both directions ran to their end. Otherwise what cut them off. */
  readonly reason: RelayReason;
  /** Bytes from downstream that upstream's stream has taken. */
  readonly bytesUp: number;
  /** Bytes from upstream that downstream's stream has taken. */
  readonly bytesDown: number;
  /** From the start to the end, in milliseconds. */
  readonly ageMs: number;
  /** From the start to the first byte from upstream, in milliseconds; `undefined` if there was none. */
  readonly firstByteMs: number | undefined;
  /** What went wrong, unless the reason is `eof`. */
  readonly error?: unknown;
}

/** Options of {@link relay}. */
export interface RelayOptions {
  /** Longest time without a byte either way, in milliseconds, greater than 0. Default 300_000. */
  readonly idleTimeoutMs?: number;
  /** Longest wait for the first byte from upstream, in milliseconds, greater than 0. Default `Infinity`. */
  readonly firstByteTimeoutMs?: number;
  /** Ends the relay when it aborts. */
  readonly scope?: AbortScope;
  /** Where the relay takes part in draining: it may go on during the grace. */
  readonly lifecycle?: Lifecycle;
  /** Name in the drain report. Default `'tunnel'`. */
  readonly protocol?: string;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Joins two byte streams until both directions have ended, or something cuts them off.
 *
 * @remarks
 * The end of one direction is passed on (half-close), the other runs to its own end. A failure of one stream resets the
 * other. Slow readers hold their writers back; at most one chunk a direction is in this process. Both streams have ended
 * when the outcome comes.
 *
 * @param downstream - The side that asked, such as a client.
 * @param upstream - The side that was asked for, such as an origin server.
 * @returns What happened. Never rejects.
 * @throws UsageError, at once, if an option is out of its range.
 */
export function relay(downstream: ByteStream, upstream: ByteStream, options: RelayOptions = {}): Promise<RelayOutcome> {
  return new Relay(downstream, upstream, options).run();
}

class Relay {
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #downstream: ByteStream;
  readonly #upstream: ByteStream;
  readonly #up: RelayDirection;
  readonly #down: RelayDirection;
  readonly #outcome = Promise.withResolvers<RelayOutcome>();
  readonly #cleanups: (() => void)[] = [];
  readonly #idleTimeoutMs: number;
  readonly #firstByteTimeoutMs: number;
  readonly #startedMs: number;
  #lastByteMs: number;
  #firstByteMs: number | undefined;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(downstream: ByteStream, upstream: ByteStream, options: RelayOptions) {
    const { clock = systemClock, idleTimeoutMs = 300_000, firstByteTimeoutMs = Number.POSITIVE_INFINITY } = options;
    if (!(idleTimeoutMs > 0)) throw new UsageError(`idleTimeoutMs must be > 0, got ${idleTimeoutMs}`);
    if (!(firstByteTimeoutMs > 0)) throw new UsageError(`firstByteTimeoutMs must be > 0, got ${firstByteTimeoutMs}`);
    this.#options = options;
    this.#clock = clock;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#firstByteTimeoutMs = firstByteTimeoutMs;
    this.#downstream = downstream;
    this.#upstream = upstream;
    this.#startedMs = this.#lastByteMs = clock.nowMs();
    this.#up = new RelayDirection(downstream, upstream, () => {
      this.#lastByteMs = clock.nowMs();
    });
    this.#down = new RelayDirection(upstream, downstream, () => {
      this.#lastByteMs = clock.nowMs();
      this.#firstByteMs ??= this.#lastByteMs - this.#startedMs;
    });
  }

  run(): Promise<RelayOutcome> {
    this.#watchScope();
    if (!this.#isOver) this.#watchLifecycle();
    if (this.#isOver) return this.#outcome.promise; // aborted before it began
    this.#watchStreams();
    this.#arm();
    Promise.all([this.#up.run(), this.#down.run()]).then(
      () => this.#end('eof'),
      () => {}, // the stream that failed tells why by `closed`
    );
    return this.#outcome.promise;
  }

  #watchScope(): void {
    const listener = this.#options.scope?.onAbort((reason) => this.#end('aborted', reason));
    if (listener !== undefined) this.#cleanups.push(() => listener.close());
  }

  #watchLifecycle(): void {
    const { lifecycle, protocol = 'tunnel' } = this.#options;
    const registration = lifecycle?.register({
      protocol,
      startDrain() {}, // a tunnel can't be asked to finish; it gets the grace
      drained: this.#outcome.promise.then(() => {}),
      destroy: (reason) => this.#end('aborted', reason),
    });
    if (registration === undefined) return;
    if (this.#isOver)
      registration[Symbol.dispose](); // a closed lifecycle destroys at once
    else this.#cleanups.push(() => registration[Symbol.dispose]());
  }

  #watchStreams(): void {
    void this.#downstream.closed.then((info) => {
      if (info.reason !== 'eof') this.#end('downstream-failed', toStreamError(info));
    });
    void this.#upstream.closed.then((info) => {
      if (info.reason !== 'eof') this.#end('upstream-failed', toStreamError(info));
    });
  }

  /** One timer for both limits: when it elapses, it looks how long the silence really was. */
  #arm(): void {
    const idleEndMs = this.#lastByteMs + this.#idleTimeoutMs;
    const isWaiting = this.#firstByteMs === undefined;
    const firstByteEndMs = isWaiting ? this.#startedMs + this.#firstByteTimeoutMs : Number.POSITIVE_INFINITY;
    const leftMs = Math.min(idleEndMs, firstByteEndMs) - this.#clock.nowMs();
    if (leftMs > 0) this.#timer = this.#clock.startTimer(leftMs, () => this.#arm());
    else if (firstByteEndMs <= idleEndMs)
      this.#timeOut('first-byte-timeout', 'firstByteTimeoutMs', this.#firstByteTimeoutMs);
    else this.#timeOut('idle-timeout', 'idleTimeoutMs', this.#idleTimeoutMs);
  }

  #timeOut(reason: RelayReason, limit: string, timeoutMs: number): void {
    this.#end(reason, new TimeoutError({ limit, timeoutMs, facts: { layer: 'relay', phase: reason } }));
  }

  #end(reason: RelayReason, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    const cut = reason === 'eof' ? undefined : (error ?? new ClosedError('the relay was aborted'));
    this.#downstream.destroy(cut);
    this.#upstream.destroy(cut);
    for (const cleanup of this.#cleanups) cleanup();
    this.#outcome.resolve({
      reason,
      bytesUp: this.#up.bytes,
      bytesDown: this.#down.bytes,
      ageMs: this.#clock.nowMs() - this.#startedMs,
      firstByteMs: this.#firstByteMs,
      ...(cut === undefined ? {} : { error: cut }),
    });
  }
}
