import type { HttpHeaders } from '@lamella/http';
import { HttpBody } from '@lamella/http';

/**
 * Makes a body whose trailers go on without those that are meant for one hop. RFC 9110 section 7.6.1.
 *
 * @param isForOneHop - Whether a field of a name, in lower case, is.
 * @returns The body itself where no trailers can follow: where its length is stated.
 */
export function forwardTrailers(body: HttpBody, isForOneHop: (name: string) => boolean): HttpBody {
  if (body.sizeOnWire !== undefined) return body;
  const { size } = body;
  const whole = body.takeWhole();
  if (whole !== undefined) {
    const trailers = kept(body.trailers, isForOneHop);
    return HttpBody.from(whole, trailers === undefined ? {} : { trailers: () => trailers });
  }
  const source = {
    read: () => body.read(),
    cancel: (reason: unknown) => body.cancel(reason),
    get trailers() {
      return kept(body.trailers, isForOneHop);
    },
  };
  return HttpBody.fromSource(source, size === undefined ? {} : { size });
}

function kept(trailers: HttpHeaders | undefined, isForOneHop: (name: string) => boolean): HttpHeaders | undefined {
  const rest = trailers?.clone();
  rest?.deleteWhere((name) => isForOneHop(name.toLowerCase()));
  return rest === undefined || rest.size === 0 ? undefined : rest;
}
