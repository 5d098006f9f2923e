import type { HttpRequest, HttpResponse } from '@lamella/http';
import { tryParseRequestTarget } from '@lamella/http';
import type { Layer, Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcOptions } from '../calls/grpc-limits.ts';
import { fullGrpcOptions } from '../calls/grpc-limits.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcMethods } from '../methods/grpc-method.ts';
import { hasResponseStream } from '../methods/grpc-method.ts';
import type { GrpcServiceSource, MethodsOf } from '../methods/grpc-schema.ts';
import { grpcSchema } from '../methods/grpc-schema.ts';
import type { GrpcCredentials } from './call-options.ts';
import { callOverHttp } from './call-over-http.ts';
import type { CallerOptions } from './callers.ts';
import { singleCaller, streamCaller } from './callers.ts';
import type { GrpcClient } from './client-types.ts';

/** Options of {@link grpcClient}. */
export interface GrpcClientOptions extends GrpcOptions {
  /** Where the server is: scheme, host, port, and a path before that of the methods. Default `'http://localhost'`. */
  readonly url?: string;
  /** Longest time for calls that have no `timeoutMs`, in milliseconds, greater than 0. Default `Infinity`. */
  readonly defaultTimeoutMs?: number;
  /** Makes credentials for every call. Default: none. */
  readonly credentials?: GrpcCredentials;
  /** Sends credentials to `http:` URLs too, where others can read them. Default false: that is a UsageError. */
  readonly dangerouslySendCredentialsInClear?: boolean;
  /** Layers around every call, the outermost first: interceptors. They see messages, not bytes. Default: none. */
  readonly layers?: readonly Layer<GrpcCall, GrpcReply>[];
  /** What the client calls itself, unless metadata says otherwise. Default `'grpc-node-lamella/0'`. */
  readonly userAgent?: string;
}

/**
 * Makes a client of a service: an object with a function for each of its methods.
 *
 * @remarks
 * A method with one message each way is an async function. Where it gives a stream, the call begins with the first message that is asked
 * for, and leaving the loop cancels it. Where it takes a stream, messages are pulled as the server takes them.
 *
 * A call that does not end with OK rejects with a {@link GrpcStatusError}; one that its caller aborts with the caller's own reason.
 *
 * @param service - Anything that serves HTTP requests: an `HttpClient` that speaks HTTP/2, or the service of a server, without any network.
 * @param source - The service as `protoc-gen-es` generates it, or as `defineService` makes it.
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * async function greet(client: Service<HttpRequest, HttpResponse>): Promise<void> {
 *   const text = jsonCodec(String);
 *   const Chat = defineService('chat.v1.Chat', { say: { type: 'unary', request: text, response: text } });
 *   const chat = grpcClient(client, Chat, { url: 'https://chat.example', defaultTimeoutMs: 5_000 });
 *   console.log(await chat.say('hello', { metadata: { 'x-room': 'kitchen' } }));
 * }
 */
export function grpcClient<Source extends GrpcServiceSource>(
  service: Service<HttpRequest, HttpResponse>,
  source: Source,
  options: GrpcClientOptions = {},
): GrpcClient<MethodsOf<Source> & GrpcMethods> {
  const { url = 'http://localhost', defaultTimeoutMs = Number.POSITIVE_INFINITY, layers = [] } = options;
  const { userAgent = 'grpc-node-lamella/0' } = options;
  if (!(defaultTimeoutMs > 0)) throw new UsageError(`defaultTimeoutMs must be > 0, got ${defaultTimeoutMs}`);
  if (!USER_AGENT.test(userAgent)) throw new UsageError('userAgent must be printable ASCII');
  const full = fullGrpcOptions(options);
  const base = validUrl(url);
  const overHttp = callOverHttp(service, { ...full, url: base, userAgent });
  const caller: CallerOptions = {
    service: layers.reduceRight((inner, layer) => layer(inner), overHttp),
    url: base,
    defaultTimeoutMs,
    credentials: options.credentials,
    allowsCredentials: base.startsWith('https:') || options.dangerouslySendCredentialsInClear === true,
    clock: full.clock,
  };
  if (options.credentials !== undefined && !caller.allowsCredentials) {
    throw new UsageError('credentials are sent to https: URLs only; see dangerouslySendCredentialsInClear');
  }
  const methods = Object.entries(grpcSchema(source).methods).map(([localName, method]) => [
    localName,
    hasResponseStream(method.type) ? streamCaller(method, caller) : singleCaller(method, caller),
  ]);
  // A function for each method, of the kind that its type says.
  return Object.fromEntries(methods) as GrpcClient<MethodsOf<Source> & GrpcMethods>;
}

function validUrl(url: string): string {
  const parsed = tryParseRequestTarget('GET', url);
  const isGood =
    typeof parsed !== 'string' &&
    parsed.form === 'absolute' &&
    (parsed.scheme === 'http' || parsed.scheme === 'https') &&
    parsed.query === undefined;
  if (!isGood) throw new UsageError('url must be http://host[:port][/path] or https:, without query and fragment');
  return url.replace(/\/$/, '');
}

const USER_AGENT = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
