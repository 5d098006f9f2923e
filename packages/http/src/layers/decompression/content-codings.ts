import { splitTokens } from '../../message/field-syntax.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { ContentCoding } from '../compression/content-coding.ts';

/**
 * Reads Content-Encoding. RFC 9110 section 8.4.
 *
 * @returns The codings in the order in which they were applied, without `identity`, or the name of the first that is not in `known`.
 */
export function readContentCodings(
  headers: HttpHeaders,
  known: readonly ContentCoding[],
): readonly ContentCoding[] | string {
  const value = headers.get('content-encoding');
  if (value === undefined) return NONE;
  const codings: ContentCoding[] = [];
  for (const token of splitTokens(value.toLowerCase())) {
    if (token === 'identity') continue;
    const coding = known.find((candidate) => candidate === token || `x-${candidate}` === token);
    // RFC 9110 section 8.4.1: `x-gzip` is the same as `gzip`; there are no others.
    if (coding === undefined || (coding !== token && coding !== 'gzip')) return token;
    codings.push(coding);
  }
  return codings;
}

/** Takes off what was true for the coded content only. */
export function describeDecoded(headers: HttpHeaders): void {
  headers.deleteWhere((name) => OF_CODED_CONTENT.has(name.toLowerCase()));
}

const OF_CODED_CONTENT: ReadonlySet<string> = new Set([
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
]);
const NONE: readonly ContentCoding[] = [];
