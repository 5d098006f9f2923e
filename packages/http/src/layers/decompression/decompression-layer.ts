import type { Layer } from '@lamella/service-core';
import { LimitError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { isBodyless } from '../../message/status.ts';
import type { ContentCoding } from '../compression/content-coding.ts';
import { ALL_CODINGS, requireCodings } from '../compression/content-coding.ts';
import { callChanged } from '../shared/call-inner.ts';
import { requireInteger } from '../shared/option-checks.ts';
import { describeDecoded, readContentCodings } from './content-codings.ts';
import type { DecompressionLimitsOptions } from './decoded-body.ts';
import { decodedBody, fullDecompressionLimits } from './decoded-body.ts';

/** Options of {@link decompressionLayer}. */
export interface DecompressionLayerOptions extends DecompressionLimitsOptions {
  /** Codings that are asked for and decoded, best first, each once. Default `['zstd', 'br', 'gzip', 'deflate']`. */
  readonly codings?: readonly ContentCoding[];
  /** Most codings on top of each other, 1 to 8. Default 2. */
  readonly maxCodings?: number;
}

/**
 * Asks for compressed responses and decodes them, for clients.
 *
 * @remarks
 * A request without Accept-Encoding gets one, unless it has a Range. A response is decoded while its body is read, and loses
 * Content-Encoding, Content-Length and the digests of the coded content. Responses in other codings, 206 and responses without content stay
 * as they are.
 *
 * @throws UsageError if an option is out of its range. The service rejects with LimitError (`maxCodings`) for a longer list of codings. The
 * body fails with LimitError (`maxBytes`, `maxRatio`, `maxSilentBytes`, `maxFrames`) or HttpBodyError (`LML_ERR_HTTP_BODY_BAD_CODING`,
 * `_CODING_INCOMPLETE`, `_BYTES_AFTER_CODING`).
 *
 * @example
 * const client = stack(
 *   decompressionLayer({ maxBytes: 10_000_000 }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.headers.get('accept-encoding') ?? '')),
 * );
 */
export function decompressionLayer(options: DecompressionLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { maxCodings = 2 } = options;
  const codings = requireCodings(options.codings ?? ALL_CODINGS);
  const limits = fullDecompressionLimits(options);
  requireInteger('maxCodings', maxCodings, 1, 8);
  const acceptEncoding = codings.join(', ');

  return (inner) => ({
    serve: (request) =>
      callChanged(inner, asking(request, acceptEncoding), (response) => {
        if (request.method === 'HEAD' || isBodyless(response.status) || response.status === 206) return response;
        const applied = readContentCodings(response.headers, codings);
        if (typeof applied === 'string' || applied.length === 0) return response;
        if (applied.length > maxCodings) throw tooMany(maxCodings, applied.length);
        const body = decodedBody(response.body, applied, limits);
        const decoded = response.with({ headers: response.headers, body });
        describeDecoded(decoded.headers);
        return decoded;
      }),
  });
}

/** The error for a list of codings that is too long. */
export function tooMany(maximum: number, observed: number): LimitError {
  return new LimitError({ limit: 'maxCodings', maximum, observed, facts: { layer: 'decompression' } });
}

/** A part of coded content can't be decoded, so who asks for a part is not given coded content. */
function asking(request: HttpRequest, acceptEncoding: string): HttpRequest {
  if (request.headers.has('accept-encoding') || request.headers.has('range')) return request;
  const changed = request.with({ headers: request.headers });
  changed.headers.append('Accept-Encoding', acceptEncoding);
  return changed;
}
