import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { anyUnpack, DurationSchema } from '@bufbuild/protobuf/wkt';
import type { HandlerContext } from '@connectrpc/connect';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { GrpcClientOptions, GrpcMetadata } from '@lamella/grpc';
import { connectClientLayer, GrpcStatusError, grpcClient, grpcWebClientLayer } from '@lamella/grpc';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createHttpClient, http1 } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { socketConnector } from '@lamella/net-tcp';
import type { Layer } from '@lamella/service-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectLate } from '../../support/grpc/late-call.ts';
import { Talk } from '../../support/grpc/talk-pb.ts';
import { useLedger } from '../../support/ledger.ts';

interface Way {
  readonly name: string;
  readonly layer: Layer<HttpRequest, HttpResponse>;
  readonly version: 'HTTP/1.1' | 'HTTP/2';
  readonly format: 'proto' | 'json';
}

const LAYERS: readonly [name: string, layer: Layer<HttpRequest, HttpResponse>][] = [
  ['Connect', connectClientLayer(Talk)],
  ['gRPC-Web', grpcWebClientLayer()],
];
const WAYS: readonly Way[] = (['HTTP/1.1', 'HTTP/2'] as const).flatMap((version) =>
  (['proto', 'json'] as const).flatMap((format) => [
    ...LAYERS.map(([protocol, layer]) => ({ name: `${protocol} with ${format}, ${version}`, layer, version, format })),
    ...(version === 'HTTP/2'
      ? [{ name: `gRPC with ${format}`, layer: (inner: Parameters<Way['layer']>[0]) => inner, version, format }]
      : []),
  ]),
);

describe.each(WAYS)('our client calls a server of Connect-ES by $name', (way) => {
  useLedger();

  it('in each kind', async () => {
    const { client } = await open(way);
    const found = await client.find({ text: 'ä', bigNumber: 2n ** 60n });
    expect([found.text, found.bigNumber]).toEqual(['found ä', 2n ** 60n]);
    expect([...(await client.say({ data: new Uint8Array([0, 255]) })).data]).toEqual([0, 255]);
    expect(await all(client.spell({ text: 'abc' }))).toEqual(['a', 'b', 'c']);
    expect(await all(client.spell({ text: '' }))).toEqual([]);
    expect((await client.join([{ text: 'a' }, { text: 'b' }])).text).toBe('ab');
    if (way.version === 'HTTP/2') expect(await all(client.chat([{ text: 'a' }, { text: 'b' }]))).toEqual(['A', 'B']);
  });

  it('with large messages, which are compressed', async () => {
    const { client } = await open(way, { encoding: 'gzip' });
    const text = 'word '.repeat(200_000);
    expect((await client.say({ text })).text === text).toBe(true);
    expect((await client.join([{ text }, { text }])).text.length).toBe(2_000_000);
    expect((await all(client.spell({ text: 'x'.repeat(2_000) }))).length).toBe(2_000);
  });

  it('with metadata', async () => {
    const { client } = await open(way);
    const heard: unknown[] = [];
    const look = (metadata: GrpcMetadata, prefix: string): void =>
      void heard.push(metadata.get(`${prefix}x-word`), [...(metadata.getBinary(`${prefix}x-bin`) ?? [])]);
    const options = {
      metadata: { 'x-word': 'hi', 'x-bin': new Uint8Array([0, 255]) },
      onMetadata: (head: GrpcMetadata) => look(head, ''),
      onTrailers: (end: GrpcMetadata) => look(end, 'end-'),
    };
    await client.say({ text: 'metadata' }, options);
    await all(client.spell({ text: 'metadata' }, options));
    const each = ['hi', [0, 255], 'hi', [0, 255]];
    expect(heard).toEqual([...each, ...each]);
  });

  it('that fail, with status, message, details and metadata', async () => {
    const { client } = await open(way);
    const calls = [client.say({ text: 'fail' }), all(client.spell({ text: 'fail' })), client.join([{ text: 'fail' }])];
    for (const error of await Promise.all(calls.map((call) => call.catch((reason: unknown) => reason)))) {
      if (!(error instanceof GrpcStatusError)) throw new Error('it must fail with a status', { cause: error });
      expect([error.statusName, error.statusMessage]).toEqual(['NOT_FOUND', 'nö 100%']);
      expect(error.metadata.get('x-why')).toBe('so');
      const [detail] = error.details;
      expect(detail && anyUnpack(detail, DurationSchema)?.seconds).toBe(7n);
    }
  });

  it('that end with their deadline, or are cancelled: the handler hears of it', async () => {
    const { client, log } = await open(way);
    await client.say({ text: 'first' }); // connected, and warm
    const late = { statusName: 'DEADLINE_EXCEEDED' };
    await expectLate(
      (timeoutMs) => expect(client.say({ text: 'hang' }, { timeoutMs })).rejects.toMatchObject(late),
      () => log,
    );
    const before = log.length;
    const controller = new AbortController();
    const call = all(client.spell({ text: 'hang' }, { signal: controller.signal }));
    call.catch(() => {});
    await expect.poll(() => log.length).toBe(before + 1);
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    await expect.poll(() => log.at(-1)).toBe('aborted');
  });

  it('that nobody serves', async () => {
    const { client } = await open(way);
    await expect(client.join([{ text: 'unimplemented' }])).rejects.toMatchObject({ statusName: 'UNIMPLEMENTED' });
  });
});

describe('our client calls a server of Connect-ES by GET', () => {
  useLedger();

  it.each(['proto', 'json'] as const)('what has no side effects, in %s', async (format) => {
    const layer = connectClientLayer(Talk, { useGet: true });
    const { client, methods } = await open({ name: 'GET', layer, version: 'HTTP/1.1', format }, { encoding: 'gzip' });
    expect((await client.find({ text: 'ä', bigNumber: 5n })).text).toBe('found ä');
    expect((await client.find({ text: 'ä'.repeat(2_000) })).text.length).toBe(2_006);
    await client.say({ text: 'a' });
    const long = 'ä'.repeat(20_000); // too long for a URL, as it is not compressed
    expect((await client.find({ text: long }, { encoding: 'identity' })).text).toBe(`found ${long}`);
    await expect(client.find({ text: 'fail' })).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    expect(methods).toEqual(['GET', 'GET', 'POST', 'POST', 'GET']);
  });
});

async function open({ layer, version, format }: Way, options: GrpcClientOptions = {}) {
  const log: string[] = [];
  const methods: (string | undefined)[] = [];
  const adapter = connectNodeAdapter({ routes: (router) => void router.service(Talk, handlers(log)) });
  const listener: typeof adapter = (request, response) => {
    methods.push(request.method);
    adapter(request, response);
  };
  const server = version === 'HTTP/1.1' ? createHttpServer(listener) : createHttp2Server(listener);
  const port = await listen(server);
  const protocols = [version === 'HTTP/1.1' ? http1() : http2()];
  const http = createHttpClient({ connector: socketConnector(), protocols });
  onTestFinished(() => http.destroy());
  const url = `http://127.0.0.1:${port}`;
  return { client: grpcClient(layer(http), Talk, { url, format, ...options }), log, methods };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
  });
  // A server that listens on TCP has an address of TCP.
  return (server.address() as AddressInfo).port;
}

function handlers(log: string[]) {
  const look = async (text: string, context: HandlerContext): Promise<void> => {
    const { requestHeader, responseHeader, responseTrailer, signal } = context;
    if (text === 'metadata') {
      for (const name of ['x-word', 'x-bin']) {
        const value = requestHeader.get(name) ?? '';
        responseHeader.set(name, value);
        responseTrailer.set(`end-${name}`, value);
      }
    }
    if (text === 'unimplemented') throw new ConnectError('nobody does that', Code.Unimplemented);
    if (text === 'fail') {
      const detail = { desc: DurationSchema, value: create(DurationSchema, { seconds: 7n }) };
      throw new ConnectError('nö 100%', Code.NotFound, { 'x-why': 'so' }, [detail]);
    }
    if (text === 'hang') {
      log.push('begun');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      log.push('aborted');
    }
  };
  return {
    async find({ text, bigNumber }: { readonly text: string; readonly bigNumber: bigint }, context: HandlerContext) {
      await look(text, context);
      return { text: `found ${text}`, bigNumber };
    },
    async say(word: { readonly text: string; readonly data: Uint8Array }, context: HandlerContext) {
      await look(word.text, context);
      return { text: word.text, data: word.data };
    },
    async *spell({ text }: { readonly text: string }, context: HandlerContext) {
      await look(text, context);
      for (const letter of text) yield { text: letter };
    },
    async join(words: AsyncIterable<{ readonly text: string }>, context: HandlerContext) {
      let text = '';
      for await (const word of words) {
        await look(word.text, context);
        text += word.text;
      }
      return { text };
    },
    async *chat(words: AsyncIterable<{ readonly text: string }>, context: HandlerContext) {
      for await (const { text } of words) {
        await look(text, context);
        yield { text: text.toUpperCase() };
      }
    },
  };
}

async function all(stream: AsyncIterable<{ readonly text: string }>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of stream) texts.push(text);
  return texts;
}
