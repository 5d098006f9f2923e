import type { HttpHeaders } from '@lamella/http';
import { HttpBody, HttpResponse, headersOfValidFields } from '@lamella/http';
import { grpcFormatOf } from '../codec/content-type.ts';
import type { GrpcStatusError } from '../errors.ts';
import { changedBody } from '../messages/changed-body.ts';
import { brokenOffFields, endFields, splitHead } from '../translation/end-fields.ts';
import { callEndOf } from './call-end.ts';
import { encodeEndStream } from './end-stream.ts';

/** The response to a stream of Connect: messages as they come, and their end in a frame. What is no gRPC stays as it is. */
export function streamResponse(response: HttpResponse): HttpResponse {
  const format = grpcFormatOf(response.headers.get('content-type'));
  if (format === undefined) return response;
  const { head, early } = splitHead(response.headers);
  const encoding = head.get('grpc-encoding');
  const accepted = head.get('grpc-accept-encoding');
  for (const name of ['content-length', 'grpc-encoding', 'grpc-accept-encoding']) head.delete(name);
  head.set('content-type', `application/connect+${format}`);
  if (encoding !== undefined) head.set('connect-content-encoding', encoding);
  if (accepted !== undefined) head.set('connect-accept-encoding', accepted);
  return response.with({ headers: head, body: streamBody(response.body, early) });
}

/** The response to a stream that fails before it has begun. */
export function streamFailure(failure: GrpcStatusError, format: string): HttpResponse {
  const headers = headersOfValidFields(['content-type', `application/connect+${format}`]);
  return HttpResponse.from({ headers, body: encodeEndStream({ failure, fields: [] }) });
}

function streamBody(body: HttpBody, early: HttpHeaders | undefined): HttpBody {
  const end = (trailers: HttpHeaders | undefined): Uint8Array =>
    encodeEndStream(callEndOf(early ?? endFields(trailers)));
  const whole = body.takeWhole();
  if (whole !== undefined) {
    const messages = typeof whole === 'string' ? Buffer.from(whole, 'utf8') : whole;
    return HttpBody.from(Buffer.concat([messages, end(body.trailers)]));
  }
  return changedBody(body, {
    push: (bytes) => bytes,
    end,
    fail: (error) => encodeEndStream(callEndOf(early ?? brokenOffFields(error))),
  });
}
