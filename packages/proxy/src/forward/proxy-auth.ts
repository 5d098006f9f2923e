import type { HttpRequest, HttpResponse } from '@lamella/http';
import { basicChallenge, parseBasicCredentials, userTable } from '@lamella/http';

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
  const find = userTable(users);
  const challenge = basicChallenge(407, options.realm ?? 'proxy');
  return {
    check(request) {
      const given = parseBasicCredentials(request.headers.getAll('proxy-authorization'));
      return find(given) === undefined ? challenge() : undefined;
    },
  };
}
