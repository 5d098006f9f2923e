import { splitTokens, trimBlanks } from '../../message/field-syntax.ts';
import type { ContentCoding } from './content-coding.ts';

/** What Accept-Encoding asks for, among what there is. */
export interface CodingChoice {
  /** The coding to use, `'identity'` for none, or `undefined` if nothing that there is may be sent. */
  readonly coding: ContentCoding | 'identity' | undefined;
  /** Whether a response without coding is unwelcome. */
  readonly isIdentityForbidden: boolean;
}

/**
 * Chooses a coding. RFC 9110 section 12.5.3.
 *
 * @remarks
 * The highest quality wins; between equal ones the first of `codings`, and a coding over none. No field at all means none: many a client
 * that says nothing can't decode. A malformed element counts as not there; of an element that is there twice the first counts.
 *
 * @param accept - Value of Accept-Encoding; `undefined` if there is none.
 * @param codings - What there is, best first.
 */
export function negotiateCoding(accept: string | undefined, codings: readonly ContentCoding[]): CodingChoice {
  if (accept === undefined) return NO_CODING;
  const qualities = parseQualities(accept);
  const any = qualities.get('*');
  const identity = qualities.get('identity') ?? any;
  let best: ContentCoding | undefined;
  let bestQuality = 0;
  for (const coding of codings) {
    const quality = qualities.get(coding) ?? any ?? 0;
    if (quality <= bestQuality) continue;
    best = coding;
    bestQuality = quality;
  }
  const isIdentityForbidden = identity === 0;
  // `*` speaks of identity only to forbid it: a client that takes anything wants it small.
  const isIdentityBetter = (qualities.get('identity') ?? 0) > bestQuality;
  if (best === undefined || isIdentityBetter) {
    return { coding: isIdentityForbidden ? undefined : 'identity', isIdentityForbidden };
  }
  return { coding: best, isIdentityForbidden };
}

/** Qualities by coding in lower case. */
function parseQualities(accept: string): ReadonlyMap<string, number> {
  const qualities = new Map<string, number>();
  for (const element of splitTokens(accept)) {
    const [coding = '', ...parameters] = element.split(';').map(trimBlanks);
    const quality = qualityOf(parameters);
    const name = ALIASES[coding.toLowerCase()] ?? coding.toLowerCase();
    if (quality !== undefined && !qualities.has(name)) qualities.set(name, quality);
  }
  return qualities;
}

/** @returns `undefined` if a parameter is malformed. */
function qualityOf(parameters: readonly string[]): number | undefined {
  if (parameters.length === 0) return 1;
  const match = parameters.length === 1 ? QUALITY.exec(parameters[0] ?? '') : undefined;
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

const NO_CODING: CodingChoice = { coding: 'identity', isIdentityForbidden: false };
/** RFC 9110 section 8.4.1.3. */
const ALIASES: Readonly<Record<string, string>> = { 'x-gzip': 'gzip' };
const QUALITY = /^q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/i;
