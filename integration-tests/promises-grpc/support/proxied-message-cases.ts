import { settle } from '@lamella/service-core/testing';
import { statusOf } from './proxied-helpers.ts';
import type { ProxiedCase } from './proxied-words.ts';
import { all } from './proxied-words.ts';

const compressible = 'word '.repeat(1_000);
const LARGE = 'x'.repeat(1_048_576);

/** Messages of all kinds of calls and sizes, compressed or not. */
export const messageCases: readonly ProxiedCase[] = [
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
  ...compressionCases(),
];

function compressionCases(): readonly ProxiedCase[] {
  return (['gzip', 'deflate'] as const).flatMap((encoding) => [
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
}
