import type { HttpRequest, HttpResponse } from '@lamella/http';
import { tryParseRequestTarget } from '@lamella/http';
import type { Layer, Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcOptions } from '../calls/grpc-limits.ts';
import { fullGrpcOptions } from '../calls/grpc-limits.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcMethods } from '../methods/grpc-method.ts';
import { hasResponseStream, methodInFormat } from '../methods/grpc-method.ts';
import type { GrpcServiceSource, MethodsOf } from '../methods/grpc-schema.ts';
import { grpcSchema } from '../methods/grpc-schema.ts';
import type { GrpcCredentials } from './call-options.ts';
import { callOverHttp } from './call-over-http.ts';
import type { CallerOptions } from './callers.ts';
import { singleCaller, streamCaller } from './callers.ts';
import type { GrpcClient } from './client-types.ts';
import type { GrpcMethodOptions } from './method-settings.ts';
import { defaultTimeoutOf, settingsOfMethods } from './method-settings.ts';
import type { GrpcRetryThrottle, GrpcRetryThrottleOptions } from './retries/grpc-retry-throttle.ts';
import { grpcRetryThrottle } from './retries/grpc-retry-throttle.ts';

/** Options of {@link grpcClient}. */
export interface GrpcClientOptions extends GrpcOptions, GrpcMethodOptions {
  /**
   * Where the server is: scheme, host, port, and a path before that of the methods. Default `'http://localhost'`, which will do for a service in
   * this process: nobody connects to it.
   */
  readonly url?: string;
  /** Format of messages, such as `'json'`, where methods have several. Default: the first, which is `'proto'` for generated services. */
  readonly format?: string;
  /** Makes credentials for every call. Default: none. */
  readonly credentials?: GrpcCredentials;
  /** Sends credentials to `http:` URLs too, where others can read them. Default false: that is a UsageError. */
  readonly dangerouslySendCredentialsInClear?: boolean;
  /** Layers around every call, the outermost first: interceptors. They see messages, not bytes. Default: none. */
  readonly layers?: readonly Layer<GrpcCall, GrpcReply>[];
  /**
   * Ends retries and hedges while too many calls fail: a throttle that clients share, the options of one of its own, or `false`. Default: one of
   * its own, with the defaults of `grpcRetryThrottle`.
   */
  readonly retryThrottle?: GrpcRetryThrottle | GrpcRetryThrottleOptions | false;
  /** Most bytes of a caller's stream that are kept so that another attempt can send them, at least 0. Default 262_144. */
  readonly maxReplayBytes?: number;
  /** Source of chance for waits: at least 0 and less than 1. Default: `Math.random`. */
  readonly random?: () => number;
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
  const { url = 'http://localhost', layers = [], random = Math.random, maxReplayBytes = 262_144 } = options;
  const { userAgent = 'grpc-node-lamella/0' } = options;
  if (!(maxReplayBytes >= 0)) throw new UsageError(`maxReplayBytes must be >= 0, got ${maxReplayBytes}`);
  if (!USER_AGENT.test(userAgent)) throw new UsageError('userAgent must be printable ASCII');
  const full = fullGrpcOptions(options);
  const base = validUrl(url);
  const methods = methodsInFormat(grpcSchema(source).methods, options.format);
  const settings = settingsOfMethods(Object.values(methods), options, random);
  const throttle = throttleOf(options.retryThrottle);
  const own = { url: base, userAgent, maxReplayBytes, settings, throttle, random };
  const overHttp = callOverHttp(service, { ...full, ...own });
  const caller: CallerOptions = {
    service: layers.reduceRight((inner, layer) => layer(inner), overHttp),
    isPrompt: layers.length === 0,
    url: base,
    defaultTimeoutMs: (method) => defaultTimeoutOf(method, options),
    credentials: options.credentials,
    allowsCredentials: HTTPS.test(base) || options.dangerouslySendCredentialsInClear === true,
    clock: full.clock,
    random,
  };
  if (options.credentials !== undefined && !caller.allowsCredentials) {
    throw new UsageError('credentials are sent to https: URLs only; see dangerouslySendCredentialsInClear');
  }
  const callers = Object.entries(methods).map(([localName, method]) => [
    localName,
    hasResponseStream(method.type) ? streamCaller(method, caller) : singleCaller(method, caller),
  ]);
  // A function for each method, of the kind that its type says.
  return Object.fromEntries(callers) as GrpcClient<MethodsOf<Source> & GrpcMethods>;
}

function methodsInFormat(methods: GrpcMethods, format: string | undefined): GrpcMethods {
  if (format === undefined) return methods;
  const found = Object.entries(methods).map(([localName, method]) => {
    const inFormat = methodInFormat(method, format);
    if (inFormat === undefined) throw new UsageError(`${method.path} has no messages in the format ${format}`);
    return [localName, inFormat] as const;
  });
  return Object.fromEntries(found);
}

function throttleOf(option: GrpcClientOptions['retryThrottle']): GrpcRetryThrottle | undefined {
  if (option === false) return undefined;
  return option !== undefined && 'noteFailure' in option ? option : grpcRetryThrottle(option);
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

/** Schemes have no case. */
const HTTPS = /^https:/i;
const USER_AGENT = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
