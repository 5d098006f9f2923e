import type { AbortListener, Clock, Timer } from '@lamella/service-core';
import { AbortScope, createExtensions, UsageError } from '@lamella/service-core';
import { GrpcCall, NO_MESSAGES } from '../calls/grpc-call.ts';
import { CallDeadline, deadlineExceeded, enforceDeadline, GrpcDeadline } from '../calls/grpc-deadline.ts';
import { GrpcMetadata } from '../messages/grpc-metadata.ts';
import { asyncMessages } from '../messages/sync-messages.ts';
import type { MessageStream } from '../methods/call-types.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import { hasRequestStream } from '../methods/grpc-method.ts';
import type { GrpcCallOptions } from './call-options.ts';
import { OwnCallSettings, ownCallSettings } from './call-settings.ts';

/** What a {@link RunningCall} needs of the options of its client. */
export interface RunningCallOptions {
  readonly clock: Clock;
  readonly random: () => number;
}

/** A call from its begin to its end: what cancels it, and what has to be cleaned up. */
export class RunningCall {
  /** The call, for the layers of the client. */
  readonly call: GrpcCall;
  readonly #scope: AbortScope;
  readonly #timer: Timer | undefined;
  readonly #listener: AbortListener | undefined;
  readonly #followed: AbortScope | undefined;

  /** @throws What the call was aborted with before it began; DEADLINE_EXCEEDED if its time is over; UsageError. */
  constructor(
    method: GrpcMethod,
    input: unknown,
    options: GrpcCallOptions,
    defaultTimeoutMs: number,
    { clock, random }: RunningCallOptions,
  ) {
    const metadata = GrpcMetadata.from(options.metadata);
    const deadline = deadlineOf(options, defaultTimeoutMs, clock);
    const own = ownCallSettings(options, random);
    const isStream = hasRequestStream(method.type);
    // What the type of a client's method asks for where the client sends a stream.
    const messages = isStream ? streamOf(input as MessageStream<unknown>) : NO_MESSAGES;
    // Nothing throws from here on: what is begun now ends in `end`.
    const scope = new AbortScope(options.parent?.scope);
    this.#scope = scope;
    if (options.signal !== undefined) {
      this.#followed = AbortScope.following(options.signal);
      this.#listener = this.#followed.onAbort((reason) => scope.abort(reason));
    }
    if (deadline?.isOver === true) scope.abort(deadlineExceeded());
    this.#timer = scope.aborted ? undefined : enforceDeadline(deadline, scope, clock);
    const message = isStream ? undefined : input;
    const extensions = createExtensions('request');
    if (own !== undefined) extensions.insert(OwnCallSettings, own);
    const { parent } = options;
    this.call = new GrpcCall({ method, metadata, deadline, message, messages, extensions, scope, parent });
  }

  /** Settles like `work`, or rejects as soon as the call is aborted; with the reason of that in any case. */
  async during<Value>(work: Promise<Value>): Promise<Value> {
    try {
      return await this.#scope.race(work);
    } catch (error) {
      throw this.#scope.aborted ? this.#scope.reason : error;
    }
  }

  /** The call is over. Call it on every path. */
  end(): void {
    this.#timer?.cancel();
    this.#listener?.close();
    this.#followed?.close();
    this.#scope.close();
  }
}

function deadlineOf(options: GrpcCallOptions, defaultTimeoutMs: number, clock: Clock): GrpcDeadline | undefined {
  const { timeoutMs = defaultTimeoutMs, deadlineAtMs = Number.POSITIVE_INFINITY } = options;
  checkNumber('timeoutMs', timeoutMs);
  checkNumber('deadlineAtMs', deadlineAtMs);
  const parent = options.parent?.deadline ?? options.parent?.extensions?.get(CallDeadline);
  const limitMs = Math.min(
    timeoutMs,
    deadlineAtMs === Number.POSITIVE_INFINITY ? deadlineAtMs : deadlineAtMs - clock.epochMs(),
  );
  if (parent !== undefined && parent.remainingMs <= limitMs) return parent;
  return limitMs === Number.POSITIVE_INFINITY ? undefined : GrpcDeadline.after(limitMs, clock);
}

function checkNumber(name: string, value: unknown): void {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new UsageError(`${name} must be a number, got ${value}`);
}

function streamOf(messages: MessageStream<unknown>): AsyncIterable<unknown> {
  if (typeof messages !== 'object' || messages === null) {
    throw new UsageError(`the method takes an iterable of messages, got ${typeof messages}`);
  }
  if (Symbol.asyncIterator in messages || Symbol.iterator in messages) return asyncMessages(messages);
  throw new UsageError('the method takes an iterable of messages');
}
