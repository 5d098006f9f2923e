import type {
  Metadata,
  ServerOptions,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { GrpcMethod, GrpcMethods, GrpcServiceSource, MethodsOf } from '@lamella/grpc';
import { GrpcAnswer, GrpcStatus, GrpcStatusError, grpcSchema } from '@lamella/grpc';
import { fromGrpcJs, toGrpcJs } from './grpc-js-metadata.ts';
import type { PlainCall, PlainHandlers } from './plain-handlers.ts';

/** A server of grpc-js. */
export interface GrpcJsServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  stop(): void;
}

/** Serves by grpc-js with handlers as ours are: tests of both are the same. */
export async function grpcJsServer<Source extends GrpcServiceSource>(
  source: Source,
  handlers: PlainHandlers<MethodsOf<Source> & GrpcMethods>,
  options: ServerOptions = {},
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<GrpcJsServer> {
  const server = new Server(options);
  const methods: GrpcMethods = grpcSchema(source).methods;
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: Record<string, UntypedHandleCall> = {};
  // The type of `handlers` has a function for every method that takes and gives what its method says.
  const functions = handlers as Readonly<Record<string, PlainHandler | undefined>>;
  for (const [localName, method] of Object.entries(methods)) {
    definition[localName] = definitionOf(method);
    const handler = functions[localName];
    if (handler !== undefined) implementation[localName] = handleCall(method, handler);
  }
  server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    const bound = (error: Error | null, found: number): void => (error === null ? resolve(found) : reject(error));
    server.bindAsync('127.0.0.1:0', credentials, bound);
  });
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

type PlainHandler = (input: unknown, call: PlainCall) => unknown;

/** What calls of all kinds have. */
interface AnyCall {
  readonly metadata: Metadata;
  readonly request?: unknown;
  /** Where the client sends a stream. */
  iterator?(options: { readonly destroyOnReturn: boolean }): unknown;
  on(event: 'cancelled', listener: () => void): unknown;
}

function definitionOf({ path, type, request, response }: GrpcMethod): ServiceDefinition[string] {
  return {
    path,
    requestStream: type === 'client-streaming' || type === 'bidi',
    responseStream: type === 'server-streaming' || type === 'bidi',
    requestSerialize: (message: unknown) => Buffer.from(request.serialize(message)),
    requestDeserialize: (bytes: Buffer) => request.deserialize(new Uint8Array(bytes)),
    responseSerialize: (message: unknown) => Buffer.from(response.serialize(message)),
    responseDeserialize: (bytes: Buffer) => response.deserialize(new Uint8Array(bytes)),
  };
}

function handleCall(method: GrpcMethod, handler: PlainHandler): UntypedHandleCall {
  const start = (call: AnyCall) => {
    const controller = new AbortController();
    call.on('cancelled', () => controller.abort(new GrpcStatusError(GrpcStatus.CANCELLED, 'the client is gone')));
    return { metadata: fromGrpcJs(call.metadata), answer: new GrpcAnswer(), signal: controller.signal };
  };
  const hasRequestStream = method.type === 'client-streaming' || method.type === 'bidi';
  const inputOf = (call: AnyCall): unknown => (hasRequestStream ? messagesOf(call) : call.request);
  if (method.type === 'unary' || method.type === 'client-streaming') {
    return async (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
      const context = start(call);
      try {
        const message = await handler(inputOf(call), context);
        call.sendMetadata(toGrpcJs(context.answer.metadata));
        callback(null, message, toGrpcJs(context.answer.trailers));
      } catch (error) {
        callback(failureOf(error, context.answer));
      }
    };
  }
  return async (call: ServerWritableStream<unknown, unknown>) => {
    const context = start(call);
    try {
      let isBegun = false;
      // What a handler of this kind gives.
      for await (const message of handler(inputOf(call), context) as AsyncIterable<unknown> | Iterable<unknown>) {
        if (!isBegun) call.sendMetadata(toGrpcJs(context.answer.metadata));
        isBegun = true;
        if (!call.write(message)) await new Promise<void>((resolve) => call.once('drain', resolve));
      }
      call.end(toGrpcJs(context.answer.trailers));
    } catch (error) {
      call.emit('error', failureOf(error, context.answer));
    }
  };
}

/** A call that goes both ways must not be over when its client has sent everything. */
function messagesOf(call: AnyCall): unknown {
  return call.iterator?.({ destroyOnReturn: false });
}

function failureOf(error: unknown, answer: GrpcAnswer) {
  if (!(error instanceof GrpcStatusError)) return { code: GrpcStatus.UNKNOWN, details: 'the server failed' };
  const metadata = toGrpcJs(answer.trailers);
  for (const [name, value] of error.trailers)
    metadata.add(name, typeof value === 'string' ? value : Buffer.from(value));
  return { code: error.status, details: error.statusMessage, metadata };
}
