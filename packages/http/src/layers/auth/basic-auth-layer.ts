import type { ExtensionKey, Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { reasonPhrase } from '../../message/status.ts';
import { requireFunction, requireQuotable } from '../shared/option-checks.ts';
import { admit, type VerifiedUser } from './admit.ts';
import type { AuthenticatedUser } from './auth-user.ts';
import { AuthUser } from './auth-user.ts';
import type { BasicCredentials } from './basic-credentials.ts';
import { parseBasicCredentials, splitBasicCredentials, userTable } from './basic-credentials.ts';

/** Options of {@link basicAuthLayer} and `proxyAuthLayer`: `users` or `verify`, one of them. */
export interface BasicAuthLayerOptions {
  /** What clients are told to be logging in to; plain text without quotes. Default `'restricted'`, of a proxy `'proxy'`. */
  readonly realm?: string;
  /** Names and passwords that let a request in, at least one; compared in constant time. */
  readonly users?: readonly BasicCredentials[];
  /** Decides who somebody is, now or later; `undefined` refuses. Comparing in constant time is up to it. */
  readonly verify?: (credentials: BasicCredentials, request: HttpRequest) => VerifiedUser | Promise<VerifiedUser>;
}

/**
 * Lets requests in whose Authorization names a user and the right password, and answers all others with 401. RFC 7617.
 *
 * @remarks
 * The inner service finds the user under {@link AuthUser}. A field that is malformed, of another scheme, or there twice counts as
 * none: 401 with a challenge of the realm, in UTF-8. What `verify` rejects with is the rejection of the service. Basic sends the password
 * with every request: use it on TLS, or where nobody listens.
 *
 * @throws UsageError if an option is invalid, or there is not exactly one of `users` and `verify`.
 *
 * @example
 * const service = stack(
 *   basicAuthLayer({ users: [{ name: 'ann', password: 'secret' }] }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.extensions.get(AuthUser)?.name ?? '')),
 * );
 */
export function basicAuthLayer(options: BasicAuthLayerOptions): Layer<HttpRequest, HttpResponse> {
  return basicLayer(options, {
    field: 'authorization',
    status: 401,
    key: AuthUser,
    realm: 'restricted',
  });
}

/** Where credentials stand, and how one asks for them: of an origin, or of a proxy. */
export interface BasicPlace {
  readonly field: string;
  readonly status: 401 | 407;
  readonly key: ExtensionKey<AuthenticatedUser, 'request'>;
  /** Realm, unless the options say otherwise. */
  readonly realm: string;
  /** What goes on to the inner service. Default: the request as it is. */
  readonly onward?: (request: HttpRequest) => HttpRequest;
}

/** The layer for either place. */
export function basicLayer(options: BasicAuthLayerOptions, place: BasicPlace): Layer<HttpRequest, HttpResponse> {
  const { field, key } = place;
  const challenge = basicChallenge(place.status, options.realm ?? place.realm);
  const refuse = (user: VerifiedUser): HttpResponse | undefined => (user === undefined ? challenge() : undefined);
  const verify = verifierOf(options);

  return (inner) => ({
    serve(request) {
      let verified: VerifiedUser | Promise<VerifiedUser>;
      try {
        verified = verify(parseBasicCredentials(request.headers.getAll(field)), request);
      } catch (error) {
        return Promise.reject(error);
      }
      return admit(verified, key, place.onward?.(request) ?? request, inner, refuse);
    },
  });
}

/**
 * Makes the answer that asks for credentials of scheme Basic, of an origin (401) or of a proxy (407).
 *
 * @returns Makes one answer at each call.
 * @throws UsageError if the realm is no plain text without quotes.
 *
 * @example
 * basicChallenge(401, 'restricted')().headers.get('www-authenticate'); // 'Basic realm="restricted", charset="UTF-8"'
 */
export function basicChallenge(status: 401 | 407, realm: string): () => HttpResponse {
  requireQuotable('realm', realm);
  const field = status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate';
  const headers: [string, string][] = [[field, `Basic realm="${realm}", charset="UTF-8"`]];
  return () => HttpResponse.text(`${status} ${reasonPhrase(status)}\n`, { status, headers });
}

function verifierOf({
  users,
  verify,
}: BasicAuthLayerOptions): (
  given: Uint8Array | undefined,
  request: HttpRequest,
) => VerifiedUser | Promise<VerifiedUser> {
  if ((users === undefined) === (verify === undefined))
    throw new UsageError('basic auth needs users or verify, one of them');
  if (users !== undefined) {
    const find = userTable(users);
    return (given) => {
      const name = find(given);
      return name === undefined ? undefined : { name };
    };
  }
  requireFunction('verify', verify);
  return (given, request) => {
    const credentials = given === undefined ? undefined : splitBasicCredentials(given);
    return credentials === undefined ? undefined : verify?.(credentials, request);
  };
}
