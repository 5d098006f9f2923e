// Clients

export type {
  CookieJar,
  CookieJarOptions,
  SameSiteContext,
  SerializedCookieJar,
} from './jar/cookie-jar.ts';
export { createCookieJar } from './jar/cookie-jar.ts';
export type { CookieJarLayerOptions } from './jar/cookie-jar-layer.ts';
export { cookieJarLayer } from './jar/cookie-jar-layer.ts';
export type { CookieLimits } from './jar/cookie-limits.ts';

// Servers

export { parseCookies } from './server/parse-cookies.ts';
export type { SetCookieOptions } from './server/set-cookie.ts';
export { deleteCookie, formatSetCookie, setCookie } from './server/set-cookie.ts';

// Errors

export type { CookieErrorCode } from './errors.ts';
export { CookieError } from './errors.ts';
