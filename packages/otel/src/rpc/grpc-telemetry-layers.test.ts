import {
  defineService,
  GrpcStatus,
  GrpcStatusError,
  grpcClient,
  grpcService,
  implementService,
  jsonCodec,
} from '@lamella/grpc';
import { directClientOn } from '@lamella/http/testing';
import { stack } from '@lamella/service-core';
import type { Attributes } from '@opentelemetry/api';
import { propagation, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { Recording } from '../../test/support/recording.ts';
import { contextOf } from '../context/telemetry-context.ts';
import { httpClientTelemetryLayer } from '../http/http-client-telemetry-layer.ts';
import { httpServerTelemetryLayer } from '../http/http-server-telemetry-layer.ts';
import { grpcClientTelemetryLayer } from './grpc-client-telemetry-layer.ts';
import { grpcServerTelemetryLayer } from './grpc-server-telemetry-layer.ts';

const text = jsonCodec(String);
const Chat = defineService('chat.v1.Chat', {
  say: { type: 'unary', request: text, response: text },
  spell: { type: 'server-streaming', request: text, response: text },
  join: { type: 'client-streaming', request: text, response: text },
  shout: { type: 'bidi', request: text, response: text },
});

const recordings: Recording[] = [];
afterEach(async () => {
  for (const recording of recordings.splice(0)) await recording.shutdown();
});

describe('telemetry of gRPC', () => {
  it('records both sides of a call as one trace', async () => {
    const { recording, chat } = setup();
    expect(await chat.say('hello')).toBe('hello');
    const [server, client] = recording.spans;
    expect([server?.name, server?.kind]).toEqual(['chat.v1.Chat/Say', SpanKind.SERVER]);
    expect([client?.name, client?.kind]).toEqual(['chat.v1.Chat/Say', SpanKind.CLIENT]);
    expect(server?.parentSpanContext).toMatchObject({ spanId: client?.spanContext().spanId, isRemote: true });
    expect(client?.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': 'chat.v1.Chat/Say',
      'rpc.status_code': 'OK',
      'server.address': 'chat.test',
      'server.port': 443,
    });
    expect(server?.attributes).toMatchObject({
      'rpc.status_code': 'OK',
      'server.address': 'chat.test',
      'server.port': 80, // there is no TLS between them
      'network.peer.address': '192.0.2.1',
    });
    const labels: Attributes = { 'rpc.system.name': 'grpc', 'rpc.method': 'chat.v1.Chat/Say', 'rpc.status_code': 'OK' };
    expect(await recording.points('rpc.server.call.duration')).toEqual([
      { attributes: labels, value: { count: 1, sum: 0 } },
    ]);
    expect(await recording.points('rpc.client.call.duration')).toEqual([
      { attributes: { ...labels, 'server.address': 'chat.test', 'server.port': 443 }, value: { count: 1, sum: 0 } },
    ]);
  });

  it('ends with the last message, and counts messages of streams', async () => {
    const { recording, chat } = setup();
    const seen: string[] = [];
    for await (const message of chat.shout(['a', 'b', 'c'])) {
      // The server may be done by now: it does not wait with what is at hand.
      if (seen.length === 0) expect(recording.spans.filter(({ kind }) => kind === SpanKind.CLIENT)).toEqual([]);
      seen.push(message);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(await chat.join(['x', 'y'])).toBe('xy');
    const counts = recording.spans.map(({ attributes }) => [
      attributes['lamella.rpc.request_messages'],
      attributes['lamella.rpc.response_messages'],
    ]);
    expect(counts).toEqual([
      [3, 3],
      [3, 3],
      [2, undefined],
      [2, undefined],
    ]);
  });

  it.each([
    [GrpcStatus.NOT_FOUND, 'NOT_FOUND', false],
    [GrpcStatus.INVALID_ARGUMENT, 'INVALID_ARGUMENT', false],
    [GrpcStatus.UNAVAILABLE, 'UNAVAILABLE', true],
    [GrpcStatus.INTERNAL, 'INTERNAL', true],
  ])(
    'records status %i as a failure of the client, and of the server if it is one',
    async (status, name, isServers) => {
      const { recording, chat } = setup(() => {
        throw new GrpcStatusError(status, 'with a secret');
      });
      await expect(chat.say('x')).rejects.toMatchObject({ status });
      const [server, client] = recording.spans;
      expect(client?.attributes).toMatchObject({ 'rpc.status_code': name, 'error.type': name });
      expect(client?.status).toEqual({ code: SpanStatusCode.ERROR });
      expect(server?.attributes['rpc.status_code']).toBe(name);
      expect(server?.attributes['error.type']).toBe(isServers ? name : undefined);
      expect(server?.status.code).toBe(isServers ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
    },
  );

  it('has one series for all statuses that have no name', async () => {
    let status = 16;
    const { recording, chat } = setup(() => {
      throw new GrpcStatusError(++status, 'of its own');
    });
    for (const code of [17, 18]) await expect(chat.say('x')).rejects.toMatchObject({ status: code });
    const codes = recording.spans.map(({ attributes }) => attributes['rpc.status_code']);
    expect(codes).toEqual(['CODE_17', 'CODE_17', 'CODE_18', 'CODE_18']);
    expect(await recording.points('rpc.client.call.duration')).toMatchObject([
      { attributes: { 'rpc.status_code': '_OTHER', 'error.type': '_OTHER' }, value: { count: 2 } },
    ]);
    const [server] = await recording.points('rpc.server.call.duration');
    expect(server).toMatchObject({ attributes: { 'rpc.status_code': '_OTHER' }, value: { count: 2 } });
  });

  it('records what a handler throws as UNKNOWN', async () => {
    const { recording, chat } = setup(() => {
      throw new TypeError('inside');
    });
    await expect(chat.say('x')).rejects.toMatchObject({ status: GrpcStatus.UNKNOWN });
    expect(recording.spans.map(({ attributes }) => attributes['rpc.status_code'])).toEqual(['UNKNOWN', 'UNKNOWN']);
  });

  it('ends with the deadline, though the handler goes on for ever', async () => {
    const { recording, chat } = setup(() => new Promise(() => {}));
    const said = chat.say('x', { timeoutMs: 50 });
    said.catch(() => {});
    await expect.poll(() => recording.clock.pendingTimers).toBe(2);
    recording.clock.advance(60);
    await expect(said).rejects.toMatchObject({ status: GrpcStatus.DEADLINE_EXCEEDED });
    await expect.poll(() => recording.spans.length).toBe(2);
    const codes = recording.spans.map(({ attributes }) => attributes['rpc.status_code']);
    expect(codes).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
  });

  it('records a caller that gives up, and one that leaves the loop', async () => {
    const { recording, chat } = setup(() => new Promise(() => {}));
    const controller = new AbortController();
    const said = chat.say('x', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(said).rejects.toThrow('enough');
    const long = 'ab'.padEnd(100_000, 'c'); // more than is sent ahead
    for await (const letter of chat.spell(long)) if (letter === 'b') break;
    await expect.poll(() => recording.spans.length).toBe(4);
    expect(new Set(recording.spans.map(({ attributes }) => attributes['rpc.status_code']))).toEqual(
      new Set(['CANCELLED']),
    );
    const points = await recording.points('rpc.client.call.duration');
    expect(points.map(({ attributes }) => attributes['rpc.status_code'])).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('stands between spans of HTTP, one below the other', async () => {
    const recording = kept(new Recording());
    const service = stack(
      httpClientTelemetryLayer(recording.options),
      directClientOn(stack(httpServerTelemetryLayer(recording.options), serviceOf(recording))),
    );
    const layers = [grpcClientTelemetryLayer(recording.options)];
    await grpcClient(service, Chat, { layers }).say('hello', { metadata: { baggage: 'user=ann' } });
    const byName = recording.spans.map(({ name, kind }) => `${SpanKind[kind]} ${name}`);
    expect(byName.sort()).toEqual(['CLIENT POST', 'CLIENT chat.v1.Chat/Say', 'SERVER POST', 'SERVER chat.v1.Chat/Say']);
    const ids = recording.spans.map((span) => span.spanContext().spanId);
    const parents = recording.spans.map(({ parentSpanContext }) => parentSpanContext?.spanId);
    expect(parents.filter((id) => id !== undefined && ids.includes(id))).toHaveLength(3);
    expect(new Set(recording.spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('continues the trace of the call that a call is made for', async () => {
    const { recording, chat } = setup();
    const gate = grpcClient(
      serviceOf(recording, (message, call) => chat.say(`${message}!`, { parent: call })),
      Chat,
    );
    expect(await gate.say('hello')).toBe('hello!');
    const [, client, incoming] = recording.spans;
    expect([client?.kind, incoming?.kind]).toEqual([SpanKind.CLIENT, SpanKind.SERVER]);
    expect(client?.parentSpanContext?.spanId).toBe(incoming?.spanContext().spanId);
  });

  it('takes the baggage of metadata, and passes over what is malformed', async () => {
    let user: unknown;
    const { chat, recording } = setup((_message, call) => {
      user = propagation.getBaggage(contextOf(call))?.getEntry('user')?.value;
      return 'fine';
    });
    const plain = grpcClient(
      serviceOf(recording, (_message, call) => {
        user = propagation.getBaggage(contextOf(call))?.getEntry('user')?.value;
        return 'fine';
      }),
      Chat,
    );
    await plain.say('x', { metadata: { baggage: 'user=ann', traceparent: 'garbage' } });
    expect(user).toBe('ann');
    expect(recording.span.parentSpanContext).toBeUndefined();
    await chat.say('x');
  });

  it('does nothing without an SDK, and refuses a url that is none', async () => {
    const layers = [grpcClientTelemetryLayer()];
    const chat = grpcClient(grpcService([implementation()], { layers: [grpcServerTelemetryLayer()] }), Chat, {
      layers,
    });
    expect(await chat.say('hello')).toBe('hello');
    expect(() => grpcClientTelemetryLayer({ url: 'nowhere' })).toThrow('url');
  });
});

type Say = Parameters<typeof implementService<typeof Chat>>[1]['say'];

function setup(say?: Say) {
  const recording = kept(new Recording());
  const url = 'https://chat.test';
  const layers = [grpcClientTelemetryLayer({ ...recording.options, url })];
  const { clock } = recording;
  return { recording, chat: grpcClient(directClientOn(serviceOf(recording, say)), Chat, { url, layers, clock }) };
}

function serviceOf(recording: Recording, say?: Say) {
  const { clock } = recording;
  return grpcService([implementation(say)], {
    layers: [grpcServerTelemetryLayer(recording.options)],
    clock,
    onError: () => {},
  });
}

function implementation(say: Say = (message) => message) {
  return implementService(Chat, {
    say,
    *spell(message) {
      yield* message;
    },
    async join(messages) {
      let joined = '';
      for await (const message of messages) joined += message;
      return joined;
    },
    async *shout(messages) {
      yield* messages;
    },
  });
}

function kept(recording: Recording): Recording {
  recordings.push(recording);
  return recording;
}
