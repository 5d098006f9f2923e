import { createHmac, randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { isToken } from '@lamella/http';
import type { BalancePolicy } from '@lamella/layers';
import { UsageError } from '@lamella/service-core';

/** A cookie by which a client comes back to the server that it had before. */
export interface StickyCookieOptions {
  /** Name of the cookie, a token. Default `'lamella-upstream'`. */
  readonly name?: string;
  /**
   * What the value is made with, so that nobody can tell or choose a server by it. Default: random, so that cookies are void after a
   * restart; several processes that serve the same clients share one.
   */
  readonly secret?: string | Uint8Array;
  /** Path attribute. Default `'/'`. */
  readonly path?: string;
  /** Lifetime in seconds, an integer of at least 1. Default: until the browser ends. */
  readonly maxAgeSeconds?: number;
  /** Whether only https carries the cookie. Default `false`. */
  readonly secure?: boolean;
  /** SameSite attribute. Default `'Lax'`. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
}

/** Ties clients to servers by a cookie that says nothing about the server. */
export class StickyCookie {
  readonly #name: string;
  readonly #secret: string | Uint8Array;
  readonly #attributes: string;
  readonly #tokens = new Map<string, string>();

  /** @throws UsageError if an option makes no sense. */
  constructor(options: StickyCookieOptions) {
    const { name = 'lamella-upstream', path = '/', maxAgeSeconds, secure = false, sameSite = 'Lax' } = options;
    if (!isToken(name)) throw new UsageError(`sticky.name must be a token, got ${JSON.stringify(name)}`);
    if (!PATH.test(path)) throw new UsageError(`sticky.path must be a path, got ${JSON.stringify(path)}`);
    if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 1)) {
      throw new UsageError(`sticky.maxAgeSeconds must be an integer >= 1, got ${maxAgeSeconds}`);
    }
    if (sameSite === 'None' && !secure) throw new UsageError('sticky.sameSite None needs secure');
    this.#name = name;
    this.#secret = options.secret ?? randomBytes(32);
    const maxAge = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`;
    this.#attributes = `; Path=${path}${maxAge}; HttpOnly; SameSite=${sameSite}${secure ? '; Secure' : ''}`;
  }

  /** Prefers the server that a request names, if it can be chosen; else `policy` decides. */
  policy(policy: BalancePolicy<HttpRequest>): BalancePolicy<HttpRequest> {
    return {
      pick: (candidates, context) => {
        const wanted = this.#wanted(context.input);
        const found = wanted === undefined ? undefined : candidates.find(({ id }) => this.#tokenOf(id) === wanted);
        return found ?? policy.pick(candidates, context);
      },
    };
  }

  /** Sets the cookie, unless the request carries it already. */
  mark(request: HttpRequest, response: HttpResponse, serverId: string): HttpResponse {
    const token = this.#tokenOf(serverId);
    if (this.#wanted(request) === token) return response;
    const headers = response.headers.clone();
    headers.append('Set-Cookie', `${this.#name}=${token}${this.#attributes}`);
    return response.with({ headers });
  }

  #wanted({ headers }: HttpRequest): string | undefined {
    const cookies = headers.get('cookie');
    if (cookies === undefined) return undefined;
    const start = `${this.#name}=`;
    for (const cookie of cookies.split(';')) {
      const trimmed = cookie.trim();
      if (trimmed.startsWith(start)) return trimmed.slice(start.length);
    }
    return undefined;
  }

  #tokenOf(serverId: string): string {
    let token = this.#tokens.get(serverId);
    if (token === undefined) {
      token = createHmac('sha256', this.#secret).update(serverId).digest('base64url').slice(0, 22);
      if (this.#tokens.size >= MAX_TOKENS) this.#tokens.clear();
      this.#tokens.set(serverId, token);
    }
    return token;
  }
}

const PATH = /^\/[\x21-\x3a\x3c-\x7e]*$/;
const MAX_TOKENS = 10_000;
