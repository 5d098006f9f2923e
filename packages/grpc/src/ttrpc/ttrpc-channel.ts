import type { Connection } from '@lamella/net-core';
import type { Lifecycle, Service } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { TtrpcClientConnection } from './ttrpc-client-connection.ts';
import type { TtrpcLimits } from './ttrpc-options.ts';
import { fullTtrpcLimits } from './ttrpc-options.ts';

/** Options of {@link ttrpcChannel}. */
export interface TtrpcChannelOptions extends TtrpcLimits {
  /** Where the channel takes part in draining. Default: none. */
  readonly lifecycle?: Lifecycle;
}

/** Calls of ttRPC over one connection at a time, for `ttrpcClient`. Made by {@link ttrpcChannel}. */
export interface TtrpcChannel extends Service<GrpcCall, GrpcReply>, AsyncDisposable {
  /** Takes no more calls, waits for those under way, and closes the connection. */
  readonly close: () => Promise<void>;
  /** Ends now; calls under way are UNAVAILABLE, with `reason` as their cause. */
  readonly destroy: (reason?: unknown) => void;
}

/**
 * Makes a channel of a connection, or of a function that connects.
 *
 * @remarks
 * A function is asked with the first call, and again with the first one after a connection has ended; all calls share the connection. What is
 * given as a connection is not replaced: calls after its end are UNAVAILABLE.
 *
 * A call that is cancelled, or whose deadline passes, ends here; ttRPC can't tell the server, which knows the deadline, too. A call whose own stream
 * of messages fails leaves its stream open at the server: to end it would say that it was complete.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const network = memoryNetwork();
 * const connect = () => network.connector().serve(connectRequest({ target: parseAddress('shim.test:1') }));
 * const channel = ttrpcChannel(connect);
 * await channel.close();
 */
export function ttrpcChannel(
  source: Connection | (() => Promise<Connection>),
  options: TtrpcChannelOptions = {},
): TtrpcChannel {
  const limits = fullTtrpcLimits(options);
  const closed = Promise.withResolvers<void>();
  let current = typeof source === 'function' ? undefined : new TtrpcClientConnection(source, limits);
  let dialling: Promise<TtrpcClientConnection> | undefined;
  let over: { readonly reason: unknown } | undefined;

  const dial = async (connect: () => Promise<Connection>): Promise<TtrpcClientConnection> => {
    try {
      const connection = await connect();
      if (over !== undefined) {
        connection.stream.destroy();
        throw over.reason;
      }
      current = new TtrpcClientConnection(connection, limits);
      return current;
    } finally {
      dialling = undefined;
    }
  };
  const connectionFor = (call: GrpcCall): Promise<TtrpcClientConnection> | TtrpcClientConnection => {
    if (over !== undefined) throw unavailable(over.reason);
    if (current?.isOpen === true || (typeof source !== 'function' && current !== undefined)) return current;
    if (typeof source !== 'function') throw unavailable(undefined);
    current?.close(); // it may have calls, but has no numbers left for more
    dialling ??= dial(source);
    return call.scope.race(dialling);
  };
  const end = (reason: unknown): void => {
    over ??= { reason };
    registration?.[Symbol.dispose]();
  };
  const close = async (): Promise<void> => {
    end(new ClosedError('the channel is closed'));
    await dialling?.catch(ignore);
    current?.close();
    await current?.closed;
    closed.resolve();
  };
  const destroy = (reason: unknown = new ClosedError('the channel was destroyed')): void => {
    end(reason);
    current?.destroy(reason);
    closed.resolve();
  };
  const registration = options.lifecycle?.register({
    protocol: 'ttrpc-client',
    get isIdle() {
      return (current?.calls ?? 0) === 0;
    },
    startDrain: () => void close(),
    drained: closed.promise,
    destroy,
  });
  return {
    async serve(call) {
      let connection: TtrpcClientConnection;
      try {
        connection = await connectionFor(call);
      } catch (error) {
        throw call.scope.aborted || error instanceof GrpcStatusError ? error : unavailable(error);
      }
      return connection.serve(call);
    },
    close,
    destroy,
    [Symbol.asyncDispose]: close,
  };
}

function unavailable(cause: unknown): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.UNAVAILABLE, 'there is no connection', { cause });
}

function ignore(): void {}
