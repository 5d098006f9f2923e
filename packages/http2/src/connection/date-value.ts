import { formatHttpDate } from '@lamella/http';

/** The value of a Date field, made once a second. RFC 9110 section 6.6.1. */
export class DateValue {
  #text = '';
  #staleAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param nowMs - Now, on the monotonic clock.
   * @param epochMs - Asked only when the value is stale: now, in milliseconds since the Unix epoch.
   */
  at(nowMs: number, epochMs: () => number): string {
    if (nowMs < this.#staleAtMs) return this.#text;
    const nowEpochMs = epochMs();
    this.#staleAtMs = nowMs + 1_000 - (nowEpochMs % 1_000);
    this.#text = formatHttpDate(nowEpochMs);
    return this.#text;
  }
}
