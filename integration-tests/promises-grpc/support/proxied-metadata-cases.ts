import type { GrpcMetadata } from '@lamella/grpc';
import { metadataOf, seeing, statusOf, told, toldOf } from './proxied-helpers.ts';
import type { ProxiedCase } from './proxied-words.ts';
import { all, eachKind, failureOf } from './proxied-words.ts';

/** Metadata both ways, before and behind the messages. */
export const metadataCases: readonly ProxiedCase[] = [
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
