/**
 * A path in the one spelling that routes are compared in: as an upstream may read it, however it was sent.
 *
 * @remarks
 * Source: RFC 3986 section 6.2.2. Characters that may stand in a path plain are decoded, the hex digits of others are in upper case, and a
 * run of slashes is one. `%2F` is no slash and stays, as `%25` does: nothing is decoded twice.
 */
export function pathAsRead(path: string): string {
  if (!path.includes('%') && !path.includes('//')) return path; // most paths
  return path.replace(SPELT_OTHERWISE, unitAsRead);
}

/** Where the prefix ends that a path has by {@link pathAsRead}, in the path as it was sent. */
export function endOfPrefix(path: string, prefix: string): number {
  if (path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')) return prefix.length;
  let end = 0;
  let read = 0;
  for (const [unit] of path.matchAll(UNIT)) {
    if (read >= prefix.length) break;
    end += unit.length;
    read += unitAsRead(unit).length;
  }
  return end;
}

function unitAsRead(unit: string): string {
  if (unit.startsWith('/')) return '/';
  if (unit.length === 1) return unit;
  const character = String.fromCharCode(Number.parseInt(unit.slice(1), 16));
  return PLAIN.test(character) ? character : unit.toUpperCase();
}

const SPELT_OTHERWISE = /\/{2,}|%[0-9A-Fa-f]{2}/g;
const UNIT = /\/+|%[0-9A-Fa-f]{2}|./g;
/** What a path may hold plain, RFC 3986 section 3.3: encoded, it means the same to whoever decodes. */
const PLAIN = /[A-Za-z0-9\-._~!$&'()*+,;=:@]/;
