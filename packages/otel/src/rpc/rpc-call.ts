import type { GrpcCall, GrpcReply } from '@lamella/grpc';
import type { AbortListener } from '@lamella/service-core';
import type { Attributes, Context } from '@opentelemetry/api';
import { SpanKind } from '@opentelemetry/api';
import type { AttributeSource } from '../shared/attribute-source.ts';
import type { EventChannels } from '../shared/event-channels.ts';
import { ATTR } from '../shared/names.ts';
import type { OperationOutcome } from '../shared/operation.ts';
import { Operation } from '../shared/operation.ts';
import { safely } from '../shared/safely.ts';
import type { TelemetrySource } from '../shared/telemetry-source.ts';
import type { GrpcInstruments } from './grpc-telemetry-options.ts';
import { isServerFailure, statusLabel, statusNameOf } from './rpc-status.ts';
import { tracedMessages } from './traced-messages.ts';

/** Which call, at which side. */
export interface RpcCallParts<Call extends GrpcCall> {
  readonly call: Call;
  readonly kind: SpanKind.SERVER | SpanKind.CLIENT;
  readonly parent: Context;
  readonly channels: EventChannels;
  readonly source: TelemetrySource<GrpcInstruments>;
  /** Attributes of the span beside those of every call. */
  readonly attributes: Attributes;
  /** Attributes of the metric beside those of every call. */
  readonly labels: Attributes;
  /** Tells these labels from others. */
  readonly labelsKey: string;
}

/** One call, from its begin to its last message. */
export class RpcCall<Call extends GrpcCall> {
  readonly operation: Operation<Call, GrpcReply>;
  readonly #parts: RpcCallParts<Call>;
  readonly #method: string;
  readonly #instruments: GrpcInstruments | undefined;
  readonly #abort: AbortListener | undefined;
  #sent = 0;
  #received = 0;

  constructor(parts: RpcCallParts<Call>) {
    const { call, kind, parent, channels, source, attributes } = parts;
    const { tracer, instruments, clock } = source;
    this.#parts = parts;
    this.#instruments = instruments;
    this.#method = call.method.path.slice(1);
    this.operation = new Operation({
      input: call,
      clock,
      parent,
      channels,
      tracer,
      name: this.#method,
      kind,
      attributes: { ...attributes, [ATTR.rpcSystem]: 'grpc', [ATTR.rpcMethod]: this.#method },
      active: undefined,
    });
    // A handler that does not hear of it must not keep the call.
    this.#abort = call.scope.onAbort((reason) => this.#end('aborted', reason));
  }

  /** Messages of the client, counted where there is a stream of them. */
  requestMessages(): AsyncIterable<unknown> {
    const { call } = this.#parts;
    return tracedMessages(call.messages, {
      onMessage: () => {
        this.#sent++;
      },
    });
  }

  /** Whether the client sends a stream. */
  get hasRequestStream(): boolean {
    const { type } = this.#parts.call.method;
    return type === 'client-streaming' || type === 'bidi';
  }

  /** Passes a reply on, and ends with it, or with its last message. */
  reply(reply: GrpcReply): GrpcReply {
    const { method } = this.#parts.call;
    if (method.type === 'unary' || method.type === 'client-streaming') {
      this.#end('complete', undefined, reply);
      return reply;
    }
    const messages = tracedMessages(reply.messages, {
      context: this.operation.context,
      onMessage: () => {
        this.#received++;
      },
      onEnd: (outcome, error) => this.#end(outcome, error, reply),
    });
    // What else a reply has may change until its end.
    const { metadata, message, trailers } = reply;
    return { metadata, message, messages, trailers };
  }

  /** There is no reply. */
  fail(error: unknown): void {
    this.#end('error', error);
  }

  #end(outcome: OperationOutcome, error: unknown, output?: GrpcReply): void {
    const { operation } = this;
    if (operation.isOver) return;
    this.#abort?.close();
    const { call, kind, labels } = this.#parts;
    const isLeft = outcome === 'aborted' && !call.scope.aborted;
    const status = outcome === 'complete' ? 'OK' : isLeft ? 'CANCELLED' : statusNameOf(error, call.scope);
    const isFailure = status !== 'OK' && (kind === SpanKind.CLIENT || isServerFailure(status));
    const errorType = isFailure ? status : undefined;
    const durationMs = operation.end({
      outcome: call.scope.aborted ? 'aborted' : outcome,
      error,
      output,
      errorType,
      isError: isFailure,
      attributes: () => ({ [ATTR.rpcStatusCode]: status, ...this.#messageCounts() }),
    });
    const instruments = this.#instruments;
    if (durationMs === undefined || instruments === undefined) return;
    const label = statusLabel(status);
    const source: AttributeSource = {
      metricAttributes: () => ({
        ...labels,
        [ATTR.rpcSystem]: 'grpc',
        [ATTR.rpcMethod]: this.#method,
        [ATTR.rpcStatusCode]: label,
        ...(errorType === undefined ? {} : { [ATTR.errorType]: label }),
      }),
    };
    // Whether a status is a failure follows from the side, and each side has a histogram of its own.
    const key = `${label} ${this.#method}${this.#parts.labelsKey}`;
    safely(() => instruments.duration.record(durationMs / 1_000, key, source, operation.context));
  }

  #messageCounts(): Attributes {
    const { type } = this.#parts.call.method;
    return {
      ...(this.hasRequestStream ? { 'lamella.rpc.request_messages': this.#sent } : {}),
      ...(type === 'server-streaming' || type === 'bidi' ? { 'lamella.rpc.response_messages': this.#received } : {}),
    };
  }
}
