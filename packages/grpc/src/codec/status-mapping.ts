import { GrpcStatus } from './grpc-status.ts';

/**
 * The status of a response without `grpc-status`, by its HTTP status.
 *
 * @remarks
 * Source: http-grpc-status-mapping.md of grpc/grpc. 200 is UNKNOWN too: there should have been a `grpc-status`.
 */
export function grpcStatusOfHttp(status: number): number {
  return HTTP[status] ?? GrpcStatus.UNKNOWN;
}

/**
 * The status of a call whose stream was reset, by the name of the HTTP/2 error code.
 *
 * @remarks
 * Source: PROTOCOL-HTTP2.md of grpc/grpc, "Errors". Codes without a line there are UNKNOWN.
 */
export function grpcStatusOfReset(resetCode: string): number {
  return RESETS[resetCode] ?? GrpcStatus.UNKNOWN;
}

const HTTP: Readonly<Record<number, number>> = {
  400: GrpcStatus.INTERNAL,
  401: GrpcStatus.UNAUTHENTICATED,
  403: GrpcStatus.PERMISSION_DENIED,
  404: GrpcStatus.UNIMPLEMENTED,
  429: GrpcStatus.UNAVAILABLE,
  431: GrpcStatus.INTERNAL,
  502: GrpcStatus.UNAVAILABLE,
  503: GrpcStatus.UNAVAILABLE,
  504: GrpcStatus.UNAVAILABLE,
};

const RESETS: Readonly<Record<string, number>> = {
  NO_ERROR: GrpcStatus.INTERNAL,
  PROTOCOL_ERROR: GrpcStatus.INTERNAL,
  INTERNAL_ERROR: GrpcStatus.INTERNAL,
  FLOW_CONTROL_ERROR: GrpcStatus.INTERNAL,
  SETTINGS_TIMEOUT: GrpcStatus.INTERNAL,
  FRAME_SIZE_ERROR: GrpcStatus.INTERNAL,
  REFUSED_STREAM: GrpcStatus.UNAVAILABLE,
  CANCEL: GrpcStatus.CANCELLED,
  COMPRESSION_ERROR: GrpcStatus.INTERNAL,
  CONNECT_ERROR: GrpcStatus.INTERNAL,
  ENHANCE_YOUR_CALM: GrpcStatus.RESOURCE_EXHAUSTED,
  INADEQUATE_SECURITY: GrpcStatus.PERMISSION_DENIED,
};
