/**
 * One step of a network stack: takes an input, promises an output.
 *
 * @remarks
 * Everything in Lamella has this shape: a TCP accept handler is a `Service<Connection, void>`, an HTTP
 * handler a `Service<HttpRequest, HttpResponse>`, a connector a `Service<ConnectRequest, Connection>`.
 *
 * A service fails only by rejection: `serve` never throws synchronously. It may be called again before
 * an earlier call has settled. `serve` is a property, not a method, so that its input is checked
 * contravariantly: a service for a narrower input does not pass for one of a wider input.
 */
export interface Service<in Input, out Output> {
  /** Serves one input. Rejects on failure; on cancellation rejects with the reason of the input's signal. */
  readonly serve: (input: Input) => Promise<Output>;
}

/** Any service at all; useful only as a bound. */
export type AnyService = Service<never, unknown>;

/**
 * Makes a {@link Service} of a function.
 *
 * @param serve - Called once per input; a synchronous throw becomes a rejection.
 * @returns A service that calls `serve`.
 *
 * @example
 * const length = serviceFn((text: string) => text.length);
 * await length.serve('four'); // 4
 */
export function serviceFn<Input, Output>(serve: (input: Input) => Output | Promise<Output>): Service<Input, Output> {
  return { serve: async (input) => serve(input) };
}
