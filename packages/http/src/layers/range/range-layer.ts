import { randomUUID } from 'node:crypto';
import type { Clock, Layer } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { ByteRange } from '../../message/byte-ranges.ts';
import { formatContentRange, requestedRanges } from '../../message/byte-ranges.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { validatorsOf } from '../../message/preconditions.ts';
import { requireFunction, requireInteger } from '../shared/option-checks.ts';
import type { RangePart } from './ranges-source.ts';
import { rangesSource } from './ranges-source.ts';

/** Options of {@link rangeLayer}. */
export interface RangeLayerOptions {
  /** Most ranges of one request, an integer of at least 1; a request for more is answered with 416. Default 16. */
  readonly maxRanges?: number;
  /** Makes the boundary between several ranges: up to 70 letters, digits and dashes that no content has. Default: a random one. */
  readonly makeBoundary?: () => string;
  /** Source of the time that If-Range with a date is compared with. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Answers requests for parts of a content: 206 with one range or several, 416 for what there is not.
 *
 * @remarks
 * Source: RFC 9110 section 14. Looks at 200 responses to GET whose size is known, be their content at hand or a stream; of a stream
 * it skips what nobody asked for, and cancels what comes after the last range. Ranges of a stream that are not in ascending order
 * are not sent: the response stays whole. So does one that has Accept-Ranges, other than `bytes`, or a Content-Encoding that a layer
 * makes on the fly, since its size is not known.
 *
 * Ranges that overlap and more than `maxRanges` are refused with 416. Several ranges go as multipart/byteranges, whose size is known
 * as well. Trailers are sent only with the whole.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const app = stack(rangeLayer(), serviceFn(() => HttpResponse.text('hello world')));
 * const response = await app.serve(HttpRequest.from({ target: '/', headers: { Range: 'bytes=6-' } }));
 * response.headers.get('content-range'); // 'bytes 6-10/11'
 */
export function rangeLayer(options: RangeLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { maxRanges = 16, makeBoundary = randomUUID, clock = systemClock } = options;
  requireInteger('maxRanges', maxRanges, 1, Number.POSITIVE_INFINITY);
  requireFunction('makeBoundary', makeBoundary);

  return (inner) => ({
    async serve(request) {
      const response = await inner.serve(request);
      const { headers, body, status } = response;
      if (status !== 200 || (request.method !== 'GET' && request.method !== 'HEAD')) return response;
      if (body.size === undefined || (headers.get('accept-ranges') ?? 'bytes') !== 'bytes') return response;
      if (!headers.has('accept-ranges')) headers.append('Accept-Ranges', 'bytes');

      const ranges = requestedRanges(request, validatorsOf(headers), body.size, { maxRanges, nowMs: clock.epochMs() });
      if (ranges === undefined) return response;
      if (ranges === 'unsatisfiable') return unsatisfiable(response, body.size);
      if (!body.isAtHand && !areAscending(ranges)) return response;
      try {
        return await partial(response, body.size, ranges, makeBoundary);
      } catch (error) {
        response[Symbol.dispose](); // nobody else gets it
        throw error;
      }
    },
  });
}

function unsatisfiable(response: HttpResponse, sizeBytes: number): HttpResponse {
  response.body.cancel();
  const headers = withoutContent(response.headers);
  headers.set('Content-Range', formatContentRange(undefined, sizeBytes));
  return response.with({ status: 416, headers, body: HttpBody.empty });
}

async function partial(
  response: HttpResponse,
  sizeBytes: number,
  ranges: readonly ByteRange[],
  makeBoundary: () => string,
): Promise<HttpResponse> {
  const headers = response.headers.clone();
  headers.delete('content-length');
  const [single, ...others] = ranges;
  if (single !== undefined && others.length === 0) {
    headers.set('Content-Range', formatContentRange(single, sizeBytes));
    return response.with({
      status: 206,
      headers,
      body: await bodyOf(response.body, [{ head: NOTHING, range: single }]),
    });
  }
  const boundary = makeBoundary();
  const type = headers.get('content-type');
  const parts = ranges.map((range, index): RangePart => {
    const lines = [`${index === 0 ? '' : '\r\n'}--${boundary}`];
    if (type !== undefined) lines.push(`Content-Type: ${type}`);
    lines.push(`Content-Range: ${formatContentRange(range, sizeBytes)}`, '', '');
    return { head: Buffer.from(lines.join('\r\n'), 'latin1'), range };
  });
  headers.set('Content-Type', `multipart/byteranges; boundary=${boundary}`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
  return response.with({ status: 206, headers, body: await bodyOf(response.body, parts, tail) });
}

async function bodyOf(body: HttpBody, parts: readonly RangePart[], tail: Uint8Array = NOTHING): Promise<HttpBody> {
  let size = tail.length;
  for (const { head, range } of parts) size += head.length + range.lastByte + 1 - range.firstByte;
  if (!body.isAtHand) return HttpBody.fromSource(rangesSource(body, parts, tail), { size });
  // At hand, so nothing is copied but text.
  const content = await body.bytes({ maxBytes: Number.POSITIVE_INFINITY });
  const chunks = parts.flatMap(({ head, range }) => [head, content.subarray(range.firstByte, range.lastByte + 1)]);
  return HttpBody.from([...chunks, tail], { size });
}

function withoutContent(headers: HttpHeaders): HttpHeaders {
  const kept = headers.clone();
  kept.deleteWhere((name) => OF_CONTENT.has(name.toLowerCase()));
  return kept;
}

function areAscending(ranges: readonly ByteRange[]): boolean {
  return ranges.every(({ firstByte }, index) => firstByte > (ranges[index - 1]?.firstByte ?? -1));
}

/** They describe the content that a 416 does not have. */
const OF_CONTENT: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'etag',
  'last-modified',
  'trailer',
]);
const NOTHING = new Uint8Array(0);
