import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { AbortScope } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import type { GrpcCallOptions, GrpcClientOptions, GrpcServerCall } from '../src/index.ts';
import {
  GrpcDeadline,
  GrpcMetadata,
  GrpcStatus,
  GrpcStatusError,
  grpcClient,
  grpcRetryThrottle,
  grpcService,
  implementService,
} from '../src/index.ts';
import { all, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';

const HEDGING = { maxAttempts: 3, hedgingDelayMs: 100 };

describe('hedging', () => {
  it('asks once more when there is no answer in time, takes the first one, and cancels the others', async () => {
    const { client, clock, held, attempts } = setup({ hedging: HEDGING });
    const call = client.echo({ value: 'a' });
    await settle(8);
    expect(held).toHaveLength(1);
    await clock.advanceAsync(99);
    expect(held).toHaveLength(1);
    await clock.advanceAsync(1);
    await settle(8);
    expect(held).toHaveLength(2);
    await clock.advanceAsync(100);
    await settle(8);
    expect(held).toHaveLength(3);
    await clock.advanceAsync(1_000);
    expect(held).toHaveLength(3);
    held[1]?.respond('second');
    expect((await call).value).toBe('second');
    expect(held.map(({ call }) => call.scope.aborted)).toEqual([true, false, true]);
    expect(attempts).toEqual([undefined, '1', '2']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks all at once with a delay of 0', async () => {
    const { client, clock, held } = setup({ hedging: { ...HEDGING, hedgingDelayMs: 0 } });
    const call = client.echo({ value: 'a' });
    await elapse(clock, 3);
    expect(held).toHaveLength(3);
    held[0]?.respond('first');
    expect((await call).value).toBe('first');
  });

  it('takes the first of two answers that come in the same turn', async () => {
    const { client, clock, held } = setup({ hedging: { maxAttempts: 2, hedgingDelayMs: 0 } });
    const call = client.echo({ value: 'a' });
    await elapse(clock, 2);
    held[0]?.respond('first');
    held[1]?.respond('second');
    expect((await call).value).toBe('first');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, (held: HeldCall | undefined) => void, object]>([
    ['an answer', (held) => held?.respond('second'), { status: 'fulfilled', value: { value: 'second' } }],
    ['a status', (held) => held?.fail(GrpcStatus.NOT_FOUND), { reason: { statusName: 'NOT_FOUND' } }],
  ])('takes %s although somebody who hears of the end of others throws', async (_, end, outcome) => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { client, clock, held, scopes } = setup({ hedging: HEDGING });
    const call = client.echo({ value: 'a' });
    await elapse(clock, 100);
    scopes[0]?.onAbort(() => {
      throw new Error('a bug');
    });
    end(held[1]);
    expect(await Promise.allSettled([call])).toMatchObject([outcome]);
    expect(told).toHaveBeenCalledOnce();
    told.mockRestore();
  });

  it('goes on at once when an attempt ends with a status that is not fatal, and ends with the last one', async () => {
    const { client, clock, held } = setup({ hedging: HEDGING });
    const failure = expect(client.echo({ value: 'a' })).rejects.toMatchObject({ statusMessage: 'third' });
    for (const text of ['first', 'second', 'third']) {
      await settle(8);
      held.at(-1)?.fail(GrpcStatus.UNAVAILABLE, text);
    }
    await failure;
    expect(held).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends with a status that is fatal, whatever else is under way', async () => {
    const { client, clock, held } = setup({ hedging: HEDGING });
    const failure = expect(client.echo({ value: 'a' })).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    await elapse(clock, 100);
    held[0]?.fail(GrpcStatus.NOT_FOUND);
    await failure;
    expect(held.map(({ call }) => call.scope.aborted)).toEqual([false, true]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits as long as the server says, and then goes on as before', async () => {
    const { client, clock, held } = setup({ hedging: HEDGING });
    const call = client.echo({ value: 'a' });
    await settle(8);
    held[0]?.fail(GrpcStatus.UNAVAILABLE, '', '500');
    await settle(8);
    await clock.advanceAsync(499);
    expect(held).toHaveLength(1);
    await elapse(clock, 1);
    expect(held).toHaveLength(2);
    await elapse(clock, 100);
    expect(held).toHaveLength(3);
    held[2]?.respond('third');
    expect((await call).value).toBe('third');
  });

  it('ends with its failure if the throttle says no while it waits for as long as the server has said', async () => {
    const retryThrottle = grpcRetryThrottle({ maxTokens: 4 });
    const { client, clock, held } = setup({ hedging: HEDGING, retryThrottle });
    const failure = expect(client.echo({ value: 'a' })).rejects.toMatchObject({ statusMessage: 'first' });
    await settle(8);
    held[0]?.fail(GrpcStatus.UNAVAILABLE, 'first', '500');
    await settle(8);
    retryThrottle.noteFailure();
    await elapse(clock, 500);
    await failure;
    expect(held).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, Partial<GrpcClientOptions>, string | undefined]>([
    ['the server says so', {}, '-1'],
    ['the throttle says so', { retryThrottle: { maxTokens: 2 } }, undefined],
  ])('begins no more when %s, but waits for those that are under way', async (_, options, pushback) => {
    const { client, clock, held } = setup({ hedging: HEDGING, ...options });
    const call = client.echo({ value: 'a' });
    await elapse(clock, 100);
    held[0]?.fail(GrpcStatus.UNAVAILABLE, '', pushback);
    await elapse(clock, 1_000, 100);
    expect(held).toHaveLength(2);
    held[1]?.respond('second');
    expect((await call).value).toBe('second');
    expect(clock.pendingTimers).toBe(0);
  });

  it('begins none while the throttle says no', async () => {
    const retryThrottle = grpcRetryThrottle({ maxTokens: 1 });
    retryThrottle.noteFailure();
    const { client, clock, held } = setup({ hedging: HEDGING, retryThrottle });
    const call = client.echo({ value: 'a' });
    await elapse(clock, 1_000, 100);
    expect(held).toHaveLength(1);
    held[0]?.respond('first');
    await call;
    expect(retryThrottle.tokens).toBe(0.1);
  });

  it('ends all attempts with the deadline, and with the abort of the caller', async () => {
    const { client, clock, held } = setup({ hedging: HEDGING });
    const controller = new AbortController();
    const late = expect(client.echo({ value: 'a' }, { timeoutMs: 150 })).rejects.toMatchObject({
      statusName: 'DEADLINE_EXCEEDED',
    });
    const aborted = client.echo({ value: 'b' }, { signal: controller.signal });
    await elapse(clock, 100);
    expect(held).toHaveLength(4);
    controller.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    await elapse(clock, 50);
    await late;
    expect(held.every(({ call }) => call.scope.aborted)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves nothing on the call that the call was made for', async () => {
    const { client, clock, held, scopes } = setup({ hedging: HEDGING });
    const scope = new AbortScope();
    const parent = { scope, deadline: GrpcDeadline.after(60_000, clock) };
    const call = client.echo({ value: 'a' }, { parent });
    await elapse(clock, 100);
    held[1]?.respond('second');
    await call;
    scope.abort('late');
    expect(scopes.map(({ aborted }) => aborted)).toEqual([true, false]); // the first one was too late, and not by this
  });

  it('sends a stream to each attempt, pulled once; the one that is answered gets the rest', async () => {
    const log: string[] = [];
    const { client, clock } = setup({ hedging: HEDGING }, log);
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const chat = client.chat(
      (async function* () {
        yield { value: 'a' };
        await gate;
        yield { value: 'b' };
      })(),
    );
    const letters = all(chat);
    await elapse(clock, 100);
    expect(log).toEqual(['1 got a', '2 got a']);
    release();
    expect(await letters).toEqual(['2']);
    expect(log).toEqual(['1 got a', '2 got a', '1 got b', '2 got b']);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, GrpcCallOptions]>([
    ['false', { hedging: false }],
    ['a policy of retries', { retry: {} }],
  ])('is left out of a call that says %s', async (_, options) => {
    const { client, clock, held } = setup({ hedging: HEDGING });
    const call = client.echo({ value: 'a' }, options);
    await elapse(clock, 1_000, 100);
    expect(held).toHaveLength(1);
    held[0]?.respond('first');
    await call;
  });
});

interface HeldCall {
  readonly call: GrpcServerCall;
  respond(value: string): void;
  fail(status: number, message?: string, pushback?: string): void;
}

function setup(options: Partial<GrpcClientOptions>, log: string[] = []) {
  const clock = new FakeClock();
  const held: HeldCall[] = [];
  const attempts: (string | undefined)[] = [];
  const scopes: AbortScope[] = [];
  let chats = 0;
  const implementation = implementService(EchoService, {
    ...echoHandlers({ calls: [], errors: [], log: [] }),
    echo: (_, call) =>
      new Promise((resolve, reject) => {
        held.push({
          call,
          respond: (value) => resolve({ value }),
          fail(status, message = '', pushback) {
            const metadata = GrpcMetadata.from(pushback === undefined ? {} : { 'grpc-retry-pushback-ms': pushback });
            reject(new GrpcStatusError(status, message, { metadata }));
          },
        });
      }),
    async *chat(messages, call) {
      const number = ++chats;
      for await (const { value } of messages) {
        log.push(`${number} got ${value}`);
        if (value === 'b' && number === 2) break;
        if (value === 'b') await new Promise((resolve) => call.scope.onAbort(resolve));
      }
      yield { value: String(number) };
    },
  });
  const server = grpcService([implementation], { clock });
  const counted: Service<HttpRequest, HttpResponse> = {
    serve(request) {
      attempts.push(request.headers.get('grpc-previous-rpc-attempts'));
      scopes.push(request.scope);
      return server.serve(request);
    },
  };
  return { client: grpcClient(counted, EchoService, { clock, ...options }), clock, held, attempts, scopes };
}

async function elapse(clock: FakeClock, ms: number, stepMs = ms): Promise<void> {
  await settle(8);
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advanceAsync(stepMs);
    await settle(8);
  }
}
