import type { Connection } from '@lamella/net-core';
import { ClosedError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import type { TtrpcFrame } from '../codec/ttrpc/ttrpc-frame.ts';
import { GrpcStatusError, TtrpcProtocolError } from '../errors.ts';
import { TtrpcClientCall } from './ttrpc-client-call.ts';
import { TtrpcLink } from './ttrpc-link.ts';
import type { TtrpcLimits } from './ttrpc-options.ts';

/** One connection of a client, and the calls on it. */
export class TtrpcClientConnection {
  readonly link: TtrpcLink;
  readonly maxMessageBytes: number;
  readonly #connection: Connection;
  readonly #calls = new Map<number, TtrpcClientCall>();
  #nextId = 1;
  #isClosing = false;
  #end: { readonly cause: unknown } | undefined;

  constructor(connection: Connection, limits: Required<TtrpcLimits>) {
    this.#connection = connection;
    this.maxMessageBytes = limits.maxMessageBytes;
    const { stream } = connection;
    this.link = new TtrpcLink({ stream, ...limits, onFrame: (frame) => this.#onFrame(frame) });
    void this.#run();
  }

  /** Whether new calls can be made on it. */
  get isOpen(): boolean {
    return this.#end === undefined && !this.#isClosing && this.#nextId <= MAX_ID;
  }

  /** Calls under way. */
  get calls(): number {
    return this.#calls.size;
  }

  /** Resolves at its end. */
  get closed(): Promise<unknown> {
    return this.#connection.stream.closed;
  }

  async serve(call: GrpcCall): Promise<GrpcReply> {
    call.scope.throwIfAborted();
    if (this.#end !== undefined) throw unavailable(this.#end.cause);
    const streamId = this.#nextId;
    const own = new TtrpcClientCall(call, streamId, this);
    const request = own.encode();
    this.#nextId += 2;
    this.#calls.set(streamId, own);
    return own.run(request);
  }

  onOver(streamId: number): void {
    this.#calls.delete(streamId);
    if (this.#isClosing && this.#calls.size === 0) this.destroy(undefined);
  }

  /** Takes no more calls, and ends with the last one. */
  close(): void {
    this.#isClosing = true;
    if (this.#calls.size === 0) this.destroy(undefined);
  }

  /** Ends now. */
  destroy(reason: unknown): void {
    this.#connection.stream.destroy(reason);
    this.#fail(reason ?? new ClosedError('the connection was closed'));
  }

  async #run(): Promise<void> {
    try {
      await this.link.run();
      this.destroy(undefined);
    } catch (error) {
      this.#connection.stream.destroy(error);
      this.#fail(error);
    }
  }

  #onFrame(frame: TtrpcFrame): undefined {
    const call = this.#calls.get(frame.streamId);
    if (call !== undefined) call.onFrame(frame);
    else if (frame.streamId % 2 === 0 || frame.streamId >= this.#nextId) {
      const error = new TtrpcProtocolError('LML_ERR_TTRPC_BAD_STREAM_ID', `there is no stream ${frame.streamId}`);
      this.#connection.stream.destroy(error);
      this.#fail(error);
    }
    // Else it is for a call that was given up.
    return undefined;
  }

  #fail(cause: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { cause };
    const failure = unavailable(cause);
    for (const call of [...this.#calls.values()]) call.fail(failure);
  }
}

function unavailable(cause: unknown): GrpcStatusError {
  return new GrpcStatusError(GrpcStatus.UNAVAILABLE, 'the connection has ended', { cause });
}

const MAX_ID = 0xffff_ffff;
