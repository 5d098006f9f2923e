import type { InitOf, MessageOf, MessageStream } from '../methods/call-types.ts';
import type { GrpcMethod, GrpcMethods } from '../methods/grpc-method.ts';
import type { GrpcCallOptions } from './call-options.ts';

/** What calls a method. */
export type GrpcClientMethod<Method extends GrpcMethod> =
  Method extends GrpcMethod<infer Type, infer Request, infer Response>
    ? {
        readonly unary: (message: InitOf<Request>, options?: GrpcCallOptions) => Promise<MessageOf<Response>>;
        readonly 'client-streaming': (
          messages: MessageStream<InitOf<Request>>,
          options?: GrpcCallOptions,
        ) => Promise<MessageOf<Response>>;
        readonly 'server-streaming': (
          message: InitOf<Request>,
          options?: GrpcCallOptions,
        ) => AsyncGenerator<MessageOf<Response>, void, undefined>;
        readonly bidi: (
          messages: MessageStream<InitOf<Request>>,
          options?: GrpcCallOptions,
        ) => AsyncGenerator<MessageOf<Response>, void, undefined>;
      }[Type]
    : never;

/** A client: a function for each method. Made by {@link grpcClient}. */
export type GrpcClient<Methods extends GrpcMethods> = {
  readonly [Name in keyof Methods]: GrpcClientMethod<Methods[Name]>;
};
