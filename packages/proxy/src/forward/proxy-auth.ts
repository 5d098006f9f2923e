import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** Decides who may use a proxy. */
export interface ProxyAuth {
  /** Looks at the credentials of a request. @returns `undefined` if the request may pass, else the response that asks for credentials. */
  readonly check: (request: HttpRequest) => HttpResponse | undefined;
}

/** One user of a proxy. */
export interface ProxyUser {
  /** Without a colon. */
  readonly name: string;
  /** Any text; sent as UTF-8. */
  readonly password: string;
}

/** Options of {@link basicProxyAuth}. */
export interface BasicProxyAuthOptions {
  /** What clients are told to be logging in to. Default `'proxy'`. */
  readonly realm?: string;
}

/**
 * Lets through who knows a user's name and password. RFC 7617, in Proxy-Authorization.
 *
 * @remarks
 * How long the check takes says nothing about how close a guess was: every user's credentials are hashed and compared in constant
 * time.
 *
 * @throws UsageError if there is no user, or a name or realm holds what it may not hold.
 */
export function basicProxyAuth(users: readonly ProxyUser[], options: BasicProxyAuthOptions = {}): ProxyAuth {
  const { realm = 'proxy' } = options;
  if (users.length === 0) throw new UsageError('basic auth needs at least one user');
  if (users.some(({ name }) => name === '' || name.includes(':'))) {
    throw new UsageError('a user name must not be empty or hold a colon');
  }
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(realm)) throw new UsageError('realm must be plain text without quotes');
  const expected = users.map(({ name, password }) => digest(Buffer.from(`${name}:${password}`, 'utf8')));

  return {
    check(request) {
      const given = credentialsOf(request);
      const actual = digest(given ?? Buffer.alloc(0));
      // All are compared, so that the place of a match in the list does not show either.
      const matches = expected.filter((candidate) => timingSafeEqual(candidate, actual));
      if (given !== undefined && matches.length > 0) return undefined;
      return HttpResponse.text('407 Proxy Authentication Required\n', {
        status: 407,
        headers: [['Proxy-Authenticate', `Basic realm="${realm}", charset="UTF-8"`]],
      });
    },
  };
}

function credentialsOf(request: HttpRequest): Buffer | undefined {
  const values = request.headers.getAll('proxy-authorization');
  const match = /^basic[ ]+([A-Za-z0-9+/]+={0,2})$/i.exec(values.length === 1 ? (values[0] ?? '') : '');
  return match?.[1] === undefined ? undefined : Buffer.from(match[1], 'base64');
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
