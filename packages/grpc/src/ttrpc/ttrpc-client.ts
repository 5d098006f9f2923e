import type { Clock, Layer, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { singleCaller, streamCaller } from '../client/callers.ts';
import type { GrpcClient } from '../client/client-types.ts';
import type { GrpcMethod, GrpcMethods } from '../methods/grpc-method.ts';
import { hasResponseStream } from '../methods/grpc-method.ts';
import type { GrpcServiceSource, MethodsOf } from '../methods/grpc-schema.ts';
import { grpcSchema } from '../methods/grpc-schema.ts';

/** Options of {@link ttrpcClient}. */
export interface TtrpcClientOptions {
  /** Time of calls that have no `timeoutMs` of their own, in milliseconds, greater than 0; or a function of the method. Default `Infinity`. */
  readonly defaultTimeoutMs?: number | ((method: GrpcMethod) => number);
  /** Layers around every call, the outermost first. They see messages, not bytes. Default: none. */
  readonly layers?: readonly Layer<GrpcCall, GrpcReply>[];
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Makes a client of a service over ttRPC: the same functions as those of `grpcClient`.
 *
 * @remarks
 * Of the options of a call, those of retries, hedging and compression mean nothing here. Metadata comes with no answer.
 *
 * @param channel - What carries the calls: a `ttrpcChannel`.
 * @param source - The service as `protoc-gen-es` generates it, or as `defineService` makes it.
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const text = jsonCodec(String);
 * const Echo = defineService('demo.Echo', { echo: { type: 'unary', request: text, response: text } });
 * async function greet(connection: Connection): Promise<void> {
 *   const channel = ttrpcChannel(connection);
 *   const echo = ttrpcClient(channel, Echo, { defaultTimeoutMs: 5_000 });
 *   console.log(await echo.echo('hello'));
 *   await channel.close();
 * }
 */
export function ttrpcClient<Source extends GrpcServiceSource>(
  channel: Service<GrpcCall, GrpcReply>,
  source: Source,
  options: TtrpcClientOptions = {},
): GrpcClient<MethodsOf<Source> & GrpcMethods> {
  const { defaultTimeoutMs = Number.POSITIVE_INFINITY, layers = [], clock = systemClock } = options;
  const timeoutOf = (method: GrpcMethod): number => {
    const timeoutMs = typeof defaultTimeoutMs === 'function' ? defaultTimeoutMs(method) : defaultTimeoutMs;
    if (!(timeoutMs > 0)) throw new UsageError(`defaultTimeoutMs must be > 0, got ${timeoutMs}`);
    return timeoutMs;
  };
  const caller = {
    service: layers.reduceRight((inner, layer) => layer(inner), channel),
    isPrompt: false,
    url: 'ttrpc:',
    defaultTimeoutMs: timeoutOf,
    credentials: undefined,
    allowsCredentials: true, // whoever hands a connection over knows who is at its other end
    clock,
    random: Math.random,
  };
  const callers = Object.entries<GrpcMethod>(grpcSchema(source).methods).map(([localName, method]) => [
    localName,
    hasResponseStream(method.type) ? streamCaller(method, caller) : singleCaller(method, caller),
  ]);
  // A function for each method, of the kind that its type says.
  return Object.fromEntries(callers) as GrpcClient<MethodsOf<Source> & GrpcMethods>;
}
