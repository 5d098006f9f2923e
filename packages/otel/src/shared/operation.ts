import type { Clock } from '@lamella/service-core';
import type { Attributes, Context, Link, Span, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api';
import { diag, SpanStatusCode } from '@opentelemetry/api';
import { contextWithSpan } from '../context/context-with-span.ts';
import type { ActiveEntry } from './active-counts.ts';
import type { EventChannels } from './event-channels.ts';
import { ATTR } from './names.ts';

/** How an operation ended. */
export type OperationOutcome = 'complete' | 'aborted' | 'error';

/** What an {@link Operation} begins with. */
export interface OperationParts<Input> {
  /** What the layer was called with; told on the channels. */
  readonly input: Input;
  readonly clock: Clock;
  /** What it is part of. */
  readonly parent: Context;
  readonly channels: EventChannels;
  /** Makes the span; `undefined`: there is none. */
  readonly tracer: Tracer | undefined;
  /** What the span begins with. */
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly links?: Link[] | undefined;
  /** Whether the span begins a trace of its own, whatever the parent is. Default false. */
  readonly isRoot?: boolean;
  /** Its place among what is going on. */
  readonly active: ActiveEntry | undefined;
}

/** What an {@link Operation} ends with. */
export interface OperationEnd<Output> {
  readonly outcome: OperationOutcome;
  /** What it failed with, or was given up with. */
  readonly error?: unknown;
  /** What came of it; told on the channels. */
  readonly output?: Output | undefined;
  /** What `error.type` says; `undefined`: it is no failure. */
  readonly errorType: string | undefined;
  /** Whether the span says that it failed. */
  readonly isError: boolean;
  /** Attributes of the span that were not known at the begin; asked for only if the span records. */
  attributes(): Attributes;
}

/** What listeners of the channels get. */
export interface OperationEvent<Input, Output> {
  /** The request, call or connection. */
  readonly input: Input;
  /** The OpenTelemetry context that it runs in, with its span. */
  readonly context: Context;
  /** What came of it; `undefined` at the start, and if there was nothing. */
  readonly output: Output | undefined;
  /** How it ended; `undefined` at the start. */
  readonly outcome: OperationOutcome | undefined;
  /** What it failed with, or was given up with. */
  readonly error: unknown;
  /** Time from the start, in milliseconds; 0 at the start. */
  readonly durationMs: number;
}

/** One request, call or connection: its span, its place among those that are going on, and what listeners hear, from the begin to the one end. */
export class Operation<Input, Output> {
  /** The context that it runs in, with its span. */
  readonly context: Context;
  /** The span if it records; one that does not is in the context all the same. */
  readonly span: Span | undefined;
  readonly #input: Input;
  readonly #clock: Clock;
  readonly #channels: EventChannels;
  readonly #startMs: number;
  readonly #startEpochMs: number;
  #active: ActiveEntry | undefined;
  #isOver = false;

  constructor(parts: OperationParts<Input>) {
    const { input, clock, channels, tracer, parent, name, kind, attributes, links, active, isRoot = false } = parts;
    this.#input = input;
    this.#clock = clock;
    this.#channels = channels;
    this.#active = active;
    this.#startMs = clock.nowMs();
    this.#startEpochMs = tracer === undefined ? 0 : clock.epochMs();
    if (tracer === undefined) this.context = parent;
    else {
      const options = { kind, attributes, startTime: this.#startEpochMs, root: isRoot, ...(links && { links }) };
      const span = this.#startSpan(tracer, name, options, parent);
      this.context = contextWithSpan(parent, span);
      if (span.isRecording()) this.span = span;
    }
    if (channels.start.hasSubscribers) channels.start.publish(this.#event(undefined, 0));
  }

  /** Time since the begin, in milliseconds. */
  get elapsedMs(): number {
    return this.#clock.nowMs() - this.#startMs;
  }

  /** Whether {@link end} was called. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Puts an event on the span, at a time since the begin in milliseconds. */
  event(name: string, atMs: number, attributes: Attributes): void {
    this.span?.addEvent(name, attributes, this.#startEpochMs + atMs);
  }

  /** It does not count among those that are going on any more. Once. */
  leave(): void {
    if (this.#active !== undefined) this.#active.count--;
    this.#active = undefined;
  }

  /**
   * Ends it; only the first call does anything. Never throws.
   *
   * @returns How long it took, in milliseconds; `undefined` if it was over already.
   */
  end(end: OperationEnd<Output>): number | undefined {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    this.leave();
    const durationMs = this.elapsedMs;
    try {
      this.#endSpan(end, durationMs);
      this.#publish(end, durationMs);
    } catch (error) {
      diag.error('lamella: a span could not be ended', error);
    }
    return durationMs;
  }

  /** Samplers and processors are of others: a call whose span comes to nothing must not stay among those that are going on. */
  #startSpan(tracer: Tracer, name: string, options: SpanOptions, parent: Context): Span {
    try {
      return tracer.startSpan(name, options, parent);
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  #endSpan(end: OperationEnd<Output>, durationMs: number): void {
    const { span } = this;
    if (span === undefined) return;
    span.setAttributes(end.attributes());
    if (end.errorType !== undefined) span.setAttribute(ATTR.errorType, end.errorType);
    if (end.isError) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(this.#startEpochMs + durationMs);
  }

  #publish(end: OperationEnd<Output>, durationMs: number): void {
    const channels = this.#channels;
    if (end.outcome !== 'complete' && channels.error.hasSubscribers)
      channels.error.publish(this.#event(end, durationMs));
    if (channels.end.hasSubscribers) channels.end.publish(this.#event(end, durationMs));
  }

  #event(end: OperationEnd<Output> | undefined, durationMs: number): OperationEvent<Input, Output> {
    const { outcome, output, error } = end ?? {};
    return { input: this.#input, context: this.context, output, outcome, error, durationMs };
  }
}
