import type { HttpRequest, HttpResponse } from '@lamella/http';
import { HttpBody, HttpHeaders } from '@lamella/http';
import { isLamellaError } from '@lamella/service-core';
import { contentTypeOf } from '../codec/content-type.ts';
import { parseGrpcEncoding } from '../codec/grpc-encoding.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import type { MessageFrame } from '../codec/message-frame.ts';
import { encodeMessageFrame, messageTooLong } from '../codec/message-frame.ts';
import { grpcStatusOfHttp } from '../codec/status-mapping.ts';
import { GrpcStatusError } from '../errors.ts';
import { inflateMessage } from '../messages/message-compression.ts';
import { singleFrame } from '../messages/single-frame.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import { trailersOf } from './call-end.ts';
import { connectHeadersOf } from './client-headers.ts';
import type { FullConnectClientOptions } from './connect-client-options.ts';
import { errorOfConnectJson } from './connect-error.ts';
import { encodeUrlBase64 } from './query-message.ts';

/** The request of a unary call of Connect. */
export async function unaryRequest(
  request: HttpRequest,
  format: string,
  method: GrpcMethod,
  options: FullConnectClientOptions,
): Promise<HttpRequest> {
  const frame = await singleFrame(request.body, options.maxMessageBytes);
  if (frame === undefined) throw new GrpcStatusError(GrpcStatus.INTERNAL, 'a unary call has no message');
  const encoding = frame.isCompressed ? request.headers.get('grpc-encoding') : undefined;
  const headers = connectHeadersOf(request.headers);
  const accepted = request.headers.get('grpc-accept-encoding');
  if (accepted !== undefined) headers.set('accept-encoding', accepted);
  const target = options.useGet && method.isSafe === true ? getTarget(request.target, format, frame, encoding) : '';
  if (target !== '' && target.length <= options.maxGetTargetLength) {
    headers.delete('content-type');
    headers.delete('connect-protocol-version'); // the query says it
    return request.with({ method: 'GET', target, headers, body: HttpBody.empty });
  }
  headers.set('content-type', `application/${format}`);
  if (encoding !== undefined) headers.set('content-encoding', encoding);
  return request.with({ headers, body: frame.bytes });
}

function getTarget(target: string, format: string, { bytes }: MessageFrame, encoding: string | undefined): string {
  const compression = encoding === undefined ? '' : `&compression=${encoding}`;
  return `${target}?connect=v1&encoding=${encodeURIComponent(format)}${compression}&base64=1&message=${encodeUrlBase64(bytes)}`;
}

/** A response of gRPC of that to a unary call of Connect. What is none stays as it is: its HTTP status tells. */
export async function grpcResponseOfUnary(
  response: HttpResponse,
  options: FullConnectClientOptions,
): Promise<HttpResponse> {
  const format = CONTENT_TYPE.exec(response.headers.get('content-type') ?? '')?.[1]?.toLowerCase();
  if (format === undefined || (response.status !== 200 && format !== 'json')) return response;
  const encoding = response.headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  const { head, fields } = splitTrailers(response.headers);
  if (response.status !== 200) {
    const failure = await errorOf(response, encoding, options.maxEndBytes);
    for (let index = 0; index < fields.length; index += 2) {
      head.append(fields[index] as string, fields[index + 1] as string); // names and values come in pairs
    }
    head.set('content-type', contentTypeOf(format));
    // All metadata belongs to the end, where there is nothing else.
    const headers = HttpHeaders.from([...head, ...trailersOf({ failure, fields: [] })]);
    return response.with({ status: 200, headers, body: HttpBody.empty });
  }
  const bytes = await collected(response.body, options.maxMessageBytes);
  const isCompressed = encoding !== 'identity' && bytes.length > 0;
  head.set('content-type', contentTypeOf(format));
  if (isCompressed) head.set('grpc-encoding', encoding);
  const trailers = trailersOf({ failure: undefined, fields });
  const body = HttpBody.from(encodeMessageFrame(bytes, isCompressed), { trailers: () => trailers });
  return response.with({ headers: head, body });
}

/** Metadata of the end stands in the head, under names of its own. */
function splitTrailers(headers: HttpHeaders): { readonly head: HttpHeaders; readonly fields: string[] } {
  const head = headers.clone();
  head.deleteWhere((name) => OF_CONTENT.test(name) || name.toLowerCase().startsWith(TRAILER_PREFIX));
  const fields: string[] = [];
  for (const [name, value] of headers) {
    const end = name.toLowerCase();
    if (!end.startsWith(TRAILER_PREFIX)) continue;
    const own = end.slice(TRAILER_PREFIX.length);
    if (own !== '' && !own.startsWith('grpc-')) fields.push(own, value);
  }
  return { head, fields };
}

/** What the server says went wrong; if it says nothing that can be read, what its HTTP status says. */
async function errorOf(response: HttpResponse, encoding: string, maxEndBytes: number): Promise<GrpcStatusError> {
  const fallback = grpcStatusOfHttp(response.status);
  const content = await collected(response.body, maxEndBytes);
  try {
    const known = parseGrpcEncoding(encoding) ?? 'identity';
    const bytes = known === 'identity' ? content : await inflateMessage(content, known, maxEndBytes);
    return errorOfConnectJson(JSON.parse(Buffer.from(bytes).toString('utf8')), fallback);
  } catch (cause) {
    return new GrpcStatusError(fallback, `the response is HTTP ${response.status}, and no error of Connect`, { cause });
  }
}

async function collected(body: HttpBody, maxBytes: number): Promise<Uint8Array> {
  try {
    return await body.bytes({ maxBytes });
  } catch (error) {
    if (isLamellaError(error) && error.code === 'LML_ERR_LIMIT') throw messageTooLong(undefined, maxBytes);
    throw error;
  }
}

/** Only these two can be told from what has nothing to do with calls. */
const CONTENT_TYPE = /^[ \t]*application\/(proto|json)[ \t]*(?:;.*)?$/i;
const OF_CONTENT = /^(?:content-(?:length|encoding)|grpc-(?:status|message|status-details-bin))$/i;
const TRAILER_PREFIX = 'trailer-';
