import type {
  CallCredentials,
  CallOptions,
  ClientOptions,
  ClientReadableStream,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';
import { ChannelCredentials, Client, credentials } from '@grpc/grpc-js';
import type {
  GrpcCallOptions,
  GrpcClient,
  GrpcCredentials,
  GrpcMethod,
  GrpcMethods,
  GrpcServiceSource,
  MethodsOf,
} from '@lamella/grpc';
import { GrpcStatusError, grpcSchema } from '@lamella/grpc';
import { fromGrpcJs, toGrpcJs } from './grpc-js-metadata.ts';

/** A client of grpc-js, with the functions that a client of ours has: tests of both are the same. */
export interface GrpcJsClient<Source extends GrpcServiceSource> {
  readonly client: GrpcClient<MethodsOf<Source> & GrpcMethods>;
  close(): void;
}

/** Makes a client of grpc-js for a server at `host:port`. */
export function grpcJsClient<Source extends GrpcServiceSource>(
  source: Source,
  address: string,
  options: ClientOptions = {},
  channelCredentials: ChannelCredentials = ChannelCredentials.createInsecure(),
): GrpcJsClient<Source> {
  // A pool of its own, so that every client has a connection of its own.
  const channel = new Client(address, channelCredentials, {
    'grpc.use_local_subchannel_pool': 1,
    ...options,
  });
  const methods: GrpcMethods = grpcSchema(source).methods;
  const callers = Object.entries(methods).map(([localName, method]) => [localName, callerOf(channel, method)]);
  return {
    // A function for each method, of the kind that its type says.
    client: Object.fromEntries(callers) as GrpcClient<MethodsOf<Source> & GrpcMethods>,
    close: () => channel.close(),
  };
}

/** Credentials of calls as grpc-js has them; what they know of a method is its service. */
export function callCredentials(own: GrpcCredentials): CallCredentials {
  return credentials.createFromMetadataGenerator(({ service_url: url }, callback) => {
    const end = url.lastIndexOf('/');
    const method = { path: `${url.slice(end)}/` } as GrpcMethod; // the one part that is known
    const made = async () => own({ url: url.slice(0, end), method, signal: new AbortController().signal });
    made().then(
      (metadata) => callback(null, toGrpcJs(metadata)),
      (error: Error) => callback(error),
    );
  });
}

type Messages = AsyncIterable<unknown> | Iterable<unknown>;

function callerOf(channel: Client, method: GrpcMethod) {
  const { path, request, response, type } = method;
  const serialize = (message: unknown): Buffer => Buffer.from(request.serialize(message));
  const deserialize = (bytes: Buffer): unknown => response.deserialize(new Uint8Array(bytes));
  const single = (input: unknown, options: GrpcCallOptions = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, message?: unknown): void =>
        error === null ? resolve(message) : reject(failureOf(error, options));
      const [metadata, callOptions] = startOf(options);
      if (type === 'unary') {
        const call = channel.makeUnaryRequest(path, serialize, deserialize, input, metadata, callOptions, done);
        follow(call, options);
        return;
      }
      const call = channel.makeClientStreamRequest(path, serialize, deserialize, metadata, callOptions, done);
      follow(call, options);
      void pump(input as Messages, call); // what a client's type asks for here
    });
  const begin = (input: unknown, metadata: Metadata, callOptions: CallOptions): ClientReadableStream<unknown> => {
    if (type !== 'bidi')
      return channel.makeServerStreamRequest(path, serialize, deserialize, input, metadata, callOptions);
    const call = channel.makeBidiStreamRequest(path, serialize, deserialize, metadata, callOptions);
    void pump(input as Messages, call); // as above
    return call;
  };
  async function* stream(input: unknown, options: GrpcCallOptions = {}): AsyncGenerator<unknown, void, undefined> {
    const [metadata, callOptions] = startOf(options);
    const call = begin(input, metadata, callOptions);
    follow(call, options);
    call.on('error', () => {}); // the loop below hears of it too
    try {
      yield* call;
    } catch (error) {
      throw failureOf(error as ServiceError, options); // grpc-js gives no other errors
    } finally {
      call.cancel();
    }
  }
  return type === 'unary' || type === 'client-streaming' ? single : stream;
}

function startOf({ metadata, timeoutMs, credentials: own }: GrpcCallOptions): [Metadata, CallOptions] {
  const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  return [toGrpcJs(metadata), { ...deadline, ...(own !== undefined && { credentials: callCredentials(own) }) }];
}

interface FollowedCall {
  cancel(): void;
  on(event: 'metadata', listener: (metadata: Metadata) => void): unknown;
  on(event: 'status', listener: (status: { metadata: Metadata }) => void): unknown;
}

function follow(call: FollowedCall, { signal, onMetadata, onTrailers }: GrpcCallOptions): void {
  signal?.addEventListener('abort', () => call.cancel(), { once: true });
  call.on('metadata', (metadata) => onMetadata?.(fromGrpcJs(metadata)));
  call.on('status', ({ metadata }) => onTrailers?.(fromGrpcJs(metadata)));
}

interface Writer {
  write(message: unknown): boolean;
  end(): void;
  once(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

async function pump(messages: Messages, call: Writer): Promise<void> {
  const room = (): Promise<void> =>
    new Promise((resolve) => {
      for (const event of ['drain', 'close', 'error'] as const) call.once(event, resolve);
    });
  for await (const message of messages) if (!call.write(message)) await room();
  call.end();
}

function failureOf(error: ServiceError, { signal }: GrpcCallOptions): unknown {
  if (signal?.aborted === true) return signal.reason;
  return new GrpcStatusError(error.code, error.details, { metadata: fromGrpcJs(error.metadata), cause: error });
}
