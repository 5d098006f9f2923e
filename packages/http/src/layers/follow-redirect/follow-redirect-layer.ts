import type { ExtensionKey, Layer } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import { HttpRedirectError } from '../../errors.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { sensitiveHeadersOf } from '../sensitive-headers/sensitive-headers-layer.ts';
import { requireFunction, requireInteger, requireOneOf } from '../shared/option-checks.ts';
import { redirectUrl, targetOf } from './redirect-url.ts';
import type { ReferrerPolicy } from './referer.ts';
import { parseReferrerPolicy, REFERRER_POLICIES, refererFor } from './referer.ts';

/** A redirect that was followed, or is about to be. */
export interface FollowedRedirect {
  /** 301, 302, 303, 307 or 308. */
  readonly status: number;
  /** URL that answered so. */
  readonly from: string;
  /** URL that is asked next, with its fragment, if there is one. */
  readonly to: string;
  /** Method by which it is asked. */
  readonly method: string;
  /** Whether scheme, host or port change. */
  readonly isCrossOrigin: boolean;
}

/** The redirects that led to a response, in order; written by `followRedirectLayer` if there were any. */
export const RedirectHistory: ExtensionKey<readonly FollowedRedirect[], 'response'> = extensionKey(
  'http/redirect-history',
  { scope: 'response' },
);

/** Options of {@link followRedirectLayer}. */
export interface FollowRedirectLayerOptions {
  /** Most redirects of a request, an integer of at least 0. Default 10. */
  readonly maxRedirects?: number;
  /** What becomes of a redirect from https to http: an error, or a request in clear. Default `'refuse'`. */
  readonly downgrade?: 'refuse' | 'follow';
  /**
   * How much of a Referer that the request has goes along, unless a Referrer-Policy of a response says otherwise. Default
   * `'strict-origin-when-cross-origin'`.
   */
  readonly referrerPolicy?: ReferrerPolicy;
  /** Asked before each redirect; all but `true`, also a promise, gives the redirect itself to the caller. Default: all are followed. */
  readonly shouldFollow?: (redirect: FollowedRedirect, response: HttpResponse) => boolean;
}

/**
 * Follows redirects: 301, 302, 303, 307 and 308 with a Location.
 *
 * @remarks
 * Source: RFC 9110 section 15.4, and the Fetch standard where that leaves a choice. 303, and 301 and 302 in answer to POST, go on as GET
 * without content (HEAD stays HEAD); everything else goes on as it was, which needs a body that can be read again: text, bytes, or a
 * stream inside of `replayBodyLayer`.
 *
 * Every hop runs on a fork with an `attempt` store of its own, made of the caller's. At another scheme, host or port, the sensitive
 * fields ({@link sensitiveHeadersOf}: Authorization, Cookie, Proxy-Authorization and others) and every extension that is
 * `originScoped` are taken away, and stay away, also on the way back. So is Origin, which is no longer the whole truth about who asks
 * (the Fetch standard makes it `null`). What adds credentials by itself belongs outside of this layer,
 * unless it looks at the origin, as a cookie jar does: that belongs inside.
 *
 * A redirect to where this request has been before, by the same method, is a loop, unless a cookie was set in between. The content of
 * a redirect is given up. Only requests for a whole URL (http or https) are followed.
 *
 * @throws UsageError if an option is out of its range. The service rejects with HttpRedirectError: `_TOO_MANY`, `_LOOP`,
 * `_BAD_LOCATION` (no URL, another scheme, user information), `_DOWNGRADE`, `_BODY_NOT_REPLAYABLE`.
 *
 * @example
 * const client = stack(
 *   followRedirectLayer({ maxRedirects: 5 }),
 *   serviceFn(({ path }: HttpRequest) =>
 *     path === '/new' ? HttpResponse.text('here') : HttpResponse.from({ status: 301, headers: { Location: '/new' } }),
 *   ),
 * );
 * const response = await client.serve(HttpRequest.from({ target: 'http://a.test/old' }));
 * response.extensions.get(RedirectHistory)?.map(({ to }) => to); // ['http://a.test/new']
 */
export function followRedirectLayer(options: FollowRedirectLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { maxRedirects = 10, downgrade = 'refuse', shouldFollow = () => true } = options;
  const { referrerPolicy = 'strict-origin-when-cross-origin' } = options;
  requireInteger('maxRedirects', maxRedirects, 0, Number.POSITIVE_INFINITY);
  requireOneOf('downgrade', downgrade, ['refuse', 'follow']);
  requireOneOf('referrerPolicy', referrerPolicy, REFERRER_POLICIES);
  requireFunction('shouldFollow', shouldFollow);
  const rules = { maxRedirects, mayDowngrade: downgrade === 'follow', referrerPolicy, shouldFollow };

  return (inner) => ({
    async serve(request) {
      const url = urlOf(request);
      if (url === undefined) return inner.serve(request);
      const journey = new Journey(request, url, rules);
      for (;;) {
        const response = await inner.serve(journey.attempt());
        try {
          if (journey.isOver(response)) return response;
        } catch (error) {
          response[Symbol.dispose]();
          throw error;
        }
        response[Symbol.dispose]();
      }
    },
  });
}

interface Rules {
  readonly maxRedirects: number;
  readonly mayDowngrade: boolean;
  readonly referrerPolicy: ReferrerPolicy;
  readonly shouldFollow: (redirect: FollowedRedirect, response: HttpResponse) => boolean;
}

/** One request on its way from redirect to redirect. */
class Journey {
  readonly #rules: Rules;
  readonly #caller: HttpRequest;
  #request: HttpRequest;
  #url: URL;
  #policy: ReferrerPolicy;
  /** Whether it has ever left its origin. */
  #hasLeft = false;
  readonly #history: FollowedRedirect[] = [];
  /** Where it has been since a cookie was set. */
  readonly #visited = new Set<string>();

  constructor(request: HttpRequest, url: URL, rules: Rules) {
    this.#caller = request;
    this.#request = request;
    this.#url = url;
    this.#rules = rules;
    this.#policy = rules.referrerPolicy;
    this.#visited.add(stepOf(request.method, targetOf(url)));
  }

  /** The request of this hop: a store and, if possible, a body of its own. */
  attempt(): HttpRequest {
    const { body } = this.#request;
    const extensions = this.#caller.extensions.fork('attempt', { hideOriginScoped: this.#hasLeft });
    return this.#request.fork({ extensions, body: body.tryClone() ?? body });
  }

  /** Whether a response is the end of it; if not, {@link attempt} gives the next request. */
  isOver(response: HttpResponse): boolean {
    const redirect = this.#redirectOf(response);
    if (redirect === undefined || this.#rules.shouldFollow(redirect.told, response) !== true) {
      if (this.#history.length > 0) response.extensions.insert(RedirectHistory, this.#history);
      return true;
    }
    this.#follow(redirect, response);
    return false;
  }

  #redirectOf({ status, headers }: HttpResponse): Redirect | undefined {
    const locations = headers.getAll('location');
    if (!REDIRECTS.has(status) || locations.length === 0) return undefined;
    const url = redirectUrl(locations, this.#url);
    if (typeof url === 'string')
      throw this.#error('BAD_LOCATION', `${JSON.stringify(locations[0]?.slice(0, 200))}: ${url}`);
    const { method } = this.#request;
    const becomesGet = status === 303 ? method !== 'HEAD' && method !== 'GET' : status < 303 && method === 'POST';
    const told = {
      status,
      from: this.#url.href,
      to: url.href,
      method: becomesGet ? 'GET' : method,
      isCrossOrigin: url.origin !== this.#url.origin,
    };
    return { url, told, keepsContent: !becomesGet && status !== 303 };
  }

  #follow({ url, told, keepsContent }: Redirect, response: HttpResponse): void {
    this.#check(url, told, response);
    const { body } = this.#request;
    if (keepsContent && !body.canClone) {
      throw this.#error(
        'BODY_NOT_REPLAYABLE',
        `a ${told.status} asks for the content again, which can be read only once`,
      );
    }
    this.#policy = parseReferrerPolicy(response.headers.get('referrer-policy')) ?? this.#policy;
    this.#hasLeft ||= told.isCrossOrigin;
    this.#request = this.#request.with({
      method: told.method,
      target: targetOf(url),
      headers: this.#headersFor(url, told, keepsContent),
      body: keepsContent ? body : HttpBody.empty,
    });
    this.#url = url;
    this.#history.push(told);
  }

  #check(url: URL, { method }: FollowedRedirect, { headers }: HttpResponse): void {
    const { maxRedirects, mayDowngrade } = this.#rules;
    if (this.#history.length >= maxRedirects) {
      throw this.#error('TOO_MANY', `more than ${maxRedirects} redirects (maxRedirects)`);
    }
    if (this.#url.protocol === 'https:' && url.protocol === 'http:' && !mayDowngrade) {
      throw this.#error('DOWNGRADE', `from https to ${url.origin} in clear`);
    }
    if (headers.has('set-cookie')) this.#visited.clear();
    const step = stepOf(method, targetOf(url));
    if (this.#visited.has(step)) throw this.#error('LOOP', `${step.slice(0, 200)} was asked before`);
    this.#visited.add(step);
  }

  #headersFor(url: URL, { isCrossOrigin }: FollowedRedirect, keepsContent: boolean): HttpHeaders {
    const headers = this.#request.headers.clone();
    headers.delete('host'); // the client writes the new one
    if (isCrossOrigin) {
      const sensitive = sensitiveHeadersOf(this.#caller);
      headers.deleteWhere((name) => sensitive.has(name.toLowerCase()) || OF_THE_ORIGIN.has(name.toLowerCase()));
    }
    if (!keepsContent) headers.deleteWhere((name) => OF_CONTENT.test(name));
    const referer = headers.get('referer');
    const nextReferer = referer === undefined ? undefined : refererFor(this.#policy, referer, url);
    if (nextReferer === undefined) headers.delete('referer');
    else headers.set('Referer', nextReferer);
    return headers;
  }

  #error(condition: Condition, message: string): HttpRedirectError {
    const facts = { layer: 'follow-redirect', phase: 'redirect' };
    const from = this.#url.href.slice(0, 200);
    return new HttpRedirectError(`LML_ERR_HTTP_REDIRECT_${condition}`, `redirect of ${from}: ${message}`, { facts });
  }
}

interface Redirect {
  readonly url: URL;
  readonly told: FollowedRedirect;
  readonly keepsContent: boolean;
}

type Condition = 'TOO_MANY' | 'LOOP' | 'BAD_LOCATION' | 'DOWNGRADE' | 'BODY_NOT_REPLAYABLE';

/** @returns `undefined` for what is no whole URL of http or https: against it nothing can be resolved. */
function urlOf({ parsedTarget: { scheme }, target }: HttpRequest): URL | undefined {
  return scheme === 'http' || scheme === 'https' ? (URL.parse(target) ?? undefined) : undefined;
}

function stepOf(method: string, target: string): string {
  return `${method} ${target}`;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Whatever else is sensitive: these are for one origin. */
const OF_THE_ORIGIN: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'origin',
]);

/** They describe content that does not go along, or how it is sent. */
const OF_CONTENT = /^(?:content-.*|transfer-encoding|trailer|expect|digest|repr-digest)$/i;
