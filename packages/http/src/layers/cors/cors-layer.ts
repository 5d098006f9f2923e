import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { isToken, splitTokens } from '../../message/field-syntax.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { addVary } from '../shared/add-vary.ts';
import { callChanged } from '../shared/call-inner.ts';
import { requireFieldName, requireInteger } from '../shared/option-checks.ts';
import { originSet } from '../shared/origin-list.ts';

/** Options of {@link corsLayer}. */
export interface CorsLayerOptions {
  /**
   * Which sites may read responses: `'*'` for all, without credentials; origins as browsers spell them, compared as a whole; or a
   * function of the value of Origin.
   */
  readonly origins: '*' | readonly string[] | ((origin: string, request: HttpRequest) => boolean);
  /** Whether requests may bring cookies and the like. Not together with any `'*'`. Default false. */
  readonly allowCredentials?: boolean;
  /** Methods that are allowed beside GET, HEAD and POST, or `'*'` for all. Default `['PUT', 'PATCH', 'DELETE']`. */
  readonly methods?: '*' | readonly string[];
  /** Header fields that requests may bring, `'*'` for all but Authorization, or `'mirror'` for whatever is asked for. Default none. */
  readonly requestHeaders?: '*' | 'mirror' | readonly string[];
  /** Header fields of responses that scripts may read, or `'*'` for all. Default none but the harmless ones. */
  readonly exposedHeaders?: '*' | readonly string[];
  /** How long browsers remember a preflight, in seconds, 0 to 86_400. Default 600. */
  readonly maxAgeSeconds?: number;
  /** Whether public sites may reach this server in a private network. Default false. */
  readonly allowPrivateNetwork?: boolean;
}

/**
 * Lets browsers of other sites read responses, as far as it is told to. Fetch standard, section 3.3 (CORS protocol).
 *
 * @remarks
 * Preflights (OPTIONS with Origin and Access-Control-Request-Method) are answered with 204 here; everything else goes to the inner
 * service, whatever its origin: CORS hides responses, it does not stop requests. For that there is `csrfLayer`. Access-Control fields of
 * the inner service are replaced. Every response says in Vary what it depends on, to requests without Origin too, so that no cache gives
 * the answer for one site to another. `null`, the origin of sandboxes, redirects and local files, is allowed only if it is listed.
 *
 * A response that a layer outside of this one makes, or a server for an error, lacks the fields: put `catchErrorLayer` inside.
 *
 * @throws UsageError if an option is invalid, an origin is spelt as no browser does, or `'*'` meets `allowCredentials`.
 *
 * @example
 * const service = stack(
 *   corsLayer({ origins: ['https://app.test'], allowCredentials: true, requestHeaders: ['Content-Type'] }),
 *   serviceFn((request: HttpRequest) => HttpResponse.json({ path: request.path })),
 * );
 */
export function corsLayer(options: CorsLayerOptions): Layer<HttpRequest, HttpResponse> {
  const { allowCredentials = false, maxAgeSeconds = 600, allowPrivateNetwork = false } = options;
  const isAllowed = originRule(options.origins);
  const methods = listOf('methods', options.methods ?? ['PUT', 'PATCH', 'DELETE'], ['GET', 'HEAD', 'POST']);
  const requestHeaders = options.requestHeaders ?? [];
  const requestList = requestHeaders === 'mirror' ? '' : listOf('requestHeaders', requestHeaders);
  const exposed = listOf('exposedHeaders', options.exposedHeaders ?? []);
  requireInteger('maxAgeSeconds', maxAgeSeconds, 0, 86_400);
  if (allowCredentials && [options.origins, methods, requestList, exposed].includes('*')) {
    throw new UsageError('"*" does not work with allowCredentials: browsers ignore it');
  }
  const isForAll = options.origins === '*';

  /** What every response says, preflight or not. */
  const allowOrigin = (headers: HttpHeaders, request: HttpRequest): boolean => {
    if (!isForAll) addVary(headers, 'Origin');
    const origins = request.headers.getAll('origin');
    const [origin] = origins;
    if (origin === undefined || origins.length > 1 || !isAllowed(origin, request)) return false;
    headers.set('Access-Control-Allow-Origin', isForAll ? '*' : origin);
    if (allowCredentials) headers.set('Access-Control-Allow-Credentials', 'true');
    return true;
  };

  const preflight = (request: HttpRequest): HttpResponse => {
    const response = HttpResponse.from({ status: 204 });
    const { headers } = response;
    const isAllowedOrigin = allowOrigin(headers, request);
    addVary(headers, ...PREFLIGHT_VARY);
    if (!isAllowedOrigin) return response;
    headers.append('Access-Control-Allow-Methods', methods);
    const asked = requestHeaders === 'mirror' ? mirrored(request) : requestList;
    if (asked !== '') headers.append('Access-Control-Allow-Headers', asked);
    headers.append('Access-Control-Max-Age', String(maxAgeSeconds));
    if (allowPrivateNetwork && request.headers.get('access-control-request-private-network') === 'true') {
      headers.append('Access-Control-Allow-Private-Network', 'true');
    }
    return response;
  };

  const answer = (request: HttpRequest, response: HttpResponse): HttpResponse => {
    const changed = response.with({ headers: response.headers });
    const { headers } = changed;
    headers.deleteWhere((name) => OURS.test(name));
    if (allowOrigin(headers, request) && exposed !== '') headers.append('Access-Control-Expose-Headers', exposed);
    return changed;
  };

  return (inner) => ({
    serve(request) {
      try {
        if (isPreflight(request)) return Promise.resolve(preflight(request));
      } catch (error) {
        return Promise.reject(error);
      }
      return callChanged(inner, request, (response) => answer(request, response));
    },
  });
}

function isPreflight({ method, headers }: HttpRequest): boolean {
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');
}

/** What is asked for, as far as it is a list of names. */
function mirrored(request: HttpRequest): string {
  const names = splitTokens(request.headers.get('access-control-request-headers') ?? '');
  return names.every(isToken) ? names.join(', ') : '';
}

function originRule(origins: CorsLayerOptions['origins']): (origin: string, request: HttpRequest) => boolean {
  if (origins === '*') return () => true;
  // A promise, which a function of JavaScript may give by mistake, is no yes.
  if (typeof origins === 'function') return (origin, request) => origins(origin, request) === true;
  const allowed = originSet('origins', origins, true);
  return (origin) => allowed.has(origin);
}

function listOf(option: string, names: '*' | readonly string[], always: readonly string[] = []): string {
  if (names === '*') return '*';
  if (!Array.isArray(names)) throw new UsageError(`${option} must be "*" or a list`);
  for (const name of names) requireFieldName(option, name);
  return [...always, ...names.filter((name) => !always.includes(name))].join(', ');
}

const PREFLIGHT_VARY: readonly string[] = [
  'Access-Control-Request-Method',
  'Access-Control-Request-Headers',
  'Access-Control-Request-Private-Network',
];
const OURS = /^access-control-(?:allow-origin|allow-credentials|expose-headers)$/i;
