import type { Service } from '@lamella/service-core';
import type { Context } from '@opentelemetry/api';
import { context } from '@opentelemetry/api';

/** Calls the inner service without a step of its own; what that throws becomes a rejection, since `serve` never throws. */
export function startServe<Input, Output>(inner: Service<Input, Output>, input: Input): Promise<Output> {
  try {
    return inner.serve(input);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The same with a context that is active as far as the registered context manager follows the call; without one, nothing is. */
export function serveInContext<Input, Output>(
  active: Context,
  inner: Service<Input, Output>,
  input: Input,
): Promise<Output> {
  return context.with(active, startServe<Input, Output>, undefined, inner, input);
}
