import type { GrpcServerCall } from '../calls/grpc-server-call.ts';
import type { GrpcCodec } from './grpc-codec.ts';
import type { AnyGrpcCodec, GrpcMethod, GrpcMethods } from './grpc-method.ts';

/** What comes out of a codec. */
export type MessageOf<Codec extends AnyGrpcCodec> = Codec extends GrpcCodec<infer Message, infer _> ? Message : never;

/** What may be put into a codec. */
export type InitOf<Codec extends AnyGrpcCodec> = Codec extends GrpcCodec<infer _, infer Init> ? Init : never;

/** A value now or later. */
export type Awaitable<Value> = Value | PromiseLike<Value>;

/** Messages to be sent, taken when there is room: as many as are there at once, up to 16 KiB. */
export type MessageStream<Message> = AsyncIterable<Message> | Iterable<Message>;

/** What serves a method. */
export type GrpcHandler<Method extends GrpcMethod> =
  Method extends GrpcMethod<infer Type, infer Request, infer Response>
    ? {
        readonly unary: (message: MessageOf<Request>, call: GrpcServerCall) => Awaitable<InitOf<Response>>;
        readonly 'client-streaming': (
          messages: AsyncIterable<MessageOf<Request>>,
          call: GrpcServerCall,
        ) => Awaitable<InitOf<Response>>;
        readonly 'server-streaming': (
          message: MessageOf<Request>,
          call: GrpcServerCall,
        ) => MessageStream<InitOf<Response>>;
        readonly bidi: (
          messages: AsyncIterable<MessageOf<Request>>,
          call: GrpcServerCall,
        ) => MessageStream<InitOf<Response>>;
      }[Type]
    : never;

/** A handler for each method. */
export type GrpcHandlers<Methods extends GrpcMethods> = {
  readonly [Name in keyof Methods]: GrpcHandler<Methods[Name]>;
};
