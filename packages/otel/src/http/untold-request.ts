import type { HttpRequest } from '@lamella/http';
import type { TextMapPropagator } from '@opentelemetry/api';
import { resolvePropagator } from '../propagation/resolve-propagator.ts';

/** A request without the trace and the baggage that it came with, so that a proxy does not pass on what was not taken. */
export function untoldRequest(request: HttpRequest, propagator: TextMapPropagator | undefined): HttpRequest {
  const told = resolvePropagator(propagator)
    .fields()
    .filter((name) => request.headers.has(name));
  if (told.length === 0) return request;
  const headers = request.headers.clone();
  for (const name of told) headers.delete(name);
  return request.with({ headers });
}
