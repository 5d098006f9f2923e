import { circuitBreakerLayer } from '@lamella/layers';
import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { GrpcCall, GrpcHandlers, GrpcReply, GrpcServerCall, MethodsOf } from '../src/index.ts';
import {
  bytesCodec,
  defineService,
  GrpcMetadata,
  grpcClient,
  grpcService,
  implementService,
  jsonCodec,
} from '../src/index.ts';
import { all } from './support/call-cases.ts';

interface Note {
  readonly value: string;
}

const note = jsonCodec((value): Note => ({ value: String((value as { value?: unknown }).value) }));
const Notes = defineService('notes.v1.Notes', {
  keep: { type: 'unary', request: note, response: note },
  list: { type: 'server-streaming', request: note, response: note },
  raw: { type: 'unary', request: bytesCodec, response: bytesCodec, name: 'raw' },
});

const handlers: GrpcHandlers<MethodsOf<typeof Notes>> = {
  keep: (message) => message,
  *list({ value }) {
    for (const letter of value) yield { value: letter };
  },
  raw: async (bytes) => bytes.toReversed(),
};
const notes = implementService(Notes, handlers);

describe('services without a schema', () => {
  it('have messages in JSON, and of bytes', async () => {
    const client = grpcClient(grpcService([notes]), Notes);
    expect(await client.keep({ value: 'a' })).toEqual({ value: 'a' });
    expect(await all(client.list({ value: 'ab' }))).toEqual(['a', 'b']);
    expect(await client.raw(new Uint8Array([1, 2]))).toEqual(new Uint8Array([2, 1]));
    expectTypeOf(client.keep).returns.resolves.toEqualTypeOf<Note>();
    // @ts-expect-error a note is wanted
    await expect(client.keep(undefined)).rejects.toMatchObject({ statusName: 'INTERNAL' });
  });
});

describe('handlers that give no iterable where a stream is due', () => {
  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['text', () => 'ab'],
    ['a promise', async () => [{ value: 'a' }]],
    ['a promise that fails', () => Promise.reject(new Error('no'))],
  ])('%s: the call fails, and onError hears what is wrong', async (_, list) => {
    const errors: unknown[] = [];
    const broken = implementService(Notes, { keep: (message) => message, list: list as never, raw: (bytes) => bytes });
    const service = grpcService([broken], { onError: (error) => errors.push(error) });
    await expect(all(grpcClient(service, Notes).list({ value: 'a' }))).rejects.toMatchObject({ statusName: 'UNKNOWN' });
    expect(errors).toEqual([expect.any(UsageError)]);
  });
});

describe('layers', () => {
  it.each<[string, Layer<GrpcCall, GrpcReply>[]]>([
    ['a layer', [() => ({ serve: () => new Promise<GrpcReply>(() => {}) })]],
    ['what stands below the client', []],
  ])('hold nobody who leaves: %s never settles', async (_, layers) => {
    const deaf = { serve: () => new Promise<never>(() => {}) };
    const client = grpcClient(deaf, Notes, { layers });
    const controller = new AbortController();
    const call = client.keep({ value: 'a' }, { signal: controller.signal });
    const reason = new Error('away');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  it('stand around calls on both sides, the first outermost, and see messages', async () => {
    const log: string[] = [];
    const watch =
      <Call extends GrpcCall>(name: string): Layer<Call, GrpcReply> =>
      (inner) => ({
        async serve(call) {
          log.push(`${name} ${call.method.name} ${JSON.stringify(call.message)}`);
          const reply = await inner.serve(call);
          log.push(`${name} got ${JSON.stringify(reply.message)}`);
          return reply;
        },
      });
    const service = grpcService([notes], { layers: [watch<GrpcServerCall>('server')] });
    const client = grpcClient(service, Notes, { layers: [watch('outer'), watch('inner')] });
    await client.keep({ value: 'a' });
    expect(log).toEqual([
      'outer Keep {"value":"a"}',
      'inner Keep {"value":"a"}',
      'server Keep {"value":"a"}',
      'server got {"value":"a"}',
      'inner got {"value":"a"}',
      'outer got {"value":"a"}',
    ]);
  });

  it('may change metadata, messages and the reply', async () => {
    const seen: unknown[] = [];
    const sign: Layer<GrpcCall, GrpcReply> = (inner) => ({
      async serve(call) {
        const metadata = call.metadata.clone();
        metadata.set('x-signed', 'yes');
        const reply = await inner.serve(call.with({ metadata, message: { value: 'changed' } }));
        return { ...reply, message: { value: 'answer' } };
      },
    });
    const look: Layer<GrpcServerCall, GrpcReply> = (inner) => ({
      serve(call) {
        const changed = call.with({ metadata: GrpcMetadata.from({ 'x-looked': 'yes' }) });
        seen.push(call.metadata.get('x-signed'), call.message, changed.answer === call.answer);
        return inner.serve(changed.fork({ scope: call.scope }));
      },
    });
    const client = grpcClient(grpcService([notes], { layers: [look] }), Notes, { layers: [sign] });
    expect(await client.keep({ value: 'a' })).toEqual({ value: 'answer' });
    expect(seen).toEqual(['yes', { value: 'changed' }, true]);
  });

  it('may change a message to null, where that is one', async () => {
    const anything = jsonCodec((value) => value);
    const Any = defineService('any.Any', { say: { type: 'unary', request: anything, response: anything } });
    const service = grpcService([implementService(Any, { say: (message) => [message] })]);
    const without: Layer<GrpcCall, GrpcReply> = (inner) => ({
      serve: (call) => inner.serve(call.with({ message: null })),
    });
    expect(await grpcClient(service, Any, { layers: [without] }).say('secret')).toEqual([null]);
  });

  it('of others count a deadline that has passed as a failure of who was asked, and no other abort', async () => {
    const clock = new FakeClock();
    const breaker = circuitBreakerLayer({ maxConsecutiveFailures: 1, clock });
    const hangs = grpcService([implementService(Notes, { ...handlers, keep: () => new Promise<never>(() => {}) })], {
      clock,
    });
    const client = grpcClient(hangs, Notes, { layers: [breaker], clock });
    const controller = new AbortController();
    const left = expect(client.keep({ value: 'a' }, { signal: controller.signal })).rejects.toBe('enough');
    await settle();
    controller.abort('enough');
    await left;
    expect(breaker.state).toBe('closed');
    const late = expect(client.keep({ value: 'a' }, { timeoutMs: 10 })).rejects.toMatchObject({
      statusName: 'DEADLINE_EXCEEDED',
    });
    await settle();
    await clock.advanceAsync(10);
    await late;
    expect(breaker.state).toBe('open');
  });

  it('may answer by themselves', async () => {
    const cached: Layer<GrpcCall, GrpcReply> = () => ({
      serve: async () => ({
        metadata: new GrpcMetadata(),
        message: { value: 'cached' },
        messages: (async function* () {
          yield { value: 'c' };
        })(),
        trailers: new GrpcMetadata(),
      }),
    });
    const client = grpcClient(grpcService([]), Notes, { layers: [cached] });
    expect(await client.keep({ value: '' })).toEqual({ value: 'cached' });
    expect(await all(client.list({ value: '' }))).toEqual(['c']);
  });
});
