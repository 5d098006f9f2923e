import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { requireFunction, requireQuotable } from '../shared/option-checks.ts';
import { admit, type VerifiedUser } from './admit.ts';
import { AuthUser } from './auth-user.ts';
import { secretTable } from './basic-credentials.ts';

/** A token and whom it stands for. */
export interface BearerToken {
  /** Letters, digits and `-._~+/`, then any number of `=`. */
  readonly token: string;
  /** Name of the user or client that it stands for. */
  readonly name: string;
  /** What it is good for. Default: nothing that `requiredScopes` asks for. */
  readonly scopes?: readonly string[];
}

/** Options of {@link bearerAuthLayer}: `tokens` or `verify`, one of them. */
export interface BearerAuthLayerOptions {
  /** What clients are told to be asking for; plain text without quotes. Default `'restricted'`. */
  readonly realm?: string;
  /** Tokens that let a request in, at least one; compared in constant time. */
  readonly tokens?: readonly BearerToken[];
  /** Scopes that a user must have, all of them, of visible characters without quotes. Default: none. */
  readonly requiredScopes?: readonly string[];
  /** Decides whom a token stands for, now or later; `undefined` refuses. */
  readonly verify?: (token: string, request: HttpRequest) => VerifiedUser | Promise<VerifiedUser>;
}

/**
 * Lets requests in whose Authorization brings a token that is known, and answers all others. RFC 6750.
 *
 * @remarks
 * The inner service finds the user under {@link AuthUser}. No credentials, or those of another scheme: 401 with a challenge. A token that
 * is not known: 401 with `error="invalid_token"`. A user who lacks a scope: 403 with `error="insufficient_scope"`. A field that is malformed or there twice: 400 with `error="invalid_request"`. Tokens in
 * the query or a form are not looked for: URLs get written down.
 *
 * @throws UsageError if an option is invalid, or there is not exactly one of `tokens` and `verify`.
 *
 * @example
 * const service = stack(
 *   bearerAuthLayer({ verify: async (token) => (token === 'abc' ? { name: 'ann', scopes: ['read'] } : undefined) }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.extensions.get(AuthUser)?.name ?? '')),
 * );
 */
export function bearerAuthLayer(options: BearerAuthLayerOptions): Layer<HttpRequest, HttpResponse> {
  const { realm = 'restricted', requiredScopes = [] } = options;
  requireQuotable('realm', realm);
  if (!Array.isArray(requiredScopes)) throw new UsageError('requiredScopes must be a list');
  for (const scope of requiredScopes) requireScope(scope);
  const verify = verifierOf(options);
  const ask = challenge(401, '401 Unauthorized\n', `Bearer realm="${realm}"`);
  const refuseToken = challenge(401, '401 Unauthorized\n', `Bearer realm="${realm}", error="invalid_token"`);
  const refuseRequest = challenge(400, '400 Bad Request\n', `Bearer realm="${realm}", error="invalid_request"`);

  const scope = requiredScopes.join(' ');
  const refuseScope = challenge(
    403,
    '403 Forbidden\n',
    `Bearer realm="${realm}", error="insufficient_scope", scope="${scope}"`,
  );
  const refuse = (user: VerifiedUser): HttpResponse | undefined => {
    if (user === undefined) return refuseToken();
    // Of a text, such as the `scope` of a token as it stands there, `includes` would find parts of words.
    const scopes: readonly string[] = Array.isArray(user.scopes) ? user.scopes : [];
    return requiredScopes.every((required) => scopes.includes(required)) ? undefined : refuseScope();
  };

  return (inner) => ({
    serve(request) {
      const values = request.headers.getAll('authorization');
      const [value = ''] = values;
      if (values.length > 1) return Promise.resolve(refuseRequest());
      if (!IS_BEARER.test(value)) return Promise.resolve(ask());
      const token = BEARER.exec(value)?.[1];
      if (token === undefined) return Promise.resolve(refuseRequest());
      let verified: VerifiedUser | Promise<VerifiedUser>;
      try {
        verified = verify(token, request);
      } catch (error) {
        return Promise.reject(error);
      }
      return admit(verified, AuthUser, request, inner, refuse);
    },
  });
}

/** Whether `token` has the form of a bearer token. RFC 6750 section 2.1. */
export function isBearerToken(token: unknown): token is string {
  return typeof token === 'string' && TOKEN.test(token);
}

/** RFC 6749 section 3.3. */
function requireScope(scope: unknown): void {
  if (typeof scope === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) return;
  throw new UsageError(`requiredScopes must hold scopes of visible characters, got ${JSON.stringify(scope)}`);
}

function challenge(status: number, text: string, value: string): () => HttpResponse {
  return () => HttpResponse.text(text, { status, headers: [['WWW-Authenticate', value]] });
}

function verifierOf({
  tokens,
  verify,
}: BearerAuthLayerOptions): (token: string, request: HttpRequest) => VerifiedUser | Promise<VerifiedUser> {
  if ((tokens === undefined) === (verify === undefined)) {
    throw new UsageError('bearer auth needs tokens or verify, one of them');
  }
  if (verify !== undefined) {
    requireFunction('verify', verify);
    return verify;
  }
  if (!Array.isArray(tokens) || tokens.length === 0) throw new UsageError('bearer auth needs at least one token');
  if (!tokens.every(({ token }) => isBearerToken(token)))
    throw new UsageError('a token must have the form of RFC 6750');
  const users: readonly BearerToken[] = tokens;
  const find = secretTable(users.map(({ token }) => Buffer.from(token, 'latin1')));
  return (token) => {
    const user = users[find(Buffer.from(token, 'latin1'))];
    if (user === undefined) return undefined;
    return user.scopes === undefined ? { name: user.name } : { name: user.name, scopes: user.scopes };
  };
}

const IS_BEARER = /^bearer(?: |$)/i;
const BEARER = /^bearer[ ]+([A-Za-z0-9._~+/-]+=*)$/i;
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
