import { create } from '@bufbuild/protobuf';
import { anyPack, anyUnpack, DurationSchema, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { GrpcMetadata, GrpcStatus, GrpcStatusError } from '@lamella/grpc';
import { settle } from '@lamella/service-core/testing';
import type { ProxiedCase, WordsHandlers } from './proxied-words.ts';
import { all, eachKind, failureOf, hangingHandlers } from './proxied-words.ts';

const LARGE = 'x'.repeat(1_048_576);

const messages: readonly ProxiedCase[] = [
  { name: 'one message each way', run: (client) => client.echo('hällo'), sees: 'hällo' },
  { name: 'empty messages', run: (client) => client.echo(''), sees: '' },
  { name: 'a stream from the server', run: (client) => all(client.split('abc')), sees: ['a', 'b', 'c'] },
  { name: 'a stream of nothing from the server', run: (client) => all(client.split('')), sees: [] },
  { name: 'a stream from the client', run: (client) => client.join(['a', 'b']), sees: 'ab' },
  { name: 'a stream of nothing from the client', run: (client) => client.join([]), sees: '' },
  { name: 'streams both ways', run: (client) => all(client.chat(['a', 'b'])), sees: ['A', 'B'] },
  { name: 'streams of nothing both ways', run: (client) => all(client.chat([])), sees: [] },
  {
    name: 'questions and answers in turn, on a stream that is half open',
    async run(client) {
      const answers: string[] = [];
      let asked = 0;
      async function* questions() {
        for (const word of ['a', 'b', 'c']) {
          asked++;
          yield word;
          while (answers.length < asked) await settle(1);
        }
      }
      for await (const word of client.chat(questions())) answers.push(`${word}${asked}`);
      return answers;
    },
    sees: ['A1', 'B2', 'C3'],
  },
  { name: 'a message of 1 MiB', run: async (client) => (await client.echo(LARGE)) === LARGE, sees: true },
  {
    name: 'many large messages from the client',
    run: async (client) => (await client.join([LARGE, LARGE, LARGE])).length,
    client: { maxMessageBytes: 4_194_304 },
    sees: 3 * 1_048_576,
  },
  {
    name: 'many large messages both ways',
    run: async (client) => (await all(client.chat([LARGE, LARGE]))).map(({ length }) => length),
    sees: [1_048_576, 1_048_576],
  },
  {
    name: 'a message as long as is allowed',
    server: { maxMessageBytes: 1_002 },
    run: async (client) => (await client.echo('x'.repeat(1_000))).length,
    sees: 1_000,
  },
  {
    name: 'a request that is too long',
    server: { maxMessageBytes: 1_002 },
    run: (client) => statusOf(client.echo('x'.repeat(1_001))),
    sees: ['RESOURCE_EXHAUSTED', 'a message of 1003 bytes is longer than maxMessageBytes of 1002 bytes'],
  },
  {
    name: 'a response that is too long',
    client: { maxMessageBytes: 1_002 },
    run: (client) => statusOf(client.echo('x'.repeat(1_001))),
    sees: ['RESOURCE_EXHAUSTED', 'a message of 1003 bytes is longer than maxMessageBytes of 1002 bytes'],
  },
  {
    name: 'fifty calls at once',
    run: (client) => Promise.all(Array.from({ length: 50 }, (_, index) => client.echo(`${index}`))),
    sees: Array.from({ length: 50 }, (_, index) => `${index}`),
  },
];

const NAMES = ['x-word', 'x-bin', 'x-more'];
const told = (metadata: GrpcMetadata): unknown =>
  NAMES.map((name) => metadata.getAll(name).map((value) => (typeof value === 'string' ? value : [...value])));
const metadataOf = (word: string): GrpcMetadata =>
  GrpcMetadata.from([
    ['x-word', `${word} a`],
    ['x-word', `${word} b, c`],
    ['x-bin', new Uint8Array([0, 255, 254])],
    ['x-bin', new Uint8Array([])],
    ['x-bin', new Uint8Array([7])],
  ]);
const toldOf = (word: string): unknown => [[`${word} a`, `${word} b, c`], [[0, 255, 254], [], [7]], []];

const metadata: readonly ProxiedCase[] = [
  ...([0, 1, 2, 3] as const).map(
    (kind): ProxiedCase => ({
      name: `metadata of a client: text, bytes, duplicates, in kind ${kind}`,
      handlers: (log) => seeing((call) => void log.push(JSON.stringify(told(call.metadata)))),
      run: async (client) =>
        eachKind(client, { metadata: metadataOf('to') })
          [kind]?.()
          .then(() => 'over'),
      sees: 'over',
      logs: [JSON.stringify(toldOf('to'))],
    }),
  ),
  ...([0, 1, 2, 3] as const).map(
    (kind): ProxiedCase => ({
      name: `metadata of a server, before and behind the messages, in kind ${kind}`,
      handlers: () =>
        seeing(({ answer }) => {
          answer.metadata.appendAll(metadataOf('head'));
          answer.trailers.appendAll(metadataOf('end'));
        }),
      async run(client) {
        const heard: unknown[] = [];
        const onMetadata = (head: GrpcMetadata) => void heard.push(told(head));
        await eachKind(client, { onMetadata, onTrailers: onMetadata })[kind]?.();
        return heard;
      },
      sees: [toldOf('head'), toldOf('end')],
    }),
  ),
  {
    name: 'much metadata',
    handlers: (log) => seeing((call) => void log.push(String(call.metadata.get('x-word')?.length))),
    run: (client) => client.echo('a', { metadata: { 'x-word': 'x'.repeat(8_000) } }),
    sees: 'a',
    logs: ['8000'],
  },
  {
    name: 'too much metadata for the server',
    server: { maxMetadataBytes: 4_096 },
    run: async (client) => (await statusOf(client.echo('a', { metadata: { 'x-word': 'x'.repeat(5_000) } })))[0],
    sees: 'RESOURCE_EXHAUSTED',
  },
  {
    name: 'metadata that a server sends before its first message',
    handlers: () => ({
      async *split(_, { answer, scope }) {
        answer.metadata.set('x-word', 'now');
        answer.sendMetadata();
        yield await new Promise<string>((resolve) => scope.onAbort(() => resolve('never')));
      },
    }),
    async run(client) {
      const controller = new AbortController();
      let onHead: (word: unknown) => void = () => {};
      const head = new Promise<unknown>((resolve) => {
        onHead = resolve;
      });
      const { signal } = controller;
      const call = all(client.split('a', { signal, onMetadata: (given) => onHead(given.get('x-word')) }));
      call.catch(() => {});
      const word = await head;
      controller.abort('enough');
      return [word, await failureOf(call)];
    },
    sees: ['now', 'enough'],
  },
];

const detail = anyPack(DurationSchema, create(DurationSchema, { seconds: timestampFromMs(7_000).seconds }));

const statuses: readonly ProxiedCase[] = [
  ...Array.from({ length: 16 }, (_, index): ProxiedCase => {
    const status = index + 1;
    const [name = ''] = Object.entries(GrpcStatus).find(([, value]) => value === status) ?? [];
    return {
      name: `the status ${name}, and nothing else`,
      handlers: () => ({ echo: () => Promise.reject(new GrpcStatusError(status, `it is ${status}`)) }),
      run: (client) => statusOf(client.echo('a')),
      sees: [name, `it is ${status}`],
    };
  }),
  ...([0, 1, 2, 3] as const).map(
    (kind): ProxiedCase => ({
      name: `a status with a message, metadata and details, in kind ${kind}`,
      handlers: () =>
        seeing(() => {
          const options = { metadata: metadataOf('end'), details: [detail] };
          throw new GrpcStatusError(GrpcStatus.NOT_FOUND, 'nö 100%\n', options);
        }),
      run: async (client) => richFailure(eachKind(client)[kind]?.() ?? Promise.resolve()),
      sees: ['NOT_FOUND', 'nö 100%\n', toldOf('end'), [7n]],
    }),
  ),
  {
    name: 'a status behind messages, with metadata before and behind them',
    handlers: () => ({
      async *split(_, { answer }) {
        answer.metadata.set('x-more', 'head');
        answer.trailers.set('x-more', 'end');
        yield 'a';
        throw new GrpcStatusError(GrpcStatus.ABORTED, 'enough');
      },
    }),
    async run(client) {
      const stream = client.split('a');
      const first = await stream.next();
      const error = await failureOf(stream.next());
      return [first.value, error instanceof GrpcStatusError && [error.statusName, error.metadata.get('x-more')]];
    },
    sees: ['a', ['ABORTED', 'end']],
  },
  {
    name: 'a status behind metadata alone',
    handlers: () => ({
      echo(_, { answer }) {
        answer.metadata.set('x-more', 'head');
        throw new GrpcStatusError(GrpcStatus.DATA_LOSS, 'all of it');
      },
    }),
    run: (client) => statusOf(client.echo('a')),
    sees: ['DATA_LOSS', 'all of it'],
  },
  {
    name: 'a handler that fails',
    server: { onError() {} },
    handlers: () => ({ echo: () => Promise.reject(new Error('secret')) }),
    run: (client) => statusOf(client.echo('a')),
    sees: ['UNKNOWN', 'the server failed'],
  },
  {
    name: 'a server that stops listening early',
    handlers: (log) => ({
      async join(words) {
        for await (const word of words) {
          log.push(word);
          return 'enough';
        }
        return '';
      },
    }),
    async run(client) {
      let isStopped = false;
      async function* endless() {
        try {
          for (let count = 0; ; count++) {
            yield `${count}`;
            await settle(1);
          }
        } finally {
          isStopped = true;
        }
      }
      const answer = await client.join(endless());
      for (let round = 0; round < 200 && !isStopped; round++) await settle(1);
      return [answer, isStopped];
    },
    sees: ['enough', true],
    logs: ['0'],
  },
];

const ends: readonly ProxiedCase[] = [
  ...([0, 1, 2, 3] as const).map(
    (kind): ProxiedCase => ({
      name: `a client that cancels, in kind ${kind}`,
      handlers: hangingHandlers,
      async run(client, log) {
        const controller = new AbortController();
        const call = failureOf(eachKind(client, { signal: controller.signal })[kind]?.() ?? Promise.resolve());
        await until(() => log.length === 1);
        controller.abort('enough');
        const reason = await call;
        await until(() => log.length === 2);
        return reason;
      },
      sees: 'enough',
      logs: ['begun', 'aborted'],
    }),
  ),
  ...([0, 1, 2, 3] as const).map(
    (kind): ProxiedCase => ({
      name: `a deadline that passes, in kind ${kind}`,
      handlers: hangingHandlers,
      async run(client, log, clock) {
        const status = statusOf(eachKind(client, { timeoutMs: 1_000 })[kind]?.() ?? Promise.resolve());
        await until(() => log.length === 1);
        clock.advance(1_000);
        const name = (await status)[0];
        await until(() => log.length === 2);
        return name;
      },
      sees: 'DEADLINE_EXCEEDED',
      logs: ['begun', 'aborted'],
    }),
  ),
  {
    name: 'a deadline, as the handler sees it',
    handlers: (log) => ({
      echo(word, { deadline }) {
        const left = deadline?.remainingMs ?? 0;
        log.push(left > 50_000 && left <= 60_000 ? 'about a minute' : `${left} ms`);
        return word;
      },
    }),
    run: (client) => client.echo('a', { timeoutMs: 60_000 }),
    sees: 'a',
    logs: ['about a minute'],
  },
  {
    name: 'no deadline',
    handlers: (log) => ({
      echo(word, { deadline }) {
        log.push(String(deadline));
        return word;
      },
    }),
    run: (client) => client.echo('a'),
    sees: 'a',
    logs: ['undefined'],
  },
  {
    name: 'a client that leaves the loop',
    handlers: (log) => ({
      async *split(_, { scope }) {
        scope.onAbort(() => log.push('aborted'));
        yield 'a';
        yield await new Promise<string>(() => {});
      },
    }),
    async run(client, log) {
      for await (const word of client.split('a')) {
        log.push(word);
        break;
      }
      await until(() => log.length === 2);
      return 'left';
    },
    sees: 'left',
    logs: ['a', 'aborted'],
  },
  {
    name: 'a client whose own stream fails',
    handlers: (log) => ({
      async join(words, { scope }) {
        scope.onAbort(() => log.push('aborted'));
        return (await all(words)).join('');
      },
    }),
    async run(client, log) {
      const reason = new Error('my own');
      async function* failing() {
        yield 'a';
        await settle(8);
        throw reason;
      }
      const failure = await failureOf(client.join(failing()));
      await until(() => log.length > 0);
      return failure === reason;
    },
    sees: true,
    logs: ['aborted'],
  },
  {
    name: 'a reader that is slow stops the writer',
    handlers: (log) => ({
      *split() {
        for (let count = 0; count < 5_000; count++) {
          log.push('sent');
          yield 'x'.repeat(10_000);
        }
      },
    }),
    async run(client, log) {
      const stream = client.split('a');
      await stream.next();
      await settle(400);
      const isStopped = log.length < 2_000; // what windows and buffers take, of 50 MB
      log.splice(0);
      await stream.return();
      return isStopped;
    },
    sees: true,
  },
  {
    name: 'a server that is slow stops the client',
    handlers: () => ({
      async join(words, { scope }) {
        await words[Symbol.asyncIterator]().next();
        return new Promise<string>((resolve) => scope.onAbort(() => resolve('')));
      },
    }),
    async run(client) {
      const controller = new AbortController();
      let sent = 0;
      function* endless() {
        for (;;) {
          sent++;
          yield 'x'.repeat(10_000);
        }
      }
      const call = failureOf(client.join(endless(), { signal: controller.signal }));
      await settle(400);
      controller.abort('enough');
      return [await call, sent < 2_000];
    },
    sees: ['enough', true],
  },
];

const compressible = 'word '.repeat(1_000);

const compression: readonly ProxiedCase[] = (['gzip', 'deflate'] as const).flatMap((encoding) => [
  {
    name: `requests by ${encoding}`,
    client: { encoding },
    run: async (client) => [await client.echo(compressible), await client.join([compressible, 'short'])],
    sees: [compressible, `${compressible}short`],
  },
  {
    name: `responses by ${encoding}`,
    server: { encoding },
    run: async (client) => [await client.echo(compressible), await all(client.chat(['short', compressible]))],
    sees: [compressible, ['SHORT', compressible.toUpperCase()]],
  },
  {
    name: `some messages by ${encoding}, others not`,
    server: { encoding },
    handlers: () => ({
      *split(_, { answer }) {
        for (const compresses of [true, false, true]) {
          answer.compresses = compresses;
          yield compressible;
        }
      },
    }),
    run: async (client) => (await all(client.split('a'))).map((word) => word === compressible),
    sees: [true, true, true],
  },
]);

/** All of them. */
export const proxiedCases: readonly ProxiedCase[] = [...messages, ...metadata, ...statuses, ...ends, ...compression];

/** Status and message of a call that fails. */
async function statusOf(call: Promise<unknown>): Promise<unknown[]> {
  const error = await failureOf(call);
  return error instanceof GrpcStatusError ? [error.statusName, error.statusMessage] : ['none', error];
}

async function richFailure(call: Promise<unknown>): Promise<unknown> {
  const error = await failureOf(call);
  if (!(error instanceof GrpcStatusError)) return error;
  const seconds = error.details.map((any) => anyUnpack(any, DurationSchema)?.seconds);
  return [error.statusName, error.statusMessage, told(error.metadata), seconds];
}

/** Handlers that look at the call, and then do what their names say. */
function seeing(look: (call: Parameters<WordsHandlers['echo']>[1]) => void): WordsHandlers {
  return {
    async echo(word, call) {
      look(call);
      return word;
    },
    async *split(word, call) {
      look(call);
      yield* word;
    },
    async join(words, call) {
      look(call);
      return (await all(words)).join('');
    },
    async *chat(words, call) {
      look(call);
      yield* words;
    },
  };
}

/** What happens at the other end takes some turns. */
async function until(isSo: () => boolean): Promise<void> {
  for (let round = 0; round < 2_000 && !isSo(); round++) await settle(1);
}
