import type { HttpHeaders } from '@lamella/http';
import { headersOfValidFields } from '@lamella/http';
import { decodeBase64 } from '../codec/base64.ts';
import { decodeGrpcMessage } from '../codec/grpc-message-text.ts';
import { GrpcStatus, parseGrpcStatus } from '../codec/grpc-status.ts';
import { decodeStatusDetails } from '../codec/status-details.ts';
import { GrpcStatusError } from '../errors.ts';
import { failureTrailers } from '../server/responses.ts';

/** How a call has ended, as trailers of gRPC say it. */
export interface CallEnd {
  /** `undefined` if it is OK. */
  readonly failure: GrpcStatusError | undefined;
  /** Names and values of its metadata, in turn, as they are on the wire. */
  readonly fields: readonly string[];
}

/** Reads trailers of gRPC. What they hold is not checked, but for the status: it goes on as it is. */
export function callEndOf(trailers: HttpHeaders): CallEnd {
  const { flat } = trailers;
  const fields: string[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    const name = (flat[index] as string).toLowerCase(); // names and values come in pairs
    if (!name.startsWith('grpc-')) fields.push(name, flat[index + 1] as string);
  }
  const status = parseGrpcStatus(trailers.get('grpc-status')) ?? GrpcStatus.UNKNOWN;
  if (status === GrpcStatus.OK) return { failure: undefined, fields };
  const bytes = decodeBase64(trailers.get('grpc-status-details-bin') ?? '');
  const details = (bytes && decodeStatusDetails(bytes)) ?? [];
  const failure = new GrpcStatusError(status, decodeGrpcMessage(trailers.get('grpc-message') ?? ''), { details });
  return { failure, fields };
}

/** Writes trailers of gRPC. */
export function trailersOf({ failure, fields }: CallEnd): HttpHeaders {
  if (failure === undefined) return headersOfValidFields(['grpc-status', '0', ...fields]);
  return failureTrailers(failure, undefined, [...fields]);
}
