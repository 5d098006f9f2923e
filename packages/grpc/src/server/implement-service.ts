import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { NO_MESSAGES } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcServerCall } from '../calls/grpc-server-call.ts';
import { asyncMessages } from '../messages/sync-messages.ts';
import type { GrpcHandlers, MessageStream } from '../methods/call-types.ts';
import type { GrpcMethod, GrpcMethods, GrpcSchema } from '../methods/grpc-method.ts';
import { hasRequestStream, hasResponseStream } from '../methods/grpc-method.ts';
import type { GrpcServiceSource, MethodsOf } from '../methods/grpc-schema.ts';
import { grpcSchema } from '../methods/grpc-schema.ts';

/** A service with what serves its methods. Made by {@link implementService}. */
export interface GrpcImplementation {
  /** The service. */
  readonly schema: GrpcSchema;
  /** Every method with its service, of calls. */
  readonly methods: readonly GrpcImplementedMethod[];
}

/** A method with what serves it. */
export interface GrpcImplementedMethod {
  /** The method. */
  readonly method: GrpcMethod;
  /** Serves calls of it. */
  readonly service: Service<GrpcServerCall, GrpcReply>;
}

/**
 * Puts a service and functions together that serve its methods.
 *
 * @remarks
 * A method with one message each way is an async function; where clients send a stream it takes an async iterable, where it sends one it
 * gives an iterable, such as an async generator. Streams are pulled: a slow reader stops its writer. To end a call with another status
 * than OK, throw a {@link GrpcStatusError}.
 *
 * @throws UsageError if a method has no function.
 *
 * @example
 * const text = jsonCodec(String);
 * const Chat = defineService('chat.v1.Chat', {
 *   say: { type: 'unary', request: text, response: text },
 *   count: { type: 'server-streaming', request: text, response: text },
 * });
 * const chat = implementService(Chat, {
 *   say: async (message) => message.toUpperCase(),
 *   async *count(message) {
 *     for (const letter of message) yield letter;
 *   },
 * });
 */
export function implementService<Source extends GrpcServiceSource>(
  source: Source,
  handlers: GrpcHandlers<MethodsOf<Source> & GrpcMethods>,
): GrpcImplementation {
  const schema = grpcSchema(source);
  // The type of `handlers` has a function for every method, which takes and gives what its method says.
  const functions = handlers as Readonly<Record<string, AnyHandler | undefined>>;
  const methods = Object.entries<GrpcMethod>(schema.methods).map(([localName, method]) => {
    const handler = functions[localName];
    if (typeof handler !== 'function') throw new UsageError(`${schema.typeName}.${localName} has no function`);
    return { method, service: methodService(method, handler.bind(handlers)) };
  });
  return { schema, methods };
}

type AnyHandler = (input: unknown, call: GrpcServerCall) => unknown;

function methodService(method: GrpcMethod, handler: AnyHandler): Service<GrpcServerCall, GrpcReply> {
  const { type } = method;
  const inputOf = hasRequestStream(type)
    ? (call: GrpcServerCall): unknown => call.messages
    : (call: GrpcServerCall): unknown => call.message;
  if (hasResponseStream(type)) {
    return {
      async serve(call) {
        const { metadata, trailers } = call.answer;
        const messages = asyncMessages(messageStream(handler(inputOf(call), call), method));
        return { metadata, message: undefined, messages, trailers };
      },
    };
  }
  return {
    async serve(call) {
      const { metadata, trailers } = call.answer;
      return { message: await handler(inputOf(call), call), metadata, messages: NO_MESSAGES, trailers };
    },
  };
}

function messageStream(given: unknown, { path }: GrpcMethod): MessageStream<unknown> {
  // An object with either method is an iterable, as far as can be seen before it is iterated.
  if (isObject(given) && (Symbol.asyncIterator in given || Symbol.iterator in given)) {
    return given as MessageStream<unknown>;
  }
  if (given instanceof Promise) given.catch(() => {}); // of an async function that is no generator: nobody else hears of it
  throw new UsageError(`the handler of ${path} must give an iterable of messages, such as an async generator`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
