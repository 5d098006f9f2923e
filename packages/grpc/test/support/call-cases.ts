import { create } from '@bufbuild/protobuf';
import { anyPack, anyUnpack, DurationSchema } from '@bufbuild/protobuf/wkt';
import { settle } from '@lamella/service-core/testing';
import { expect } from 'vitest';
import type {
  GrpcClient,
  GrpcClientOptions,
  GrpcHandlers,
  GrpcServerCall,
  GrpcServiceOptions,
  MethodsOf,
} from '../../src/index.ts';
import { GrpcMetadata, GrpcStatus, GrpcStatusError } from '../../src/index.ts';
import type { EchoService } from './echo-service.ts';

type Methods = MethodsOf<typeof EchoService>;

/** The handlers of the service that all cases call. */
export type EchoHandlers = GrpcHandlers<Methods>;

/** A client of it. */
export type EchoClient = GrpcClient<Methods>;

/** A behaviour that must be the same on every way. */
export interface CallCase {
  readonly name: string;
  /** Handlers in place of those that echo. */
  readonly handlers?: (seen: Seen) => Partial<EchoHandlers>;
  readonly server?: GrpcServiceOptions;
  readonly client?: GrpcClientOptions;
  run(client: EchoClient, seen: Seen): Promise<void>;
}

/** What happened on the server. */
export interface Seen {
  readonly calls: GrpcServerCall[];
  readonly errors: unknown[];
  readonly log: string[];
}

/** Handlers that do what their names say. */
export function echoHandlers(seen: Seen): EchoHandlers {
  return {
    async echo({ value }, call) {
      seen.calls.push(call);
      return { value };
    },
    async *split({ value }, call) {
      seen.calls.push(call);
      try {
        for (const letter of value) yield { value: letter };
      } finally {
        seen.log.push('split is over');
      }
    },
    async join(messages, call) {
      seen.calls.push(call);
      let joined = '';
      for await (const { value } of messages) joined += value;
      return { value: joined };
    },
    async *chat(messages, call) {
      seen.calls.push(call);
      for await (const { value } of messages) yield { value: value.toUpperCase() };
    },
  };
}

/** All values of a stream. */
export async function all(messages: AsyncIterable<{ readonly value: string }>): Promise<string[]> {
  const values: string[] = [];
  for await (const { value } of messages) values.push(value);
  return values;
}

const words = (...values: string[]) => values.map((value) => ({ value }));
const status = (statusName: string) => expect.objectContaining({ code: 'LML_ERR_GRPC_STATUS', statusName });

/** The cases. */
export const callCases: readonly CallCase[] = [
  {
    name: 'one message each way',
    async run(client) {
      expect((await client.echo({ value: 'hällo' })).value).toBe('hällo');
      expect((await client.echo({})).value).toBe('');
    },
  },
  {
    name: 'a stream from the server',
    run: async (client) => expect(await all(client.split({ value: 'abc' }))).toEqual(['a', 'b', 'c']),
  },
  {
    name: 'an empty stream from the server',
    run: async (client) => expect(await all(client.split({ value: '' }))).toEqual([]),
  },
  {
    name: 'a stream from the client',
    async run(client) {
      expect((await client.join(words('a', 'b', 'c'))).value).toBe('abc');
      expect((await client.join([])).value).toBe('');
    },
  },
  {
    name: 'streams both ways, message by message',
    async run(client) {
      const asked: string[] = [];
      const answers: string[] = [];
      async function* questions() {
        for (const value of ['a', 'b', 'c']) {
          asked.push(value);
          yield { value };
          // The server answers before it is asked again.
          while (answers.length < asked.length) await settle(1);
        }
      }
      for await (const { value } of client.chat(questions())) answers.push(value);
      expect([asked, answers]).toEqual([
        ['a', 'b', 'c'],
        ['A', 'B', 'C'],
      ]);
    },
  },
  {
    name: 'large messages',
    async run(client) {
      const value = 'x'.repeat(300_000);
      expect((await client.echo({ value })).value === value).toBe(true);
      expect((await client.join(words(value, value, value))).value.length).toBe(900_000);
      expect((await all(client.chat(words(value, value))))[1]?.length).toBe(300_000);
    },
  },
  {
    name: 'many calls at once',
    async run(client) {
      const calls = Array.from({ length: 50 }, (_, index) => client.echo({ value: String(index) }));
      expect((await Promise.all(calls)).map(({ value }) => value)).toEqual(
        Array.from({ length: 50 }, (_, i) => `${i}`),
      );
    },
  },
  {
    name: 'metadata both ways',
    handlers: () => ({
      async echo(message, { metadata, answer }) {
        answer.metadata.set('x-head', metadata.get('x-word') ?? '');
        answer.metadata.set('head-bin', metadata.getBinary('word-bin') ?? new Uint8Array(0));
        answer.trailers.append('x-end', 'a');
        answer.trailers.append('x-end', 'b');
        return message;
      },
      async *split(message, { answer }) {
        answer.metadata.set('x-head', 'early');
        yield message;
        answer.trailers.set('x-end', 'late');
      },
    }),
    async run(client) {
      const heard: unknown[] = [];
      const listen = {
        onMetadata: (metadata: GrpcMetadata) => heard.push(metadata.get('x-head'), metadata.getBinary('head-bin')?.[0]),
        onTrailers: (metadata: GrpcMetadata) => heard.push(metadata.getAll('x-end')),
      };
      await client.echo({}, { ...listen, metadata: { 'x-word': 'hi', 'word-bin': new Uint8Array([255]) } });
      expect(heard.splice(0)).toEqual(['hi', 255, ['a', 'b']]);
      await all(client.split({}, listen));
      expect(heard).toEqual(['early', undefined, ['late']]);
    },
  },
  {
    name: 'a status, its message, metadata and details, in each kind',
    handlers: failingHandlers(() => {
      const details = [anyPack(DurationSchema, create(DurationSchema, { seconds: 7n }))];
      const metadata = GrpcMetadata.from({ 'x-why': 'so' });
      return new GrpcStatusError(GrpcStatus.NOT_FOUND, ' nö 100%: ', { details, metadata });
    }),
    async run(client) {
      for (const call of eachKind(client)) {
        const error = await call.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (!(error instanceof GrpcStatusError)) throw new Error('it must fail with a status', { cause: error });
        expect([error.statusName, error.statusMessage, error.metadata.get('x-why')]).toEqual([
          'NOT_FOUND',
          ' nö 100%: ',
          'so',
        ]);
        const [detail] = error.details;
        expect(detail && anyUnpack(detail, DurationSchema)?.seconds).toBe(7n);
      }
    },
  },
  {
    name: 'errors of handlers are UNKNOWN and say nothing, but the server hears of them',
    handlers: failingHandlers(() => new Error('secret')),
    async run(client, seen) {
      for (const call of eachKind(client)) {
        const error: unknown = await call.catch((reason: unknown) => reason);
        expect(error).toMatchObject({ statusName: 'UNKNOWN', statusMessage: 'the server failed' });
        expect(JSON.stringify(error)).not.toContain('secret');
      }
      expect(seen.errors.map(String)).toEqual(Array(4).fill('Error: secret'));
    },
  },
  {
    name: 'a status behind messages',
    handlers: () => ({
      async *split(_, { answer }) {
        yield { value: 'a' };
        answer.trailers.set('x-end', 'b');
        throw new GrpcStatusError(GrpcStatus.ABORTED, 'enough');
      },
    }),
    async run(client) {
      const stream = client.split({});
      expect((await stream.next()).value?.value).toBe('a');
      const error: unknown = await stream.next().catch((reason: unknown) => reason);
      expect(error).toEqual(status('ABORTED'));
      expect(error instanceof GrpcStatusError && error.metadata.get('x-end')).toBe('b');
      expect((await stream.next()).done).toBe(true);
    },
  },
  {
    name: 'an answer before the stream of the client is over stops it',
    handlers: () => ({
      async join(messages) {
        for await (const { value } of messages) return { value };
        return {};
      },
    }),
    async run(client) {
      let isStopped = false;
      async function* endless() {
        try {
          for (let count = 0; ; count++) {
            yield { value: String(count) };
            await settle(1);
          }
        } finally {
          isStopped = true;
        }
      }
      expect((await client.join(endless())).value).toBe('0');
      await settle(8);
      expect(isStopped).toBe(true);
    },
  },
  {
    name: 'leaving the loop cancels the call and its handler',
    handlers: ({ log }) => ({
      async *split(_, call) {
        try {
          yield { value: 'a' };
          await new Promise((resolve) => call.scope.onAbort(resolve));
          yield { value: 'never' };
        } finally {
          log.push(call.scope.aborted ? 'aborted' : 'over');
        }
      },
    }),
    async run(client, seen) {
      for await (const { value } of client.split({})) {
        expect(value).toBe('a');
        break;
      }
      await settle(8);
      expect([seen.errors, seen.log]).toEqual([[], ['aborted']]);
    },
  },
  {
    name: 'a signal cancels calls of each kind, which reject with its reason, and reaches the handlers',
    handlers: hangingHandlers,
    async run(client, seen) {
      for (let kind = 0; kind < 4; kind++) {
        const controller = new AbortController();
        const reason = new Error('enough');
        const call = eachKind(client, { signal: controller.signal }, kind)[0];
        const failure = expect(call).rejects.toBe(reason);
        await settle(8);
        expect(seen.log, `kind ${kind}`).toEqual(['begun']);
        controller.abort(reason);
        await failure;
        await settle(8);
        expect(seen.log.splice(0), `kind ${kind}`).toEqual(['begun', 'aborted']);
      }
      expect(seen.errors).toEqual([]);
    },
  },
  {
    name: 'a signal that is aborted already calls nobody',
    async run(client, seen) {
      const reason = new Error('before');
      for (const call of eachKind(client, { signal: AbortSignal.abort(reason) }))
        await expect(call).rejects.toBe(reason);
      expect(seen.calls).toEqual([]);
    },
  },
  {
    name: 'what the stream of a client fails with is what the call fails with',
    async run(client) {
      const reason = new Error('mine');
      async function* broken() {
        yield { value: 'a' };
        throw reason;
      }
      await expect(client.join(broken())).rejects.toBe(reason);
      await expect(all(client.chat(broken()))).rejects.toBe(reason);
    },
  },
  {
    name: 'messages beyond the limit of the server are RESOURCE_EXHAUSTED',
    server: { maxMessageBytes: 12 },
    async run(client) {
      expect((await client.echo({ value: '0123456789' })).value).toBe('0123456789');
      const tooLong = { value: '0123456789a' };
      await expect(client.echo(tooLong)).rejects.toEqual(status('RESOURCE_EXHAUSTED'));
      await expect(client.join([tooLong])).rejects.toEqual(status('RESOURCE_EXHAUSTED'));
      await expect(all(client.chat([tooLong]))).rejects.toEqual(status('RESOURCE_EXHAUSTED'));
    },
  },
  {
    name: 'messages beyond the limit of the client are RESOURCE_EXHAUSTED',
    client: { maxMessageBytes: 12 },
    async run(client) {
      expect((await client.echo({ value: '0123456789' })).value).toBe('0123456789');
      await expect(client.echo({ value: '0123456789a' })).rejects.toEqual(status('RESOURCE_EXHAUSTED'));
      await expect(all(client.chat([{ value: '0123456789a' }]))).rejects.toEqual(status('RESOURCE_EXHAUSTED'));
    },
  },
  ...(['gzip', 'deflate'] as const).map(
    (encoding): CallCase => ({
      name: `messages compressed with ${encoding} both ways`,
      client: { encoding, compressFromBytes: 100 },
      server: { encoding, compressFromBytes: 100 },
      async run(client, seen) {
        const value = 'ab'.repeat(10_000);
        expect((await client.echo({ value })).value === value).toBe(true);
        expect((await client.echo({ value: 'short' })).value).toBe('short');
        expect(await all(client.chat(words('a', value, 'b')))).toEqual(['A', value.toUpperCase(), 'B']);
        expect(seen.calls[0]?.request.headers.get('grpc-encoding')).toBe(encoding);
      },
    }),
  ),
  {
    name: 'credentials are made anew for each call, and never sent in clear unasked',
    client: {
      dangerouslySendCredentialsInClear: true,
      credentials: async ({ method, url }) => ({ authorization: `${method.name} ${url}` }),
    },
    async run(client, seen) {
      await client.echo({}, { metadata: { a: 'b' }, credentials: () => ({ 'x-more': 'c' }) });
      const { metadata } = seen.calls[0] ?? { metadata: new GrpcMetadata() };
      const values = ['authorization', 'a', 'x-more'].map((name) => metadata.get(name));
      expect(values).toEqual(['Echo http://app.test', 'b', 'c']);
      const failing = client.echo({}, { credentials: () => Promise.reject(new Error('no token')) });
      await expect(failing).rejects.toEqual(status('UNAUTHENTICATED'));
      expect(seen.calls).toHaveLength(1);
    },
  },
  {
    name: 'metadata is sent before the first message where a handler asks for it',
    handlers: () => ({
      async *split(_, { answer, scope }) {
        answer.metadata.set('x-head', 'now');
        answer.sendMetadata();
        await new Promise((resolve) => scope.onAbort(resolve));
        yield { value: 'never' };
      },
    }),
    async run(client) {
      const controller = new AbortController();
      let onHead: (value: string | undefined) => void = () => {};
      const head = new Promise<string | undefined>((resolve) => {
        onHead = resolve;
      });
      const { signal } = controller;
      const reading = all(client.split({}, { signal, onMetadata: (metadata) => onHead(metadata.get('x-head')) }));
      reading.catch(() => {});
      expect(await head).toBe('now');
      controller.abort();
      await expect(reading).rejects.toBe(signal.reason);
    },
  },
  {
    name: 'a slow reader stops the writer, on both sides',
    handlers: ({ log }) => ({
      async *split() {
        for (let count = 0; count < 5_000; count++) {
          log.push('sent');
          yield { value: 'x'.repeat(10_000) };
        }
      },
      async join(messages, { scope }) {
        await messages[Symbol.asyncIterator]().next();
        await new Promise((resolve) => scope.onAbort(resolve));
        return {};
      },
    }),
    async run(client, seen) {
      const stream = client.split({});
      await stream.next();
      await settle(200);
      expect(seen.log.length).toBeLessThan(1_000); // what windows and buffers take, of 50 MB
      await stream.return();

      const sent: string[] = [];
      async function* endless() {
        for (;;) {
          sent.push('sent');
          yield { value: 'x'.repeat(10_000) };
        }
      }
      const controller = new AbortController();
      const call = client.join(endless(), { signal: controller.signal });
      call.catch(() => {});
      await settle(200);
      expect(sent.length).toBeLessThan(1_000);
      controller.abort();
      await expect(call).rejects.toBe(controller.signal.reason);
    },
  },
];

function failingHandlers(make: () => unknown): () => EchoHandlers {
  return () => ({
    async echo() {
      throw make();
    },
    // biome-ignore lint/correctness/useYield: it fails before
    async *split() {
      throw make();
    },
    async join() {
      throw make();
    },
    // biome-ignore lint/correctness/useYield: it fails before
    async *chat() {
      throw make();
    },
  });
}

function hangingHandlers({ log }: Seen): EchoHandlers {
  const hang = async (call: GrpcServerCall): Promise<never> => {
    log.push('begun');
    return new Promise((_, reject) => {
      call.scope.onAbort((reason) => {
        log.push('aborted');
        reject(reason);
      });
    });
  };
  return {
    echo: (_, call) => hang(call),
    // biome-ignore lint/correctness/useYield: it fails before
    async *split(_, call) {
      await hang(call);
    },
    join: (_, call) => hang(call),
    // biome-ignore lint/correctness/useYield: it fails before
    async *chat(_, call) {
      await hang(call);
    },
  };
}

/** One call of each kind, or of one. */
export function eachKind(
  client: EchoClient,
  options: NonNullable<Parameters<EchoClient['echo']>[1]> = {},
  only?: number,
): [Promise<unknown>, ...Promise<unknown>[]] {
  const begin = [
    () => client.echo({ value: 'a' }, options),
    () => all(client.split({ value: 'a' }, options)),
    () => client.join(words('a'), options),
    () => all(client.chat(words('a'), options)),
  ];
  const wanted = only === undefined ? begin : begin.slice(only, only + 1);
  const [first, ...rest] = wanted.map((start) => start());
  if (first === undefined) throw new Error(`there is no kind ${only}`);
  for (const call of rest) call.catch(() => {}); // each is waited for in its turn
  return [first, ...rest];
}
