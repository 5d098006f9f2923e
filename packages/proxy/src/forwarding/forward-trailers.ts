import type { HttpHeaders } from '@lamella/http';
import { HttpBody } from '@lamella/http';

/**
 * Makes a body whose trailers go on without those that must not. RFC 9110 sections 6.5.1 and 7.6.1.
 *
 * @param isNoTrailer - Whether a field of a name, in lower case, must not.
 * @returns The body itself where no trailers can follow: where its length is stated.
 */
export function forwardTrailers(body: HttpBody, isNoTrailer: (name: string) => boolean): HttpBody {
  if (body.sizeOnWire !== undefined) return body;
  const { size } = body;
  const whole = body.takeWhole();
  if (whole !== undefined) {
    const trailers = kept(body.trailers, isNoTrailer);
    return HttpBody.from(whole, trailers === undefined ? {} : { trailers: () => trailers });
  }
  const source = {
    read: () => body.read(),
    cancel: (reason: unknown) => body.cancel(reason),
    get trailers() {
      return kept(body.trailers, isNoTrailer);
    },
  };
  return HttpBody.fromSource(source, size === undefined ? {} : { size });
}

function kept(trailers: HttpHeaders | undefined, isNoTrailer: (name: string) => boolean): HttpHeaders | undefined {
  const rest = trailers?.clone();
  rest?.deleteWhere((name) => isNoTrailer(name.toLowerCase()));
  return rest === undefined || rest.size === 0 ? undefined : rest;
}
