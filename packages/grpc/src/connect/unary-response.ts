import { HttpHeaders, HttpResponse } from '@lamella/http';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import { grpcFormatOf } from '../codec/content-type.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { singleFrame } from '../messages/single-frame.ts';
import { brokenOffFields, endFields, splitHead } from '../translation/end-fields.ts';
import type { CallEnd } from './call-end.ts';
import { callEndOf } from './call-end.ts';
import { httpStatusOf } from './connect-codes.ts';
import { connectErrorJson } from './connect-error.ts';

/** The response to a unary call of Connect: its message, or why there is none. What is no gRPC stays as it is. */
export async function unaryResponse(response: HttpResponse, maxMessageBytes: number): Promise<HttpResponse> {
  const format = grpcFormatOf(response.headers.get('content-type'));
  if (format === undefined) return response;
  const { head, early } = splitHead(response.headers);
  const encoding = head.get('grpc-encoding');
  head.deleteWhere((name) => OF_GRPC.test(name));
  if (early !== undefined) {
    response.body.cancel();
    return finished(response, head, callEndOf(early));
  }
  try {
    const frame = await singleFrame(response.body, maxMessageBytes);
    const end = callEndOf(endFields(response.body.trailers));
    if (end.failure !== undefined) return finished(response, head, end);
    if (frame === undefined) return finished(response, head, { ...end, failure: noMessage() });
    appendTrailers(head, end);
    head.set('content-type', `application/${format}`);
    if (frame.isCompressed && encoding !== undefined) head.set('content-encoding', encoding);
    return response.with({ status: 200, headers: head, body: frame.bytes });
  } catch (error) {
    response.body.cancel(error);
    const failure = isGrpcStatusError(error) ? error : callEndOf(brokenOffFields(error)).failure;
    return finished(response, head, { failure, fields: [] });
  }
}

/** The response to a unary call that fails before anybody was asked. */
export function unaryFailure(failure: GrpcStatusError): HttpResponse {
  return finished(HttpResponse.from(), new HttpHeaders(), { failure, fields: [] });
}

function finished(response: HttpResponse, head: HttpHeaders, end: CallEnd): HttpResponse {
  const failure = end.failure ?? noMessage();
  appendTrailers(head, end);
  head.set('content-type', 'application/json');
  return response.with({
    status: httpStatusOf(failure.status),
    headers: head,
    body: JSON.stringify(connectErrorJson(failure)),
  });
}

function appendTrailers(head: HttpHeaders, { fields }: CallEnd): void {
  for (let index = 0; index < fields.length; index += 2) {
    head.append(`trailer-${fields[index]}`, fields[index + 1] as string); // names and values come in pairs
  }
}

function noMessage(): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.UNIMPLEMENTED, 'the method gave no message');
}

/** The content is that of the message: what metadata says of it does not hold. */
const OF_GRPC = /^(?:grpc-.*|content-(?:length|encoding))$/i;
