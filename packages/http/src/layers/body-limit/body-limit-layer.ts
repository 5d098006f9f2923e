import type { Layer } from '@lamella/service-core';
import { LimitError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireInteger } from '../shared/option-checks.ts';
import { watchedBody } from '../shared/watched-body.ts';

/** Options of {@link bodyLimitLayer}. */
export interface BodyLimitLayerOptions {
  /** Longest content of a request, in bytes, at least 0, or `Infinity`. */
  readonly maxBytes: number;
}

/**
 * Answers requests whose content is too long with 413.
 *
 * @remarks
 * A length that is announced is looked at before the inner service is called, and costs nothing if it is fine. Content of unknown length is
 * counted while the inner service reads it: at the first byte too many its body fails with LimitError (`maxBytes`), and the rest is not read.
 * If the inner service fails with that, the answer is 413; a response that is on its way already is broken off.
 *
 * Around `requestDecompressionLayer` the limit counts bytes as they were sent, within it bytes as they are read. The server reads at most a
 * little of content that nobody wants, then closes the connection; a client that waits for 100 (Continue) gets the 413 instead.
 *
 * @throws UsageError if `maxBytes` is out of its range.
 *
 * @example
 * const service = stack(
 *   bodyLimitLayer({ maxBytes: 1_000_000 }),
 *   serviceFn(async (request: HttpRequest) => HttpResponse.text(await request.body.text())),
 * );
 */
export function bodyLimitLayer(options: BodyLimitLayerOptions): Layer<HttpRequest, HttpResponse> {
  const { maxBytes } = options;
  requireInteger('maxBytes', maxBytes, 0, Number.POSITIVE_INFINITY);

  return (inner) => ({
    serve(request) {
      const { size } = request.body;
      if (size !== undefined) {
        return size > maxBytes ? Promise.resolve(contentTooLarge(maxBytes)) : callInner(inner, request);
      }
      let failure: LimitError | undefined;
      let observed = 0;
      const body = watchedBody(request.body, {
        onChunk(chunk) {
          observed += chunk.length;
          if (observed <= maxBytes) return;
          failure = new LimitError({ limit: 'maxBytes', maximum: maxBytes, observed, facts: FACTS });
          throw failure;
        },
      });
      return callInner(inner, request.with({ body })).catch((error: unknown) => {
        if (failure === undefined || error !== failure) throw error;
        return contentTooLarge(maxBytes);
      });
    },
  });
}

function contentTooLarge(maxBytes: number): HttpResponse {
  return HttpResponse.text(`413: the content goes beyond maxBytes (${maxBytes})\n`, { status: 413 });
}

const FACTS = { layer: 'body-limit', phase: 'body' } as const;
