import type { HttpRequest } from '@lamella/http';
import type { GrpcDeadline } from '../calls/grpc-deadline.ts';
import { formatGrpcTimeout } from '../codec/grpc-timeout.ts';
import { connectTimeoutOf } from '../connect/connect-timeout.ts';

/**
 * Has a request say how much time is left when it is sent, whatever it says now: the wait for a connection is a part of the call, and a server
 * that was given that time as well would go on when nobody listens any more.
 *
 * @param writtenMs - What it says now, in milliseconds.
 */
export function keepTimeout(request: HttpRequest, deadline: GrpcDeadline, writtenMs: number): void {
  request.beforeSend((headers) => {
    const { remainingMs } = deadline;
    if (writtenMs - remainingMs < LEAST_DIFFERENCE_MS) return; // nearly all calls find a connection that stands
    const timeout = formatGrpcTimeout(remainingMs);
    if (headers.has(OF_GRPC)) headers.set(OF_GRPC, timeout);
    else if (headers.has(OF_CONNECT)) headers.set(OF_CONNECT, connectTimeoutOf(timeout) ?? '0');
  });
}

const LEAST_DIFFERENCE_MS = 1;
const OF_GRPC = 'grpc-timeout';
const OF_CONNECT = 'connect-timeout-ms';
