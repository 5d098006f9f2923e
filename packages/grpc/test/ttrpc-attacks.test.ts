import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger, readAll, splitsOf } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeTtrpcHeader, TtrpcType } from '../src/codec/ttrpc/ttrpc-frame.ts';
import { encodeTtrpcRequest, encodeTtrpcResponse } from '../src/codec/ttrpc/ttrpc-messages.ts';
import type { TtrpcServerOptions } from '../src/index.ts';
import { implementService, ttrpcChannel, ttrpcClient, ttrpcServer } from '../src/index.ts';
import type { EchoHandlers } from './support/call-cases.ts';
import { echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';
import { RawTtrpc } from './support/ttrpc-pair.ts';

checkLedger({ beforeEach, afterEach });

const { REQUEST, RESPONSE, DATA } = TtrpcType;
const [RC, RO, ND] = [1, 2, 4];
/** A `StringValue` of one letter. */
const word = (letter: string) => Buffer.from(`\x0a\x01${letter}`);
const hex = (letter: string) => word(letter).toString('hex');
const NOTHING = new Uint8Array(0);

describe('what clients send to ttrpcServer', () => {
  it('is understood in each kind, as other implementations send it', async () => {
    const raw = server();
    raw.request(1, 'test.v1.Echo/Echo', word('a'));
    expect(await raw.answers()).toEqual([`1 OK ${hex('a')}`]);
    raw.request(3, 'test.v1.Echo/Split', Buffer.from('\x0a\x02ab'), RC);
    expect(await raw.answers()).toEqual([`3 data 0 ${hex('a')}`, `3 data 0 ${hex('b')}`, '3 data 5 ']);
    raw.request(5, 'test.v1.Echo/Join', NOTHING, RO);
    raw.send(5, DATA, 0, word('a'));
    raw.send(5, DATA, 0, NOTHING); // an empty message
    raw.send(5, DATA, RC, word('b')); // the end may come with the last message
    expect(await raw.answers()).toEqual([`5 OK ${Buffer.from('\x0a\x02ab').toString('hex')}`]);
    raw.request(7, 'test.v1.Echo/Chat', word('x'), RO); // with a first message
    raw.send(7, DATA, 0, word('y'));
    expect(await raw.answers()).toEqual([`7 data 0 ${hex('X')}`, `7 data 0 ${hex('Y')}`]);
    raw.send(7, DATA, RC | ND, NOTHING);
    expect(await raw.answers()).toEqual(['7 data 5 ']);
    await raw.close();
  });

  it('may be split anywhere', async () => {
    const request = encodeTtrpcRequest({
      service: 'test.v1.Echo',
      method: 'Join',
      payload: NOTHING,
      timeoutNano: 0n,
      metadata: [],
    });
    const wire = Buffer.concat([
      encodeTtrpcHeader(1, REQUEST, RO, request.length),
      request,
      encodeTtrpcHeader(1, DATA, 0, 3),
      word('a'),
      encodeTtrpcHeader(1, DATA, RC | ND, 0),
    ]);
    for (const { name, parts } of splitsOf(wire)) {
      const raw = server();
      for (const part of parts) void raw.stream.write([part]);
      expect(await raw.answers(), name).toEqual([`1 OK ${hex('a')}`]);
      await raw.close();
    }
  });

  it.each<[string, (raw: RawTtrpc) => void, string[]]>([
    ['a method that is not there', (raw) => raw.request(1, 'test.v1.Echo/None', NOTHING), ['1 UNIMPLEMENTED ']],
    ['a path in a name', (raw) => raw.request(1, '../../x?/Echo', NOTHING), ['1 UNIMPLEMENTED ']],
    ['a request that can not be read', (raw) => raw.send(1, REQUEST, 0, '\x0a\xff'), ['1 INVALID_ARGUMENT ']],
    [
      'a message that can not be read',
      (raw) => raw.request(1, 'test.v1.Echo/Echo', Buffer.from('\x0a')),
      ['1 INTERNAL '],
    ],
    ['an even number', (raw) => raw.request(2, 'test.v1.Echo/Echo', NOTHING), ['2 INVALID_ARGUMENT ']],
    ['the number 0', (raw) => raw.request(0, 'test.v1.Echo/Echo', NOTHING), ['0 INVALID_ARGUMENT ']],
    ['data of no stream', (raw) => raw.send(9, DATA, 0, NOTHING), ['9 INVALID_ARGUMENT ']],
    ['a response', (raw) => raw.send(1, RESPONSE, 0, NOTHING), []],
    ['a type of tomorrow', (raw) => raw.send(1, 9, 255, 'abc'), []],
    [
      'a deadline that has passed',
      (raw) => raw.request(1, 'test.v1.Echo/Echo', NOTHING, 0, -5n),
      ['1 DEADLINE_EXCEEDED '],
    ],
    [
      'an absurd deadline',
      (raw) => raw.request(1, 'test.v1.Echo/Echo', word('a'), 0, 2n ** 63n - 1n),
      [`1 OK ${hex('a')}`],
    ],
    [
      'a stream for a method that takes one message',
      (raw) => raw.request(1, 'test.v1.Echo/Echo', word('a'), RO),
      [`1 OK ${hex('a')}`],
    ],
    [
      'names of metadata that are none, and those of the protocol',
      (raw) =>
        raw.request(1, 'test.v1.Echo/Echo', word('a'), 0, 0n, [
          'a b',
          'c',
          'x\r\ny',
          'z',
          'grpc-timeout',
          '1n',
          'content-type',
          'x',
          ':path',
          '/',
          'k-bin',
          '*',
        ]),
      [`1 OK ${hex('a')}`],
    ],
    [
      'too much metadata',
      (raw) => raw.request(1, 'test.v1.Echo/Echo', NOTHING, 0, 0n, Array(1_000).fill('k')),
      ['1 RESOURCE_EXHAUSTED '],
    ],
    ['a message that is too long', (raw) => raw.send(1, REQUEST, 0, 'x'.repeat(10_001)), ['1 RESOURCE_EXHAUSTED ']],
  ])('may be %s: others go on', async (_, send, answers) => {
    const raw = server({ maxMessageBytes: 10_000 });
    send(raw);
    expect(await raw.answers()).toEqual(answers);
    raw.request(11, 'test.v1.Echo/Echo', word('z'));
    expect(await raw.answers()).toEqual([`11 OK ${hex('z')}`]);
    await raw.close();
    expect(await raw.served).toBe('over');
  });

  it('may use no number again', async () => {
    const raw = server();
    raw.request(5, 'test.v1.Echo/Echo', word('a'));
    raw.request(5, 'test.v1.Echo/Echo', word('b'));
    raw.request(3, 'test.v1.Echo/Echo', word('c'));
    expect((await raw.answers()).sort()).toEqual([`3 INVALID_ARGUMENT `, `5 INVALID_ARGUMENT `, `5 OK ${hex('a')}`]);
    await raw.close();
  });

  it('is left aside where a call is over, and fails it behind its end', async () => {
    const sent = Promise.withResolvers<void>();
    const raw = server(
      {},
      {
        join: async () => ({ value: 'j' }),
        async *chat(messages) {
          await sent.promise; // a call that is still there
          yield* messages;
        },
      },
    );
    raw.request(1, 'test.v1.Echo/Join', NOTHING, RO);
    expect(await raw.answers()).toEqual([`1 OK ${hex('j')}`]);
    raw.send(1, DATA, 0, word('a'));
    raw.request(3, 'test.v1.Echo/Chat', NOTHING, RC);
    raw.send(3, DATA, 0, word('a'));
    await settle(32);
    sent.resolve();
    expect(await raw.answers()).toEqual(['3 INVALID_ARGUMENT ']);
    await raw.close();
  });

  it('ends a call whose data is too long', async () => {
    const raw = server({ maxMessageBytes: 100 });
    raw.request(1, 'test.v1.Echo/Join', NOTHING, RO);
    raw.send(1, DATA, 0, 'x'.repeat(101));
    expect(await raw.answers()).toEqual(['1 RESOURCE_EXHAUSTED ']);
    await raw.close();
  });

  it('may be as many calls as are allowed', async () => {
    const raw = server({ maxConcurrentCalls: 2 });
    for (const streamId of [1, 3, 5]) raw.request(streamId, 'test.v1.Echo/Join', NOTHING, RO);
    expect(await raw.answers()).toEqual(['5 RESOURCE_EXHAUSTED ']);
    raw.send(1, DATA, RC | ND, NOTHING);
    expect(await raw.answers()).toEqual(['1 OK ']);
    raw.request(7, 'test.v1.Echo/Echo', NOTHING);
    expect(await raw.answers()).toEqual(['7 OK ']);
    await raw.close();
  });

  it('is not read any more while too much of it waits, and is read on', async () => {
    const gate = Promise.withResolvers<void>();
    let taken = 0;
    const raw = server(
      { maxBufferedBytes: 10_000 },
      {
        async join(messages) {
          await gate.promise;
          for await (const _ of messages) taken++;
          return {};
        },
      },
    );
    raw.request(1, 'test.v1.Echo/Join', NOTHING, RO);
    // Empty messages take memory, too.
    for (let count = 0; count < 5_000; count++) raw.send(1, DATA, 0, NOTHING);
    raw.request(3, 'test.v1.Echo/Echo', word('a'));
    expect(await raw.answers()).toEqual([]);
    gate.resolve();
    raw.send(1, DATA, RC | ND, NOTHING);
    await settle(6_000);
    expect((await raw.answers()).sort()).toEqual(['1 OK ', `3 OK ${hex('a')}`]);
    expect(taken).toBe(5_000);
    await raw.close();
  });

  it('is over when its client is gone, even if nothing was read any more', async () => {
    let aborted: unknown;
    const join: EchoHandlers['join'] = (_, { scope }) =>
      new Promise((_resolve, reject) => {
        scope.onAbort((reason) => {
          aborted = reason;
          reject(reason);
        });
      });
    const raw = server({ maxBufferedBytes: 0 }, { join });
    raw.request(1, 'test.v1.Echo/Join', NOTHING, RO);
    raw.send(1, DATA, 0, word('a'));
    await settle(16);
    raw.stream.destroy(new Error('the machine is gone'));
    expect(await raw.served).toBe('over');
    expect(aborted).toMatchObject({ code: 'LML_ERR_CLOSED' });
  });

  it('costs nothing where nobody reads the answers', async () => {
    let served = 0;
    const [near, far] = memoryPipe({ windowBytes: 10_000 });
    const echo: EchoHandlers['echo'] = ({ value }) => {
      served++;
      return { value };
    };
    const end = serverOf({ maxConcurrentCalls: 50 }, { echo }).serve(createConnection(far));
    const request = encodeTtrpcRequest({
      service: 'test.v1.Echo',
      method: 'Echo',
      payload: Buffer.concat([Buffer.from([0x0a, 0xe8, 0x07]), Buffer.alloc(1_000, 'x')]),
      timeoutNano: 0n,
      metadata: [],
    });
    let writing: Promise<void> | undefined;
    let sent = 0;
    for (; sent < 1_000 && writing === undefined; sent++) {
      writing = near.write([encodeTtrpcHeader(2 * sent + 1, REQUEST, 0, request.length), request]);
      await settle(4);
    }
    expect(sent).toBeLessThan(200);
    expect(served).toBeLessThan(100);
    near.destroy();
    await end;
  });

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['a frame of 16 MiB', Buffer.from('01000000000000010100', 'hex')],
  ])('ends the connection if it is %s', async (_, bytes) => {
    const raw = server();
    void raw.stream.write([Buffer.from(bytes)]);
    expect(await raw.served).toMatchObject({ code: 'LML_ERR_TTRPC_BAD_LENGTH', origin: 'remote' });
    raw.stream.destroy();
  });

  it('leaves nothing behind when it breaks off anywhere', async () => {
    const request = encodeTtrpcRequest({
      service: 'test.v1.Echo',
      method: 'Chat',
      payload: word('a'),
      timeoutNano: 10_000_000_000n,
      metadata: [],
    });
    const wire = Buffer.concat([encodeTtrpcHeader(1, REQUEST, RO, request.length), request]);
    for (let cut = 0; cut <= wire.length; cut++) {
      const raw = server();
      void raw.stream.write([wire.subarray(0, cut)]);
      await settle(4);
      if (cut % 2 === 0) raw.stream.destroy(new Error('reset'));
      else await raw.stream.closeWrite();
      expect(await raw.served, `cut at ${cut}`).toBe('over');
      raw.stream.destroy();
    }
  });
});

describe('what servers send to ttrpcClient', () => {
  it.each<[string, (write: Write) => void, object]>([
    [
      'a response that can not be read',
      (write) => write(1, RESPONSE, 0, Buffer.from([0x0a])),
      { statusName: 'INTERNAL' },
    ],
    [
      'a message that can not be read',
      (write) => write(1, RESPONSE, 0, encodeTtrpcResponse({ failure: undefined, payload: Buffer.from([0x0a]) })),
      { statusName: 'INTERNAL' },
    ],
    ['a stream where there is one message', (write) => write(1, DATA, 0, NOTHING), { statusName: 'INTERNAL' }],
    [
      'a response that is too long',
      (write) => write(1, RESPONSE, 0, Buffer.alloc(1_001)),
      { statusName: 'RESOURCE_EXHAUSTED' },
    ],
    [
      'an even number',
      (write) => write(2, RESPONSE, 0, NOTHING),
      { statusName: 'UNAVAILABLE', cause: { code: 'LML_ERR_TTRPC_BAD_STREAM_ID' } },
    ],
    [
      'a number that nobody has used',
      (write) => write(3, RESPONSE, 0, NOTHING),
      { statusName: 'UNAVAILABLE', cause: { code: 'LML_ERR_TTRPC_BAD_STREAM_ID' } },
    ],
    [
      'another protocol',
      (write) => write(0x48_00_00_00, 0x54, 0x54, NOTHING, 0x50_00_00_00),
      { statusName: 'UNAVAILABLE', cause: { code: 'LML_ERR_TTRPC_BAD_LENGTH' } },
    ],
  ])('may be %s', async (_, send, failure) => {
    const { client, write, far } = clientOf();
    const call = expect(client.echo({ value: 'a' })).rejects.toMatchObject(failure);
    await settle();
    send(write);
    await call;
    far.destroy();
    await far.closed;
  });

  it('may come in a stream that ends with a response, with or without a message', async () => {
    const { client, write, far } = clientOf();
    const ok = (payload: Uint8Array) => encodeTtrpcResponse({ failure: undefined, payload });
    for (const [streamId, payload, values] of [
      [1, word('b'), ['a', 'b']],
      [3, NOTHING, ['a']],
    ] as const) {
      const reading = (async () => {
        const found: string[] = [];
        for await (const { value } of client.split({})) found.push(value);
        return found;
      })();
      await settle();
      write(streamId, DATA, 0, word('a'));
      write(streamId, RESPONSE, 0, ok(payload));
      expect(await reading).toEqual(values);
    }
    far.destroy();
    await far.closed;
  });

  it('is not asked for the rest of a stream that its client could not send: it is never told that it was complete', async () => {
    const { client, far } = clientOf();
    async function* broken() {
      yield { value: 'a' };
      throw new Error('mine');
    }
    await expect(client.join(broken())).rejects.toThrow('mine');
    const reading = readAll(far);
    await settle();
    await far.closeWrite();
    const sent = Buffer.from(await reading).toString('hex');
    expect(sent.endsWith(`000000030000000103 00${hex('a')}`.replace(' ', ''))).toBe(true);
    far.destroy();
  });
});

type Write = (streamId: number, type: number, flags: number, data: Uint8Array, length?: number) => void;

function serverOf(options: TtrpcServerOptions, handlers: Partial<EchoHandlers>) {
  const all = { ...echoHandlers({ calls: [], errors: [], log: [] }), ...handlers };
  return ttrpcServer([implementService(EchoService, all)], { onError() {}, ...options });
}

function server(options: TtrpcServerOptions = {}, handlers: Partial<EchoHandlers> = {}): RawTtrpc {
  return new RawTtrpc(serverOf(options, handlers));
}

function clientOf() {
  const [near, far] = memoryPipe();
  const client = ttrpcClient(ttrpcChannel(createConnection(near), { maxMessageBytes: 1_000 }), EchoService);
  const write: Write = (streamId, type, flags, data, length = data.length) => {
    void far.write([encodeTtrpcHeader(streamId, type, flags, length), data]);
  };
  return { client, write, far };
}
