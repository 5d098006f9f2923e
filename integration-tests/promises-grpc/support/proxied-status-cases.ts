import { create } from '@bufbuild/protobuf';
import { anyPack, DurationSchema } from '@bufbuild/protobuf/wkt';
import { GrpcStatus, GrpcStatusError } from '@lamella/grpc';
import { settle } from '@lamella/service-core/testing';
import { metadataOf, richFailure, seeing, statusOf, toldOf } from './proxied-helpers.ts';
import type { ProxiedCase } from './proxied-words.ts';
import { eachKind, failureOf } from './proxied-words.ts';

const detail = anyPack(DurationSchema, create(DurationSchema, { seconds: 7n }));

/** How calls end that servers end. */
export const statusCases: readonly ProxiedCase[] = [
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
          throw new GrpcStatusError(GrpcStatus.NOT_FOUND, ' nö 100%\n ', options);
        }),
      run: async (client) => richFailure(eachKind(client)[kind]?.() ?? Promise.resolve()),
      sees: ['NOT_FOUND', ' nö 100%\n ', toldOf('end'), [7n]],
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
