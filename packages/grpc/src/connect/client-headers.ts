import type { HttpHeaders } from '@lamella/http';
import { connectTimeoutOf } from './connect-timeout.ts';

/** The head of a call of gRPC without what is gRPC's, and with the timeout as Connect writes it. */
export function connectHeadersOf(grpc: HttpHeaders): HttpHeaders {
  const headers = grpc.clone();
  const timeout = grpc.get('grpc-timeout');
  headers.deleteWhere((name) => OF_GRPC.test(name));
  const timeoutMs = timeout === undefined ? undefined : connectTimeoutOf(timeout);
  if (timeoutMs !== undefined) headers.set('connect-timeout-ms', timeoutMs);
  headers.set('connect-protocol-version', '1');
  return headers;
}

/** `grpc-previous-rpc-attempts` is metadata, and stays. What would say something of the content, or of the call, can be none here. */
const OF_GRPC = /^(?:grpc-(?:timeout|encoding|accept-encoding)|te|content-(?:length|encoding)|connect-.*)$/i;
