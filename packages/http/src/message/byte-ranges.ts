import { trimBlanks } from './field-syntax.ts';
import type { ConditionalRequest, Validators } from './preconditions.ts';
import { ifRangeHolds } from './preconditions.ts';

/** A part of a content; both ends are part of it, as in Content-Range. */
export interface ByteRange {
  /** Position of the first byte, from 0. */
  readonly firstByte: number;
  /** Position of the last byte, at least `firstByte`. */
  readonly lastByte: number;
}

/** Options of {@link parseRange}. */
export interface ParseRangeOptions {
  /** Most ranges of one request, at least 1. Default 16. */
  readonly maxRanges?: number;
}

/** Options of {@link requestedRanges}. */
export interface RequestedRangesOptions extends ParseRangeOptions {
  /** Current time, for If-Range with a date; see {@link ifRangeHolds}. Default: not looked at. */
  readonly nowMs?: number;
}

/**
 * Reads a Range field for a content of a known size.
 *
 * @remarks
 * Source: RFC 9110 sections 14.1.2 and 14.2. Ranges stay in the order in which they were asked for; those that start behind the end
 * are left out, those that end behind it are cut. Ranges that overlap, and more than `maxRanges`, are refused as a whole: they
 * make a small request into a large response. Of an empty content no range can be sent, and its suffix is the whole.
 *
 * @param value - Field value, such as `"bytes=0-99"`.
 * @param sizeBytes - Size of the content in bytes, a whole number.
 * @returns At least one range; `'unsatisfiable'` if the answer is 416; `undefined` if the field is to be ignored: its unit is not
 * `bytes`, or it is malformed.
 *
 * @example
 * parseRange('bytes=0-99, -1', 1_000); // [{ firstByte: 0, lastByte: 99 }, { firstByte: 999, lastByte: 999 }]
 * parseRange('bytes=1000-', 1_000); // 'unsatisfiable'
 * parseRange('lines=1-2', 1_000); // undefined
 */
export function parseRange(
  value: string,
  sizeBytes: number,
  options: ParseRangeOptions = {},
): readonly ByteRange[] | 'unsatisfiable' | undefined {
  const { maxRanges = 16 } = options;
  const set = BYTES.exec(value)?.[1];
  if (set === undefined) return undefined;
  const ranges: ByteRange[] = [];
  let specs = 0;
  for (const element of set.split(',')) {
    const spec = trimBlanks(element);
    if (spec === '') continue;
    const range = parseSpec(spec, sizeBytes);
    if (range === undefined) return undefined;
    if (range !== 'unsatisfiable') ranges.push(range);
    // Those that no one will get count too: they cost as much to read.
    if (++specs > maxRanges) return 'unsatisfiable';
  }
  if (specs === 0) return undefined;
  if (ranges.length === 0 || overlap(ranges)) return 'unsatisfiable';
  return ranges.some(isEmptyRange) ? undefined : ranges;
}

/**
 * Decides which parts of a content a request wants: its Range field, if it is a GET and its If-Range holds.
 *
 * @remarks
 * Source: RFC 9110 sections 13.2.2 (step 5) and 14.2. Comes after {@link evaluatePreconditions}.
 *
 * @returns The ranges for a 206; `'unsatisfiable'` for a 416; `undefined` for the whole content.
 *
 * @example
 * const headers = HttpHeaders.from({ Range: 'bytes=500-', 'If-Range': '"v1"' });
 * requestedRanges({ method: 'GET', headers }, { etag: '"v1"' }, 1_000); // [{ firstByte: 500, lastByte: 999 }]
 * requestedRanges({ method: 'GET', headers }, { etag: '"v2"' }, 1_000); // undefined
 */
export function requestedRanges(
  request: ConditionalRequest,
  validators: Validators,
  sizeBytes: number,
  options: RequestedRangesOptions = {},
): readonly ByteRange[] | 'unsatisfiable' | undefined {
  const { method, headers } = request;
  const value = headers.get('range');
  if (value === undefined || method !== 'GET') return undefined;
  if (!ifRangeHolds(headers.get('if-range'), validators, options.nowMs)) return undefined;
  return parseRange(value, sizeBytes, options);
}

/** Writes a Content-Range for a 206, or for a 416 without a range. RFC 9110 section 14.4. */
export function formatContentRange(range: ByteRange | undefined, sizeBytes: number): string {
  return range === undefined ? `bytes */${sizeBytes}` : `bytes ${range.firstByte}-${range.lastByte}/${sizeBytes}`;
}

/** @returns `undefined` if it is malformed. */
function parseSpec(spec: string, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const found = SPEC.exec(spec);
  if (found === null) return undefined;
  const [, first = '', last = ''] = found;
  if (first === '') {
    if (last === '') return undefined;
    const suffix = Number(last);
    return suffix === 0 ? 'unsatisfiable' : { firstByte: Math.max(0, sizeBytes - suffix), lastByte: sizeBytes - 1 };
  }
  const firstByte = Number(first);
  const lastByte = last === '' ? Number.POSITIVE_INFINITY : Number(last);
  if (lastByte < firstByte) return undefined;
  return firstByte >= sizeBytes ? 'unsatisfiable' : { firstByte, lastByte: Math.min(lastByte, sizeBytes - 1) };
}

function overlap(ranges: readonly ByteRange[]): boolean {
  const sorted = ranges.toSorted((a, b) => a.firstByte - b.firstByte);
  return sorted.some(({ firstByte }, index) => {
    const before = sorted[index - 1];
    return before !== undefined && firstByte <= before.lastByte;
  });
}

function isEmptyRange({ firstByte, lastByte }: ByteRange): boolean {
  return lastByte < firstByte;
}

// Range units are case-insensitive. Whatever number does not fit into a double exactly lies behind every end.
const BYTES = /^bytes=(.*)$/i;
const SPEC = /^([0-9]*)-([0-9]*)$/;
