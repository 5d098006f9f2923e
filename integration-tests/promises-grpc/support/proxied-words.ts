import type {
  GrpcClient,
  GrpcClientOptions,
  GrpcCodec,
  GrpcHandlers,
  GrpcMethod,
  GrpcMethodType,
  GrpcSchema,
  GrpcServerCall,
  GrpcServiceOptions,
} from '@lamella/grpc';
import { defineService, jsonCodec } from '@lamella/grpc';
import type { FakeClock } from '@lamella/service-core/testing';

const text = jsonCodec(String);

/** A service with one method of each kind; all messages are texts. */
export const Words: GrpcSchema<{
  readonly echo: WordsMethod<'unary'>;
  readonly split: WordsMethod<'server-streaming'>;
  readonly join: WordsMethod<'client-streaming'>;
  readonly chat: WordsMethod<'bidi'>;
}> = defineService('test.v1.Words', {
  echo: { type: 'unary', request: text, response: text },
  split: { type: 'server-streaming', request: text, response: text },
  join: { type: 'client-streaming', request: text, response: text },
  chat: { type: 'bidi', request: text, response: text },
});

type WordsMethod<Type extends GrpcMethodType> = GrpcMethod<Type, GrpcCodec<string>, GrpcCodec<string>>;

/** That service as a value. */
export type WordsSchema = typeof Words;
/** What serves it. */
export type WordsHandlers = GrpcHandlers<WordsSchema['methods']>;
/** What calls it. */
export type WordsClient = GrpcClient<WordsSchema['methods']>;

/** What both ends see of some calls: the same on every way. */
export interface ProxiedCase {
  readonly name: string;
  readonly handlers?: (log: string[]) => Partial<WordsHandlers>;
  readonly server?: GrpcServiceOptions;
  readonly client?: GrpcClientOptions;
  /** Calls. @returns What the client has seen. */
  run(client: WordsClient, log: string[], clock: FakeClock): Promise<unknown>;
  /** What it sees, and what handlers have logged. */
  readonly sees: unknown;
  readonly logs?: readonly string[];
}

/** Handlers that do what their names say. */
export function wordsHandlers(): WordsHandlers {
  return {
    echo: (word) => word,
    *split(word) {
      yield* word;
    },
    join: async (words) => (await all(words)).join(''),
    async *chat(words) {
      for await (const word of words) yield word.toUpperCase();
    },
  };
}

/** All messages of a stream. */
export async function all(words: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const word of words) found.push(word);
  return found;
}

/** One call of each kind. */
export function eachKind(
  client: WordsClient,
  options: Parameters<WordsClient['echo']>[1] = {},
): (() => Promise<unknown>)[] {
  return [
    () => client.echo('a', options),
    () => all(client.split('a', options)),
    () => client.join(['a'], options),
    () => all(client.chat(['a'], options)),
  ];
}

/** Handlers that log when they begin and when their call is aborted, and answer nothing. */
export function hangingHandlers(log: string[]): WordsHandlers {
  const hang = (call: GrpcServerCall): Promise<never> => {
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
    async *split(_, call) {
      yield await hang(call);
    },
    join: (_, call) => hang(call),
    async *chat(_, call) {
      yield await hang(call);
    },
  };
}

/** What a call fails with. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call };
  } catch (error) {
    return error;
  }
}
