import { HttpBody, HttpHeaders, HttpResponse, HttpStreamResetError } from '@lamella/http';
import { ProtocolError } from '@lamella/service-core';
import { GatewayFailure, isGatewayFailure } from './gateway-error.ts';
import { MadeByProxy } from './made-by-proxy.ts';
import { proxyStatus } from './proxy-status.ts';

/**
 * The answer to a call of gRPC whose stream the next server has reset before it answered, or has answered by what HTTP/2 forbids.
 *
 * @remarks
 * The status is what the client would have seen without a proxy. By an HTTP status it could only be told that it is UNAVAILABLE, and would try
 * again what the server has refused for good.
 *
 * @returns `undefined` if it is no such call, or has failed otherwise: what HTTP says of that means the same to clients.
 */
export function resetCallResponse(error: unknown, request: HttpHeaders, pseudonym: string): HttpResponse | undefined {
  const code = codeOfStream(error);
  if (code === undefined) return undefined;
  const type = grpcTypeOf(request);
  if (type === undefined) return undefined;
  const kind = error instanceof HttpStreamResetError ? 'connection_terminated' : 'http_protocol_error';
  const headers = [['content-type', type] as const, ...endOf(error), proxyStatus(pseudonym, kind)];
  const response = HttpResponse.from({ headers });
  response.extensions.insert(GatewayFailure, error);
  response.extensions.insert(MadeByProxy, true);
  return response;
}

/**
 * The body of the response to a call of gRPC, with an end even if the way to the next server breaks: the status that the client would have seen
 * without a proxy. Whoever has made no call does not look for one, and would take what is broken off for whole.
 */
export function endedCallBody(body: HttpBody, response: HttpResponse, request: HttpHeaders): HttpBody {
  if (body.isAtHand || grpcTypeOf(response.headers) === undefined || grpcTypeOf(request) === undefined) return body;
  let end: HttpHeaders | undefined;
  return HttpBody.fromSource({
    read: () =>
      body.read().catch((error: unknown) => {
        if (!isGatewayFailure(error)) throw error;
        response.extensions.insert(GatewayFailure, error);
        end = HttpHeaders.from(endOf(error));
        return undefined;
      }),
    cancel: (reason) => body.cancel(reason),
    onOver: (listener) => body.onOver(listener),
    get trailers() {
      return end ?? body.trailers;
    },
  });
}

/** Says by no word what stands behind the proxy. */
function endOf(error: unknown): readonly (readonly [name: string, value: string])[] {
  const code = codeOfStream(error);
  const status = code === undefined ? UNAVAILABLE : (STATUS_OF_RESET[code] ?? UNKNOWN);
  return [
    ['grpc-status', String(status)],
    ['grpc-message', code === undefined ? 'the response was broken off' : messageOf(error, code)],
  ];
}

function messageOf(error: unknown, code: string): string {
  return error instanceof HttpStreamResetError
    ? `the server reset the stream with ${code}`
    : 'the server broke a rule of HTTP/2';
}

/** The code of RST_STREAM that ended a stream alone, whoever said it; `undefined` if that is not what happened. */
function codeOfStream(error: unknown): string | undefined {
  if (error instanceof HttpStreamResetError) return error.origin === 'remote' ? error.resetCode : undefined;
  if (!(error instanceof ProtocolError) || error.origin !== 'remote') return undefined;
  // Errors of HTTP/2 have both; of other versions a broken rule ends the connection.
  const { scope, errorCode } = error as { readonly scope?: unknown; readonly errorCode?: unknown };
  return scope === 'stream' ? String(errorCode) : undefined;
}

/** The content type, without parameters; `undefined` if it is not that of gRPC itself. */
function grpcTypeOf(headers: HttpHeaders): string | undefined {
  return GRPC.exec(headers.get('content-type') ?? '')?.[1];
}

const GRPC = /^(application\/grpc(?:\+[!#$%&'*+\-.^_`|~0-9a-z]+)?)[ \t]*(?:;|$)/i;
const [UNKNOWN, INTERNAL, UNAVAILABLE] = [2, 13, 14];
/** PROTOCOL-HTTP2.md of grpc/grpc, "Errors". */
const STATUS_OF_RESET: Readonly<Record<string, number>> = {
  NO_ERROR: INTERNAL,
  PROTOCOL_ERROR: INTERNAL,
  INTERNAL_ERROR: INTERNAL,
  FLOW_CONTROL_ERROR: INTERNAL,
  SETTINGS_TIMEOUT: INTERNAL,
  FRAME_SIZE_ERROR: INTERNAL,
  REFUSED_STREAM: UNAVAILABLE,
  CANCEL: 1,
  COMPRESSION_ERROR: INTERNAL,
  CONNECT_ERROR: INTERNAL,
  ENHANCE_YOUR_CALM: 8,
  INADEQUATE_SECURITY: 7,
};
