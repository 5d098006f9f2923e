/** What {@link normalizePath} does beyond the spelling of percent-encodings. */
export interface PathRules {
  /** Whether several slashes in a row become one. */
  readonly mergesSlashes: boolean;
  /** What becomes of a slash at the end, except of the path `/`. */
  readonly trailingSlash: 'keep' | 'remove' | 'add';
}

/**
 * Spells a path in one way. RFC 3986 section 6.2.2.
 *
 * @remarks
 * Percent-encodings of unreserved characters are decoded, all others get capitals: `%7e` is `~`, `%2f` is `%2F` and never a slash, `%252e` stays.
 * What may not stand in a path as it is, such as a backslash, is encoded. Then slashes are merged and dot segments resolved, so that whatever was
 * hidden in an encoding is seen; nothing leads above the root. The result spelled again is the same.
 *
 * @param path - Begins with `/`; visible ASCII.
 * @returns `undefined` if a percent sign is not followed by two hexadecimal digits, or encodes NUL.
 */
export function normalizePath(path: string, rules: PathRules): string | undefined {
  if (BAD_PERCENT.test(path)) return undefined;
  const spelled = path.replace(ESCAPE_OR_FORBIDDEN, spelledOnce);
  const merged = rules.mergesSlashes ? spelled.replace(/\/{2,}/g, '/') : spelled;
  const resolved = withoutDotSegments(merged);
  return withTrailingSlash(resolved, rules.trailingSlash);
}

function spelledOnce(text: string): string {
  if (text.charCodeAt(0) !== PERCENT) return `%${text.charCodeAt(0).toString(16).toUpperCase()}`;
  const character = String.fromCharCode(Number.parseInt(text.slice(1), 16));
  return UNRESERVED.test(character) ? character : text.toUpperCase();
}

/** RFC 3986 section 5.2.4. */
function withoutDotSegments(path: string): string {
  if (!path.includes('/.')) return path;
  const segments = path.split('/').slice(1);
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    // A dot segment at the end stands for a folder: `/a/b/..` is `/a/`.
    if (isLast && (segment === '.' || segment === '..')) kept.push('');
  }
  return `/${kept.join('/')}`;
}

function withTrailingSlash(path: string, trailingSlash: PathRules['trailingSlash']): string {
  if (trailingSlash === 'add') return path.endsWith('/') ? path : `${path}/`;
  if (trailingSlash === 'keep') return path;
  // By hand: a pattern for the end would begin anew at each slash of a row that stands elsewhere.
  let end = path.length;
  while (end > 1 && path.charCodeAt(end - 1) === SLASH) end--;
  return end === path.length ? path : path.slice(0, end);
}

const SLASH = 0x2f;
const BAD_PERCENT = /%(?![0-9A-Fa-f]{2})|%00/;
/** Visible characters that the grammar of a path (RFC 3986 section 3.3) does not have, and percent-encodings. */
const ESCAPE_OR_FORBIDDEN = /%[0-9A-Fa-f]{2}|["<>[\\\]^`{|}]/g;
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
const PERCENT = 0x25;
