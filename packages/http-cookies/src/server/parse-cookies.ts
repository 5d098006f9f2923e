/**
 * Reads a Cookie field.
 *
 * @remarks
 * Source: RFC 6265 section 4.2.1 and 5.4. What is no pair is left out; of several cookies of one name the first counts, which is the one
 * of the longest path. Quotes around a value are taken off; nothing is decoded. Names compare with regard to case.
 *
 * @param value - Field value, such as `request.headers.get('cookie')`; `undefined` is no cookies.
 * @returns Values by name; a map, so that no name means anything else.
 *
 * @example
 * parseCookies('id=1; theme="dark"').get('theme'); // 'dark'
 */
export function parseCookies(value: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  if (value === undefined) return cookies;
  for (const pair of value.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals)).trim();
    if (name === '' || cookies.has(name)) continue;
    cookies.set(name, unquoted(pair.slice(equals + 1).trim()));
  }
  return cookies;
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
