/** Directives of Cache-Control by their name in lower case; `true` for one without a value. */
export type CacheDirectives = ReadonlyMap<string, string | true>;

/**
 * Reads the value of a Cache-Control field.
 *
 * @remarks
 * Source: RFC 9111 section 5.2. Names are taken in any case. Of a directive that stands there twice with different values the
 * smaller number counts, and what is no number counts as 0 where one is wanted (section 4.2.1 encourages to take what is invalid
 * for stale). A quoted value may hold commas.
 *
 * @param value - All fields of the name, joined by commas; `undefined` gives no directives.
 */
export function parseCacheDirectives(value: string | undefined): CacheDirectives {
  if (value === undefined) return NONE;
  const directives = new Map<string, string | true>();
  for (const [, name = '', quoted, token] of value.matchAll(DIRECTIVE)) {
    const lower = name.toLowerCase();
    const given = quoted?.replaceAll(QUOTED_PAIR, '$1') ?? token ?? true;
    const before = directives.get(lower);
    directives.set(lower, before === undefined ? given : smaller(before, given));
  }
  return directives;
}

/** The seconds that a directive names: a whole number of at least 0, or `undefined` if the directive is not there. */
export function directiveSeconds(directives: CacheDirectives, name: string): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return secondsOf(value);
}

/** Writes directives as the value of a Cache-Control field; values that are no tokens in quotes. */
export function formatCacheDirectives(directives: CacheDirectives): string {
  return Array.from(directives, ([name, value]) => {
    if (value === true) return name;
    return TOKEN.test(value) ? `${name}=${value}` : `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`;
  }).join(', ');
}

function smaller(one: string | true, other: string | true): string | true {
  if (one === true || other === true) return true;
  return secondsOf(one) <= secondsOf(other) ? one : other;
}

function secondsOf(value: string | true): number {
  return value !== true && DIGITS.test(value) ? Math.min(Number(value), MAX_SECONDS) : 0;
}

const NONE: CacheDirectives = new Map();
const DIRECTIVE = /([!#$%&'*+.^`|~\w-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^`|~\w-]+)))?[^,]*(?:,|$)/g;
const QUOTED_PAIR = /\\(.)/g;
const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/;
const DIGITS = /^[0-9]+$/;
/** RFC 9111 section 1.2.2: what is larger is taken for 2^31. */
const MAX_SECONDS = 2 ** 31;
