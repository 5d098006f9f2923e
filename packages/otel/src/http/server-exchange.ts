import type { HttpRequest, HttpResponse } from '@lamella/http';
import { errorResponse } from '@lamella/http';
import type { AbortListener } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import type { Attributes, Context, Link } from '@opentelemetry/api';
import { SpanKind, trace } from '@opentelemetry/api';
import { AcceptedConnectionSpan } from '../context/connection-spans.ts';
import { resolvePropagator } from '../propagation/resolve-propagator.ts';
import { EventChannels } from '../shared/event-channels.ts';
import { ATTR } from '../shared/names.ts';
import type { OperationOutcome } from '../shared/operation.ts';
import { Operation } from '../shared/operation.ts';
import { safely } from '../shared/safely.ts';
import type { TelemetrySource } from '../shared/telemetry-source.ts';
import { countedRequest } from './counted-request.ts';
import { unsampledContext } from './head-sampling.ts';
import type { HttpOperation, ToldExchange } from './http-exchange.ts';
import { endExchange, isWhole, outcomeOfBody, responseAttributes } from './http-exchange.ts';
import type { HttpInstruments } from './http-instruments.ts';
import type { HttpTelemetrySettings, RouteOf } from './http-telemetry-options.ts';
import { methodLabel, methodName } from './known-methods.ts';
import { headerGetter } from './request-carrier.ts';
import { addServerEnd, schemeOf, serverAttributes } from './server-attributes.ts';
import type { ServerKeys } from './server-keys.ts';
import type { ServerPlaces } from './server-place.ts';
import { tracedBody } from './traced-body.ts';
import { untoldRequest } from './untold-request.ts';

/** What all exchanges of a server have in common. */
export interface ServerTelemetry {
  readonly source: TelemetrySource<HttpInstruments>;
  readonly settings: HttpTelemetrySettings;
  readonly places: ServerPlaces;
  readonly keys: ServerKeys;
  readonly incoming: 'parent' | 'link' | 'ignore';
  readonly routeOf: RouteOf;
  readonly sampleRatio: number | undefined;
}

/** The channels of servers. */
export const SERVER_CHANNELS: EventChannels = new EventChannels('http.server.request');

/** One request at a server, from its head to the last byte of its response. */
export class ServerExchange implements ToldExchange {
  readonly operation: HttpOperation;
  /** The request for the service inside. */
  readonly request: HttpRequest;
  readonly #telemetry: ServerTelemetry;
  readonly instruments: HttpInstruments | undefined;
  readonly requestBytes: (() => number) | undefined;
  responseBytes = 0;
  readonly #label: string;
  readonly #scheme: string;
  readonly #abort: AbortListener | undefined;
  #response: HttpResponse | undefined;
  #status: number | undefined;
  #route: string | undefined;

  /** @param above - What the request is part of already. */
  constructor(
    given: HttpRequest,
    above: Context,
    instruments: HttpInstruments | undefined,
    telemetry: ServerTelemetry,
  ) {
    const { source, settings, places, keys } = telemetry;
    const { method } = given;
    const scheme = schemeOf(given);
    const label = methodLabel(method, settings.known);
    const { parent: told, links } = this.#parentOf(given, above, telemetry);
    const { sampleRatio } = telemetry;
    const unsampled = sampleRatio === undefined ? undefined : unsampledContext(told, sampleRatio);
    const tracer = unsampled === undefined ? source.tracer : undefined;
    const parent = unsampled ?? told;
    // What may fail comes before the operation, which has to be ended once it is there.
    const counted = instruments !== undefined && settings.recordsBodySizes ? countedRequest(given) : undefined;
    const request = counted?.request ?? given;
    this.request = telemetry.incoming === 'parent' ? request : untoldRequest(request, settings.propagator);
    this.requestBytes = counted?.bytes;
    this.#telemetry = telemetry;
    this.instruments = instruments;
    this.#label = label;
    this.#scheme = scheme;
    this.operation = new Operation({
      input: given,
      clock: source.clock,
      parent,
      channels: SERVER_CHANNELS,
      tracer,
      name: methodName(method, settings.known),
      kind: SpanKind.SERVER,
      attributes: tracer === undefined ? NO_ATTRIBUTES : serverAttributes(given, scheme, places, settings),
      links,
      active: instruments?.active.enter(keys.active(label, scheme), () => this.#activeAttributes()),
    });
    // A service that does not hear of it must not keep the request among those that are going on.
    this.#abort = given.scope.onAbort((reason) => this.#end('aborted', reason, this.#response?.status));
  }

  /** Passes a response on, and ends with it. */
  respond(response: HttpResponse): HttpResponse {
    const { request } = this;
    this.#response = response;
    if (response.upgrade !== undefined || isWhole(request, response)) {
      this.responseBytes = response.body.size ?? 0;
      this.#end('complete', undefined, response.status);
      return response;
    }
    const body = tracedBody(response.body, {
      context: this.operation.context,
      onEnd: (outcome, error, bytes) => {
        this.responseBytes = bytes;
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
    if (operation.isOver) return;
    const { routeOf } = this.#telemetry;
    this.#abort?.close(); // an abort that came before there is a listener tells of itself in making it
    this.#status = status;
    this.#route = safely(routeOf, request);
    endExchange(operation, { outcome, error, response: this.#response, status, failsFrom: 500 }, this);
  }

  // ---- ToldExchange

  metricKey(status: number | undefined, errorType: string | undefined): string {
    const { keys } = this.#telemetry;
    return keys.ended(this.#route, status, errorType, this.#label, this.#scheme, this.request.version);
  }

  metricAttributes(): Attributes {
    const attributes = this.#activeAttributes();
    attributes[ATTR.protocolVersion] = this.request.version;
    if (this.#route !== undefined) attributes[ATTR.route] = this.#route;
    return attributes;
  }

  spanAttributes(): Attributes {
    const { request } = this;
    const { settings } = this.#telemetry;
    const route = this.#route;
    if (route !== undefined) this.operation.span?.updateName(`${methodName(request.method, settings.known)} ${route}`);
    const attributes = responseAttributes(request, this.#response, this.#status, settings);
    addServerEnd(attributes, request);
    if (route !== undefined) attributes[ATTR.route] = route;
    return attributes;
  }

  #activeAttributes(): Attributes {
    return { [ATTR.method]: this.#label, [ATTR.urlScheme]: this.#scheme };
  }

  /** Never what is active: a connection's callbacks may run in the context of anybody. */
  #parentOf(request: HttpRequest, above: Context, { incoming, settings }: ServerTelemetry): ToldParent {
    const accepted = request.extensions.get(AcceptedConnectionSpan);
    let links: readonly Link[] = accepted === undefined ? NO_LINKS : [{ context: accepted }];
    let parent = above;
    if (incoming !== 'ignore') {
      const extracted = resolvePropagator(settings.propagator).extract(above, request.headers, headerGetter);
      const remote = extracted === above ? undefined : trace.getSpanContext(extracted);
      if (incoming === 'parent') parent = extracted;
      else if (remote !== undefined) links = [...links, { context: remote }];
    }
    return links.length === 0 ? { parent } : { parent, links: [...links] };
  }
}

interface ToldParent {
  readonly parent: Context;
  readonly links?: Link[];
}

const NO_ATTRIBUTES: Attributes = {};
const NO_LINKS: readonly Link[] = [];
