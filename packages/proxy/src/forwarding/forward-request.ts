import type { HttpRequest, HttpResponse } from '@lamella/http';
import { hasListToken, HttpResponse as Response } from '@lamella/http';
import type { RelayOptions, RelayOutcome } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import { gatewayErrorResponse } from './gateway-error.ts';
import { removeHopByHop } from './hop-by-hop.ts';
import { countForward } from './max-forwards.ts';
import { tunnelService } from './tunnel-service.ts';
import { addVia, hasVia } from './via.ts';

/** What forwarding needs, whichever kind of proxy does it. */
export interface ForwardingOptions {
  /** Sends requests on. */
  readonly client: Service<HttpRequest, HttpResponse>;
  /** Name of this proxy in Via and Proxy-Status; a token. */
  readonly pseudonym: string;
  /** Limits of tunnels and upgraded connections. */
  readonly relay: RelayOptions;
  /** Hears how each tunnel and upgraded connection ended. */
  readonly onRelayEnd: (outcome: RelayOutcome, request: HttpRequest) => void;
}

/**
 * Sends a request on to the next server, and its response back.
 *
 * @remarks
 * Source: RFC 9110 section 7.6. What is meant for one hop is taken off, Via and Max-Forwards are kept, the framing is computed anew
 * on both sides; everything else goes through as it came: order, case, interim responses, trailers, upgrades.
 *
 * @param request - The request as it shall go on, with a whole URL as its target; its headers are changed.
 * @returns The response, or an error response if there is none. Rejects only with what is not about forwarding.
 */
export async function forwardRequest(request: HttpRequest, options: ForwardingOptions): Promise<HttpResponse> {
  const { client, pseudonym } = options;
  if (hasVia(request.headers, pseudonym)) {
    return Response.text('508 Loop Detected: the request has come through this proxy before\n', { status: 508 });
  }
  const asksForUpgrade = wantsUpgrade(request);
  countForward(request, request.headers);
  removeHopByHop(request.headers, { keepsUpgrade: asksForUpgrade });
  addVia(request.headers, request.version, pseudonym);
  let response: HttpResponse;
  try {
    response = await client.serve(request);
  } catch (error) {
    if (isCancellation(request, error)) throw error;
    const answer = gatewayErrorResponse(error, pseudonym);
    if (answer === undefined) throw error;
    return answer;
  }
  return forwardResponse(request, response, options);
}

function forwardResponse(request: HttpRequest, response: HttpResponse, options: ForwardingOptions): HttpResponse {
  const headers = response.headers.clone();
  const { upgraded } = response;
  removeHopByHop(headers, { keepsUpgrade: upgraded !== undefined });
  addVia(headers, response.version, options.pseudonym);
  if (upgraded === undefined) return response.with({ headers });

  const { status, reason } = response;
  return Response.upgrade({ status, reason, headers }, tunnelService(upgraded, request, options), { guard: upgraded });
}

/** RFC 9110 section 7.8: an Upgrade counts only if Connection names it, and only in HTTP/1.1. */
function wantsUpgrade(request: HttpRequest): boolean {
  if (request.version !== '1.1' || !request.headers.has('upgrade')) return false;
  return request.headers.getAll('connection').some((value) => hasListToken(value, 'upgrade'));
}
