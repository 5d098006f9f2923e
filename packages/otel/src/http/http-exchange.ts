import type { BodyOutcome, HttpRequest, HttpResponse } from '@lamella/http';
import { isBodyless, sensitiveHeadersOf } from '@lamella/http';
import { isCancellation } from '@lamella/service-core';
import type { Attributes, Context } from '@opentelemetry/api';
import type { AttributeSource } from '../shared/attribute-source.ts';
import { errorType } from '../shared/error-type.ts';
import { ATTR } from '../shared/names.ts';
import type { Operation, OperationEnd, OperationOutcome } from '../shared/operation.ts';
import { tellFailure } from '../shared/safely.ts';
import { addHeaders } from './header-attributes.ts';
import type { HttpInstruments } from './http-instruments.ts';
import type { HttpTelemetrySettings } from './http-telemetry-options.ts';

/** An operation of HTTP. */
export type HttpOperation = Operation<HttpRequest, HttpResponse>;

/** How an exchange ended, for its operation and its metrics. */
class ExchangeEnd implements OperationEnd<HttpResponse>, AttributeSource {
  readonly outcome: OperationOutcome;
  readonly error: unknown;
  readonly output: HttpResponse | undefined;
  /** Status for attributes; `undefined` if there was none. */
  readonly status: number | undefined;
  readonly errorType: string | undefined;
  readonly isError: boolean;
  readonly #told: ToldExchange;

  constructor(parts: ExchangeEndParts, told: ToldExchange) {
    const { outcome, error, response, status } = parts;
    this.outcome = outcome;
    this.error = error;
    this.output = response;
    this.status = status;
    this.errorType = exchangeErrorType(parts);
    this.isError = this.errorType !== undefined && !isClientsFault(parts);
    this.#told = told;
  }

  attributes(): Attributes {
    return this.#told.spanAttributes();
  }

  metricAttributes(): Attributes {
    const attributes = this.#told.metricAttributes();
    if (this.status !== undefined) attributes[ATTR.statusCode] = this.status;
    if (this.errorType !== undefined) attributes[ATTR.errorType] = this.errorType;
    return attributes;
  }
}

/** What an {@link ExchangeEnd} is made of. */
interface ExchangeEndParts {
  readonly outcome: OperationOutcome;
  readonly error: unknown;
  readonly response: HttpResponse | undefined;
  readonly status: number | undefined;
  /** Lowest status that is a failure: 500 on servers, 400 on clients. */
  readonly failsFrom: 400 | 500;
}

/** What the telemetry of an exchange is made of. */
export interface ToldExchange {
  readonly instruments: HttpInstruments | undefined;
  /** Size of the body of the request, where sizes are metrics too. */
  readonly requestBytes: (() => number) | undefined;
  readonly responseBytes: number;
  /** Tells the attributes of the duration from others. */
  metricKey(status: number | undefined, errorType: string | undefined): string;
  /** Attributes of the duration beside status and `error.type`. */
  metricAttributes(): Attributes;
  /** Attributes of the span that were not known at the begin. */
  spanAttributes(): Attributes;
}

/** How the end of a body ends its exchange. */
export function outcomeOfBody(request: HttpRequest, outcome: BodyOutcome, error: unknown): OperationOutcome {
  if (outcome === 'complete') return 'complete';
  return outcome === 'cancelled' || isCancellation(request, error) ? 'aborted' : 'error';
}

/** Whether a response has nothing that would have to be waited for: no content, or all of it in memory and sent in one step. */
export function isWhole({ method }: HttpRequest, { status, body }: HttpResponse): boolean {
  if (method === 'HEAD' || isBodyless(status) || body.isEmpty) return true;
  return body.isAtHand && body.size !== undefined && body.size <= MAX_WHOLE_BYTES;
}

/** `error.type` of an exchange. */
function exchangeErrorType({ outcome, error, status, failsFrom }: ExchangeEndParts): string | undefined {
  if (outcome !== 'complete') return errorType(error);
  return status !== undefined && status >= failsFrom ? String(status) : undefined;
}

/** What a server answers with 4xx is no failure of the server, also where its service threw. */
function isClientsFault({ status = 0, failsFrom }: ExchangeEndParts): boolean {
  return status >= 400 && status < failsFrom;
}

/** Ends the span and records the metrics; only the first call does anything. Never throws. */
export function endExchange(operation: HttpOperation, parts: ExchangeEndParts, told: ToldExchange): void {
  const end = new ExchangeEnd(parts, told);
  const durationMs = operation.end(end);
  const { instruments } = told;
  if (durationMs === undefined || instruments === undefined) return;
  try {
    const key = told.metricKey(end.status, end.errorType);
    instruments.duration.record(durationMs / 1_000, key, end, operation.context);
    if (told.requestBytes !== undefined) recordSizes(instruments, told.requestBytes(), end, told, operation.context);
  } catch (error) {
    tellFailure(error);
  }
}

function recordSizes(
  { requestBodySize, responseBodySize }: HttpInstruments,
  requestBytes: number,
  end: ExchangeEnd,
  { responseBytes }: ToldExchange,
  context: Context,
): void {
  const attributes = end.metricAttributes();
  requestBodySize.record(requestBytes, attributes, context);
  responseBodySize.record(responseBytes, attributes, context);
}

/** What a span tells of a response. */
export function responseAttributes(
  request: HttpRequest,
  response: HttpResponse | undefined,
  status: number | undefined,
  settings: HttpTelemetrySettings,
): Attributes {
  const attributes: Attributes = {};
  if (status !== undefined) attributes[ATTR.statusCode] = status;
  if (response !== undefined && settings.responseHeaders.length > 0) {
    addHeaders(attributes, response.headers, settings.responseHeaders, sensitiveHeadersOf(request));
  }
  return attributes;
}

/** Content up to here is taken by servers without waiting; see `HttpBody.takeWhole`. */
const MAX_WHOLE_BYTES = 256 * 1024;
