import type { Layer } from '@lamella/service-core';
import { LimitError } from '@lamella/service-core';
import type { HttpBodyErrorCode } from '../../errors.ts';
import { HttpBodyError } from '../../errors.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { ALL_CODINGS, requireCodings } from '../compression/content-coding.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireInteger } from '../shared/option-checks.ts';
import { watchedBody } from '../shared/watched-body.ts';
import { describeDecoded, readContentCodings } from './content-codings.ts';
import { decodedBody, fullDecompressionLimits } from './decoded-body.ts';
import type { DecompressionLayerOptions } from './decompression-layer.ts';

/**
 * Decodes compressed requests, for servers.
 *
 * @remarks
 * The inner service reads decoded content, and sees no Content-Encoding and no Content-Length. A coding that is not known is answered with
 * 415, and a list of more than `maxCodings` too; both say in Accept-Encoding what there is. If the inner service fails because its content
 * grows beyond one of the limits, the answer is 413 and names that; because it is corrupt or incomplete, 400. A service that deals
 * with such a failure itself keeps its own answer.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const service = stack(
 *   requestDecompressionLayer({ maxBytes: 1_000_000 }),
 *   serviceFn(async (request: HttpRequest) => HttpResponse.text(await request.body.text())),
 * );
 */
export function requestDecompressionLayer(options: DecompressionLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { maxCodings = 2 } = options;
  const codings = requireCodings(options.codings ?? ALL_CODINGS);
  const limits = fullDecompressionLimits(options);
  requireInteger('maxCodings', maxCodings, 1, 8);
  const acceptEncoding = codings.join(', ');

  return (inner) => ({
    serve(request) {
      const applied = readContentCodings(request.headers, codings);
      if (typeof applied === 'string' || applied.length > maxCodings)
        return Promise.resolve(unsupported(acceptEncoding));
      if (applied.length === 0) return callInner(inner, request);
      let failure: { readonly error: unknown } | undefined;
      const body = watchedBody(decodedBody(request.body, applied, limits), {
        onEnd(outcome, error) {
          if (outcome === 'failed') failure = { error };
        },
      });
      const decoded = request.with({ headers: request.headers, body });
      describeDecoded(decoded.headers);
      return callInner(inner, decoded).catch((error: unknown) => {
        const refusal = failure?.error === error ? refusalOf(error) : undefined;
        if (refusal === undefined) throw error;
        return refusal;
      });
    },
  });
}

/** @returns `undefined` for what has nothing to do with decoding, such as a limit of what was sent. */
function refusalOf(error: unknown): HttpResponse | undefined {
  if (error instanceof LimitError && error.facts.layer === 'decompression') {
    const { limit, maximum } = error;
    return HttpResponse.text(`413: the decoded content goes beyond ${limit} (${maximum})\n`, { status: 413 });
  }
  if (!(error instanceof HttpBodyError)) return undefined;
  return HttpResponse.text(`400: ${MEANINGS[error.code] ?? 'bad content'}\n`, { status: 400 });
}

function unsupported(acceptEncoding: string): HttpResponse {
  const headers = { 'Accept-Encoding': acceptEncoding };
  return HttpResponse.text('415 Unsupported Media Type\n', { status: 415, headers });
}

const MEANINGS: Readonly<Partial<Record<HttpBodyErrorCode, string>>> = {
  LML_ERR_HTTP_BODY_BAD_CODING: 'the content is not in its coding',
  LML_ERR_HTTP_BODY_CODING_INCOMPLETE: 'the content ends within its coding',
  LML_ERR_HTTP_BODY_BYTES_AFTER_CODING: 'the content goes on behind the end of its coding',
};
