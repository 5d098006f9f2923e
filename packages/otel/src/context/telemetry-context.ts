import type { ExtensionKey, Extensions } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { Context } from '@opentelemetry/api';
import { context } from '@opentelemetry/api';

/**
 * The OpenTelemetry context of a request, with its span and its baggage: what is done for the request belongs below it. Written by the
 * layers of servers, read by those of clients, without AsyncLocalStorage.
 */
export const TelemetryContext: ExtensionKey<Context, 'request'> = extensionKey('otel/context', { scope: 'request' });

/** What has a store of a request: an HTTP request, a gRPC call, a request to connect. */
export interface Traceable {
  /** Side data, which the context is part of. */
  readonly extensions: Extensions<'request'>;
}

/**
 * The OpenTelemetry context that something belongs to: its own, else the one that is active.
 *
 * @example
 * const service = serviceFn((request: HttpRequest) => {
 *   console.log('serving', traceFields(contextOf(request)));
 *   return HttpResponse.text('hello');
 * });
 */
export function contextOf(input: Traceable): Context {
  return input.extensions.get(TelemetryContext) ?? context.active();
}

/**
 * Makes a new request part of the trace of the one that it is made for.
 *
 * @remarks
 * Not needed where the request is a changed copy (`request.with`), nor where a context manager is registered that follows asynchronous
 * calls, as SDKs for Node do it.
 *
 * @param parent - What the server got.
 * @param input - What is sent on; its store is changed.
 * @returns The same input.
 *
 * @example
 * function forward(client: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
 *   return serviceFn((request) => client.serve(inTraceOf(request, HttpRequest.from({ target: 'http://users.test/' }))));
 * }
 */
export function inTraceOf<Input extends Traceable>(parent: Traceable, input: Input): Input {
  const found = parent.extensions.get(TelemetryContext);
  if (found !== undefined) input.extensions.insert(TelemetryContext, found);
  return input;
}
