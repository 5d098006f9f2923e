import type { HttpRequest } from '@lamella/http';
import type { AbortScope, Extensions } from '@lamella/service-core';
import type { GrpcCallParts } from '../calls/grpc-call.ts';
import type { GrpcDeadline } from '../calls/grpc-deadline.ts';
import type { GrpcMetadata } from '../messages/grpc-metadata.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import type { AdmittedCall } from './admit-call.ts';

/** What a call on a server is made of. Its store is that of the request, which comes into being when somebody asks for it: most handlers do not. */
export class ServerCallParts implements GrpcCallParts {
  readonly method: GrpcMethod;
  readonly metadata: GrpcMetadata;
  readonly deadline: GrpcDeadline | undefined;
  readonly message: unknown;
  readonly messages: AsyncIterable<unknown>;
  readonly scope: AbortScope;
  readonly parent = undefined;
  readonly #request: HttpRequest;

  constructor(
    { method, metadata, deadline }: AdmittedCall,
    message: unknown,
    messages: AsyncIterable<unknown>,
    scope: AbortScope,
    request: HttpRequest,
  ) {
    this.method = method;
    this.metadata = metadata;
    this.deadline = deadline;
    this.message = message;
    this.messages = messages;
    this.scope = scope;
    this.#request = request;
  }

  get extensions(): Extensions<'request'> {
    return this.#request.extensions;
  }
}
