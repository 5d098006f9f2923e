import { HttpBody } from '../message/http-body.ts';

/**
 * Reads the first chunk of a body.
 *
 * @returns A body with all of it: that chunk, then the rest. Rejects with what the body fails with.
 */
export async function bodyAfterFirst(body: HttpBody): Promise<HttpBody> {
  let first = await body.read();
  const size = body.sizeOnWire;
  return HttpBody.fromSource(
    {
      read() {
        if (first === undefined) return body.read();
        const chunk = first;
        first = undefined;
        return Promise.resolve(chunk);
      },
      cancel: (reason) => body.cancel(reason),
      endEarly: (reason) => body.endEarly(reason),
      get trailers() {
        return body.trailers;
      },
    },
    size === undefined ? {} : { size },
  );
}
