import type { Clock, Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import type { GrpcCallOptions, GrpcCredentials } from './call-options.ts';
import { credentialsLayer } from './credentials-layer.ts';
import { RunningCall } from './running-call.ts';

/** What the functions of a client need of its options. */
export interface CallerOptions {
  readonly service: Service<GrpcCall, GrpcReply>;
  /** Whether the service settles as soon as a call is aborted, so that nobody else has to see to it. */
  readonly isPrompt: boolean;
  readonly url: string;
  readonly defaultTimeoutMs: (method: GrpcMethod) => number;
  readonly credentials: GrpcCredentials | undefined;
  /** Whether credentials may be sent. */
  readonly allowsCredentials: boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The function of a method that gives one message. */
export function singleCaller(method: GrpcMethod, options: CallerOptions) {
  const defaultTimeoutMs = options.defaultTimeoutMs(method);
  return async (input: unknown, callOptions: GrpcCallOptions = {}): Promise<unknown> => {
    const service = serviceFor(callOptions, options);
    const running = new RunningCall(method, input, callOptions, defaultTimeoutMs, options);
    try {
      running.call.scope.throwIfAborted();
      const work = service.serve(running.call);
      const reply = await (options.isPrompt ? work : running.during(work));
      callOptions.onMetadata?.(reply.metadata);
      callOptions.onTrailers?.(reply.trailers);
      return reply.message;
    } finally {
      running.end();
    }
  };
}

/** The function of a method that gives a stream. */
export function streamCaller(method: GrpcMethod, options: CallerOptions) {
  const defaultTimeoutMs = options.defaultTimeoutMs(method);
  return async function* (input: unknown, callOptions: GrpcCallOptions = {}): AsyncGenerator<unknown, void, undefined> {
    const service = serviceFor(callOptions, options);
    const running = new RunningCall(method, input, callOptions, defaultTimeoutMs, options);
    let iterator: AsyncIterator<unknown> | undefined;
    try {
      running.call.scope.throwIfAborted();
      const reply = await running.during(service.serve(running.call));
      iterator = reply.messages[Symbol.asyncIterator]();
      callOptions.onMetadata?.(reply.metadata);
      for (;;) {
        const result = await running.during(iterator.next());
        if (result.done === true) break;
        yield result.value;
      }
      callOptions.onTrailers?.(reply.trailers);
    } finally {
      running.end();
      // Does nothing after the end. Not waited for: a layer that hangs must not hold whoever leaves.
      Promise.resolve(iterator?.return?.()).catch(ignore);
    }
  };
}

/** Credentials are added before the layers see the call, those of the client first. */
function serviceFor({ credentials }: GrpcCallOptions, options: CallerOptions): Service<GrpcCall, GrpcReply> {
  if (credentials !== undefined && !options.allowsCredentials) {
    throw new UsageError('credentials are sent to https: URLs only; see dangerouslySendCredentialsInClear');
  }
  let { service } = options;
  if (credentials !== undefined) service = credentialsLayer(credentials, options.url)(service);
  return options.credentials === undefined ? service : credentialsLayer(options.credentials, options.url)(service);
}

function ignore(): void {}
