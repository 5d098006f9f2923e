import type { Layer } from '@lamella/service-core';
import type { HttpBody } from '../../message/http-body.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest, HttpVersion, InformationalResponse } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callChanged } from '../shared/call-inner.ts';
import { forwardTrailers } from './forward-trailers.ts';
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
 * the like; see {@link removeHopByHop}. Trailers lose the same fields, and those that mean something for the whole message (section
 * 6.5.1); interim responses too. For whoever hands messages on from one connection to another; the proxies of Lamella do so by
 * themselves. Messages that come in stay as they are; changed copies go on.
 *
 * @example
 * const service = stack(hopByHopLayer(), serviceFn((request: HttpRequest) => HttpResponse.text(request.headers.get('connection') ?? 'none')));
 */
export function hopByHopLayer(options: HopByHopLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { allowUpgrade = false } = options;
  return (inner) => ({
    serve(request) {
      const isUpgrade = allowUpgrade && request.headers.has('upgrade');
      const { onInformational } = request;
      const changed = request.with({
        ...cleaned(request, isUpgrade),
        ...(onInformational && { onInformational: (interim) => onInformational(cleanedInterim(interim)) }),
      });
      return callChanged(inner, changed, (response) =>
        response.with(cleaned(response, allowUpgrade && response.headers.has('upgrade'))),
      );
    },
  });
}

interface Content {
  readonly headers: HttpHeaders;
  readonly body: HttpBody;
  readonly version: HttpVersion;
}

function cleaned(message: Content, keepsUpgrade: boolean): Omit<Content, 'version'> {
  const headers = message.headers.clone();
  const isNoTrailer = removeHopByHop(headers, { keepsUpgrade });
  return { headers, body: forwardTrailers(message.body, isNoTrailer, message.version) };
}

function cleanedInterim(interim: InformationalResponse): InformationalResponse {
  const headers = interim.headers.clone();
  removeHopByHop(headers, { keepsUpgrade: false });
  return { ...interim, headers };
}
