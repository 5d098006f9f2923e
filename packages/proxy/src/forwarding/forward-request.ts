import type { HttpHeaders, HttpRequest, InformationalResponse, RequestOrigin } from '@lamella/http';
import { forwardTrailers, Http1ProtocolError, HttpResponse, removeHopByHop } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import { hasCallDeadline, keepCallDeadline } from './call-deadline.ts';
import type { Forwarding } from './forwarding-options.ts';
import { gatewayErrorResponse } from './gateway-error.ts';
import { endedCallBody, resetCallResponse } from './grpc-answers.ts';
import { loopResponse } from './loop-response.ts';
import { countForward } from './max-forwards.ts';
import { refused } from './refused.ts';
import { tunnelService } from './tunnel-service.ts';
import { unaskedProtocol, wantsUpgrade } from './upgrade.ts';
import type { UpgradeJoin } from './upgrade-relay.ts';
import { addVia, hasVia } from './via.ts';

/** How a request goes on. */
export interface OutboundRequest {
  /** A whole URL, or the origin of one that is the same as that of the request but for that. */
  readonly target: string | RequestOrigin;
  /** Headers of the request, to be changed at will. */
  readonly headers: HttpHeaders;
  /** Whether a field, by its name in lower case, is not believed, and so must not come as a trailer either. Default: none. */
  readonly isClaim?: (name: string) => boolean;
}

/**
 * Sends a request on to the next server, and its response back.
 *
 * @remarks
 * Source: RFC 9110 section 7.6. What is meant for one hop is taken off, Via and Max-Forwards are kept, the framing is computed anew
 * on both sides; everything else goes through as it came: order, case, interim responses, trailers, upgrades.
 *
 * @returns The response, or an error response if there is none. Rejects only with what is not about forwarding.
 */
export async function forwardRequest(
  request: HttpRequest,
  { target, headers, isClaim = () => false }: OutboundRequest,
  forwarding: Forwarding,
  client: Service<HttpRequest, HttpResponse> = forwarding.client,
): Promise<HttpResponse> {
  const { pseudonym } = forwarding;
  if (hasVia(headers, pseudonym)) return loopResponse(pseudonym);
  countForward(request, headers);
  const isUpgrade = wantsUpgrade(request);
  // By HTTP/2 it is what the request is about: without it, the answer would be taken for the tunnel. RFC 8441 section 4.
  if (!isUpgrade && request.version === '2' && request.headers.has('upgrade')) return refused(501, NOT_PASSED_ON);
  const isNoTrailer = removeHopByHop(headers, { keepsUpgrade: isUpgrade });
  addVia(headers, request.version, pseudonym);
  forwarding.editRequest?.(headers, request);
  const join = isUpgrade ? forwarding.upgrade?.prepare(request, headers) : undefined;
  if (isGrpc(request.headers)) request.allowQuiet({ beforeHead: hasCallDeadline(request.headers) });
  if (hasCallDeadline(headers)) keepCallDeadline(request, headers, forwarding.clock);
  const onInformational = (interim: InformationalResponse): void => request.onInformational?.(forwardInterim(interim));
  let response: HttpResponse;
  try {
    const body = forwardTrailers(request.body, (name) => isNoTrailer(name) || isClaim(name), request.version);
    const to = typeof target === 'string' ? { target } : { origin: target };
    response = await client.serve(request.with({ ...to, headers, body, onInformational }));
  } catch (error) {
    return answerFailure(error, request, forwarding);
  }
  try {
    const unasked = response.status === 101 ? unaskedProtocol(headers, response.headers) : undefined;
    if (unasked !== undefined) {
      response[Symbol.dispose]();
      return answerFailure(badSwitch(unasked), request, forwarding);
    }
    return forwardResponse(request, response, forwarding, join);
  } catch (error) {
    response[Symbol.dispose](); // nobody is going to get it
    throw error;
  }
}

/** The answer for a way to the next server that failed. @throws `error` itself if it is not about that. */
export function answerFailure(
  error: unknown,
  request: HttpRequest,
  { pseudonym, tellsDetails }: Forwarding,
): HttpResponse {
  if (isCancellation(request, error)) throw error;
  const answer =
    resetCallResponse(error, request.headers, pseudonym) ??
    gatewayErrorResponse(error, pseudonym, { details: tellsDetails });
  if (answer === undefined) throw error;
  return answer;
}

function forwardResponse(
  request: HttpRequest,
  response: HttpResponse,
  forwarding: Forwarding,
  join: UpgradeJoin | undefined,
): HttpResponse {
  const headers = response.headers.clone();
  const { status, reason, upgraded, version } = response;
  // Events come when there are some: its client notices if they do not.
  if (EVENT_STREAM.test(headers.get('content-type') ?? '')) request.allowQuiet();
  // RFC 9110 section 15.5.22: 426 says by Upgrade what would have to be asked for.
  const isNoTrailer = removeHopByHop(headers, { keepsUpgrade: upgraded !== undefined || status === 426 });
  addVia(headers, version, forwarding.pseudonym);
  forwarding.editResponse?.(headers, response, request);
  if (upgraded === undefined) {
    const body = endedCallBody(forwardTrailers(response.body, isNoTrailer, version), response, request.headers);
    return response.with({ headers, body });
  }
  const handler = tunnelService(upgraded, request, forwarding, join);
  return HttpResponse.upgrade({ status, reason, headers }, handler, { guard: upgraded });
}

/** A call may be quiet, and a proxy that cuts it breaks it; the next server limits what is no call. */
function isGrpc(headers: HttpHeaders): boolean {
  return CALL.test(headers.get('content-type') ?? '');
}

function badSwitch(protocol: string): Http1ProtocolError {
  const message = `the server switched to ${JSON.stringify(protocol.slice(0, 100))}, which nobody has asked for`;
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_SWITCH', message, { origin: 'remote' });
}

function forwardInterim({ status, reason, headers }: InformationalResponse): InformationalResponse {
  const kept = headers.clone();
  removeHopByHop(kept, { keepsUpgrade: false });
  return { status, reason, headers: kept };
}

const CALL = /^application\/(?:grpc\b|connect\+)/i; // with -web and a format, too
const EVENT_STREAM = /^text\/event-stream\b/i;
const NOT_PASSED_ON = 'an upgrade to this protocol is not passed on';
