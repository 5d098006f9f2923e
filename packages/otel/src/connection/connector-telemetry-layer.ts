import type { Connection, ConnectRequest } from '@lamella/net-core';
import { ConnectTimings } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import type { Attributes, Context } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { DialledConnectionSpan } from '../context/connection-spans.ts';
import { isTracingSuppressed } from '../context/is-tracing-suppressed.ts';
import { ownSpanContext } from '../context/own-span-context.ts';
import { TelemetryContext } from '../context/telemetry-context.ts';
import { errorType } from '../shared/error-type.ts';
import { EventChannels } from '../shared/event-channels.ts';
import { ATTR } from '../shared/names.ts';
import { addServer } from '../shared/network-attributes.ts';
import { Operation } from '../shared/operation.ts';
import { safely } from '../shared/safely.ts';
import { serveInContext } from '../shared/serve-in-context.ts';
import type { TelemetryOptions } from '../shared/telemetry-options.ts';
import { TelemetrySource } from '../shared/telemetry-source.ts';
import { connectionAttributes, countedConnection } from './connection-facts.ts';
import type { ConnectionInstruments } from './connection-instruments.ts';
import { connectionInstruments, ROLE } from './connection-instruments.ts';
import { connectionLabels, enterConnection, recordConnection } from './connection-record.ts';

/**
 * Records the connections that a connector makes: a span for each connect, and the metrics `lamella.connection.active`, `.duration` and
 * `.io` until the connection has ended.
 *
 * @remarks
 * A connection of a pool serves many requests, so nothing of the request that happened to need it first stays with it: its span begins a
 * trace of its own, the connector inside runs in an empty OpenTelemetry context, and spans of requests link to the span of the connect
 * by its ids. A connect with a request's store, such as for a tunnel, is part of the trace of that request.
 *
 * How long looking up, tunnels of proxies and TLS took are attributes of the span, as far as the connectors inside measure it.
 *
 * Events for `node:diagnostics_channel`: `lamella:connect.start`, `.end`, `.error`.
 *
 * @example
 * const connector = stack(connectorTelemetryLayer(), memoryNetwork().connector());
 * const client = createHttpClient({ connector });
 */
export function connectorTelemetryLayer(options: TelemetryOptions = {}): Layer<ConnectRequest, Connection> {
  const source = new TelemetrySource(options, connectionInstruments);
  return (inner) => ({
    serve(request) {
      const begun = safely(() => begin(source, request));
      if (begun === undefined) return serveInContext(ROOT_CONTEXT, inner, request);
      const { operation, instruments } = begun;
      // The context is empty on purpose: what is opened here outlives whoever asked for it.
      return serveInContext(ROOT_CONTEXT, inner, request).then(
        (connection) => {
          operation.end({
            outcome: 'complete',
            output: connection,
            errorType: undefined,
            isError: false,
            attributes: () => ({ ...connectionAttributes(connection), ...phaseAttributes(connection) }),
          });
          return safely(() => watched(connection, operation.context, instruments, source)) ?? connection;
        },
        (error: unknown) => {
          const outcome = isCancellation(request, error) ? 'aborted' : 'error';
          const attributes = (): Attributes => ({});
          operation.end({ outcome, error, errorType: errorType(error), isError: outcome === 'error', attributes });
          throw error;
        },
      );
    },
  });
}

const CHANNELS = new EventChannels('connect');

interface Begun {
  readonly operation: Operation<ConnectRequest, Connection>;
  readonly instruments: ConnectionInstruments | undefined;
}

function begin(source: TelemetrySource<ConnectionInstruments>, request: ConnectRequest): Begun | undefined {
  const { tracer, instruments, clock } = source;
  if (tracer === undefined && instruments === undefined) {
    source.warnOfNoSdk();
    if (!CHANNELS.hasSubscribers) return undefined;
  }
  const asked = request.extensions.get(TelemetryContext);
  if (asked !== undefined && isTracingSuppressed(asked)) return undefined;
  const attributes: Attributes = { [ATTR.transport]: request.transport, [ROLE]: 'dialled' };
  addServer(attributes, request.target);
  if (request.via.length > 0) attributes['lamella.connection.via'] = [...request.via];
  const operation = new Operation<ConnectRequest, Connection>({
    input: request,
    clock,
    parent: asked ?? ROOT_CONTEXT,
    channels: CHANNELS,
    tracer,
    name: 'connect',
    kind: SpanKind.INTERNAL,
    attributes,
    isRoot: asked === undefined,
    active: undefined,
  });
  return { operation, instruments };
}

function phaseAttributes({ extensions }: Connection): Attributes {
  const { resolveMs, proxyMs, tlsMs } = extensions.get(ConnectTimings) ?? {};
  return {
    ...(resolveMs === undefined ? {} : { 'lamella.phase.resolve_ms': resolveMs }),
    ...(proxyMs === undefined ? {} : { 'lamella.phase.proxy_ms': proxyMs }),
    ...(tlsMs === undefined ? {} : { 'lamella.phase.tls_ms': tlsMs }),
  };
}

/** The connection, known by its span, and counted until it ends. */
function watched(
  given: Connection,
  dialled: Context,
  instruments: ConnectionInstruments | undefined,
  { clock }: TelemetrySource<ConnectionInstruments>,
): Connection {
  const span = trace.getSpan(dialled);
  if (span !== undefined) given.extensions.insert(DialledConnectionSpan, ownSpanContext(span));
  if (instruments === undefined) return given;
  const { connection, counts, ended } = countedConnection(given);
  const transport = String(connectionAttributes(connection)[ATTR.transport]);
  const entry = enterConnection(instruments, 'dialled', transport);
  const startMs = clock.nowMs();
  void ended.then(({ reason, error }) => {
    if (entry !== undefined) entry.count--;
    const isFailure = reason !== 'eof' && reason !== 'shutdown';
    recordConnection(instruments, {
      labels: connectionLabels('dialled', transport),
      durationMs: clock.nowMs() - startMs,
      counts,
      errorType: isFailure ? errorType(error) : undefined,
      context: ROOT_CONTEXT,
    });
  });
  return connection;
}
