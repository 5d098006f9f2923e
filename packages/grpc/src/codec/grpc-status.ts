/**
 * Status codes of gRPC by their names.
 *
 * @remarks
 * Source: statuscodes.md of grpc/grpc. Numbers beyond 16 that a peer sends are passed on as they are.
 *
 * @example
 * GrpcStatus.NOT_FOUND; // 5
 */
export const GrpcStatus = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** Name of a status code of gRPC. */
export type GrpcStatusName = keyof typeof GrpcStatus;

/** Names a status code. @returns The name, such as `'NOT_FOUND'`; `'CODE_17'` for one that has none. */
export function grpcStatusName(code: number): string {
  return NAMES[code] ?? `CODE_${code}`;
}

/**
 * Reads the value of `grpc-status`.
 *
 * @returns The code, or `undefined` if the value is no number that stands alone: missing, doubled or malformed.
 */
export function parseGrpcStatus(value: string | undefined): number | undefined {
  return value !== undefined && DECIMAL.test(value) ? Number(value) : undefined;
}

const NAMES: readonly string[] = Object.keys(GrpcStatus);
/** No leading zeros, as the protocol says; nine digits are beyond every code that there will be. */
const DECIMAL = /^(?:0|[1-9][0-9]{0,8})$/;
