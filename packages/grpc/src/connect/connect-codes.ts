import { GrpcStatus } from '../codec/grpc-status.ts';

/** Name of a status in Connect, such as `'not_found'`; those that have none are `'unknown'`. */
export function connectCodeOf(status: number): string {
  return (CODES[status] ?? UNKNOWN)[0];
}

/** Status of HTTP that a unary call of Connect ends with. connectrpc.com/docs/protocol, "Error Codes". */
export function httpStatusOf(status: number): number {
  return (CODES[status] ?? UNKNOWN)[1];
}

/** Status of a name. @returns `undefined` if there is none of that name. */
export function statusOfConnectCode(code: unknown): number | undefined {
  return typeof code === 'string' ? STATUSES.get(code) : undefined;
}

const UNKNOWN: readonly [code: string, httpStatus: number] = ['unknown', 500];
const CODES: Readonly<Record<number, readonly [code: string, httpStatus: number]>> = {
  [GrpcStatus.CANCELLED]: ['canceled', 499],
  [GrpcStatus.UNKNOWN]: UNKNOWN,
  [GrpcStatus.INVALID_ARGUMENT]: ['invalid_argument', 400],
  [GrpcStatus.DEADLINE_EXCEEDED]: ['deadline_exceeded', 504],
  [GrpcStatus.NOT_FOUND]: ['not_found', 404],
  [GrpcStatus.ALREADY_EXISTS]: ['already_exists', 409],
  [GrpcStatus.PERMISSION_DENIED]: ['permission_denied', 403],
  [GrpcStatus.RESOURCE_EXHAUSTED]: ['resource_exhausted', 429],
  [GrpcStatus.FAILED_PRECONDITION]: ['failed_precondition', 400],
  [GrpcStatus.ABORTED]: ['aborted', 409],
  [GrpcStatus.OUT_OF_RANGE]: ['out_of_range', 400],
  [GrpcStatus.UNIMPLEMENTED]: ['unimplemented', 501],
  [GrpcStatus.INTERNAL]: ['internal', 500],
  [GrpcStatus.UNAVAILABLE]: ['unavailable', 503],
  [GrpcStatus.DATA_LOSS]: ['data_loss', 500],
  [GrpcStatus.UNAUTHENTICATED]: ['unauthenticated', 401],
};
const STATUSES: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES).map(([status, [code]]) => [code, Number(status)]),
);
