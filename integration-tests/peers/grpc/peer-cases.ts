import type { GrpcClient, GrpcMetadata } from '@lamella/grpc';
import { GrpcStatusError } from '@lamella/grpc';
import { expect } from 'vitest';
import { expectLate } from '../../support/grpc/late-call.ts';
import type { Bytes } from './bytes-service.ts';

/** A client of ours or of others, and what its server says of calls that hang. */
export interface BytesPeers {
  readonly client: GrpcClient<typeof Bytes.methods>;
  readonly log: () => readonly string[];
}

/** What clients and servers of different make agree on. */
export const peerCases: readonly { readonly name: string; run(peers: BytesPeers): Promise<void> }[] = [
  {
    name: 'calls of each kind',
    async run({ client }) {
      expect(decoded(await client.say(encoded('hi')))).toBe('hi');
      expect(await all(client.spell(encoded('abc')))).toEqual(['a', 'b', 'c']);
      expect(await all(client.spell(encoded('')))).toEqual([]);
      expect(decoded(await client.join([encoded('a'), encoded('b')]))).toBe('ab');
      expect(await all(client.chat([encoded('a'), encoded('b')]))).toEqual(['A', 'B']);
    },
  },
  {
    name: 'metadata: text, bytes, and several values of a name',
    async run({ client }) {
      const heard: unknown[] = [];
      // node:http2, below grpc-js, joins them; which means the same.
      const look = (metadata: GrpcMetadata, prefix: string): void =>
        void heard.push([
          metadata.getAll(`${prefix}x-word`).join(', '),
          [...(metadata.getBinary(`${prefix}x-bin`) ?? [])],
        ]);
      const options = {
        metadata: { 'x-word': ['one', 'two'], 'x-bin': new Uint8Array([0, 255]) },
        onMetadata: (head: GrpcMetadata) => look(head, ''),
        onTrailers: (end: GrpcMetadata) => look(end, 'end-'),
      };
      await client.say(encoded('a'), options);
      await all(client.chat([encoded('a')], options));
      await expect.poll(() => heard).toEqual(Array(4).fill(['one, two', [0, 255]]));
    },
  },
  {
    name: 'failures with message, metadata and details',
    async run({ client }) {
      const error = await client.say(encoded('fail')).catch((reason: unknown) => reason);
      if (!(error instanceof GrpcStatusError)) throw new Error('it must fail with a status', { cause: error });
      expect([error.statusName, error.statusMessage, error.metadata.get('x-why')]).toEqual([
        'NOT_FOUND',
        'nö 100%',
        'so',
      ]);
      expect([...(error.metadata.getBinary('grpc-status-details-bin') ?? [])]).toEqual([8, 5, 18, 1, 120]);
    },
  },
  {
    name: 'calls that the server cancels',
    run: ({ client }) =>
      expect(client.say(encoded('cancel'))).rejects.toMatchObject({
        statusName: 'CANCELLED',
        statusMessage: 'by the server',
      }),
  },
  {
    name: 'calls that end with their deadline: the handler hears of it',
    async run({ client, log }) {
      await client.say(encoded('first')); // connected, and warm
      const late = { statusName: 'DEADLINE_EXCEEDED' };
      await expectLate(
        (timeoutMs) => expect(client.say(encoded('hang'), { timeoutMs })).rejects.toMatchObject(late),
        log,
      );
    },
  },
  {
    name: 'calls that the client cancels: the handler hears of it',
    async run({ client, log }) {
      const controller = new AbortController();
      const call = client.say(encoded('hang'), { signal: controller.signal });
      call.catch(() => {});
      await expect.poll(log).toEqual(['begun']);
      controller.abort('enough');
      await expect(call).rejects.toBe('enough');
      await expect.poll(log).toEqual(['begun', 'aborted']);
    },
  },
  {
    name: 'large messages, up to 4 MiB and no further',
    async run({ client }) {
      expect((await client.say(new Uint8Array(LIMIT))).length).toBe(LIMIT);
      const tooLong = client.say(new Uint8Array(LIMIT + 1));
      await expect(tooLong).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
    },
  },
  {
    name: 'long messages that compress well',
    async run({ client }) {
      const text = 'word '.repeat(100_000);
      expect(decoded(await client.say(encoded(text))) === text).toBe(true);
      expect((await all(client.chat([encoded(text)])))[0]?.length).toBe(text.length);
    },
  },
  {
    name: 'calls that are silent for several pings',
    async run({ client }) {
      const late = client.say(encoded('hang'), { timeoutMs: 1_000 });
      await expect(late).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
      expect(decoded(await client.say(encoded('still here')))).toBe('still here');
    },
  },
];

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = [];
  for await (const bytes of stream) texts.push(decoded(bytes));
  return texts;
}

const LIMIT = 4 * 1024 * 1024;
