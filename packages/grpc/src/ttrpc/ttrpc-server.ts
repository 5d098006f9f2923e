import type { HttpRequest } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import type { Clock, Layer, Lifecycle, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcServerCall } from '../calls/grpc-server-call.ts';
import { grpcService } from '../server/grpc-service.ts';
import type { GrpcImplementation } from '../server/implement-service.ts';
import { ttrpcMethods } from './ttrpc-method-call.ts';
import type { TtrpcLimits } from './ttrpc-options.ts';
import { fullTtrpcLimits } from './ttrpc-options.ts';
import { TtrpcServerConnection } from './ttrpc-server-connection.ts';

/** Options of {@link ttrpcServer}. */
export interface TtrpcServerOptions extends TtrpcLimits {
  /** Most calls at a time on one connection, an integer of at least 1; more are RESOURCE_EXHAUSTED. Default 256. */
  readonly maxConcurrentCalls?: number;
  /** Most metadata of a call: names, values and 32 bytes for each, in bytes, at least 0. Default 16_384. */
  readonly maxMetadataBytes?: number;
  /** Layers around every method, the outermost first. They see messages, not bytes. Default: none. */
  readonly layers?: readonly Layer<GrpcServerCall, GrpcReply>[];
  /** Where connections take part in draining. Default: none. */
  readonly lifecycle?: Lifecycle;
  /** Hears of every error of a handler that is no `GrpcStatusError`. Must not throw. Default: `console.error`. */
  readonly onError?: (error: unknown, request: HttpRequest) => void;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Serves implementations by ttRPC, the protocol of containerd and its shims, on connections of any kind.
 *
 * @remarks
 * Source: PROTOCOL.md of containerd/ttrpc, versions 1.0 and 1.2 (streams). The handlers are those of gRPC; the `request` of a call is made up, and
 * its store knows the connection. Metadata of an answer has no place in ttRPC and is left out; status, message and details are sent.
 *
 * A client can't cancel a single call: handlers hear of its deadline, and of the end of the connection. Nor is there any sign of life; put
 * `streamTimeoutLayer` of `@lamella/net-core` in front where silent clients are not welcome.
 *
 * A drain lets calls end, refuses new ones as UNAVAILABLE, and says the same to those that are cut at the end of the grace.
 *
 * @returns Resolves for each connection at its end, and rejects with a {@link TtrpcProtocolError} for what is no ttRPC.
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const text = jsonCodec(String);
 * const Echo = defineService('demo.Echo', { echo: { type: 'unary', request: text, response: text } });
 * const server = ttrpcServer([implementService(Echo, { echo: (message) => message })]);
 * const [near, far] = memoryPipe();
 * void server.serve(createConnection(far));
 * const channel = ttrpcChannel(createConnection(near));
 * console.log(await ttrpcClient(channel, Echo).echo('hello'));
 * await channel.close();
 */
export function ttrpcServer(
  implementations: readonly GrpcImplementation[],
  options: TtrpcServerOptions = {},
): Service<Connection, void> {
  const { maxConcurrentCalls = 256, maxMetadataBytes = 16_384, layers = [], clock = systemClock } = options;
  if (!(maxConcurrentCalls >= 1)) throw new UsageError(`maxConcurrentCalls must be >= 1, got ${maxConcurrentCalls}`);
  const limits = fullTtrpcLimits(options);
  const onError = options.onError === undefined ? {} : { onError: options.onError };
  const { maxMessageBytes } = limits;
  const service = grpcService(implementations, {
    ...onError,
    maxMessageBytes,
    maxMetadataBytes,
    layers,
    clock,
    protocols: ['grpc'],
  });
  const methods = ttrpcMethods(implementations, service, { maxMessageBytes, clock });
  const full = { ...limits, maxConcurrentCalls, maxMetadataBytes, clock, lifecycle: options.lifecycle };
  return { serve: (connection) => new TtrpcServerConnection(connection, methods, full).run() };
}
