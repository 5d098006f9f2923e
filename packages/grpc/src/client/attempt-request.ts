import type { HttpBody, HttpHeaders } from '@lamella/http';
import { HttpRequest, headersOfValidFields, RequestContext } from '@lamella/http';
import type { AbortScope } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import { contentTypeOf } from '../codec/content-type.ts';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { ACCEPTED_ENCODINGS } from '../codec/grpc-encoding.ts';
import { formatGrpcTimeout } from '../codec/grpc-timeout.ts';
import { headersOf } from '../codec/metadata-fields.ts';
import { keepTimeout } from './keep-timeout.ts';

/** What the request of an attempt is made of. */
export interface AttemptRequestParts {
  readonly call: GrpcCall;
  readonly scope: AbortScope;
  readonly body: HttpBody;
  readonly encoding: GrpcEncoding;
}

/** Makes the request of an attempt. */
export function attemptRequest(
  { call, scope, body, encoding }: AttemptRequestParts,
  { url, userAgent }: { readonly url: string; readonly userAgent: string },
): HttpRequest {
  const timeoutMs = call.deadline?.remainingMs;
  // Its parts are valid: the URL and the user agent were looked at once, metadata is as it is made.
  const request = new HttpRequest({
    method: 'POST',
    target: `${url}${call.method.path}`,
    version: '1.1',
    headers: headFields(call, timeoutMs, encoding, userAgent),
    body,
    onInformational: undefined,
    context: new RequestContext({}),
    extensions: call.extensions,
    scope,
  });
  if (call.deadline !== undefined && timeoutMs !== undefined) keepTimeout(request, call.deadline, timeoutMs);
  // A stream is quiet when there is nothing to say; a call without a deadline should notice a server that never answers.
  request.allowQuiet({ beforeHead: call.deadline !== undefined });
  return request;
}

/** In the order that PROTOCOL-HTTP2.md of grpc/grpc asks for. */
function headFields(
  { method, metadata }: GrpcCall,
  timeoutMs: number | undefined,
  encoding: GrpcEncoding,
  userAgent: string,
): HttpHeaders {
  const contentType = contentTypeOf(method.request.format);
  const isPlain = timeoutMs === undefined && encoding === 'identity' && metadata.size === 0;
  if (isPlain) return plainFields(contentType, userAgent);
  const fields = timeoutMs === undefined ? [] : ['grpc-timeout', formatGrpcTimeout(timeoutMs)];
  fields.push('te', 'trailers', 'content-type', contentType);
  if (encoding !== 'identity') fields.push('grpc-encoding', encoding);
  fields.push('grpc-accept-encoding', ACCEPTED_ENCODINGS);
  if (!metadata.has('user-agent')) fields.push('user-agent', userAgent);
  return headersOf(fields, metadata);
}

/** What most calls send, and nothing else. */
function plainFields(contentType: string, userAgent: string): HttpHeaders {
  return headersOfValidFields([
    'te',
    'trailers',
    'content-type',
    contentType,
    'grpc-accept-encoding',
    ACCEPTED_ENCODINGS,
    'user-agent',
    userAgent,
  ]);
}
