import type { HttpRequest, HttpResponse } from '@lamella/http';
import { HttpBody } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { MessageFrameDecoder } from '../src/codec/message-frame.ts';
import type { GrpcCallOptions, GrpcClientOptions } from '../src/index.ts';
import { grpcClient, grpcService, implementService } from '../src/index.ts';
import type { EchoHandlers } from './support/call-cases.ts';
import { all, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';

const LONG = 'a'.repeat(2_000);

it('credentials are for https: in any case of the scheme', () => {
  const credentials = () => ({});
  expect(() => setup({}, { url: 'HTTPS://a.test', credentials })).not.toThrow();
  expect(() => setup({}, { url: 'HTTP://a.test', credentials })).toThrow('https:');
});

describe('compression', () => {
  it.each<[string, Partial<GrpcClientOptions>, GrpcCallOptions, string | undefined, boolean]>([
    ['is off', {}, {}, undefined, false],
    ['is that of the client', { encoding: 'gzip' }, {}, 'gzip', true],
    ['is that of the call', {}, { encoding: 'deflate' }, 'deflate', true],
    ['is that of the call before that of the client', { encoding: 'gzip' }, { encoding: 'identity' }, undefined, false],
    ['is off for a call', { encoding: 'gzip' }, { compress: false }, 'gzip', false],
  ])('%s: %j, %j', async (_, options, callOptions, encoding, isCompressed) => {
    const { client, seen } = setup({}, options);
    expect((await client.echo({ value: LONG }, callOptions)).value).toBe(LONG);
    expect(seen).toEqual([{ encoding, flags: [isCompressed] }]);
  });

  it('is asked for each message, where the call has a function for it', async () => {
    const { client, seen } = setup({});
    const compress = (message: unknown): boolean => (message as { value: string }).value.startsWith('a');
    const messages = [{ value: LONG }, { value: `secret ${LONG}` }, { value: 'a short one' }, { value: LONG }];
    await all(client.chat(messages, { encoding: 'gzip', compress }));
    expect(seen).toEqual([{ encoding: 'gzip', flags: [true, false, false, true] }]);
  });

  it('of an encoding that there is not is refused', async () => {
    const { client } = setup({});
    // @ts-expect-error no such encoding
    const call = client.echo({ value: 'a' }, { encoding: 'br' });
    await expect(call).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

describe('a call made for another one', () => {
  it.each(['the call', 'its request', 'a fork of its request'])('keeps to its deadline, by %s', async (name) => {
    const clock = new FakeClock();
    const inner = setup({ echo: () => new Promise(() => {}) }, { clock });
    const outer = setup(
      {
        async echo(message, call) {
          const forked = call.request.fork({ extensions: call.request.extensions.fork('attempt') });
          const parents = { 'the call': call, 'its request': call.request, 'a fork of its request': forked };
          clock.advance(400);
          return inner.client.echo(message, { parent: parents[name as keyof typeof parents], timeoutMs: 5_000 });
        },
      },
      { clock },
    );
    const failure = expect(outer.client.echo({ value: 'a' }, { timeoutMs: 1_000 })).rejects.toMatchObject({
      statusName: 'DEADLINE_EXCEEDED',
    });
    await settle(16);
    expect(inner.timeouts).toEqual(['600000u']);
    await clock.advanceAsync(600);
    await failure;
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a stream of messages that the client fails at', () => {
  const bad = {
    get value(): string {
      throw new Error('no value');
    },
  };
  it.each<[string, () => { value: string } | Promise<{ value: string }>]>([
    ['a message that can not be written', () => bad],
    ['a promise that is rejected', () => Promise.reject(new Error('no message'))],
  ])('by %s is left, as a loop would leave it', async (_, make) => {
    const { client } = setup({});
    const log: string[] = [];
    const messages = function* () {
      try {
        yield { value: 'a' };
        yield make() as { value: string }; // or a promise of one: either is taken
        log.push('went on');
      } finally {
        log.push('left');
      }
    };
    await expect(client.join(messages())).rejects.toBeDefined();
    await expect(all(client.chat(messages()))).rejects.toBeDefined();
    await settle(16);
    expect(log).toEqual(['left', 'left']);
  });
});

interface SeenRequest {
  readonly encoding: string | undefined;
  readonly flags: boolean[];
}

function setup(handlers: Partial<EchoHandlers>, options: Partial<GrpcClientOptions> = {}) {
  const seen: SeenRequest[] = [];
  const timeouts: (string | undefined)[] = [];
  const { clock = new FakeClock() } = options;
  const all = { ...echoHandlers({ calls: [], errors: [], log: [] }), ...handlers };
  const server = grpcService([implementService(EchoService, all)], { clock });
  const watched: Service<HttpRequest, HttpResponse> = {
    async serve(request) {
      timeouts.push(request.headers.get('grpc-timeout'));
      const flags: boolean[] = [];
      seen.push({ encoding: request.headers.get('grpc-encoding'), flags });
      const decoder = new MessageFrameDecoder(10_000);
      const body = HttpBody.from(
        (async function* () {
          for await (const chunk of request.body) {
            decoder.push(chunk);
            for (let frame = decoder.next(); frame !== undefined; frame = decoder.next())
              flags.push(frame.isCompressed);
            yield chunk;
          }
        })(),
      );
      return server.serve(request.fork({ body }));
    },
  };
  return { client: grpcClient(watched, EchoService, { clock, ...options }), seen, timeouts };
}
