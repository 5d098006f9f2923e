import type { Layer } from '@lamella/service-core';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callChanged } from '../shared/call-inner.ts';
import { removeHopByHop } from './remove-hop-by-hop.ts';

/** Options of {@link hopByHopLayer}. */
export interface HopByHopLayerOptions {
  /** Whether a request to switch the protocol, and the answer to it, go on. Default false. */
  readonly allowUpgrade?: boolean;
}

/**
 * Takes the header fields that are meant for one hop only off requests and responses. RFC 9110 section 7.6.1.
 *
 * @remarks
 * That is Connection with all the fields it names, Keep-Alive, Proxy-Authenticate, Proxy-Authorization, TE, Transfer-Encoding, Upgrade and
 * the like; see {@link removeHopByHop}. For whoever hands messages on from one connection to another; the proxies of Lamella do
 * so by themselves, trailers included. Messages that come in stay as they are; changed copies go on.
 *
 * @example
 * const service = stack(hopByHopLayer(), serviceFn((request: HttpRequest) => HttpResponse.text(request.headers.get('connection') ?? 'none')));
 */
export function hopByHopLayer(options: HopByHopLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { allowUpgrade = false } = options;
  return (inner) => ({
    serve(request) {
      const isUpgrade = allowUpgrade && request.headers.has('upgrade');
      return callChanged(inner, request.with({ headers: cleaned(request.headers, isUpgrade) }), (response) =>
        response.with({ headers: cleaned(response.headers, allowUpgrade && response.headers.has('upgrade')) }),
      );
    },
  });
}

function cleaned(headers: HttpHeaders, keepsUpgrade: boolean): HttpHeaders {
  const copy = headers.clone();
  removeHopByHop(copy, { keepsUpgrade });
  return copy;
}
