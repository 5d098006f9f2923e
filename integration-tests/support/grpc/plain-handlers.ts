import type { GrpcMethods, GrpcServerCall, InitOf, MessageOf, MessageStream } from '@lamella/grpc';

/** What handlers may use that servers of ours and of others serve by. */
export type PlainCall = Pick<GrpcServerCall, 'metadata' | 'answer' | 'signal'> &
  Partial<Pick<GrpcServerCall, 'extensions'>>;

type Plain<Method extends GrpcMethods[string]> = {
  readonly unary: (message: MessageOf<Method['request']>, call: PlainCall) => Promise<InitOf<Method['response']>>;
  readonly 'client-streaming': (
    messages: AsyncIterable<MessageOf<Method['request']>>,
    call: PlainCall,
  ) => Promise<InitOf<Method['response']>>;
  readonly 'server-streaming': (
    message: MessageOf<Method['request']>,
    call: PlainCall,
  ) => MessageStream<InitOf<Method['response']>>;
  readonly bidi: (
    messages: AsyncIterable<MessageOf<Method['request']>>,
    call: PlainCall,
  ) => MessageStream<InitOf<Method['response']>>;
}[Method['type']];

/** A handler for each method. */
export type PlainHandlers<Methods extends GrpcMethods> = { readonly [Name in keyof Methods]: Plain<Methods[Name]> };
