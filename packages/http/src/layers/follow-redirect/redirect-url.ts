import { isValidAuthority } from '@lamella/net-core';

/**
 * Where a response redirects to.
 *
 * @remarks
 * Source: RFC 9110 section 10.2.2, read as browsers do (WHATWG URL). Refused is what no request may go to, or nobody meant: another
 * scheme than http and https, user information, several fields that differ. A fragment is kept; without one the fragment of `from` is.
 *
 * @param locations - All Location fields of the response, at least one.
 * @param from - The URL that was asked for.
 * @returns The URL, or what is wrong as one sentence.
 */
export function redirectUrl(locations: readonly string[], from: URL): URL | string {
  const [location = '', ...others] = locations;
  if (others.some((other) => other !== location)) return 'the response has several Location fields that differ';
  const url = URL.parse(escaped(location), from);
  if (url === null) return 'it is no URL';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'its scheme is neither http nor https';
  if (url.username !== '' || url.password !== '') return 'it holds user information';
  // What browsers take for a host is more than what may stand in a request.
  if (!isValidAuthority(url.host)) return 'its host is none';
  if (!location.includes('#')) url.hash = from.hash;
  return url;
}

/** The URL as a request target: without its fragment. */
export function targetOf(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}

/** What is not ASCII came as bytes, one character each, of which UTF-8 is made of already. */
function escaped(location: string): string {
  return location.replaceAll(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}
