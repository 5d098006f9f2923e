import { tryParseAuthority } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { requireText, tryParseRequestTarget } from '../../message/request-target.ts';

/** Values that a query or a form takes; `undefined` is left out, a list gives its name several times. */
export type QueryValue = string | number | boolean | undefined | readonly (string | number | boolean)[];

/** Names and values, in order. */
export type QueryInit = Readonly<Record<string, QueryValue>> | Iterable<readonly [name: string, value: QueryValue]>;

/** Checks a base URL. @returns It without a slash at its end. @throws UsageError */
export function validBaseUrl(text: string): string {
  const parsed = tryParseRequestTarget('GET', text);
  const isGood =
    typeof parsed !== 'string' &&
    parsed.form === 'absolute' &&
    (parsed.scheme === 'http' || parsed.scheme === 'https') &&
    parsed.query === undefined &&
    tryParseAuthority(parsed.authority ?? '') !== undefined;
  if (!isGood) throw new UsageError('baseUrl must be http://host[:port][/path], without user, query and fragment');
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

/**
 * The URL of a request.
 *
 * @remarks
 * With a base the path is put behind it, as text: what stands there can't lead to another host, and headers that are meant for
 * that host go nowhere else. Behind a base that has a path it has no dot segments, encoded or not, which a server could resolve to what
 * is not below that path. Blanks and characters beyond ASCII are percent-encoded; nothing else is touched.
 *
 * @throws UsageError if `path` is no path where there is a base, or no whole URL where there is none; or if it could lead out of the base.
 */
export function requestUrl(base: string | undefined, path: string): string {
  requireText('a URL', path);
  if (/[\x00-\x1f\x7f]/.test(path)) throw new UsageError('a URL must not hold control characters');
  if (!path.isWellFormed()) throw new UsageError('a URL must not hold half a character');
  if (USER_INFO.test(path)) throw new UsageError('user information in a URL is not allowed: say it by basic()');
  if (base === undefined) return encoded(path);
  if (path !== '' && !path.startsWith('/') && !path.startsWith('?')) {
    throw new UsageError(`with a baseUrl a path starts with a slash, got ${JSON.stringify(path.slice(0, 100))}`);
  }
  if (DOT_SEGMENT.test(path) && HAS_PATH.test(base)) {
    throw new UsageError(
      `a path must not have dot segments where the baseUrl has a path, got ${JSON.stringify(path.slice(0, 100))}`,
    );
  }
  return `${base}${encoded(path)}`;
}

/** Appends to the query of a URL. */
export function withQuery(url: string, query: string): string {
  if (query === '') return url;
  if (!url.includes('?')) return `${url}?${query}`;
  return url.endsWith('?') || url.endsWith('&') ? `${url}${query}` : `${url}&${query}`;
}

/** Encodes names and values for a query: everything but letters, digits and `-_.!~*'()`. */
export function encodeQuery(init: QueryInit): string {
  return pairsOf(init)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** Names and values as texts, one pair each. @throws UsageError if a text holds half a character, which has no bytes. */
export function pairsOf(init: QueryInit): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (const [name, value] of Symbol.iterator in init ? init : Object.entries(init)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each === undefined) continue;
      const pair: [string, string] = [name, String(each)];
      if (!pair.every((text) => text.isWellFormed()))
        throw new UsageError('names and values must not hold half a character');
      pairs.push(pair);
    }
  }
  return pairs;
}

function encoded(path: string): string {
  return path.replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}

/** `.` or `..` as a whole segment of the path, each dot plain or encoded; parsers of browsers take a backslash for a slash, some servers drop `;...`. */
const DOT_SEGMENT = /^[^?]*?[/\\](?:\.|%2e){1,2}(?:$|[/\\;?])/i;
const HAS_PATH = /^[a-z]+:\/\/[^/]*\//i;
/** What must not be repeated in a message. */
const USER_INFO = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i;
