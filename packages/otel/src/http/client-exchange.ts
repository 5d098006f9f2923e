import type { CallTimings, HttpRequest, HttpResponse } from '@lamella/http';
import { HttpTimings } from '@lamella/http';
import { isCancellation } from '@lamella/service-core';
import type { Attributes, Context } from '@opentelemetry/api';
import { SpanKind, trace } from '@opentelemetry/api';
import { DialledConnectionSpan, UpgradeSpan } from '../context/connection-spans.ts';
import { ownSpanContext } from '../context/own-span-context.ts';
import { writeTrace } from '../propagation/write-trace.ts';
import { EventChannels } from '../shared/event-channels.ts';
import { ATTR } from '../shared/names.ts';
import type { OperationOutcome } from '../shared/operation.ts';
import { Operation } from '../shared/operation.ts';
import { safely } from '../shared/safely.ts';
import type { TelemetrySource } from '../shared/telemetry-source.ts';
import { clientAttributes, connectedAttributes } from './client-attributes.ts';
import { countedRequest } from './counted-request.ts';
import type { HttpOperation } from './http-exchange.ts';
import { endExchange, outcomeOfBody, responseAttributes } from './http-exchange.ts';
import type { HttpInstruments } from './http-instruments.ts';
import type { HttpTelemetrySettings } from './http-telemetry-options.ts';
import { methodLabel, methodName } from './known-methods.ts';
import { addPhaseEvents } from './phase-events.ts';
import { headerSetter } from './request-carrier.ts';
import { noteAnswer, resendCount } from './resend-count.ts';
import type { ServerPlace, ServerPlaces } from './server-place.ts';
import { addPlace } from './server-place.ts';
import { tracedBody } from './traced-body.ts';

/** What all exchanges of a client have in common. */
export interface ClientTelemetry {
  readonly source: TelemetrySource<HttpInstruments>;
  readonly settings: HttpTelemetrySettings;
  readonly places: ServerPlaces;
}

/** The channels of clients. */
export const CLIENT_CHANNELS: EventChannels = new EventChannels('http.client.request');

/** One request of a client, from its begin to the last byte of its response. */
export class ClientExchange {
  readonly operation: HttpOperation;
  /** The request to send: with the trace in its headers. */
  readonly request: HttpRequest;
  readonly #telemetry: ClientTelemetry;
  readonly #instruments: HttpInstruments | undefined;
  readonly #place: ServerPlace;
  readonly #requestBytes: (() => number) | undefined;
  #responseBytes = 0;
  #responseMs = 0;

  constructor(given: HttpRequest, parent: Context, telemetry: ClientTelemetry) {
    const { source, settings, places } = telemetry;
    const { tracer, instruments, clock } = source;
    const { method, parsedTarget } = given;
    const { scheme = 'http' } = parsedTarget;
    const label = methodLabel(method, settings.known);
    const place = places.of(scheme, given.authority);
    this.#telemetry = telemetry;
    this.#instruments = instruments;
    this.#place = place;
    const resends = resendCount(given);
    // What may fail comes before the operation, which has to be ended once it is there.
    const counted = instruments !== undefined && settings.recordsBodySizes ? countedRequest(given) : undefined;
    this.#requestBytes = counted?.bytes;
    this.operation = new Operation({
      input: given,
      clock,
      parent,
      channels: CLIENT_CHANNELS,
      tracer,
      name: methodName(method, settings.known),
      kind: SpanKind.CLIENT,
      attributes: tracer === undefined ? {} : clientAttributes(given, place, resends, settings),
      active: instruments?.active.enter(`${label} ${scheme} ${place.address} ${place.port}`, () => {
        const attributes: Attributes = { [ATTR.method]: label, [ATTR.urlScheme]: scheme };
        addPlace(attributes, place);
        return attributes;
      }),
    });
    const headers = given.headers.clone();
    writeTrace(this.operation.context, headers, headerSetter, settings.propagator);
    this.request = (counted?.request ?? given).with({ headers });
  }

  /** Passes a response on, and ends with its body. */
  respond(response: HttpResponse): HttpResponse {
    const { operation, request } = this;
    this.#responseMs = operation.elapsedMs;
    noteAnswer(request, response);
    const dialled = response.extensions.get(DialledConnectionSpan);
    if (dialled !== undefined) operation.span?.addLink({ context: dialled });
    safely(() => this.#markUpgraded(response));
    if (response.upgraded !== undefined || response.body.isEmpty) {
      this.#end('complete', undefined, response);
      return response;
    }
    const body = tracedBody(response.body, {
      endsUnread: true,
      onOver: () => operation.leave(),
      onEnd: (outcome, error, bytes) => {
        this.#responseBytes = bytes;
        this.#end(outcomeOfBody(request, outcome, error), error, response);
      },
    });
    return response.with({ body });
  }

  #markUpgraded({ upgraded }: HttpResponse): void {
    const span = upgraded && trace.getSpan(this.operation.context);
    if (span !== undefined) upgraded?.extensions.insert(UpgradeSpan, ownSpanContext(span));
  }

  /** There is no response. */
  fail(error: unknown): void {
    this.#end(isCancellation(this.request, error) ? 'aborted' : 'error', error, undefined);
  }

  #end(outcome: OperationOutcome, error: unknown, response: HttpResponse | undefined): void {
    const { request, operation } = this;
    if (operation.isOver) return;
    const { settings } = this.#telemetry;
    const status = response?.status;
    const timings = response?.extensions.get(HttpTimings);
    const end = { outcome, error, response, status, failsFrom: 400 as const };
    endExchange(operation, end, {
      instruments: this.#instruments,
      metricKey: (of, errorType) => `${of} ${errorType} ${this.#metricKey(response)}`,
      metricAttributes: () => this.#metricAttributes(response),
      spanAttributes: () => {
        if (timings !== undefined) this.#addPhases(timings);
        return {
          ...responseAttributes(request, response, status, settings),
          ...(response === undefined ? {} : connectedAttributes(response)),
        };
      },
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
    });
  }

  /** The head of the response came to this layer and to the client at about the same time: from there backwards. */
  #addPhases(timings: CallTimings): void {
    const { queuedMs, resolveMs = 0, connectMs = 0, proxyMs = 0, tlsMs = 0, sentMs, ttfbMs } = timings;
    const toHeadMs = queuedMs + resolveMs + connectMs + proxyMs + tlsMs + sentMs + ttfbMs;
    addPhaseEvents(this.operation, timings, Math.max(0, this.#responseMs - toHeadMs));
  }

  /** What {@link #metricAttributes} is made of. */
  #metricKey(response: HttpResponse | undefined): string {
    const { method, parsedTarget } = this.request;
    const { address, port } = this.#place;
    const label = methodLabel(method, this.#telemetry.settings.known);
    return `${label} ${parsedTarget.scheme} ${response?.version} ${port} ${address}`;
  }

  #metricAttributes(response: HttpResponse | undefined): Attributes {
    const { method, parsedTarget } = this.request;
    const attributes: Attributes = { [ATTR.method]: methodLabel(method, this.#telemetry.settings.known) };
    addPlace(attributes, this.#place);
    if (parsedTarget.scheme !== undefined) attributes[ATTR.urlScheme] = parsedTarget.scheme;
    if (response !== undefined) attributes[ATTR.protocolVersion] = response.version;
    return attributes;
  }
}
