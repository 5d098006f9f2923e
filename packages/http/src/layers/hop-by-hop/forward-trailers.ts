import type { BodySource } from '../../message/body-source.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpVersion } from '../../message/http-request.ts';

/**
 * Makes a body whose trailers go on without those that must not. RFC 9110 sections 6.5.1 and 7.6.1.
 *
 * @param isNoTrailer - Whether a field of a name, in lower case, must not go on; {@link removeHopByHop} gives one.
 * @param version - By which the message has come. Default `'1.1'`: there, trailers never follow content of a stated length.
 * @returns The body itself where no trailers can follow.
 *
 * @example
 * const trailers = () => HttpHeaders.from({ 'Content-Length': '9', 'X-Sum': '1' });
 * const body = forwardTrailers(HttpBody.from('hi', { trailers }), (name) => name === 'content-length');
 * await body.text();
 * body.trailers?.toJSON(); // [['X-Sum', '1']]
 */
export function forwardTrailers(
  body: HttpBody,
  isNoTrailer: (name: string) => boolean,
  version: HttpVersion = '1.1',
): HttpBody {
  if (body.sizeOnWire !== undefined && (version !== '2' || body.isAtHand)) return body;
  const { size } = body;
  const whole = body.takeWhole();
  if (whole !== undefined) {
    const trailers = kept(body.trailers, isNoTrailer);
    return HttpBody.from(whole, trailers === undefined ? {} : { trailers: () => trailers });
  }
  return HttpBody.fromSource(sourceOf(body, isNoTrailer), size === undefined ? {} : { size });
}

function sourceOf(body: HttpBody, isNoTrailer: (name: string) => boolean): BodySource {
  return {
    read: () => body.read(),
    cancel: (reason) => body.cancel(reason),
    endEarly: (reason) => body.endEarly(reason),
    onOver: (listener) => body.onOver(listener),
    get trailers() {
      return kept(body.trailers, isNoTrailer);
    },
    get canClone() {
      return body.canClone;
    },
    tryClone() {
      const clone = body.tryClone();
      return clone && sourceOf(clone, isNoTrailer);
    },
  };
}

function kept(trailers: HttpHeaders | undefined, isNoTrailer: (name: string) => boolean): HttpHeaders | undefined {
  const rest = trailers?.clone();
  rest?.deleteWhere((name) => isNoTrailer(name.toLowerCase()));
  return rest === undefined || rest.size === 0 ? undefined : rest;
}
