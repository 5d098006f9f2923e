import type { GrpcMetadata } from '../messages/grpc-metadata.ts';

/**
 * What a call brings, as layers around it see it. A call that does not end with OK rejects instead, or its messages do.
 */
export interface GrpcReply {
  /** Metadata that came, or goes, before the messages. */
  readonly metadata: GrpcMetadata;
  /** The message, where the method gives one; else `undefined`. */
  readonly message: unknown;
  /** The messages, where the method gives a stream; else none. */
  readonly messages: AsyncIterable<unknown>;
  /** Metadata of the end; complete when the last message has been taken. */
  readonly trailers: GrpcMetadata;
}
