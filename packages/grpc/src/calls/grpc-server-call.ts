import type { HttpRequest } from '@lamella/http';
import type { ForkOptions, Scoped } from '@lamella/service-core';
import type { GrpcAnswer } from './grpc-answer.ts';
import type { GrpcCallChanges, GrpcCallParts } from './grpc-call.ts';
import { changedParts, forkedParts, GrpcCall } from './grpc-call.ts';

/** A call on a server: what handlers and layers around them get. */
export class GrpcServerCall extends GrpcCall implements Scoped<GrpcServerCall, 'request'> {
  /** The request that it came by; its body is taken already. */
  readonly request: HttpRequest;
  /** What is sent beside the messages. */
  readonly answer: GrpcAnswer;

  constructor(parts: GrpcCallParts, request: HttpRequest, answer: GrpcAnswer) {
    super(parts);
    this.request = request;
    this.answer = answer;
  }

  override with(changes: GrpcCallChanges): GrpcServerCall {
    return new GrpcServerCall(changedParts(this, changes), this.request, this.answer);
  }

  override fork(options: ForkOptions<'request'>): GrpcServerCall {
    return new GrpcServerCall(forkedParts(this, options), this.request, this.answer);
  }
}
