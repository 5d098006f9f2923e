import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import type { AbortScope, Clock, Layer, Service } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcCallOptions, GrpcCallParent } from '../client/call-options.ts';
import { grpcClient } from '../client/grpc-client.ts';
import { bytesCodec } from '../methods/grpc-codec.ts';
import type { GrpcMethod, GrpcMethodType } from '../methods/grpc-method.ts';
import type { GrpcImplementation } from '../server/implement-service.ts';

/** What a call is made for: those that came by a connection know it. */
export class TtrpcCallParent implements GrpcCallParent {
  readonly scope: AbortScope;
  readonly connection: Connection;

  constructor(scope: AbortScope, connection: Connection) {
    this.scope = scope;
    this.connection = connection;
  }
}

/** A method of a server of ttRPC. */
export interface TtrpcMethod {
  readonly type: GrpcMethodType;
  /** Calls it: bytes of a message, or a stream of them, as its type says. */
  readonly call: (input: unknown, options: GrpcCallOptions) => Promise<unknown> | AsyncIterable<unknown>;
}

/**
 * The methods of implementations by their paths, for callers that have messages as bytes.
 *
 * @remarks
 * They are called by a client in this process: whatever holds for calls of gRPC, such as limits, deadlines, layers and who hears of errors, holds
 * for those of ttRPC.
 */
export function ttrpcMethods(
  implementations: readonly GrpcImplementation[],
  service: Service<HttpRequest, HttpResponse>,
  options: { readonly maxMessageBytes: number; readonly clock: Clock },
): ReadonlyMap<string, TtrpcMethod> {
  const methods = new Map<string, TtrpcMethod>();
  for (const { schema } of implementations) {
    const own = Object.entries(schema.methods).map(([localName, method]) => [localName, withBytes(method)] as const);
    const client = grpcClient(
      service,
      { typeName: schema.typeName, methods: Object.fromEntries(own) },
      { ...options, layers: [linkLayer], retryThrottle: false, userAgent: 'ttrpc' },
    );
    for (const [localName, { path, type }] of own) {
      const call = client[localName];
      // A client has a function for each method, and bytes are all that these take.
      if (call !== undefined) methods.set(path, { type, call: call as TtrpcMethod['call'] });
    }
  }
  return methods;
}

function withBytes({ type, service, name, path, request }: GrpcMethod): GrpcMethod {
  const codec = { ...bytesCodec, format: request.format };
  return { type, service, name, path, request: codec, response: codec };
}

/** Handlers find what is known of the connection, such as who is at its other end. */
const linkLayer: Layer<GrpcCall, GrpcReply> = (inner) => ({
  serve(call) {
    if (call.parent instanceof TtrpcCallParent) call.extensions.link('ingress', call.parent.connection.extensions);
    return inner.serve(call);
  },
});
