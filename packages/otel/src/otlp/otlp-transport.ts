import type { AbortScope } from '@lamella/service-core';
import type { OtlpSignal } from '../receiver/otlp-data.ts';

/** One attempt to hand telemetry over. */
export interface OtlpAttempt {
  /** What is sent. */
  readonly signal: OtlpSignal;
  /** The export, in the format of the transport. */
  readonly bytes: Uint8Array;
  /** Time that is left, in milliseconds, greater than 0. */
  readonly timeoutMs: number;
  /** Aborted when the time is over. */
  readonly scope: AbortScope;
}

/** What came of an attempt. */
export type OtlpOutcome =
  | {
      readonly type: 'taken' /** The collector's answer, in the format of the transport. */;
      readonly answer: Uint8Array;
    }
  | { readonly type: 'refused' /** Why, for people. */; readonly message: string }
  | {
      readonly type: 'busy';
      /** Why, for people. */
      readonly message: string;
      /** When the collector wants to be asked again, in milliseconds from now. */
      readonly retryAfterMs?: number | undefined;
    };

/** A way to a collector: {@link otlpOverHttp}, or `otlpOverGrpc` of `@lamella/otel/otlp-grpc`. */
export interface OtlpTransport {
  /** Format of what is sent. */
  readonly format: 'protobuf' | 'json';
  /** Makes one attempt. A rejection means that the collector could not be reached, and may be later. */
  readonly send: (attempt: OtlpAttempt) => Promise<OtlpOutcome>;
}
