import { formatGrpcTimeout, parseGrpcTimeout } from '../codec/grpc-timeout.ts';

/** Makes `grpc-timeout` of `Connect-Timeout-Ms`: a whole number of at most ten digits. @returns `undefined` if it is malformed. */
export function grpcTimeoutOf(value: string): string | undefined {
  if (!TIMEOUT.test(value)) return undefined;
  const timeoutMs = Number(value);
  return timeoutMs === 0 ? '0m' : formatGrpcTimeout(timeoutMs);
}

/** Makes `Connect-Timeout-Ms` of `grpc-timeout`, rounded up. @returns `undefined` if it is malformed. */
export function connectTimeoutOf(value: string): string | undefined {
  const timeoutMs = parseGrpcTimeout(value);
  return timeoutMs === undefined ? undefined : String(Math.min(MAX_TIMEOUT_MS, Math.ceil(timeoutMs)));
}

const TIMEOUT = /^[0-9]{1,10}$/;
const MAX_TIMEOUT_MS = 9_999_999_999;
