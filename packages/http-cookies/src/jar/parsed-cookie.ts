import { Cookie, getPublicSuffix } from 'tough-cookie';

/**
 * A Set-Cookie field, taken apart; `undefined` if it is malformed.
 *
 * @remarks
 * Max-Age counts from now, once: left to itself it would count from the last use of the cookie, which would never end then. No cookie
 * lives longer than 400 days, as in browsers.
 *
 * @param host - Of the response: a public suffix may have cookies of its own, for itself alone.
 */
export function parsedCookie(setCookie: string, host: string): Cookie | undefined {
  const cookie = Cookie.parse(setCookie, { loose: false });
  if (cookie === undefined) return undefined;
  // RFC 6265bis section 5.6: an attribute that is too long counts as missing; section 5.6.7.1: without SameSite it is Lax.
  if ((cookie.path?.length ?? 0) > MAX_ATTRIBUTE_CHARACTERS) cookie.path = null;
  if (cookie.domain === host && isPublicSuffix(host)) cookie.domain = null;
  cookie.sameSite ??= 'lax';
  const nowMs = Date.now(); // tough-cookie knows no other clock
  const latestMs = nowMs + MAX_AGE_MS;
  const { maxAge, expires } = cookie;
  if (maxAge !== null && maxAge !== undefined) {
    const ageMs = Number(maxAge) * 1_000;
    cookie.expires = new Date(ageMs <= 0 ? 0 : Math.min(nowMs + ageMs, latestMs));
    cookie.maxAge = null;
  } else if (expires !== null && expires !== 'Infinity' && Number(expires) > latestMs) {
    cookie.expires = new Date(latestMs);
  }
  return cookie;
}

/** A cookie that was written down; `undefined` if it is none. */
export function cookieFromJson(value: unknown): Cookie | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const cookie = Cookie.fromJSON(value);
  const isWhole = typeof cookie?.key === 'string' && typeof cookie.value === 'string';
  if (cookie === undefined || !isWhole || typeof cookie.domain !== 'string' || typeof cookie.path !== 'string') {
    return undefined;
  }
  return cookie;
}

function isPublicSuffix(host: string): boolean {
  return host.includes('.') && !ADDRESS.test(host) && getPublicSuffix(host, { ignoreError: true }) == null;
}

const ADDRESS = /^[0-9.]+$|:/;
const MAX_ATTRIBUTE_CHARACTERS = 1_024;
const MAX_AGE_MS = 400 * 24 * 60 * 60 * 1_000;
