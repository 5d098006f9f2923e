/**
 * Decodes a path, segment by segment, once.
 *
 * @remarks
 * Source: RFC 3986 sections 2.1 and 3.3. Segments are split before they are decoded, so `%2F` never makes one more; a segment may hold a
 * slash afterwards, and whoever builds file names of segments has to look. The empty segments of `//` and of a slash at the end are kept.
 *
 * @param path - Path as it stands in a request target, with its leading slash.
 * @returns Decoded segments, at least one; `undefined` for what no server should guess about: a percent-encoding that is malformed or no
 * valid UTF-8, a control character, or a segment `.` or `..`, encoded or not (clients resolve them before they send).
 *
 * @example
 * pathSegments('/a%20b/c%2Fd'); // ['a b', 'c/d']
 * pathSegments('/a/%2e%2e/b'); // undefined
 */
export function pathSegments(path: string): string[] | undefined {
  if (path.charCodeAt(0) !== SLASH) return undefined;
  const segments: string[] = [];
  for (const encoded of path.slice(1).split('/')) {
    const segment = decodeSegment(encoded);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

/**
 * Spells a path in the one way in which it is compared: everything decoded that may stand in a path, everything else encoded.
 *
 * @returns `undefined` where {@link pathSegments} gives nothing.
 */
export function canonicalPath(path: string): string | undefined {
  if (PLAIN.test(path) && !path.includes('/.')) return path;
  const segments = pathSegments(path);
  return segments === undefined ? undefined : `/${segments.map(encodeSegment).join('/')}`;
}

/** Spells one decoded segment as {@link canonicalPath} does. */
export function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(NEEDLESS, (encoded) =>
    String.fromCharCode(Number.parseInt(encoded.slice(1), 16)),
  );
}

function decodeSegment(encoded: string): string | undefined {
  let segment = encoded;
  if (encoded.includes('%')) {
    try {
      // Strict about UTF-8: overlong forms, surrogates and stray bytes throw.
      segment = decodeURIComponent(encoded);
    } catch {
      return undefined;
    }
  }
  return segment === '.' || segment === '..' || CONTROL.test(segment) ? undefined : segment;
}

const SLASH = 0x2f;
/** Unreserved characters, sub-delims, `:` and `@`: what a segment may hold as it is. RFC 3986 section 3.3. */
const PLAIN = /^\/[\w\-.~!$&'()*+,;=:@/]*$/;
/** Of these `encodeURIComponent` encodes more than a path needs: `$ & + , ; = : @`. */
const NEEDLESS = /%(?:24|26|2B|2C|3B|3D|3A|40)/g;
const CONTROL = /[\x00-\x1f\x7f]/;
