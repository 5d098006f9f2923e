import type { DescMethod, Message } from '@bufbuild/protobuf';
import type { GrpcCallOptions } from '@lamella/grpc';
import { grpcClient } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { onlyMessage } from './request-messages.ts';

/** What a call of any kind needs. */
export interface DynamicCall {
  readonly http: Service<HttpRequest, HttpResponse>;
  readonly url: string;
  readonly method: DescMethod;
  readonly messages: AsyncIterable<Message>;
  readonly options: GrpcCallOptions;
}

/** Calls a method of whichever kind. The call begins with the first message that is asked for. */
export async function* dynamicCall({ http, url, method, messages, options }: DynamicCall): AsyncGenerator<Message> {
  const { parent: service, input, localName, methodKind, name } = method;
  const client = grpcClient(http, service, { url, ...CLIENT_OPTIONS });
  // What types do not know of a descriptor that came at run time, its kind does: a function for each kind of method.
  const call = client[localName] as unknown as Calls[typeof methodKind];
  switch (methodKind) {
    case 'unary':
      yield (call as Calls['unary'])(await onlyMessage(input, messages, name), options);
      break;
    case 'server_streaming':
      yield* (call as Calls['server_streaming'])(await onlyMessage(input, messages, name), options);
      break;
    case 'client_streaming':
      yield (call as Calls['client_streaming'])(messages, options);
      break;
    case 'bidi_streaming':
      yield* (call as Calls['bidi_streaming'])(messages, options);
  }
}

interface Calls {
  readonly unary: (message: Message, options: GrpcCallOptions) => Promise<Message>;
  readonly client_streaming: (messages: AsyncIterable<Message>, options: GrpcCallOptions) => Promise<Message>;
  readonly server_streaming: (message: Message, options: GrpcCallOptions) => AsyncGenerator<Message, void, undefined>;
  readonly bidi_streaming: (
    messages: AsyncIterable<Message>,
    options: GrpcCallOptions,
  ) => AsyncGenerator<Message, void, undefined>;
}

const CLIENT_OPTIONS = {
  userAgent: 'lamella-cli',
  maxMessageBytes: 268_435_456, // whoever asks for a message by hand means to have it
  compressFromBytes: 0, // and compressed, if that is asked for
};
