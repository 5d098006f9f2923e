import type { HttpRequest } from '@lamella/http';
import { watchedBody } from '@lamella/http';

/** A request whose body is counted where its size is not known before. */
export interface CountedRequest {
  readonly request: HttpRequest;
  /** Bytes so far, or the size that was stated. */
  readonly bytes: () => number;
}

/** Counts the body of a request. */
export function countedRequest(request: HttpRequest): CountedRequest {
  const { size } = request.body;
  if (size !== undefined) return { request, bytes: () => size };
  let bytes = 0;
  const body = watchedBody(request.body, {
    onChunk(chunk) {
      bytes += chunk.length;
    },
  });
  return { request: request.with({ body }), bytes: () => bytes };
}
