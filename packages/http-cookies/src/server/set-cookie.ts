import type { HttpHeaders } from '@lamella/http';
import { formatHttpDate, isToken } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** Attributes of {@link setCookie}. */
export interface SetCookieOptions {
  /** Domain whose hosts get it too. Default: only the host that sets it. */
  readonly domain?: string;
  /** Path below which it is sent; begins with `/`. Default `'/'`. */
  readonly path?: string;
  /** How long it lives, in whole seconds; 0 deletes it. Default: until the browser ends. */
  readonly maxAgeSeconds?: number;
  /** When it ends, in milliseconds since the Unix epoch; for clients that know no `Max-Age`. Default: not said. */
  readonly expiresAtMs?: number;
  /** Whether it goes by TLS alone. Default true. */
  readonly secure?: boolean;
  /** Whether scripts are kept from it. Default true. */
  readonly httpOnly?: boolean;
  /** Whether other sites' requests carry it. Default `'Lax'`. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
  /** Whether each site that embeds this one gets a cookie of its own (CHIPS). Default false. */
  readonly partitioned?: boolean;
}

/**
 * Adds a Set-Cookie field to a response.
 *
 * @remarks
 * Source: RFC 6265 section 4.1 and its revision. Nothing is encoded or cut: what may not stand in a cookie is refused, so no value can add
 * an attribute or a field. Encode other text, such as by `encodeURIComponent`. What browsers would silently drop is refused as well: a
 * `__Secure-` cookie without Secure, a `__Host-` cookie with a domain or another path, `SameSite=None` or `Partitioned` without Secure.
 *
 * @throws UsageError saying what is wrong.
 *
 * @example
 * const response = HttpResponse.text('welcome');
 * setCookie(response.headers, '__Host-session', 'abc', { maxAgeSeconds: 3_600 });
 * // Set-Cookie: __Host-session=abc; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax
 */
export function setCookie(headers: HttpHeaders, name: string, value: string, options: SetCookieOptions = {}): void {
  headers.append('Set-Cookie', formatSetCookie(name, value, options));
}

/**
 * Tells the browser to forget a cookie; domain and path must be those that it was set with.
 *
 * @throws UsageError like {@link setCookie}.
 */
export function deleteCookie(
  headers: HttpHeaders,
  name: string,
  options: Omit<SetCookieOptions, 'maxAgeSeconds' | 'expiresAtMs'> = {},
): void {
  setCookie(headers, name, '', { ...options, maxAgeSeconds: 0, expiresAtMs: 0 });
}

/** The value of a Set-Cookie field; see {@link setCookie}. @throws UsageError saying what is wrong. */
export function formatSetCookie(name: string, value: string, options: SetCookieOptions = {}): string {
  const { domain, path = '/', maxAgeSeconds, expiresAtMs } = options;
  const { secure = true, httpOnly = true, sameSite = 'Lax', partitioned = false } = options;
  if (!isToken(name)) throw new UsageError(`cookie name ${JSON.stringify(name)} is not a token`);
  if (!VALUE.test(value))
    throw new UsageError(`the value of cookie ${name} holds a character that no cookie may hold; encode it`);
  const bytes = name.length + value.length;
  if (bytes > MAX_BYTES) throw new UsageError(`cookie ${name} has ${bytes} bytes; browsers take ${MAX_BYTES}`);
  checkAttributes(name, options, path);
  checkPrefix(name, secure, path, domain);
  if (!secure && (sameSite === 'None' || partitioned)) {
    throw new UsageError(`cookie ${name}: SameSite=None and Partitioned need Secure`);
  }

  const parts = [`${name}=${value}`, `Path=${path}`];
  if (domain !== undefined) parts.push(`Domain=${domain}`);
  if (maxAgeSeconds !== undefined) parts.push(`Max-Age=${maxAgeSeconds}`);
  if (expiresAtMs !== undefined) parts.push(`Expires=${formatHttpDate(expiresAtMs)}`);
  if (secure) parts.push('Secure');
  if (httpOnly) parts.push('HttpOnly');
  parts.push(`SameSite=${sameSite}`);
  if (partitioned) parts.push('Partitioned');
  return parts.join('; ');
}

function checkAttributes(name: string, options: SetCookieOptions, path: string): void {
  const { domain, maxAgeSeconds, expiresAtMs, sameSite } = options;
  if (!PATH.test(path))
    throw new UsageError(`path of cookie ${name} must begin with "/" and hold no ";", got ${JSON.stringify(path)}`);
  if (domain !== undefined && !DOMAIN.test(domain)) {
    throw new UsageError(`domain of cookie ${name} is none: ${JSON.stringify(domain)}`);
  }
  if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0)) {
    throw new UsageError(`maxAgeSeconds of cookie ${name} must be an integer >= 0, got ${maxAgeSeconds}`);
  }
  if (expiresAtMs !== undefined && !(expiresAtMs >= 0 && expiresAtMs <= MAX_DATE_MS)) {
    throw new UsageError(`expiresAtMs of cookie ${name} must be a time from 1970 to 9999, got ${expiresAtMs}`);
  }
  if (sameSite !== undefined && !SAME_SITE.has(sameSite)) {
    throw new UsageError(`sameSite of cookie ${name} must be Strict, Lax or None, got ${sameSite}`);
  }
}

/** Browsers compare the prefixes without regard to case. */
function checkPrefix(name: string, secure: boolean, path: string, domain: string | undefined): void {
  const plain = name.toLowerCase();
  if (plain.startsWith('__secure-') && !secure) throw new UsageError(`cookie ${name}: __Secure- needs Secure`);
  if (plain.startsWith('__host-') && !(secure && path === '/' && domain === undefined)) {
    throw new UsageError(`cookie ${name}: __Host- needs Secure, the path "/" and no domain`);
  }
}

/** RFC 6265 section 4.1.1, `cookie-octet`. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const PATH = /^\/[\x20-\x3a\x3c-\x7e]*$/;
const DOMAIN = /^\.?(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const SAME_SITE: ReadonlySet<string> = new Set(['Strict', 'Lax', 'None']);
const MAX_BYTES = 4_096;
const MAX_DATE_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
