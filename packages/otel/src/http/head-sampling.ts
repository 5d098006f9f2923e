import type { Context, SpanContext } from '@opentelemetry/api';
import { isSpanContextValid, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { contextWithSpan } from '../context/context-with-span.ts';

/**
 * Decides by chance which requests an SDK is asked to record, before anything is made for it.
 *
 * @remarks
 * Where a client has decided already, that counts. A request that is not recorded has ids all the same, so that services behind it, and logs,
 * know it by them, and that it is not sampled.
 *
 * @returns The context of a request that is not recorded; `undefined` for one that the SDK is to be asked about.
 */
export function unsampledContext(parent: Context, ratio: number): Context | undefined {
  const remote = parent === ROOT_CONTEXT ? undefined : trace.getSpanContext(parent); // as for most requests
  if (remote !== undefined && isSpanContextValid(remote)) {
    return (remote.traceFlags & TraceFlags.SAMPLED) === 0 ? parent : undefined;
  }
  return Math.random() < ratio ? undefined : contextWithSpan(parent, trace.wrapSpanContext(new UnsampledIds()));
}

/** Ids that are made when somebody asks for them: most requests that are not recorded call nobody and log nothing. */
class UnsampledIds implements SpanContext {
  readonly traceFlags: number = TraceFlags.NONE;
  #traceId: string | undefined;
  #spanId: string | undefined;

  get traceId(): string {
    this.#traceId ??= `${hex16()}${hex16()}`;
    return this.#traceId;
  }

  get spanId(): string {
    this.#spanId ??= hex16();
    return this.#spanId;
  }
}

/** 16 hexadecimal digits by chance, never all of them zeros. */
function hex16(): string {
  return `${hex8()}${hex8()}`;
}

function hex8(): string {
  return (0x1_0000_0001 + Math.floor(Math.random() * 0xffff_ffff)).toString(16).slice(1);
}
