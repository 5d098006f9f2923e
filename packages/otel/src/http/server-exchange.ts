import type { HttpRequest, HttpResponse } from '@lamella/http';
import { errorResponse } from '@lamella/http';
import type { AbortListener } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import type { Attributes, Context, Link } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AcceptedConnectionSpan } from '../context/connection-spans.ts';
import { TelemetryContext } from '../context/telemetry-context.ts';
import { resolvePropagator } from '../propagation/resolve-propagator.ts';
import { EventChannels } from '../shared/event-channels.ts';
import { ATTR } from '../shared/names.ts';
import type { OperationOutcome } from '../shared/operation.ts';
import { Operation } from '../shared/operation.ts';
import { safely } from '../shared/safely.ts';
import type { TelemetrySource } from '../shared/telemetry-source.ts';
import { countedRequest } from './counted-request.ts';
import { unsampledContext } from './head-sampling.ts';
import type { HttpOperation } from './http-exchange.ts';
import { endExchange, isWhole, outcomeOfBody, responseAttributes } from './http-exchange.ts';
import type { HttpInstruments } from './http-instruments.ts';
import type { HttpTelemetrySettings, RouteOf } from './http-telemetry-options.ts';
import { methodLabel, methodName } from './known-methods.ts';
import { headerGetter } from './request-carrier.ts';
import { addServerEnd, schemeOf, serverAttributes } from './server-attributes.ts';
import type { ServerPlaces } from './server-place.ts';
import { tracedBody } from './traced-body.ts';
import { untoldRequest } from './untold-request.ts';

/** What all exchanges of a server have in common. */
export interface ServerTelemetry {
  readonly source: TelemetrySource<HttpInstruments>;
  readonly settings: HttpTelemetrySettings;
  readonly places: ServerPlaces;
  readonly incoming: 'parent' | 'link' | 'ignore';
  readonly routeOf: RouteOf;
  readonly sampleRatio: number | undefined;
}

/** The channels of servers. */
export const SERVER_CHANNELS: EventChannels = new EventChannels('http.server.request');

/** One request at a server, from its head to the last byte of its response. */
export class ServerExchange {
  readonly operation: HttpOperation;
  /** The request for the service inside. */
  readonly request: HttpRequest;
  readonly #telemetry: ServerTelemetry;
  readonly #instruments: HttpInstruments | undefined;
  readonly #scheme: string;
  readonly #requestBytes: (() => number) | undefined;
  readonly #abort: AbortListener | undefined;
  #response: HttpResponse | undefined;
  #responseBytes = 0;

  constructor(given: HttpRequest, telemetry: ServerTelemetry) {
    const { source, settings, places } = telemetry;
    const { instruments, clock } = source;
    const { method } = given;
    const scheme = schemeOf(given);
    const label = methodLabel(method, settings.known);
    const { parent: above, links } = this.#parentOf(given, telemetry);
    const { sampleRatio } = telemetry;
    const unsampled = sampleRatio === undefined ? undefined : unsampledContext(above, sampleRatio);
    const tracer = unsampled === undefined ? source.tracer : undefined;
    const parent = unsampled ?? above;
    this.#telemetry = telemetry;
    this.#instruments = instruments;
    this.#scheme = scheme;
    this.operation = new Operation({
      input: given,
      clock,
      parent,
      channels: SERVER_CHANNELS,
      tracer,
      name: methodName(method, settings.known),
      kind: SpanKind.SERVER,
      attributes: tracer === undefined ? {} : serverAttributes(given, scheme, places, settings),
      ...(links === undefined ? {} : { links }),
      active: instruments?.active.enter(`${label} ${scheme}`, () => this.#activeAttributes(label)),
    });
    const counted = instruments !== undefined && settings.recordsBodySizes ? countedRequest(given) : undefined;
    const request = counted?.request ?? given;
    this.request = telemetry.incoming === 'parent' ? request : untoldRequest(request, settings.propagator);
    this.#requestBytes = counted?.bytes;
    // A service that does not hear of it must not keep the request among those that are going on.
    this.#abort = given.scope.onAbort((reason) => this.#end('aborted', reason, this.#response?.status));
  }

  /** Passes a response on, and ends with it. */
  respond(response: HttpResponse): HttpResponse {
    const { request } = this;
    this.#response = response;
    if (response.upgrade !== undefined || isWhole(request, response)) {
      this.#responseBytes = response.body.size ?? 0;
      this.#end('complete', undefined, response.status);
      return response;
    }
    const body = tracedBody(response.body, {
      context: this.operation.context,
      onEnd: (outcome, error, bytes) => {
        this.#responseBytes = bytes;
        this.#end(outcomeOfBody(request, outcome, error), error, response.status);
      },
    });
    return response.with({ body });
  }

  /** The service failed: the server answers with a status of its own, unless the client is gone. */
  fail(error: unknown): void {
    const isAborted = isCancellation(this.request, error);
    this.#end(isAborted ? 'aborted' : 'error', error, isAborted ? undefined : errorResponse(error).status);
  }

  #end(outcome: OperationOutcome, error: unknown, status: number | undefined): void {
    const { request, operation } = this;
    const response = this.#response;
    const { settings, routeOf } = this.#telemetry;
    if (operation.isOver) return;
    this.#abort?.close(); // an abort that came before there is a listener tells of itself in making it
    const route = safely(() => routeOf(request));
    const end = { outcome, error, response, status, failsFrom: 500 as const };
    endExchange(operation, end, {
      instruments: this.#instruments,
      metricKey: () => this.#metricKey(route),
      metricAttributes: () => this.#metricAttributes(route),
      spanAttributes: () => {
        if (route !== undefined) operation.span?.updateName(`${methodName(request.method, settings.known)} ${route}`);
        const attributes = responseAttributes(request, response, status, settings);
        addServerEnd(attributes, request);
        if (route !== undefined) attributes[ATTR.route] = route;
        return attributes;
      },
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
    });
  }

  /** What {@link #metricAttributes} is made of; the route, which may be any text, stands last. */
  #metricKey(route: string | undefined): string {
    const { method, version } = this.request;
    const label = methodLabel(method, this.#telemetry.settings.known);
    return `${label} ${this.#scheme} ${version}${route === undefined ? '' : ` ${route}`}`;
  }

  #metricAttributes(route: string | undefined): Attributes {
    const { method, version } = this.request;
    const attributes: Attributes = {
      [ATTR.method]: methodLabel(method, this.#telemetry.settings.known),
      [ATTR.urlScheme]: this.#scheme,
      [ATTR.protocolVersion]: version,
    };
    if (route !== undefined) attributes[ATTR.route] = route;
    return attributes;
  }

  #activeAttributes(label: string): Attributes {
    return { [ATTR.method]: label, [ATTR.urlScheme]: this.#scheme };
  }

  /** Never what is active: a connection's callbacks may run in the context of anybody. */
  #parentOf(request: HttpRequest, { incoming, settings }: ServerTelemetry): { parent: Context; links?: Link[] } {
    const base = request.extensions.get(TelemetryContext) ?? ROOT_CONTEXT;
    const links: Link[] = [];
    const accepted = request.extensions.get(AcceptedConnectionSpan);
    if (accepted !== undefined) links.push({ context: accepted });
    let parent = base;
    if (incoming !== 'ignore') {
      const extracted = resolvePropagator(settings.propagator).extract(base, request.headers, headerGetter);
      const remote = extracted === base ? undefined : trace.getSpanContext(extracted);
      if (incoming === 'parent') parent = extracted;
      else if (remote !== undefined) links.push({ context: remote });
    }
    return links.length === 0 ? { parent } : { parent, links };
  }
}
