import type { ExtensionKey, Layer } from '@lamella/service-core';
import { extensionKey, UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import type { RequestContext } from '../../message/request-context.ts';
import { callInner } from '../shared/call-inner.ts';
import type { BasicCredentials } from './basic-credentials.ts';
import { formatBasicCredentials } from './basic-credentials.ts';
import { isBearerToken } from './bearer-auth-layer.ts';

/**
 * The value of Authorization that a layer has sent with a request. Belongs to the origin: a hop to another one does not see it.
 */
export const SentAuthorization: ExtensionKey<string, 'request'> = extensionKey('http/sent-authorization', {
  scope: 'request',
  originScoped: true,
});

/** Where credentials may go. */
export interface CredentialOriginsOptions {
  /**
   * Origins that get the credentials, such as `'https://api.example.test'`. Default: the one that a request is for when it first comes
   * to the layer; where redirects lead it after that gets none.
   */
  readonly origins?: readonly string[];
}

/** Options of {@link addBasicAuthLayer}. */
export interface AddBasicAuthLayerOptions extends BasicCredentials, CredentialOriginsOptions {
  /** Name of the user, without a colon. */
  readonly name: string;
  /** Password, any text without control characters. */
  readonly password: string;
}

/** Options of {@link addBearerAuthLayer}. */
export interface AddBearerAuthLayerOptions extends CredentialOriginsOptions {
  /** The token, or a function that gives the one to send with a request, now or later. */
  readonly token: string | ((request: HttpRequest) => string | Promise<string>);
}

/**
 * Sends a name and a password with every request that has no Authorization of its own. RFC 7617.
 *
 * @remarks
 * Credentials never cross to another origin, on whichever side of a layer that follows redirects this one stands: outside of it that
 * layer takes them off, inside they are bound to the origin that the request was for at first, or to `origins`.
 *
 * @throws UsageError if the name, the password or an origin is invalid.
 *
 * @example
 * const layer = addBasicAuthLayer({ name: 'ann', password: 'secret', origins: ['http://api.test'] });
 */
export function addBasicAuthLayer(options: AddBasicAuthLayerOptions): Layer<HttpRequest, HttpResponse> {
  const value = formatBasicCredentials(options);
  return addAuthorization(() => value, options);
}

/**
 * Sends a token with every request that has no Authorization of its own. RFC 6750. Origins are as in {@link addBasicAuthLayer}.
 *
 * @throws UsageError if the token or an origin is invalid. The service rejects with UsageError, and sends nothing, if a function gives
 * what is no token.
 *
 * @example
 * const layer = addBearerAuthLayer({ token: async () => 'from-a-vault', origins: ['https://api.test'] });
 */
export function addBearerAuthLayer(options: AddBearerAuthLayerOptions): Layer<HttpRequest, HttpResponse> {
  const { token } = options;
  if (typeof token !== 'function') {
    const value = bearerValue(token);
    return addAuthorization(() => value, options);
  }
  return addAuthorization((request) => {
    const given = token(request);
    return typeof given === 'string' ? bearerValue(given) : given.then(bearerValue);
  }, options);
}

function addAuthorization(
  valueFor: (request: HttpRequest) => string | Promise<string>,
  { origins }: CredentialOriginsOptions,
): Layer<HttpRequest, HttpResponse> {
  const mayGet = originRule(origins);
  return (inner) => ({
    serve(request) {
      const send = (value: string): Promise<HttpResponse> => {
        request.extensions.insert(SentAuthorization, value);
        const authorized = request.with({ headers: request.headers });
        authorized.headers.append('Authorization', value);
        return callInner(inner, authorized);
      };
      try {
        if (!mayGet(request) || request.headers.has('authorization')) return callInner(inner, request);
        const value = valueFor(request);
        return typeof value === 'string' ? send(value) : value.then(send);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
}

/** Whether a request is for an origin that may get the credentials. */
function originRule(origins: readonly string[] | undefined): (request: HttpRequest) => boolean {
  if (origins !== undefined) {
    if (!Array.isArray(origins) || origins.length === 0) throw new UsageError('origins must be a list of origins');
    const allowed: ReadonlySet<string> = new Set(origins.map(requireOrigin));
    return (request) => allowed.has(originOf(request) ?? '');
  }
  // A request and its hops share their context. What has no origin, such as CONNECT, is not asked again either.
  const first = new WeakMap<RequestContext, string>();
  return (request) => {
    const origin = originOf(request);
    if (origin === undefined) return false;
    const known = first.get(request.context);
    if (known === undefined) first.set(request.context, origin);
    return known === undefined || known === origin;
  };
}

/** Scheme, host and port that a request is for, as a URL says them; `undefined` for CONNECT and the like. */
function originOf(request: HttpRequest): string | undefined {
  const { form, scheme = 'http' } = request.parsedTarget;
  const { authority } = request;
  if (form === 'authority' || authority === undefined) return undefined;
  return URL.canParse(`${scheme}://${authority}`) ? new URL(`${scheme}://${authority}`).origin : undefined;
}

function requireOrigin(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href) return url.origin;
  throw new UsageError(`origins must hold origins such as "https://a.test", got ${JSON.stringify(origin)}`);
}

function bearerValue(token: string): string {
  if (!isBearerToken(token)) throw new UsageError('a token must have the form of RFC 6750');
  return `Bearer ${token}`;
}
