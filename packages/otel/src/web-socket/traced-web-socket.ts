import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { WebSocketClose, WebSocketConnection } from '@lamella/ws';
import type { Attributes, Context, Link } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { connectionAttributes } from '../connection/connection-facts.ts';
import { UpgradeSpan } from '../context/connection-spans.ts';
import { errorType } from '../shared/error-type.ts';
import { EventChannels } from '../shared/event-channels.ts';
import { ATTR, OTHER } from '../shared/names.ts';
import type { OperationOutcome } from '../shared/operation.ts';
import { Operation } from '../shared/operation.ts';
import { safely } from '../shared/safely.ts';
import type { TelemetrySource } from '../shared/telemetry-source.ts';
import { CountedWebSocket, MessageCounts } from './counted-web-socket.ts';
import type { WebSocketInstruments } from './web-socket-instruments.ts';

/** The OpenTelemetry context of a WebSocket, with its span; written by the telemetry of WebSockets. */
export const WebSocketContext: ExtensionKey<Context, 'connection'> = extensionKey('otel/web-socket-context', {
  scope: 'connection',
});

/** Which side of a WebSocket this is. */
export type WebSocketSide = 'server' | 'client';

/** A WebSocket that is recorded from here to its end. */
export interface TracedWebSocket {
  readonly socket: WebSocketConnection;
  readonly context: Context;
}

const CHANNELS: Readonly<Record<WebSocketSide, EventChannels>> = {
  server: new EventChannels('websocket.server'),
  client: new EventChannels('websocket.client'),
};

/** Begins to record a WebSocket. @returns `undefined` if nobody wants to know. */
export function traceWebSocket(
  given: WebSocketConnection,
  side: WebSocketSide,
  source: TelemetrySource<WebSocketInstruments>,
): TracedWebSocket | undefined {
  const { tracer, instruments, clock } = source;
  const channels = CHANNELS[side];
  if (tracer === undefined && instruments === undefined) {
    source.warnOfNoSdk();
    if (!channels.hasSubscribers) return undefined;
  }
  const labels: Attributes = { 'lamella.websocket.side': side };
  const counts = new MessageCounts();
  const socket = new CountedWebSocket(given, counts);
  const links = linksOf(given);
  const operation = new Operation<WebSocketConnection, WebSocketClose>({
    input: socket,
    clock,
    parent: ROOT_CONTEXT,
    channels,
    tracer,
    name: 'websocket',
    kind: SpanKind.INTERNAL,
    attributes: {
      ...connectionAttributes(given),
      ...labels,
      'lamella.websocket.compressed': given.isCompressed,
      ...(given.protocol === '' ? {} : { 'lamella.websocket.subprotocol': given.protocol }),
    },
    links,
    isRoot: true,
    active: instruments?.active.enter(side, () => labels),
  });
  given.extensions.insert(WebSocketContext, operation.context);
  void given.closed.then((close) => {
    const { code, initiator, wasClean, error } = close;
    const outcome = outcomeOf(close);
    const type = outcome === 'complete' ? undefined : errorTypeOf(close);
    const durationMs = operation.end({
      outcome,
      error,
      output: close,
      errorType: type,
      isError: outcome === 'error',
      attributes: () => ({
        'lamella.websocket.close_code': code,
        'lamella.websocket.close_initiator': initiator,
        'lamella.websocket.clean': wasClean,
        'lamella.websocket.messages_in': counts.messagesIn,
        'lamella.websocket.messages_out': counts.messagesOut,
        'lamella.websocket.bytes_in': counts.bytesIn,
        'lamella.websocket.bytes_out': counts.bytesOut,
      }),
    });
    if (durationMs === undefined || instruments === undefined) return;
    safely(() => {
      const ended = type === undefined ? labels : { ...labels, [ATTR.errorType]: type };
      instruments.duration.record(durationMs / 1_000, ended, operation.context);
      recordMessages(instruments, counts, labels);
    });
  });
  return { socket, context: operation.context };
}

function linksOf({ extensions }: WebSocketConnection): Link[] {
  const upgrade = extensions.get(UpgradeSpan);
  return upgrade === undefined ? [] : [{ context: upgrade }];
}

/** 1000 and 1001 are the ends that peers mean; so is a close frame without a code. */
function outcomeOf({ code, error }: WebSocketClose): OperationOutcome {
  if (code === 1000 || code === 1001 || code === 1005) return 'complete';
  return code === 1006 && error === undefined ? 'aborted' : 'error';
}

/** Codes from 3000 on may be any: those of a peer must not become series without end. */
function errorTypeOf({ code, initiator, error }: WebSocketClose): string {
  if (error !== undefined) return errorType(error);
  return code < 3_000 || initiator === 'local' ? `close_${code}` : OTHER;
}

function recordMessages(
  { messages, io }: WebSocketInstruments,
  { messagesIn, messagesOut, bytesIn, bytesOut }: MessageCounts,
  labels: Attributes,
): void {
  const received = { ...labels, [ATTR.networkIoDirection]: 'receive' };
  const sent = { ...labels, [ATTR.networkIoDirection]: 'transmit' };
  messages.add(messagesIn, received);
  messages.add(messagesOut, sent);
  io.add(bytesIn, received);
  io.add(bytesOut, sent);
}
