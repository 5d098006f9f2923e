import { headersOfValidFields } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import type { Clock, Lifecycle } from '@lamella/service-core';
import { AbortScope, ClosedError, isLamellaError } from '@lamella/service-core';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { metadataOf } from '../codec/metadata-fields.ts';
import type { TtrpcFrame } from '../codec/ttrpc/ttrpc-frame.ts';
import { TtrpcFlag, TtrpcType } from '../codec/ttrpc/ttrpc-frame.ts';
import type { TtrpcRequest } from '../codec/ttrpc/ttrpc-messages.ts';
import { decodeTtrpcRequest, encodeTtrpcResponse } from '../codec/ttrpc/ttrpc-messages.ts';
import { GrpcStatusError } from '../errors.ts';
import { hasRequestStream } from '../methods/grpc-method.ts';
import { TtrpcInbox } from './ttrpc-inbox.ts';
import { TtrpcLink } from './ttrpc-link.ts';
import type { TtrpcMethod } from './ttrpc-method-call.ts';
import { TtrpcCallParent } from './ttrpc-method-call.ts';

/** What a {@link TtrpcServerConnection} needs of the options of its server. */
export interface TtrpcServerConnectionOptions {
  readonly maxMessageBytes: number;
  readonly maxBufferedBytes: number;
  readonly maxConcurrentCalls: number;
  readonly maxMetadataBytes: number;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle | undefined;
}

/** One connection of a server, and the calls on it. */
export class TtrpcServerConnection {
  readonly #connection: Connection;
  readonly #methods: ReadonlyMap<string, TtrpcMethod>;
  readonly #options: TtrpcServerConnectionOptions;
  readonly #link: TtrpcLink;
  readonly #scope: AbortScope;
  /** Calls under way, with where the messages of their clients go. */
  readonly #calls = new Map<number, TtrpcInbox>();
  #lastId = 0;
  #isDraining = false;

  constructor(
    connection: Connection,
    methods: ReadonlyMap<string, TtrpcMethod>,
    options: TtrpcServerConnectionOptions,
  ) {
    this.#connection = connection;
    this.#methods = methods;
    this.#options = options;
    this.#scope = new AbortScope(connection.scope);
    const { stream } = connection;
    const { maxMessageBytes, maxBufferedBytes } = options;
    const onFrame = (frame: TtrpcFrame): Promise<void> | undefined => this.#onFrame(frame);
    this.#link = new TtrpcLink({ stream, maxMessageBytes, maxBufferedBytes, onFrame });
  }

  /** Serves until the client is gone or the server leaves. */
  async run(): Promise<void> {
    const { stream, scope } = this.#connection;
    const listener = scope.onAbort((reason) => stream.destroy(reason));
    const calls = this.#calls;
    const registration = this.#options.lifecycle?.register({
      protocol: 'ttrpc',
      get isIdle() {
        return calls.size === 0;
      },
      startDrain: () => this.#startDrain(),
      drained: stream.closed.then(() => {}),
      destroy: (reason) => this.#leave(reason),
    });
    try {
      await this.#link.run();
    } catch (error) {
      // A client that is gone is no failure of its server.
      const isWrong = isLamellaError(error) && error.code.startsWith('LML_ERR_TTRPC');
      if (isWrong) throw error;
    } finally {
      listener.close();
      const gone = new ClosedError('the connection has ended');
      for (const inbox of calls.values()) inbox.fail(gone);
      this.#scope.abort(gone);
      this.#scope.close();
      stream.destroy();
      registration?.[Symbol.dispose]();
    }
  }

  #onFrame(frame: TtrpcFrame): Promise<void> | undefined {
    switch (frame.type) {
      case TtrpcType.REQUEST:
        return this.#onRequest(frame);
      case TtrpcType.DATA:
        return this.#onData(frame);
      default:
        return undefined; // what clients may send one day, and what only servers send
    }
  }

  #onRequest({ streamId, flags, data }: TtrpcFrame): Promise<void> | undefined {
    if (streamId % 2 === 0) return this.#refuse(streamId, GrpcStatus.INVALID_ARGUMENT, 'stream ids of clients are odd');
    if (streamId <= this.#lastId) {
      return this.#refuse(streamId, GrpcStatus.INVALID_ARGUMENT, 'stream ids must grow, and are never used again');
    }
    this.#lastId = streamId;
    if (data === undefined) return this.#refuseLength(streamId);
    if (this.#isDraining) return this.#refuse(streamId, GrpcStatus.UNAVAILABLE, 'the server is leaving');
    const { maxConcurrentCalls, maxMetadataBytes } = this.#options;
    if (this.#calls.size >= maxConcurrentCalls) {
      const message = `there are ${maxConcurrentCalls} calls on the connection already`;
      return this.#refuse(streamId, GrpcStatus.RESOURCE_EXHAUSTED, message);
    }
    try {
      const request = decodeTtrpcRequest(data, maxMetadataBytes);
      const metadata = metadataOf(headersOfValidFields([...request.metadata]), maxMetadataBytes);
      const path = `/${request.service}/${request.method}`;
      const method = this.#methods.get(path);
      if (method === undefined) {
        return this.#refuse(streamId, GrpcStatus.UNIMPLEMENTED, `there is no method ${path.slice(0, 200)}`);
      }
      const timeoutMs = request.timeoutNano === 0n ? {} : { timeoutMs: Number(request.timeoutNano) / 1e6 };
      const parent = new TtrpcCallParent(this.#scope, this.#connection);
      const inbox = new TtrpcInbox(this.#link);
      this.#calls.set(streamId, inbox);
      const input = inputOf(method, request, flags, inbox);
      void this.#serve(streamId, inbox, () => method.call(input, { metadata, parent, ...timeoutMs }));
    } catch (error) {
      return this.#fail(streamId, error);
    }
    return undefined;
  }

  #onData({ streamId, flags, data }: TtrpcFrame): Promise<void> | undefined {
    const inbox = this.#calls.get(streamId);
    if (inbox === undefined) {
      // What comes for a call that is over was sent before the client knew.
      if (streamId % 2 === 1 && streamId <= this.#lastId) return undefined;
      return this.#refuse(streamId, GrpcStatus.INVALID_ARGUMENT, 'there is no such stream');
    }
    if (data === undefined) {
      inbox.fail(tooLong(this.#options.maxMessageBytes));
      return undefined;
    }
    if ((flags & TtrpcFlag.NO_DATA) === 0) {
      if (inbox.isClosed)
        inbox.fail(new GrpcStatusError(GrpcStatus.INVALID_ARGUMENT, 'data behind the end of a stream'));
      inbox.push(data);
    }
    if ((flags & TtrpcFlag.REMOTE_CLOSED) !== 0) inbox.end();
    return undefined;
  }

  async #serve(
    streamId: number,
    inbox: TtrpcInbox,
    call: () => Promise<unknown> | AsyncIterable<unknown>,
  ): Promise<void> {
    try {
      const output = call();
      if (output instanceof Promise) {
        // Both are bytes: the codec of the method gives nothing else.
        const data = encodeTtrpcResponse({ failure: undefined, payload: (await output) as Uint8Array });
        await this.#send(streamId, TtrpcType.RESPONSE, 0, data);
      } else {
        for await (const message of output) await this.#send(streamId, TtrpcType.DATA, 0, message as Uint8Array);
        await this.#send(streamId, TtrpcType.DATA, TtrpcFlag.REMOTE_CLOSED | TtrpcFlag.NO_DATA, NOTHING);
      }
    } catch (error) {
      await this.#fail(streamId, error);
    } finally {
      this.#calls.delete(streamId);
      void inbox.return();
      if (this.#isDraining && this.#calls.size === 0) this.#end();
    }
  }

  /** @throws GrpcStatusError RESOURCE_EXHAUSTED for what no client of this connection would take. */
  #send(streamId: number, type: number, flags: number, data: Uint8Array): Promise<void> | undefined {
    const { maxMessageBytes } = this.#options;
    if (data.length > maxMessageBytes) throw tooLong(maxMessageBytes);
    return this.#link.send(streamId, type, flags, data);
  }

  /** Ends a call with a status, if somebody is there to hear of it. Never rejects. */
  async #fail(streamId: number, error: unknown): Promise<void> {
    if (this.#scope.aborted) return;
    const failure = isGrpcStatusError(error) ? error : new GrpcStatusError(GrpcStatus.INTERNAL, 'the call failed');
    try {
      await this.#send(streamId, TtrpcType.RESPONSE, 0, encodeTtrpcResponse({ failure, payload: NOTHING }));
    } catch {
      // The connection is gone, which its reader hears of; or the status is longer than any message.
    }
  }

  #refuse(streamId: number, status: number, message: string): Promise<void> {
    return this.#fail(streamId, new GrpcStatusError(status, message));
  }

  #refuseLength(streamId: number): Promise<void> {
    return this.#fail(streamId, tooLong(this.#options.maxMessageBytes));
  }

  #startDrain(): void {
    this.#isDraining = true;
    if (this.#calls.size === 0) this.#end();
  }

  /** Calls that are left hear that the server leaves; so do handlers. */
  #leave(reason: unknown): void {
    const failure = new GrpcStatusError(GrpcStatus.UNAVAILABLE, 'the server is leaving');
    for (const streamId of this.#calls.keys()) void this.#fail(streamId, failure);
    this.#scope.abort(reason);
    this.#end();
  }

  /** Everything is said; a client that does not listen is not waited for long. */
  #end(): void {
    const { stream } = this.#connection;
    const timer = this.#options.clock.startTimer(CLOSE_MS, () => stream.destroy());
    void stream.closed.then(() => timer.cancel());
    void stream.closeWrite().then(() => stream.destroy());
  }
}

/** What a client of a stream may send with its request counts as its first message, unless it is empty. */
function inputOf(method: TtrpcMethod, { payload }: TtrpcRequest, flags: number, inbox: TtrpcInbox): unknown {
  const isOpen = (flags & TtrpcFlag.REMOTE_OPEN) !== 0;
  if (!hasRequestStream(method.type)) {
    inbox.end();
    return payload;
  }
  if (payload.length > 0) inbox.push(payload);
  if (!isOpen) inbox.end();
  return inbox;
}

function tooLong(maximum: number): GrpcStatusError {
  return new GrpcStatusError(
    GrpcStatus.RESOURCE_EXHAUSTED,
    `a message is longer than maxMessageBytes of ${maximum} bytes`,
  );
}

const NOTHING = new Uint8Array(0);
const CLOSE_MS = 500;
