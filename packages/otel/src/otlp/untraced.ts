import type { Extensions } from '@lamella/service-core';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracingKey } from '../context/is-tracing-suppressed.ts';
import { TelemetryContext } from '../context/telemetry-context.ts';

/** An export that left a trace would be exported itself, without end; so it leaves none, with or without a context manager. */
export function untraced<Input extends { readonly extensions: Extensions<'request'> }>(input: Input): Input {
  input.extensions.insert(TelemetryContext, UNTRACED);
  return input;
}

/** A context in which nothing is traced. */
export const UNTRACED: typeof ROOT_CONTEXT = ROOT_CONTEXT.setValue(suppressTracingKey, true);
