import { getEventListeners } from 'node:events';
import { createHttpClient } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { createConnection, memoryPipe, resources } from '@lamella/net-core';
import { assertLedgerAt, checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeMessageFrame } from '../src/codec/message-frame.ts';
import { grpcClient, grpcService, implementService } from '../src/index.ts';
import { all, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';
import { RawServer } from './support/raw-server.ts';
import { frames, stages } from './support/stages.ts';

const HEAD = { ':status': '200', 'content-type': 'application/grpc' };
const FRAME = encodeMessageFrame(new Uint8Array([0x0a, 1, 0x61]), false);

describe('a server that speaks HTTP/2 by hand', () => {
  checkLedger({ beforeEach, afterEach });

  it.each(Array.from({ length: 14 }, (_, code) => code))(
    'has said OK before RST_STREAM(%i): the call is OK',
    async (code) => {
      const { client, server, close } = setup();
      const call = client.echo({ value: 'a' });
      await server.awaitRequest();
      server.sendFields(HEAD, false);
      server.sendData(FRAME);
      server.sendFields({ 'grpc-status': '0' }, true);
      server.reset(code);
      expect((await call).value).toBe('a');
      await close();
    },
  );

  it('has said a status before RST_STREAM(0): that is what the call ends with', async () => {
    const { client, server, close } = setup();
    const call = all(client.split({ value: 'a' }));
    const failure = expect(call).rejects.toMatchObject({ statusName: 'PERMISSION_DENIED', statusMessage: 'no' });
    await server.awaitRequest();
    server.sendFields({ ...HEAD, 'grpc-status': '7', 'grpc-message': 'no' }, false);
    server.reset(0);
    await failure;
    await close();
  });

  it.each([
    [0, 'INTERNAL'],
    [1, 'INTERNAL'],
    [2, 'INTERNAL'],
    [3, 'INTERNAL'],
    [4, 'INTERNAL'],
    [5, 'UNKNOWN'],
    [6, 'INTERNAL'],
    [7, 'UNAVAILABLE'],
    [8, 'CANCELLED'],
    [9, 'INTERNAL'],
    [10, 'INTERNAL'],
    [11, 'RESOURCE_EXHAUSTED'],
    [12, 'PERMISSION_DENIED'],
    [13, 'UNKNOWN'],
    [200, 'UNKNOWN'],
  ])('resets with %i before the trailers: the call is %s', async (code, statusName) => {
    const { client, server, close } = setup();
    const call = client.split({ value: 'a' });
    const first = call.next();
    await server.awaitRequest();
    server.sendFields(HEAD, false);
    server.sendData(FRAME);
    expect((await first).value?.value).toBe('a');
    server.reset(code);
    await expect(call.next()).rejects.toMatchObject({ statusName });
    await close();
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a value that no field may have', { 'grpc-status': '5', 'grpc-message': 'a\0' }, 'INTERNAL'],
    ['a field of HTTP/1.1', { 'grpc-status': '5', connection: 'close' }, 'INTERNAL'],
    ['more fields than are taken', { 'grpc-status': '5', ...numbered(200) }, 'RESOURCE_EXHAUSTED'],
  ])(
    'breaks a rule by %s, in the head or behind messages: trying again would not help',
    async (_, fields, statusName) => {
      for (const place of ['head', 'trailers']) {
        const { client, server, close } = setup();
        const call = client.split({ value: 'a' });
        const first = call.next();
        const failure = place === 'head' ? expect(first).rejects.toMatchObject({ statusName }) : first;
        await server.awaitRequest();
        if (place === 'head') server.sendFields({ ...HEAD, ...fields }, true);
        else {
          server.sendFields(HEAD, false);
          server.sendData(FRAME);
          await failure;
          server.sendFields(fields, true);
          await expect(call.next()).rejects.toMatchObject({ statusName });
        }
        await failure;
        await close();
      }
    },
  );

  it('sends texts with blanks at their ends: they are taken off', async () => {
    const { client, server, close } = setup();
    const failure = expect(client.echo({})).rejects.toMatchObject({
      statusName: 'NOT_FOUND',
      statusMessage: 'no such:',
    });
    await server.awaitRequest();
    server.sendFields({ ...HEAD, 'grpc-status': '5', 'grpc-message': 'no such: ', 'x-why': ' so' }, true);
    await failure;
    await close();
  });

  it.each([
    ['says nothing at all', 'silent'],
    ['never answers', 'settings'],
    ['never sends the end', 'head'],
  ])('%s: the deadline ends the call', async (_, until) => {
    const clock = new FakeClock();
    const { client, server, close } = setup(clock, until !== 'silent');
    const call = client.echo({ value: 'a' }, { timeoutMs: 1_000 });
    const failure = expect(call).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
    if (until === 'head') {
      await server.awaitRequest();
      server.sendFields(HEAD, false);
      server.sendData(FRAME);
    }
    await settle(8);
    clock.advance(1_000);
    await failure;
    expect(clock.pendingTimers).toBe(0);
    await close();
  });

  function setup(clock?: FakeClock, saysSettings = true) {
    const [near, far] = memoryPipe();
    const server = new RawServer(far);
    if (saysSettings) server.sendSettings();
    const http = createHttpClient({ connector: { serve: async () => createConnection(near) }, protocols: [http2()] });
    const timing = clock === undefined ? {} : { clock };
    const client = grpcClient(http, EchoService, { url: 'http://app.test', ...timing });
    const close = async (): Promise<void> => {
      far.destroy();
      near.destroy();
      await http.close();
    };
    return { client, server, close };
  }
});

describe('many at once', () => {
  it('1,000 servers with a client each, in one process', async () => {
    const before = resources();
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const open = frames.open(echoService());
        const client = grpcClient(open.service, EchoService, { url: 'http://app.test' });
        const [{ value }, letters] = await Promise.all([
          client.echo({ value: String(index) }),
          all(client.chat([{ value: 'a' }, { value: 'b' }])),
        ]);
        await open.close();
        return value + letters.join('');
      }),
    );
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, index) => `${index}AB`));
    await assertLedgerAt(before);
  });

  it.each(stages)('1,000 calls on one signal leave no listener on it, over $name', async (stage) => {
    const before = resources();
    const { signal } = new AbortController();
    const open = stage.open(echoService());
    for (let round = 0; round < 100; round++) {
      // A new client each time, dropped without any close: clients hold nothing.
      const client = grpcClient(open.service, EchoService, { url: 'http://app.test' });
      const options = { signal, timeoutMs: 60_000 };
      await Promise.all([
        ...Array.from({ length: 9 }, () => client.echo({ value: 'a' }, options)),
        all(client.chat([{ value: 'a' }], options)),
      ]);
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await open.close();
    await assertLedgerAt(before);
  });
});

function echoService() {
  return grpcService([implementService(EchoService, echoHandlers({ calls: [], errors: [], log: [] }))]);
}

function numbered(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '']));
}
