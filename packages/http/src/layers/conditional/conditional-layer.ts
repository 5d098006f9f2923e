import { createHash } from 'node:crypto';
import type { Layer } from '@lamella/service-core';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import type { Validators } from '../../message/preconditions.ts';
import { evaluatePreconditions, hasPreconditions, validatorsOf } from '../../message/preconditions.ts';
import { requireFunction, requireInteger, requireOneOf } from '../shared/option-checks.ts';

/** Options of {@link conditionalLayer}. */
export interface ConditionalLayerOptions {
  /**
   * Which ETag a 200 to GET or HEAD gets that has none and whose content is at hand: a hash of it. `weak` where something outside of
   * this layer changes the bytes but not their meaning, such as compression. Default `'none'`.
   */
  readonly etag?: 'strong' | 'weak' | 'none';
  /** Longest content to make an ETag of, in bytes, at least 0. Default 1_048_576 (1 MiB). */
  readonly maxEtagBytes?: number;
  /**
   * Tells the state of what a request would change, before the inner service sees it: a PUT with an If-Match of an older state is
   * then answered with 412. Asked only for requests that carry a condition, but not for GET and HEAD; `undefined` for what it knows
   * nothing of, whose conditions are left to the inner service. Default: knows nothing.
   */
  readonly currentState?: (request: HttpRequest) => Validators | undefined | Promise<Validators | undefined>;
}

/**
 * Answers conditional requests: 304 for what the client has already, 412 for what is no longer as it should be.
 *
 * @remarks
 * Source: RFC 9110 section 13. The conditions of GET and HEAD are decided by the ETag and Last-Modified of the response, once it
 * is there; its content is then cancelled. Only responses of 2xx are looked at. What guards a change has to be decided before the
 * change: that needs `currentState`.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const app = stack(conditionalLayer({ etag: 'strong' }), serviceFn(() => HttpResponse.text('hello')));
 * const { headers } = await app.serve(HttpRequest.from({ target: '/' }));
 * const etag = headers.get('etag') ?? '';
 * (await app.serve(HttpRequest.from({ target: '/', headers: { 'If-None-Match': etag } }))).status; // 304
 */
export function conditionalLayer(options: ConditionalLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { etag = 'none', maxEtagBytes = 1_048_576, currentState } = options;
  requireOneOf('etag', etag, ['strong', 'weak', 'none']);
  requireInteger('maxEtagBytes', maxEtagBytes, 0, Number.POSITIVE_INFINITY);
  if (currentState !== undefined) requireFunction('currentState', currentState);

  return (inner) => ({
    async serve(request) {
      const isConditional = hasPreconditions(request.headers);
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        const state = isConditional ? await currentState?.(request) : undefined;
        if (state !== undefined && evaluatePreconditions(request, state) !== 'proceed') return failed(state);
        return inner.serve(request);
      }
      const response = await inner.serve(request);
      if (etag !== 'none' && response.status === 200) await addEtag(request, response, etag, maxEtagBytes);
      return isConditional ? checked(request, response) : response;
    },
  });
}

function checked(request: HttpRequest, response: HttpResponse): HttpResponse {
  if (response.status < 200 || response.status > 299) return response;
  const outcome = evaluatePreconditions(request, validatorsOf(response.headers));
  if (outcome === 'proceed') return response;
  response.body.cancel();
  const headers = response.headers.clone();
  headers.deleteWhere((name) => OF_CONTENT.has(name.toLowerCase()));
  return response.with({ status: outcome === 'failed' ? 412 : 304, headers, body: HttpBody.empty });
}

/** The client may want to know what it should have asked for. */
function failed({ etag }: Validators): HttpResponse {
  return HttpResponse.from({ status: 412, headers: etag === undefined ? {} : { ETag: etag } });
}

async function addEtag(
  { method }: HttpRequest,
  { body, headers }: HttpResponse,
  kind: 'strong' | 'weak',
  maxBytes: number,
): Promise<void> {
  if (headers.has('etag') || (body.size ?? Number.POSITIVE_INFINITY) > maxBytes) return;
  // An answer to HEAD may have left its content out; a hash of nothing would not be the tag of the content.
  if (method === 'HEAD' && body.isEmpty) return;
  const content = await body.tryClone()?.bytes({ maxBytes });
  if (content === undefined) return;
  const hash = createHash('sha256').update(content).digest('base64url');
  headers.set('ETag', `${kind === 'weak' ? 'W/' : ''}"${hash}"`);
}

/** They describe content that does not follow. RFC 9110 section 15.4.5. */
const OF_CONTENT: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'trailer',
]);
