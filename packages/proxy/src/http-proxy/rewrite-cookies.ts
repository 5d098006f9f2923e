import type { HttpHeaders } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** What becomes of an attribute of cookies: one value for all, or by the value that it has; `*` stands for all others, `''` removes it. */
export type CookieRewrite = string | Readonly<Record<string, string>> | false;

/** Changes an attribute of every Set-Cookie line. */
export type CookieRewriter = (headers: HttpHeaders) => void;

/**
 * Makes the function that changes an attribute of cookies.
 *
 * @returns `undefined` if nothing is to be changed.
 * @throws UsageError if a value could not stand in a cookie.
 */
export function cookieRewriter(
  option: string,
  attribute: 'domain' | 'path',
  rewrite: CookieRewrite | undefined,
): CookieRewriter | undefined {
  if (rewrite === undefined || rewrite === false) return undefined;
  const table: Readonly<Record<string, string>> = typeof rewrite === 'string' ? { '*': rewrite } : rewrite;
  for (const value of Object.values(table)) {
    if (typeof value !== 'string' || !ATTRIBUTE.test(value)) {
      throw new UsageError(`${option} holds what no cookie may hold: ${JSON.stringify(value)}`);
    }
  }
  return (headers) => {
    const lines = headers.getAll('set-cookie');
    if (lines.length === 0) return;
    const name = nameAsWritten(headers);
    headers.delete('set-cookie');
    for (const line of lines) headers.append(name, rewritten(line, attribute, table));
  };
}

function rewritten(line: string, attribute: string, table: Readonly<Record<string, string>>): string {
  const [pair = '', ...attributes] = line.split(';');
  const changed = attributes.flatMap((part) => {
    const at = part.indexOf('=');
    if (at < 0 || part.slice(0, at).trim().toLowerCase() !== attribute) return [part];
    const value = part.slice(at + 1).trim();
    // `in` would find `constructor` in every table.
    const next = Object.hasOwn(table, value) ? table[value] : table['*'];
    if (next === undefined) return [part];
    return next === '' ? [] : [`${part.slice(0, at + 1)}${next}`];
  });
  return [pair, ...changed].join(';');
}

function nameAsWritten(headers: HttpHeaders): string {
  for (const [name] of headers) if (name.toLowerCase() === 'set-cookie') return name;
  return 'Set-Cookie';
}

/** What may stand in an attribute. RFC 6265 section 4.1.1. */
const ATTRIBUTE = /^[\x20-\x3a\x3c-\x7e]*$/;
