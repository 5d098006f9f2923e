import { Cookie } from 'tough-cookie';

/**
 * A Set-Cookie field, taken apart; `undefined` if it is malformed.
 *
 * @remarks
 * Max-Age counts from now, once: left to itself it would count from the last use of the cookie, which would never end then. No cookie
 * lives longer than 400 days, as in browsers.
 */
export function parsedCookie(setCookie: string): Cookie | undefined {
  const cookie = Cookie.parse(setCookie, { loose: false });
  if (cookie === undefined) return undefined;
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

const MAX_AGE_MS = 400 * 24 * 60 * 60 * 1_000;
