import type { CloseInfo, Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { isCancellation } from '@lamella/service-core';
import type { Attributes, Link } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { AcceptedConnectionSpan } from '../context/connection-spans.ts';
import { ownSpanContext } from '../context/own-span-context.ts';
import { errorType } from '../shared/error-type.ts';
import { EventChannels } from '../shared/event-channels.ts';
import { ATTR } from '../shared/names.ts';
import { Operation } from '../shared/operation.ts';
import { safely } from '../shared/safely.ts';
import { serveInContext, startServe } from '../shared/serve-in-context.ts';
import type { TelemetrySource } from '../shared/telemetry-source.ts';
import { connectionAttributes, countedConnection } from './connection-facts.ts';
import type { ConnectionInstruments, ConnectionRole } from './connection-instruments.ts';
import { ROLE } from './connection-instruments.ts';
import { connectionLabels, endAttributes, enterConnection, recordConnection } from './connection-record.ts';

/** What kind of connection is served. */
export interface ServedConnectionKind {
  readonly role: Exclude<ConnectionRole, 'dialled'>;
  /** Name of the span. */
  readonly name: string;
  readonly channels: EventChannels;
}

/** Connections that a listener has accepted. */
export const ACCEPTED: ServedConnectionKind = {
  role: 'accepted',
  name: 'connection',
  channels: new EventChannels('connection'),
};

/** Connections inside of an HTTP CONNECT. */
export const TUNNEL: ServedConnectionKind = {
  role: 'tunnel',
  name: 'tunnel',
  channels: new EventChannels('tunnel'),
};

/** More that a span tells from the begin. */
export interface ServedConnectionStart {
  readonly attributes?: Attributes;
  readonly links?: Link[];
}

/** Serves a connection, and records it from here to the end of its service. */
export function serveTraced<Served extends Connection>(
  source: TelemetrySource<ConnectionInstruments>,
  kind: ServedConnectionKind,
  inner: Service<Served, void>,
  connection: Served,
  start: ServedConnectionStart = {},
): Promise<void> {
  const begun = safely(() => begin(source, kind, connection, start));
  if (begun === undefined) return startServe(inner, connection);
  return serveInContext(begun.operation.context, inner, begun.connection).then(
    () => begun.end('complete', undefined),
    (error: unknown) => {
      begun.end(isCancellation(connection, error) ? 'aborted' : 'error', error);
      throw error;
    },
  );
}

interface Begun<Served> {
  readonly operation: Operation<Connection, void>;
  readonly connection: Served;
  readonly end: (outcome: 'complete' | 'aborted' | 'error', error: unknown) => void;
}

function begin<Served extends Connection>(
  source: TelemetrySource<ConnectionInstruments>,
  { role, name, channels }: ServedConnectionKind,
  given: Served,
  { attributes, links }: ServedConnectionStart,
): Begun<Served> | undefined {
  const { tracer, instruments, clock } = source;
  if (tracer === undefined && instruments === undefined) {
    source.warnOfNoSdk();
    if (!channels.hasSubscribers) return undefined;
  }
  const known = connectionAttributes(given);
  const transport = String(known[ATTR.transport]);
  const { connection, counts, ended } = countedConnection(given);
  const operation = new Operation<Connection, void>({
    input: connection,
    clock,
    parent: ROOT_CONTEXT,
    channels,
    tracer,
    name,
    kind: SpanKind.INTERNAL,
    attributes: { ...known, ...attributes, [ROLE]: role },
    ...(links && { links }),
    isRoot: true,
    active: enterConnection(instruments, role, transport),
  });
  const span = trace.getSpan(operation.context);
  if (span !== undefined && role === 'accepted')
    connection.extensions.insert(AcceptedConnectionSpan, ownSpanContext(span));
  let close: CloseInfo | undefined;
  void ended.then((info) => {
    close = info;
  });
  return {
    operation,
    connection,
    end(outcome, error) {
      const type = outcome === 'complete' ? undefined : errorType(error);
      const durationMs = operation.end({
        outcome,
        error,
        errorType: type,
        isError: outcome === 'error',
        // Facts such as those of TLS come while it is served.
        attributes: () => ({ ...connectionAttributes(connection), ...endAttributes(counts, close) }),
      });
      if (durationMs === undefined || instruments === undefined) return;
      const labels = connectionLabels(role, transport);
      recordConnection(instruments, { labels, durationMs, counts, errorType: type, context: operation.context });
    },
  };
}
