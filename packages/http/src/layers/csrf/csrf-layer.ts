import type { Layer } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { addVary } from '../shared/add-vary.ts';
import { callChanged, callInner } from '../shared/call-inner.ts';
import { requireFunction } from '../shared/option-checks.ts';
import { originSet } from '../shared/origin-list.ts';

/** Options of {@link csrfLayer}. */
export interface CsrfLayerOptions {
  /** Origins of other sites whose requests are let in, as browsers spell them. Default: none. */
  readonly trustedOrigins?: readonly string[];
  /** Whether other hosts of the same site, such as `a.example.test` for `b.example.test`, are let in. Default false. */
  readonly allowSameSite?: boolean;
  /** Requests that are let in whatever they say, such as those with a signature of their own. Default: none. */
  readonly isExempt?: (request: HttpRequest) => boolean;
  /**
   * Whether other sites may only open pages here, but not load anything into theirs: of GET, HEAD and OPTIONS, cross-site ones are let in
   * as navigations of a whole window. Default false.
   */
  readonly isolateReads?: boolean;
  /** Makes the answer to a request that is refused. Default: 403. */
  readonly refuse?: (request: HttpRequest) => HttpResponse;
}

/**
 * Refuses requests that another site has made a browser send. By Fetch Metadata (W3C), else by Origin; no token is needed.
 *
 * @remarks
 * GET, HEAD and OPTIONS are let in, so they must not change anything; a request to switch protocols (a WebSocket) counts as one that
 * does. Any other method is let in if Sec-Fetch-Site says `same-origin` or `none`, or Origin is trusted. Browsers that say nothing of the
 * kind send Origin: then its host and port must be those of the request, or it must be trusted. Without either it is no browser, and
 * is let in. A value that is malformed, there twice or not known counts as another site.
 *
 * Browsers send Sec-Fetch-Site to https and to this machine only, so plain http hangs on Origin. Scheme is not compared there: this
 * server may not know its own.
 *
 * @throws UsageError if an option is invalid.
 *
 * @example
 * const service = stack(
 *   csrfLayer({ trustedOrigins: ['https://accounts.test'] }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.method)),
 * );
 */
export function csrfLayer(options: CsrfLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { allowSameSite = false, isExempt, isolateReads = false, refuse = forbidden } = options;
  const trusted = originSet('trustedOrigins', options.trustedOrigins ?? [], false);
  if (isExempt !== undefined) requireFunction('isExempt', isExempt);
  requireFunction('refuse', refuse);

  const mayPass = (request: HttpRequest): boolean => {
    const { headers } = request;
    const isRead = READS.has(request.method) && !headers.has('upgrade');
    if (isRead && !isolateReads) return true;
    const site = headers.get('sec-fetch-site');
    const origin = headers.get('origin');
    if (site === 'same-origin' || site === 'none' || (site === 'same-site' && allowSameSite)) return true;
    if (origin !== undefined && trusted.has(origin)) return true;
    if (isExempt?.(request) === true) return true;
    if (site !== undefined) return isRead && isNavigation(request);
    // A read without Origin, or of the same origin, says nothing: it passes, as other clients do.
    return origin === undefined || isOwnOrigin(origin, request);
  };

  return (inner) => ({
    serve(request) {
      try {
        if (!mayPass(request)) return Promise.resolve(refuse(request));
      } catch (error) {
        return Promise.reject(error);
      }
      if (!isolateReads) return callInner(inner, request);
      // What one site may load must not be given to another by a cache.
      return callChanged(inner, request, (response) => {
        const changed = response.with({ headers: response.headers });
        addVary(changed.headers, 'Sec-Fetch-Site', 'Sec-Fetch-Mode', 'Sec-Fetch-Dest', 'Origin');
        return changed;
      });
    },
  });
}

/** A page of another site opens this one as a whole: in a tab, not in a frame, an object or an embed. */
function isNavigation({ method, headers }: HttpRequest): boolean {
  return (
    method === 'GET' && headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document'
  );
}

/** Whether host and port of an origin are those that the request is for. */
function isOwnOrigin(origin: string, request: HttpRequest): boolean {
  const { authority } = request;
  if (authority === undefined || !/^https?:\/\//.test(origin) || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.origin !== origin) return false;
  const own = `${url.protocol}//${authority}`;
  return URL.canParse(own) && new URL(own).host === url.host;
}

function forbidden(): HttpResponse {
  return HttpResponse.text('403 Forbidden\n', { status: 403, headers: { 'Cache-Control': 'no-store' } });
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
