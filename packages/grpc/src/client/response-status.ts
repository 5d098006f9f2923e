import type { HttpHeaders, HttpResponse } from '@lamella/http';
import { grpcFormatOf } from '../codec/content-type.ts';
import { decodeGrpcMessage } from '../codec/grpc-message-text.ts';
import { GrpcStatus, parseGrpcStatus } from '../codec/grpc-status.ts';
import { metadataOf } from '../codec/metadata-fields.ts';
import { grpcStatusOfHttp } from '../codec/status-mapping.ts';
import { GrpcStatusError } from '../errors.ts';
import { GrpcMetadata } from '../messages/grpc-metadata.ts';

/**
 * The metadata of the end, where the fields say that it is OK.
 *
 * @throws GrpcStatusError with what they say otherwise; UNKNOWN if they say nothing that can be understood.
 */
export function endMetadata(fields: HttpHeaders | undefined, maxMetadataBytes: number): GrpcMetadata {
  const value = fields?.get('grpc-status');
  if (fields === undefined || value === undefined) {
    throw new GrpcStatusError(GrpcStatus.UNKNOWN, 'the response ends without grpc-status');
  }
  const status = parseGrpcStatus(value);
  if (status === undefined) {
    throw new GrpcStatusError(GrpcStatus.UNKNOWN, `grpc-status is ${JSON.stringify(value.slice(0, MAX_SHOWN))}`);
  }
  if (status === GrpcStatus.OK) return metadataOf(fields, maxMetadataBytes);
  const metadata = lenientMetadata(fields, maxMetadataBytes);
  throw new GrpcStatusError(status, decodeGrpcMessage(fields.get('grpc-message') ?? ''), { metadata });
}

/**
 * Checks the head of a response that has no `grpc-status`.
 *
 * @throws GrpcStatusError if it is no response of gRPC in this format. http-grpc-status-mapping.md of grpc/grpc.
 */
export function checkHead({ status, headers }: HttpResponse, format: string): void {
  const contentType = headers.get('content-type');
  if (status !== 200) {
    throw new GrpcStatusError(
      grpcStatusOfHttp(status),
      `the response is HTTP ${status}${ofType(contentType)}, and no gRPC`,
    );
  }
  const found = grpcFormatOf(contentType);
  if (found === undefined)
    throw new GrpcStatusError(GrpcStatus.UNKNOWN, `the response is no gRPC${ofType(contentType)}`);
  if (found === format) return;
  throw new GrpcStatusError(
    GrpcStatus.INTERNAL,
    `messages come in the format ${found.slice(0, MAX_SHOWN)} instead of ${format}`,
  );
}

/** Too much metadata must not hide what went wrong. */
function lenientMetadata(fields: HttpHeaders, maxMetadataBytes: number): GrpcMetadata {
  try {
    return metadataOf(fields, maxMetadataBytes);
  } catch {
    return new GrpcMetadata();
  }
}

function ofType(contentType: string | undefined): string {
  return contentType === undefined ? '' : ` of type ${JSON.stringify(contentType.slice(0, MAX_SHOWN))}`;
}

const MAX_SHOWN = 100;
