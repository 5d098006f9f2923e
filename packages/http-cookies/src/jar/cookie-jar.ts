import { isFieldValue } from '@lamella/http';
import type { Cookie } from 'tough-cookie';
import { MemoryCookieStore, CookieJar as ToughJar } from 'tough-cookie';
import { CookieError } from '../errors.ts';
import type { CookieLimits } from './cookie-limits.ts';
import { fullCookieLimits } from './cookie-limits.ts';
import { keepsItsPromises } from './cookie-promises.ts';
import { cookieFromJson, parsedCookie } from './parsed-cookie.ts';

/** Options of {@link createCookieJar}. */
export interface CookieJarOptions extends Partial<CookieLimits> {
  /** What {@link CookieJar.toJSON} gave, or its text, to begin with. Default: an empty jar. */
  readonly from?: unknown;
}

/**
 * From where a request comes: from the same site, from another one as a plain navigation (`lax`), or from another one in any other way.
 */
export type SameSiteContext = 'strict' | 'lax' | 'none';

/** The cookies of a client. */
export interface CookieJar {
  /** Cookies that are kept, expired ones that nobody has looked at since included. */
  readonly size: number;
  /**
   * The value of a Cookie field for a request.
   *
   * @param url - Whole URL that is asked.
   * @param context - Default `'strict'`: all cookies of the URL.
   * @returns `undefined` if there is no cookie for it.
   */
  readonly cookiesFor: (url: string | URL, context?: SameSiteContext) => string | undefined;
  /**
   * Takes a cookie of a response.
   *
   * @param setCookie - Value of one Set-Cookie field.
   * @param url - Whole URL that has answered so.
   * @param context - Default `'strict'`.
   * @returns False if it was refused: malformed, too long, for another domain or a public suffix, against the rules of Secure, SameSite or
   * a name prefix.
   */
  readonly accept: (setCookie: string, url: string | URL, context?: SameSiteContext) => boolean;
  /** Forgets all cookies. */
  readonly clear: () => void;
  /** Everything, to be written down; `createCookieJar({ from })` reads it. Session cookies included: whoever ends a session clears. */
  readonly toJSON: () => SerializedCookieJar;
}

/** A jar as plain data. */
export interface SerializedCookieJar {
  /** Of this form. */
  readonly version: 1;
  /** The cookies. */
  readonly cookies: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Makes a cookie jar, in memory.
 *
 * @remarks
 * Source: RFC 6265, and of its revision (draft-ietf-httpbis-rfc6265bis) the name prefixes, SameSite, the limit on size, and that nothing
 * in clear sets or overlays a Secure cookie. Domains are checked against the public suffix list. On tough-cookie.
 *
 * @throws UsageError if an option is out of its range, CookieError `LML_ERR_COOKIE_BAD_JAR` if `from` is no jar.
 *
 * @example
 * const jar = createCookieJar();
 * jar.accept('id=1; Path=/', 'http://shop.example/'); // true
 * jar.cookiesFor('http://shop.example/cart'); // 'id=1'
 * const copy = createCookieJar({ from: JSON.stringify(jar) });
 */
export function createCookieJar(options: CookieJarOptions = {}): CookieJar {
  const jar = new MemoryCookieJar(fullCookieLimits(options));
  if (options.from !== undefined) jar.load(options.from);
  return jar;
}

class MemoryCookieJar implements CookieJar {
  readonly #limits: CookieLimits;
  #store = new MemoryCookieStore();
  #jar = newJar(this.#store);

  constructor(limits: CookieLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return Object.keys(this.#store.idx).reduce((sum, domain) => sum + this.#of(domain).length, 0);
  }

  readonly cookiesFor = (url: string | URL, context: SameSiteContext = 'strict'): string | undefined => {
    const cookies = this.#jar.getCookieStringSync(String(url), { sameSiteContext: context });
    return cookies === '' ? undefined : cookies;
  };

  readonly accept = (setCookie: string, url: string | URL, context: SameSiteContext = 'strict'): boolean => {
    const from = URL.parse(String(url));
    const cookie = from === null ? undefined : parsedCookie(setCookie, from.hostname);
    if (from === null || cookie === undefined || !this.#mayAccept(cookie, from)) return false;
    const options = { sameSiteContext: context, ignoreError: true } as const;
    const accepted = this.#jar.setCookieSync(cookie, from.href, options);
    if (accepted === undefined) return false;
    this.#makeRoom(accepted.domain ?? '');
    return true;
  };

  readonly clear = (): void => {
    this.#store = new MemoryCookieStore();
    this.#jar = newJar(this.#store);
  };

  readonly toJSON = (): SerializedCookieJar => ({
    version: 1,
    cookies: this.#all().map((cookie) => ({ ...cookie.toJSON() })),
  });

  load(from: unknown): void {
    for (const [index, cookie] of cookiesOf(from).entries()) {
      if (!isSafe(cookie, this.#limits.maxCookieBytes)) throw badJar(`cookie ${index} holds what no cookie may hold`);
      this.#store.putCookie(cookie, () => {});
      this.#makeRoom(cookie.domain ?? '');
    }
  }

  #mayAccept(cookie: Cookie, from: URL): boolean {
    if (!isSafe(cookie, this.#limits.maxCookieBytes)) return false;
    if (!keepsItsPromises(cookie)) return false;
    // Whether a Secure one may come from here is for the library to say.
    if (from.protocol === 'https:' || cookie.secure) return true;
    // In clear, anybody on the way may have written it: it must not stand in for one that came safely, nor beside it, be that of a host
    // above or below.
    const own = cookie.domain ?? from.hostname;
    const domains = Object.keys(this.#store.idx).filter(
      (domain) => isWithin(from.hostname, domain) || isWithin(domain, own),
    );
    return !domains.some((domain) => this.#of(domain).some((known) => known.secure && known.key === cookie.key));
  }

  /** Lets the cookies give way that were not used for longest. */
  #makeRoom(domain: string): void {
    const { maxCookies, maxCookiesPerDomain } = this.#limits;
    const own = this.#of(domain);
    if (own.length > maxCookiesPerDomain) this.#evict(own, own.length - maxCookiesPerDomain);
    const excess = this.size - maxCookies;
    if (excess > 0) this.#evict(this.#all(), excess);
  }

  #evict(cookies: readonly Cookie[], count: number): void {
    const byUse = cookies.toSorted((a, b) => usedMs(a) - usedMs(b) || a.creationIndex - b.creationIndex);
    for (const { domain, path, key } of byUse.slice(0, count))
      this.#store.removeCookie(domain ?? '', path ?? '', key, () => {});
  }

  #all(): Cookie[] {
    return Object.keys(this.#store.idx).flatMap((domain) => this.#of(domain));
  }

  #of(domain: string): Cookie[] {
    const byPath = this.#store.idx[domain] ?? {};
    return Object.values(byPath).flatMap((byName) => Object.values(byName));
  }
}

function newJar(store: MemoryCookieStore): ToughJar {
  return new ToughJar(store, {
    rejectPublicSuffixes: true,
    looseMode: false,
    prefixSecurity: 'strict',
    enforceSecureOriginOnStorage: true,
  });
}

/** Whether a host is a domain or below it. */
function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

function usedMs({ lastAccessed }: Cookie): number {
  return Number(lastAccessed ?? 0);
}

function isSafe(cookie: Cookie, maxBytes: number): boolean {
  const pair = cookie.cookieString();
  return pair.length <= maxBytes + 1 && isFieldValue(pair) && !pair.includes(';') && cookie.key !== '';
}

function cookiesOf(from: unknown): Cookie[] {
  const data: unknown = typeof from === 'string' ? parsed(from) : from;
  if (typeof data !== 'object' || data === null || !('cookies' in data) || !Array.isArray(data.cookies)) {
    throw badJar('there is no list of cookies');
  }
  return data.cookies.map((entry: unknown, index) => cookieFromJson(entry) ?? fail(index));
}

function fail(index: number): never {
  throw badJar(`cookie ${index} is none`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badJar('it is no JSON', cause);
  }
}

function badJar(what: string, cause?: unknown): CookieError {
  const options = cause === undefined ? {} : { cause };
  return new CookieError('LML_ERR_COOKIE_BAD_JAR', `a jar of cookies: ${what}`, options);
}
