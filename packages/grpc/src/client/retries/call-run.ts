import { AttemptNumber } from '@lamella/layers';
import type { AbortScope, Clock } from '@lamella/service-core';
import type { GrpcCall } from '../../calls/grpc-call.ts';
import type { GrpcReply } from '../../calls/grpc-reply.ts';
import type { GrpcEncoding } from '../../codec/grpc-encoding.ts';
import type { MakeAttempt } from '../attempt-over-http.ts';
import type { CallContent } from '../call-content-types.ts';
import type { GrpcRetryThrottle } from './grpc-retry-throttle.ts';

/** A call on its way, of which attempts are made. */
export interface CallRun {
  /** The call, as the layers gave it. */
  readonly call: GrpcCall;
  /** Aborts all attempts. */
  readonly scope: AbortScope;
  readonly content: CallContent;
  readonly encoding: GrpcEncoding;
  readonly makeAttempt: MakeAttempt;
  readonly throttle: GrpcRetryThrottle | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** The call is over. */
  end(): void;
}

/** The attempts at a call. */
export interface CallAttempts {
  /** Makes the first one. Rejects as it does. */
  first(): Promise<GrpcReply>;
  /** Goes on after that: with another attempt, or rejects with what the call ends with. */
  afterFirst(failure: unknown): Promise<GrpcReply>;
}

/**
 * The call of an attempt, with a store of its own.
 *
 * @param number - Counts all attempts, from 1.
 * @param previous - Attempts that the server may have seen, which it is told. gRFC A6.
 */
export function attemptCall({ call }: CallRun, number: number, previous: number): GrpcCall {
  const extensions = call.extensions.fork('attempt');
  extensions.insert(AttemptNumber, number);
  const fork = call.fork({ extensions });
  if (previous === 0) return fork;
  const metadata = fork.metadata.clone();
  metadata.set('grpc-previous-rpc-attempts', String(previous));
  return fork.with({ metadata });
}
