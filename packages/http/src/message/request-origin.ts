import { UsageError } from '@lamella/service-core';
import type { RequestTarget } from './request-target.ts';
import { tryParseRequestTarget } from './request-target.ts';

/**
 * Scheme, host and optional port that requests go to: checked once, for as many of them as there are. `HttpRequest.with` takes it.
 *
 * @example
 * const api = RequestOrigin.from('http://10.0.0.1:8080');
 * const request = HttpRequest.from({ target: 'http://api.test/items?page=2' });
 * request.with({ origin: api }).target; // 'http://10.0.0.1:8080/items?page=2'
 */
export class RequestOrigin {
  /** In lower case. */
  readonly scheme: string;
  /** Host and optional port. */
  readonly authority: string;
  readonly #text: string;

  private constructor(scheme: string, authority: string) {
    this.scheme = scheme;
    this.authority = authority;
    this.#text = `${scheme}://${authority}`;
  }

  /**
   * Reads an origin.
   *
   * @param url - A whole URL of which nothing stands behind the authority but perhaps a slash.
   * @throws UsageError if it is none.
   */
  static from(url: string): RequestOrigin {
    const origin = RequestOrigin.tryFrom(url);
    if (origin !== undefined) return origin;
    throw new UsageError(`an origin must be such as http://10.0.0.1:8080, got ${JSON.stringify(url.slice(0, 100))}`);
  }

  /** Reads an origin. @returns `undefined` if it is none. */
  static tryFrom(url: string): RequestOrigin | undefined {
    const parsed = tryParseRequestTarget('GET', url);
    if (typeof parsed === 'string' || parsed.query !== undefined || !/^\/?$/.test(parsed.path)) return undefined;
    const { scheme, authority } = parsed;
    return scheme === undefined || authority === undefined ? undefined : new RequestOrigin(scheme, authority);
  }

  /** A target of this origin, with path and query of another one, which is valid. The server as a whole (`*`) has an empty path. */
  targetOf({ path, query }: RequestTarget): RequestTarget {
    const { scheme, authority } = this;
    return { form: 'absolute', scheme, authority, path: path === '*' ? '' : path, query };
  }

  /** The same as a URL. */
  urlOf({ path, query }: RequestTarget): string {
    const url = path === '*' ? this.#text : this.#text + path;
    return query === undefined ? url : `${url}?${query}`;
  }

  /** The origin as a URL, without a slash at its end. */
  toString(): string {
    return this.#text;
  }
}
