import type { FrameWriter } from '../codec/frames/frame-writer.ts';
import type { Http2Timeouts } from './http2-timeouts.ts';

/**
 * The PING frames that we send: to measure the way, to see whether the peer lives, and to learn that it has heard our first GOAWAY.
 * RFC 9113 section 6.7.
 */
export class PingClock {
  readonly #timeouts: Http2Timeouts;
  /** When the peer was last heard. */
  #lifeMs: number;
  /** Since when the first request waits of those behind which nothing came; `Infinity` for none. */
  #askedMs = Number.POSITIVE_INFINITY;
  #isInDoubt = false;
  #doubtedMs = Number.NEGATIVE_INFINITY;
  /** When those that wait for an answer were sent; `undefined` for none. */
  readonly #sentMs: Record<PingPurpose, number | undefined> = { measure: undefined, life: undefined, last: undefined };
  #measuredMs = Number.NEGATIVE_INFINITY;
  #roundTripMs = 0;

  constructor(timeouts: Http2Timeouts, nowMs: number) {
    this.#timeouts = timeouts;
    this.#lifeMs = nowMs;
  }

  /** Time to the peer and back, in milliseconds; 0 as long as it was not measured. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Whether the peer may be gone, and the answer that would tell has not come. */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /** The peer has sent something. @returns Whether that has ended a doubt. */
  noteLife(nowMs: number): boolean {
    this.#lifeMs = nowMs;
    this.#askedMs = Number.POSITIVE_INFINITY;
    const wasInDoubt = this.#isInDoubt;
    this.#isInDoubt = false;
    return wasInDoubt;
  }

  /** The peer was asked for something. */
  noteRequest(nowMs: number): void {
    if (this.#askedMs === Number.POSITIVE_INFINITY) this.#askedMs = nowMs;
  }

  /**
   * Somebody has waited in vain, since `sinceMs`. If nothing at all has come for `leastMs`, the peer is asked for a sign of life, and in
   * doubt until it gives one; not again and again, if it answers and is merely slow.
   *
   * @returns Whether it is in doubt from now on.
   */
  doubt(writer: FrameWriter, sinceMs: number, leastMs: number, nowMs: number): boolean {
    const silentSinceMs = Math.min(this.#askedMs, Math.max(sinceMs, this.#lifeMs));
    if (this.#isInDoubt || nowMs < silentSinceMs + leastMs || nowMs < this.#doubtedMs + DOUBT_EVERY_MS) return false;
    if (this.#timeouts.pingTimeoutMs === Number.POSITIVE_INFINITY) return false; // it would never end
    this.#isInDoubt = true;
    this.#doubtedMs = nowMs;
    if (this.#sentMs.life === undefined) this.#send(writer, 'life', nowMs);
    return true;
  }

  /** Measures the way, unless that was done a moment ago. */
  measure(writer: FrameWriter, nowMs: number): void {
    if (this.#sentMs.measure !== undefined || nowMs - this.#measuredMs < MEASURE_EVERY_MS) return;
    this.#send(writer, 'measure', nowMs);
  }

  /** Sends the one behind the first GOAWAY. */
  sendLast(writer: FrameWriter, nowMs: number): void {
    this.#send(writer, 'last', nowMs);
  }

  /** Takes an answer. @returns What it was asked for; `undefined` if we have not asked. */
  takeAck(bytes: Uint8Array, start: number, nowMs: number): PingPurpose | undefined {
    const purpose = PURPOSES.find((name) => isPayloadOf(name, bytes, start));
    const sentMs = purpose === undefined ? undefined : this.#sentMs[purpose];
    if (purpose === undefined || sentMs === undefined) return undefined;
    this.#sentMs[purpose] = undefined;
    if (purpose === 'measure') {
      this.#measuredMs = nowMs;
      this.#roundTripMs = nowMs - sentMs;
    }
    return purpose;
  }

  /** When {@link handleTimeout} is to be called. @param isBusy - Whether streams are open. */
  nextMs(isBusy: boolean): number {
    const { life, last } = this.#sentMs;
    const lastMs = last === undefined ? Number.POSITIVE_INFINITY : last + LAST_TIMEOUT_MS;
    if (life !== undefined) return Math.min(lastMs, life + this.#timeouts.pingTimeoutMs);
    return isBusy ? Math.min(lastMs, this.#lifeMs + this.#timeouts.keepAliveMs) : lastMs;
  }

  /** A deadline may have passed. @returns `last`: enough time for the GOAWAY to arrive. `dead`: the peer is gone. */
  handleTimeout(writer: FrameWriter, nowMs: number, isBusy: boolean): 'last' | 'dead' | undefined {
    const { life, last } = this.#sentMs;
    if (last !== undefined && nowMs >= last + LAST_TIMEOUT_MS) {
      this.#sentMs.last = undefined;
      return 'last';
    }
    const { keepAliveMs, pingTimeoutMs } = this.#timeouts;
    if (life !== undefined) return nowMs >= life + pingTimeoutMs ? this.#judge(nowMs, life) : undefined;
    if (isBusy && nowMs >= this.#lifeMs + keepAliveMs) this.#send(writer, 'life', nowMs);
    return undefined;
  }

  /** Whatever has come since is a sign of life, too. */
  #judge(nowMs: number, sentMs: number): 'dead' | undefined {
    if (this.#lifeMs <= sentMs) return 'dead';
    this.#sentMs.life = undefined;
    this.#lifeMs = nowMs;
    return undefined;
  }

  #send(writer: FrameWriter, purpose: PingPurpose, nowMs: number): void {
    this.#sentMs[purpose] = nowMs;
    writer.writePing(PAYLOADS[purpose], 0, false);
  }
}

type PingPurpose = 'measure' | 'life' | 'last';

function isPayloadOf(purpose: PingPurpose, bytes: Uint8Array, start: number): boolean {
  const payload = PAYLOADS[purpose];
  return payload.every((byte, index) => bytes[start + index] === byte);
}

const PURPOSES: readonly PingPurpose[] = ['measure', 'life', 'last'];
const PAYLOADS: Readonly<Record<PingPurpose, Uint8Array>> = {
  measure: Uint8Array.from('measures', (char) => char.charCodeAt(0)),
  life: Uint8Array.from('sign-of-', (char) => char.charCodeAt(0)),
  last: Uint8Array.from('farewell', (char) => char.charCodeAt(0)),
};
const MEASURE_EVERY_MS = 10_000;
const DOUBT_EVERY_MS = 30_000;
/** A peer that does not answer has heard the GOAWAY by then, or never will. */
const LAST_TIMEOUT_MS = 1_000;
