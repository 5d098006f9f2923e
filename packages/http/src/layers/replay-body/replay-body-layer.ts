import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireInteger } from '../shared/option-checks.ts';
import { BodyRecorder } from './body-recorder.ts';

/** Options of {@link replayBodyLayer}. */
export interface ReplayBodyLayerOptions {
  /** Most bytes of a body to remember, an integer of at least 1 or `Infinity`. Default 65_536 (64 KiB). */
  readonly maxBytes?: number;
}

/**
 * Makes the body of a request readable more than once, by `request.body.tryClone()`, up to a limit.
 *
 * @remarks
 * Stands outside of what repeats requests, such as `httpRetryLayer` and `followRedirectLayer`, and of what looks at a body before
 * the service does, such as a check of signatures. Bodies that are at hand anyway (text, bytes) cost nothing.
 *
 * The content still streams: nothing is read ahead, and what has been read is remembered. A body that is longer, or says so in
 * front, can be read once like any other: then `tryClone` gives `undefined`, and a copy that was made before and not read as far
 * rejects with a LimitError. Until the inner service has answered, a cancelled copy leaves the content to the others.
 *
 * @throws UsageError if `maxBytes` is out of its range. Reading an outdated copy: LimitError `LML_ERR_LIMIT`.
 *
 * @example
 * const app = stack(
 *   replayBodyLayer({ maxBytes: 10_000 }),
 *   serviceFn(async (request: HttpRequest) => {
 *     const copy = await request.body.tryClone()?.text();
 *     return HttpResponse.text(`${copy === (await request.body.text())}`); // 'true'
 *   }),
 * );
 */
export function replayBodyLayer(options: ReplayBodyLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { maxBytes = 65_536 } = options;
  requireInteger('maxBytes', maxBytes, 1, Number.POSITIVE_INFINITY);

  return (inner) => ({
    serve(request) {
      const { body } = request;
      if (body.canClone || body.isUsed || (body.size ?? 0) > maxBytes) return callInner(inner, request);
      const recorder = new BodyRecorder(body, maxBytes);
      return callInner(inner, request.with({ body: recorder.open() })).finally(() => {
        recorder.close(new UsageError('the body was not read to its end'));
      });
    },
  });
}
