import { grpcClient } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Address, Connector, Listener } from '@lamella/net-core';
import { serveListener } from '@lamella/net-core';
import { listenTcp, listenUnix, socketConnector } from '@lamella/net-tcp';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Talk, talkServer } from './support/talk.ts';

const WAYS: readonly [string, () => Promise<Listener & { readonly address: Address }>][] = [
  ['TCP', () => listenTcp()],
  ['a Unix socket', () => listenUnix({ path: `${temporaryFolder()}/grpc.sock` })],
];

describe.each(WAYS)('calls over %s', (_, listen) => {
  useLedger();

  it('go both ways in all four kinds', async () => {
    const { client } = await open(listen);
    expect(await client.say('hällo')).toBe('hällo');
    expect(await all(client.spell('abc'))).toEqual(['a', 'b', 'c']);
    expect(await client.join(['a', 'b', 'c'])).toBe('abc');
    expect(await all(client.shout(['a', 'b']))).toEqual(['A', 'B']);
  });

  it('carry large messages, many at once', async () => {
    const { client } = await open(listen);
    const large = 'x'.repeat(1_000_000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.say(large)));
    expect(answers.every((answer) => answer === large)).toBe(true);
    expect((await all(client.shout([large, large])))[1]?.length).toBe(1_000_000);
  });

  it('end with statuses, metadata and messages of servers', async () => {
    const { client } = await open(listen);
    const failure = client.say('');
    await expect(failure).rejects.toMatchObject({ statusName: 'INVALID_ARGUMENT', statusMessage: 'nöthing' });
  });

  it('end with their deadline, and their handlers hear of it', async () => {
    const { client, clock, begun, aborted } = await open(listen);
    const late = expect(client.hang('', { timeoutMs: 50 })).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
    await begun;
    clock.advance(50);
    await late;
    expect(await aborted).toBe(true);
  });

  it('end when they are cancelled, and their handlers hear of it', async () => {
    const { client, begun, aborted } = await open(listen);
    const controller = new AbortController();
    const call = client.hang('', { signal: controller.signal });
    call.catch(() => {});
    await begun;
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(await aborted).toBe(true);
  });

  it('are UNAVAILABLE where nobody listens', async () => {
    const { client, stop } = await open(listen);
    await stop();
    await expect(client.say('a')).rejects.toMatchObject({ statusName: 'UNAVAILABLE', facts: { retryable: true } });
  });
});

async function open(listen: () => Promise<Listener & { readonly address: Address }>) {
  const [begun, begin] = signalled();
  const [aborted, abort] = signalled();
  const lifecycle = createLifecycle();
  const clock = new FakeClock(); // of both sides: a deadline passes when a test says so
  const onHang = (event: string): void => (event === 'begun' ? begin() : abort());
  const { service } = talkServer({ clock, onHang });
  const listener = await listen();
  const served = serveListener(listener, http2ServerLayer({ lifecycle })(service), { lifecycle });
  const sockets = socketConnector();
  const connector: Connector = {
    serve: (request) => sockets.serve(request.withTarget(listener.address)),
  };
  const http = createHttpClient({ connector, protocols: [http2()] });
  const stop = async (): Promise<void> => {
    await lifecycle.drain({ graceMs: 0 });
    await served;
  };
  onTestFinished(async () => {
    await http.close();
    await stop();
  });
  const client = grpcClient(http, Talk, { url: 'http://talk.test', clock });
  return { client, clock, begun, aborted, stop };
}

function signalled(): [Promise<boolean>, () => void] {
  let signal = (): void => {};
  const promise = new Promise<boolean>((resolve) => {
    signal = () => resolve(true);
  });
  return [promise, signal];
}

async function all(messages: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const message of messages) found.push(message);
  return found;
}
