import type { HttpHeaders } from '../message/http-headers.ts';
import { reasonPhrase } from '../message/status.ts';

/**
 * Encodes the first line of a response. RFC 9112 section 4.
 *
 * @param reason - Valid as a field value; may be empty.
 */
export function encodeStatusLine(status: number, reason: string): string {
  const line = STATUS_LINES.get(status);
  if (line !== undefined && line.reason === reason) return line.text;
  return `HTTP/1.1 ${status} ${reason}\r\n`;
}

/** Encodes the first line of a request. RFC 9112 section 3. */
export function encodeRequestLine(method: string, target: string): string {
  return `${method} ${target} HTTP/1.1\r\n`;
}

/** Encodes the line in front of a chunk. RFC 9112 section 7.1. */
export function encodeChunkSize(size: number): string {
  return `${size.toString(16)}\r\n`;
}

/**
 * Encodes what follows the data of the last chunk.
 *
 * @param trailers - Fields that decide framing and routing are left out, as RFC 9110 section 6.5.1 demands of senders.
 */
export function encodeLastChunk(trailers: HttpHeaders | undefined): string {
  if (trailers === undefined || trailers.size === 0) return '0\r\n\r\n';
  if (!NOT_IN_TRAILERS.some((name) => trailers.has(name))) return `0\r\n${trailers}\r\n`;
  const allowed = trailers.clone();
  for (const name of NOT_IN_TRAILERS) allowed.delete(name);
  return `0\r\n${allowed}\r\n`;
}

/** A field line of the date, made once a second. RFC 9110 section 6.6.1. */
export class DateLine {
  #text = '';
  #staleAtMs = Number.NEGATIVE_INFINITY;

  /**
   * @param nowMs - Now, on the monotonic clock.
   * @param epochMs - Asked only when the line is stale: now, in milliseconds since the Unix epoch.
   */
  at(nowMs: number, epochMs: () => number): string {
    if (nowMs >= this.#staleAtMs) {
      const nowEpochMs = epochMs();
      this.#staleAtMs = nowMs + 1_000 - (nowEpochMs % 1_000);
      // biome-ignore lint/style/noRestrictedGlobals: converts a time that was given, reads no clock
      this.#text = `Date: ${new Date(nowEpochMs).toUTCString()}\r\n`;
    }
    return this.#text;
  }
}

/** The same fields that a decoder refuses there. */
const NOT_IN_TRAILERS: readonly string[] = ['content-length', 'transfer-encoding', 'host'];

/** Lines with their standard reasons, made once. */
const STATUS_LINES: ReadonlyMap<number, { readonly reason: string; readonly text: string }> = new Map(
  Array.from({ length: 500 }, (_, index) => index + 100)
    .map((status) => ({ status, reason: reasonPhrase(status) }))
    .filter(({ reason }) => reason !== '')
    .map(({ status, reason }) => [status, { reason, text: `HTTP/1.1 ${status} ${reason}\r\n` }]),
);
