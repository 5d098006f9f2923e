/**
 * The field that tells programs what failed. RFC 9209.
 *
 * @param pseudonym - Name of this proxy; a token.
 * @param type - Proxy error type, as registered.
 */
export function proxyStatus(pseudonym: string, type: string): readonly [name: string, value: string] {
  // RFC 9651 section 3.3.4: its tokens start with a letter; another name goes as a string.
  const name = /^[A-Za-z*]/.test(pseudonym) ? pseudonym : `"${pseudonym}"`;
  return ['Proxy-Status', `${name}; error=${type}`];
}
