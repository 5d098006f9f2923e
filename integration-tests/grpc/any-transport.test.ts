import { grpcClient, ttrpcChannel, ttrpcClient } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { connectRequest, parseAddress } from '@lamella/net-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import { Talk, talkServer } from './support/talk.ts';
import type { Way } from './support/ways.ts';
import { ways } from './support/ways.ts';

type Client = ReturnType<typeof grpcClient<typeof Talk>>;

describe.each(ways)('over $name, the same calls to the same server', (way) => {
  useLedger();

  it.each(['gRPC', 'ttRPC'] as const)('by %s', async (protocol) => {
    const client = await open(way, protocol);
    await goBothWays(client);
    await carryMuch(client);
    await endEarly(client, protocol);
  });
});

describe('without any transport, the same calls', () => {
  it('to the service itself', async () => {
    const client = grpcClient(talkServer().service, Talk);
    await goBothWays(client);
    await carryMuch(client);
    await endEarly(client, 'gRPC');
  });
});

async function goBothWays(client: Client): Promise<void> {
  expect(await client.say('hällo', { metadata: { 'x-prefix': 'oh:' } })).toBe('oh:hällo');
  expect(await all(client.spell('abc'))).toEqual(['a', 'b', 'c']);
  expect(await client.join(['a', 'b', 'c'])).toBe('abc');
  expect(await all(client.shout(['a', 'b']))).toEqual(['A', 'B']);
  const failure = { statusName: 'INVALID_ARGUMENT', statusMessage: 'nöthing' };
  await expect(client.say('')).rejects.toMatchObject(failure);
}

async function carryMuch(client: Client): Promise<void> {
  const large = 'x'.repeat(300_000);
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.say(large)));
  expect(answers.every((answer) => answer === large)).toBe(true);
  expect((await all(client.shout([large, large])))[1]?.length).toBe(300_000);
  const letters = await all(client.spell('ab'.repeat(500)));
  expect(letters.join('')).toBe('ab'.repeat(500));
  for await (const letter of client.spell('x'.repeat(2_000))) if (letter === 'x') break; // the rest is not wanted
}

async function endEarly(client: Client, protocol: 'gRPC' | 'ttRPC'): Promise<void> {
  let timeoutMs = 25;
  const abortedAfterDeadline = async (): Promise<number> => {
    timeoutMs *= 2;
    await expect(client.hang('', { timeoutMs })).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
    return Number(await client.aborted(''));
  };
  // On a busy machine a call may be over before it has come to its handler: then there is another one, with more time.
  await expect.poll(abortedAfterDeadline).toBeGreaterThan(0);
  const controller = new AbortController();
  const before = Number(await client.aborted(''));
  const call = client.hang('', { signal: controller.signal });
  call.catch(() => {});
  await client.say('behind it');
  controller.abort('enough');
  await expect(call).rejects.toBe('enough');
  // ttRPC has nothing that cancels a call.
  if (protocol === 'gRPC') await expect.poll(async () => Number(await client.aborted(''))).toBeGreaterThan(before);
  expect(await client.say('after it')).toBe('after it');
}

async function open(way: Way, protocol: 'gRPC' | 'ttRPC'): Promise<Client> {
  const { connector, close } = await way.open();
  if (protocol === 'gRPC') {
    const http = createHttpClient({ connector, protocols: [http2()] });
    onTestFinished(async () => {
      await http.close();
      await close();
    });
    return grpcClient(http, Talk, { url: 'http://talk.test' });
  }
  const channel = ttrpcChannel(() => connector.serve(connectRequest({ target: parseAddress('talk.test:1') })));
  onTestFinished(async () => {
    channel.destroy();
    await close();
  });
  return ttrpcClient(channel, Talk);
}

async function all(messages: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const message of messages) found.push(message);
  return found;
}
