import { httpClientOn } from '@lamella/http/testing';
import { serviceFn, stack } from '@lamella/service-core';
import type { WebSocketConnection } from '@lamella/ws';
import { connectWebSocket, webSocketService } from '@lamella/ws';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { Recording } from '../../test/support/recording.ts';
import { httpClientTelemetryLayer } from '../http/http-client-telemetry-layer.ts';
import { httpServerTelemetryLayer } from '../http/http-server-telemetry-layer.ts';
import { WebSocketContext } from './traced-web-socket.ts';
import { webSocketClientTelemetry, webSocketTelemetryLayer } from './web-socket-telemetry-layer.ts';

const recordings: Recording[] = [];
afterEach(async () => {
  for (const recording of recordings.splice(0)) await recording.shutdown();
});

describe('telemetry of WebSockets', () => {
  it('records both ends, with their messages, linked to the spans of the handshake', async () => {
    const { recording, connect, client } = setup(async (socket) => {
      for await (const message of socket) await socket.send(message);
    });
    const socket = await connect();
    await socket.send('hellö');
    await socket.send(new Uint8Array(3));
    expect(await socket.receive()).toBe('hellö');
    expect(await recording.points('lamella.websocket.active')).toHaveLength(2);
    await socket.receive();
    await socket.close(1000);
    await client.close();
    await expect.poll(() => recording.spans.length).toBe(4);

    const find = (name: string, kind: SpanKind, side?: string) =>
      recording.spans.find(
        (span) => span.name === name && span.kind === kind && span.attributes['lamella.websocket.side'] === side,
      );
    for (const [side, kind] of [
      ['server', SpanKind.SERVER],
      ['client', SpanKind.CLIENT],
    ] as const) {
      const session = find('websocket', SpanKind.INTERNAL, side);
      const handshake = find('GET', kind);
      expect(handshake?.attributes['http.response.status_code']).toBe(101);
      expect(session?.parentSpanContext).toBeUndefined();
      expect(session?.links.map(({ context }) => context.spanId)).toEqual([handshake?.spanContext().spanId]);
      expect(session?.attributes).toMatchObject({
        'lamella.websocket.close_code': 1000,
        'lamella.websocket.close_initiator': side === 'client' ? 'local' : 'remote',
        'lamella.websocket.clean': true,
        'lamella.websocket.compressed': false,
        'lamella.websocket.messages_in': 2,
        'lamella.websocket.messages_out': 2,
        'lamella.websocket.bytes_in': 9,
        'lamella.websocket.bytes_out': 9,
        'network.transport': 'tcp',
      });
      expect(session?.status.code).toBe(SpanStatusCode.UNSET);
    }
    expect((await recording.points('lamella.websocket.active')).map(({ value }) => value)).toEqual([0, 0]);
    expect(await recording.points('lamella.websocket.messages')).toHaveLength(4);
  });

  it('records a handler that fails, and a peer that leaves without a word', async () => {
    const { recording, connect, client } = setup(async (socket) => {
      if ((await socket.receive()) === 'fail') throw new Error('inside');
    });
    const first = await connect();
    await first.send('fail');
    await first.closed;
    const second = await connect();
    second.destroy();
    await expect.poll(() => recording.spans.filter(({ name }) => name === 'websocket').length).toBe(4);
    const ends = recording.spans
      .filter(({ attributes }) => attributes['lamella.websocket.side'] === 'server')
      .map(({ attributes }) => [attributes['lamella.websocket.close_code'], typeof attributes['error.type']]);
    expect(ends).toEqual([
      [1011, 'string'],
      [1006, 'string'],
    ]);
    client.destroy();
    expect((await recording.points('lamella.websocket.active')).map(({ value }) => value)).toEqual([0, 0]);
  });

  it('names codes of one that closes, and not those that a peer may choose at will', async () => {
    const { recording, connect, client } = setup(async (socket) => {
      for await (const _ of socket);
    });
    for (const code of [1008, 4001, 4002]) await (await connect()).close(code);
    await client.close();
    const ended = () => recording.spans.filter(({ name }) => name === 'websocket');
    await expect.poll(() => ended().length).toBe(6);
    const typesOf = (side: string) =>
      ended()
        .filter(({ attributes }) => attributes['lamella.websocket.side'] === side)
        .map(({ attributes }) => [attributes['lamella.websocket.close_code'], attributes['error.type']]);
    expect(typesOf('client')).toEqual([
      [1008, 'close_1008'],
      [4001, 'close_4001'],
      [4002, 'close_4002'],
    ]);
    expect(typesOf('server')).toEqual([
      [1008, 'close_1008'],
      [4001, '_OTHER'],
      [4002, '_OTHER'],
    ]);
  });

  it('gives the handler its context', async () => {
    const seen: (string | undefined)[] = [];
    const { recording, connect, client } = setup(async (socket) => {
      const found = socket.extensions.get(WebSocketContext);
      seen.push(found && trace.getSpanContext(found)?.spanId);
    });
    await (await connect()).closed;
    client.destroy();
    await expect.poll(() => recording.spans.length).toBe(4);
    const session = recording.spans.find(({ attributes }) => attributes['lamella.websocket.side'] === 'server');
    expect(seen).toEqual([session?.spanContext().spanId]);
  });

  it('passes on without an SDK', async () => {
    const echo = serviceFn(async (socket: WebSocketConnection) => {
      for await (const message of socket) await socket.send(message);
    });
    const client = httpClientOn(webSocketService({ handler: webSocketTelemetryLayer()(echo) }));
    const opened = await connectWebSocket(client, { url: 'ws://chat.test/' });
    const socket = webSocketClientTelemetry()(opened);
    expect(socket).toBe(opened);
    await socket.send('a');
    expect(await socket.receive()).toBe('a');
    await socket.close();
    await client.close();
  });
});

function setup(handler: (socket: WebSocketConnection) => Promise<void>) {
  const recording = new Recording();
  recordings.push(recording);
  const { tracerProvider, meterProvider } = recording;
  const options = { tracerProvider, meterProvider };
  const server = stack(
    httpServerTelemetryLayer(options),
    webSocketService({ handler: stack(webSocketTelemetryLayer(options), serviceFn(handler)) }),
  );
  const client = httpClientOn(server, { onError: () => {} });
  const service = httpClientTelemetryLayer(options)(client);
  const traced = webSocketClientTelemetry(options);
  const connect = async () => traced(await connectWebSocket(service, { url: 'ws://chat.test/room' }));
  return { recording, client, connect };
}
