import type { HttpRequest } from '@lamella/http';
import { defaultSensitiveParameters } from '@lamella/http';
import type { TextMapPropagator } from '@opentelemetry/api';
import { requireBoolean, requireNames } from '../shared/option-checks.ts';
import type { PropagationOptions, TelemetryOptions } from '../shared/telemetry-options.ts';
import type { HeaderAttribute } from './header-attributes.ts';
import { headerAttributes } from './header-attributes.ts';
import { defaultKnownMethods } from './known-methods.ts';

/** Options that telemetry of HTTP has on both sides. */
export interface HttpTelemetryOptions extends TelemetryOptions, PropagationOptions {
  /** Methods that are named; any other is `_OTHER`. Default: {@link defaultKnownMethods}. */
  readonly knownMethods?: readonly string[];
  /** Header fields of requests that spans tell, in any case. Sensitive ones are refused, or left out. Default: none. */
  readonly requestHeaders?: readonly string[];
  /** Header fields of responses that spans tell, in any case. Sensitive ones are refused, or left out. Default: none. */
  readonly responseHeaders?: readonly string[];
  /** Query parameters whose values spans leave out, in any case. Default: `defaultSensitiveParameters` of `@lamella/http`. */
  readonly redactQuery?: readonly string[];
  /** Whether sizes of bodies are metrics too. Default false. */
  readonly recordsBodySizes?: boolean;
}

/** The same, checked, in the form in which it is used. */
export interface HttpTelemetrySettings {
  readonly propagator: TextMapPropagator | undefined;
  readonly known: ReadonlySet<string>;
  readonly requestHeaders: readonly HeaderAttribute[];
  readonly responseHeaders: readonly HeaderAttribute[];
  readonly secrets: ReadonlySet<string>;
  readonly recordsBodySizes: boolean;
}

/** @throws UsageError if an option is invalid. */
export function httpTelemetrySettings(options: HttpTelemetryOptions): HttpTelemetrySettings {
  const { knownMethods = defaultKnownMethods, requestHeaders = [], responseHeaders = [] } = options;
  const { redactQuery = defaultSensitiveParameters, recordsBodySizes = false } = options;
  requireNames('knownMethods', knownMethods);
  requireNames('redactQuery', redactQuery);
  requireBoolean('recordsBodySizes', recordsBodySizes);
  return {
    propagator: options.propagator,
    known: new Set(knownMethods),
    requestHeaders: headerAttributes('requestHeaders', requestHeaders, 'http.request.header'),
    responseHeaders: headerAttributes('responseHeaders', responseHeaders, 'http.response.header'),
    secrets: new Set(redactQuery.map((name) => name.toLowerCase())),
    recordsBodySizes,
  };
}

/** Chooses the route that a request is counted under, such as `/items/:id`; `undefined`: none is known. */
export type RouteOf = (request: HttpRequest) => string | undefined;
