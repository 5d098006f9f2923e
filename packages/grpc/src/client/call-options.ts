import type { AbortScope, Extensions } from '@lamella/service-core';
import type { GrpcDeadline } from '../calls/grpc-deadline.ts';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import type { GrpcMetadata, GrpcMetadataInit } from '../messages/grpc-metadata.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import type { GrpcHedgingPolicy, GrpcRetryPolicy } from './retries/grpc-retry-policy.ts';

/** What a call is made for: {@link GrpcServerCall} is one, and so is any request. */
export interface GrpcCallParent {
  /** Cancels the call when it is aborted. */
  readonly scope: AbortScope;
  /** When the call must be over at the latest. Default: as `CallDeadline` in `extensions` says. */
  readonly deadline?: GrpcDeadline | undefined;
  /** Side data. Default: none. */
  readonly extensions?: Pick<Extensions<'request'>, 'get'>;
}

/** Which call credentials are wanted for. */
export interface GrpcCredentialsTarget {
  /** Scheme and authority of the server, as the client has them. */
  readonly url: string;
  /** Method that is called. */
  readonly method: GrpcMethod;
  /** Aborted when the call is over before its credentials are here. */
  readonly signal: AbortSignal;
}

/** Makes the metadata that shows who calls, anew for each call. */
export type GrpcCredentials = (target: GrpcCredentialsTarget) => GrpcMetadataInit | Promise<GrpcMetadataInit>;

/** Options of a call. */
export interface GrpcCallOptions {
  /** Metadata for the server. Default: none. */
  readonly metadata?: GrpcMetadataInit;
  /** Longest time for the whole call, in milliseconds; 0 and less has passed already. Default: `defaultTimeoutMs` of the client. */
  readonly timeoutMs?: number;
  /** Time of the day by which the call must be over, in milliseconds since the Unix epoch. Default: none. The earlier limit counts. */
  readonly deadlineAtMs?: number;
  /** Cancels the call, which rejects with the reason. Default: none. */
  readonly signal?: AbortSignal;
  /** A call that this one is made for: it passes on its deadline and its cancellation. Default: none. */
  readonly parent?: GrpcCallParent;
  /** Credentials of this call, beside those of the client. Default: none. */
  readonly credentials?: GrpcCredentials;
  /** When the call is tried again, or `false` for never. Default: as the client does. */
  readonly retry?: GrpcRetryPolicy | false;
  /** When the call is made several times at once, or `false` for never. Default: as the client does. */
  readonly hedging?: GrpcHedgingPolicy | false;
  /** Whether the call waits for a server that can't be connected to, until its deadline, rather than fail. Default: as the client does. */
  readonly waitForReady?: boolean;
  /** How messages are compressed that go out. Default: `encoding` of the client. */
  readonly encoding?: GrpcEncoding;
  /** Whether messages may be compressed; a function is asked for each of them. Turn it off for secrets beside what others can choose. Default true. */
  readonly compress?: boolean | ((message: unknown) => boolean);
  /** Hears of the metadata that comes before the messages. */
  readonly onMetadata?: (metadata: GrpcMetadata) => void;
  /** Hears of the metadata of a call that ended with OK. That of others is in their error. */
  readonly onTrailers?: (trailers: GrpcMetadata) => void;
}
