import type { BodyOutcome, HttpRequest } from '@lamella/http';
import { watchedBody } from '@lamella/http';

/** Errors that came out of the bodies of requests, such as from a client that sends rubbish: no server is to blame for them. */
export class BrokenUploads {
  readonly #errors = new WeakSet<object>();

  /** The request with a body that tells of its failure; one that is at hand can't fail, one that can begin anew stays so. */
  watch(request: HttpRequest): HttpRequest {
    const { body } = request;
    if (body.canClone || body.isUsed) return request;
    const onEnd = (outcome: BodyOutcome, error: unknown): void => {
      // A body that is cancelled may be so with the failure of the server.
      if (outcome === 'failed' && typeof error === 'object' && error !== null) this.#errors.add(error);
    };
    return request.with({ body: watchedBody(body, { onEnd }) });
  }

  /** Whether `error` is that of a body. */
  has(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#errors.has(error);
  }
}
