import type { AbortScope, Extensions, ForkOptions, Scoped } from '@lamella/service-core';
import { forkedScope } from '@lamella/service-core';
import type { GrpcCallParent } from '../client/call-options.ts';
import type { GrpcMetadata } from '../messages/grpc-metadata.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import type { GrpcDeadline } from './grpc-deadline.ts';

/** What a {@link GrpcCall} is made of. */
export interface GrpcCallParts {
  /** Which method is called. */
  readonly method: GrpcMethod;
  /** Metadata from the client. */
  readonly metadata: GrpcMetadata;
  /** When the call must be over; `undefined` if nobody said. */
  readonly deadline: GrpcDeadline | undefined;
  /** The message of the client, where the method takes one; else `undefined`. */
  readonly message: unknown;
  /** The messages of the client, where the method takes a stream; else none. */
  readonly messages: AsyncIterable<unknown>;
  /** Side data of the call. */
  readonly extensions: Extensions<'request'>;
  /** Cancellation of the call, for layers. */
  readonly scope: AbortScope;
  /** On a client: the call that this one is made for, if its caller named one. Default: none. */
  readonly parent?: GrpcCallParent | undefined;
}

/** What {@link GrpcCall.with} changes. */
export type GrpcCallChanges = Partial<Pick<GrpcCallParts, 'metadata' | 'message' | 'messages'>>;

/**
 * A call, as layers around it see it: on a client before its messages become bytes, on a server after they did.
 *
 * @remarks
 * Its scope is aborted when the caller cancels, the deadline passes or the client is gone, and never on success.
 */
export class GrpcCall implements Scoped<GrpcCall, 'request'>, GrpcCallParts {
  readonly method: GrpcMethod;
  readonly metadata: GrpcMetadata;
  readonly deadline: GrpcDeadline | undefined;
  readonly message: unknown;
  readonly messages: AsyncIterable<unknown>;
  readonly scope: AbortScope;
  readonly parent: GrpcCallParent | undefined;
  readonly #parts: GrpcCallParts;

  constructor(parts: GrpcCallParts) {
    this.method = parts.method;
    this.metadata = parts.metadata;
    this.deadline = parts.deadline;
    this.message = parts.message;
    this.messages = parts.messages;
    this.scope = parts.scope;
    this.parent = parts.parent;
    this.#parts = parts;
  }

  /** Side data of the call. On a server it is made at the first read. */
  get extensions(): Extensions<'request'> {
    return this.#parts.extensions;
  }

  /** Cancellation as a standard signal, made at the first read. */
  get signal(): AbortSignal {
    return this.scope.signal;
  }

  /** Makes a changed copy; everything else is shared. */
  with(changes: GrpcCallChanges): GrpcCall {
    return new GrpcCall(changedParts(this, changes));
  }

  /** The same call with another scope or store. */
  fork(options: ForkOptions<'request'>): GrpcCall {
    return new GrpcCall(forkedParts(this, options));
  }
}

/** The parts of a call with some of them changed. */
export function changedParts(call: GrpcCallParts, changes: GrpcCallChanges): GrpcCallParts {
  const { method, deadline, extensions, scope, parent } = call;
  const { metadata = call.metadata, messages = call.messages } = changes;
  const message = changes.message === undefined ? call.message : changes.message; // null is one, in JSON
  return { method, deadline, extensions, scope, parent, metadata, messages, message };
}

/** The parts of a call with another scope or store. */
export function forkedParts(call: GrpcCallParts, options: ForkOptions<'request'>): GrpcCallParts {
  const { method, metadata, deadline, message, messages, parent } = call;
  const { extensions = call.extensions } = options;
  const scope = forkedScope(call.scope, options);
  return { method, metadata, deadline, message, messages, extensions, scope, parent };
}

/** What the messages of a call are where there is no stream of them. */
export const NO_MESSAGES: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};
