import type { Cookie } from 'tough-cookie';

/**
 * Whether a cookie is what its name and its attributes promise.
 *
 * @remarks
 * Source: RFC 6265bis section 4.1.3, with the prefixes in any case, since servers compare names as they like; `__Http-` and
 * `__Host-Http-` as browsers have them. What is Partitioned or `SameSite=None` has to be Secure.
 */
export function keepsItsPromises(cookie: Cookie): boolean {
  const { key, secure, httpOnly, domain, path, sameSite, extensions } = cookie;
  if (sameSite === 'none' && !secure) return false;
  if (extensions?.some((name) => name.toLowerCase() === 'partitioned') === true && !secure) return false;
  const prefix = PREFIX.exec(key)?.[0].toLowerCase();
  if (prefix === undefined) return true;
  const isOfHost = domain === null && path === '/';
  return secure && (isOfHost || !prefix.startsWith('__host-')) && (httpOnly || !prefix.endsWith('http-'));
}

const PREFIX = /^__(?:Host-Http|Host|Http|Secure)-/i;
