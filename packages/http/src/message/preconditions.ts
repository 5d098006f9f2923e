import type { EntityTag } from './entity-tag.ts';
import { isStrongMatch, isWeakMatch, parseEntityTag, parseEntityTags } from './entity-tag.ts';
import { parseHttpDate } from './http-date.ts';
import type { HttpHeaders } from './http-headers.ts';

/** What tells one state of a resource from another. */
export interface Validators {
  /** Entity tag with its quotes, such as `'"v1"'` or `'W/"v1"'`. Default: none. */
  readonly etag?: string | undefined;
  /** When it changed last, in milliseconds since the Unix epoch. Default: not known. */
  readonly lastModifiedMs?: number | undefined;
  /** Whether there is anything at all, which `*` asks for. Default true. */
  readonly exists?: boolean | undefined;
}

/**
 * What the conditions of a request come to: `proceed` with it, answer 304 (`not-modified`), or answer 412 (`failed`).
 */
export type PreconditionOutcome = 'proceed' | 'not-modified' | 'failed';

/** What {@link evaluatePreconditions} looks at: any request. */
export interface ConditionalRequest {
  /** Method; only GET and HEAD are answered with 304. */
  readonly method: string;
  /** Fields, with the conditions. */
  readonly headers: HttpHeaders;
}

/**
 * Decides the conditions of a request: If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since, in that order.
 *
 * @remarks
 * Source: RFC 9110 section 13.2.2. If-Match compares strongly, If-None-Match weakly. A date that is none, or for a resource whose
 * age nobody knows, is no condition. An If-Match without a readable tag matches nothing: whoever wanted to guard a change must not
 * lose it to a typing mistake. An If-None-Match without one matches nothing either, which makes it no condition.
 *
 * To be asked before anything is changed, and only where the answer without the conditions would be 2xx or 412. The Range field
 * comes after all of these; see {@link requestedRanges}.
 *
 * @example
 * const headers = HttpHeaders.from({ 'If-None-Match': '"v1"' });
 * evaluatePreconditions({ method: 'GET', headers }, { etag: '"v1"' }); // 'not-modified'
 * evaluatePreconditions({ method: 'GET', headers }, { etag: '"v2"' }); // 'proceed'
 */
export function evaluatePreconditions(request: ConditionalRequest, validators: Validators): PreconditionOutcome {
  const { method, headers } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  const ifMatch = headers.get('if-match');
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, validators, isStrongMatch)) return 'failed';
  } else if (isModifiedSince(headers.get('if-unmodified-since'), validators) === true) return 'failed';

  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch !== undefined) {
    if (!matches(ifNoneMatch, validators, isWeakMatch)) return 'proceed';
    return isRead ? 'not-modified' : 'failed';
  }
  if (isRead && isModifiedSince(headers.get('if-modified-since'), validators) === false) return 'not-modified';
  return 'proceed';
}

/** Whether a request has any condition that {@link evaluatePreconditions} decides. */
export function hasPreconditions(headers: HttpHeaders): boolean {
  return CONDITIONS.some((name) => headers.has(name));
}

/** What the fields of a response say of its state: ETag and Last-Modified. */
export function validatorsOf(headers: HttpHeaders): Validators {
  const lastModified = headers.get('last-modified');
  return {
    etag: headers.get('etag'),
    lastModifiedMs: lastModified === undefined ? undefined : parseHttpDate(lastModified),
  };
}

/**
 * Whether an If-Range holds, so that the ranges asked for are still those of the same bytes. RFC 9110 section 13.1.5.
 *
 * @param value - Value of If-Range; `undefined`, and it holds.
 * @param nowMs - Current time. If given, a Last-Modified of this very second proves nothing: the content may change again within
 * it. Default: it proves what it says.
 */
export function ifRangeHolds(
  value: string | undefined,
  validators: Validators,
  nowMs: number = Number.POSITIVE_INFINITY,
): boolean {
  if (value === undefined) return true;
  const wanted = parseEntityTag(value);
  const current = tagOf(validators);
  if (wanted !== undefined) return current !== undefined && isStrongMatch(wanted, current);
  const { lastModifiedMs } = validators;
  if (lastModifiedMs === undefined) return false;
  const sinceMs = wholeSecondMs(lastModifiedMs);
  return parseHttpDate(value) === sinceMs && sinceMs + 1_000 <= nowMs;
}

function matches(list: string, validators: Validators, isMatch: (a: EntityTag, b: EntityTag) => boolean): boolean {
  const { exists = true } = validators;
  if (!exists) return false;
  if (list === '*') return true;
  const current = tagOf(validators);
  return current !== undefined && parseEntityTags(list).some((tag) => isMatch(tag, current));
}

/** @returns `undefined` if nobody can say. */
function isModifiedSince(date: string | undefined, { lastModifiedMs, exists = true }: Validators): boolean | undefined {
  if (date === undefined || lastModifiedMs === undefined || !exists) return undefined;
  const sinceMs = parseHttpDate(date);
  return sinceMs === undefined ? undefined : wholeSecondMs(lastModifiedMs) > sinceMs;
}

function tagOf({ etag }: Validators): EntityTag | undefined {
  return etag === undefined ? undefined : parseEntityTag(etag);
}

/** A date in a field has whole seconds, a file has parts of one. */
function wholeSecondMs(atMs: number): number {
  return Math.floor(atMs / 1_000) * 1_000;
}

const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];
