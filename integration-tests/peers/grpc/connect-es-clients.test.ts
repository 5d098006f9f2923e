import { create } from '@bufbuild/protobuf';
import { DurationSchema } from '@bufbuild/protobuf/wkt';
import type { Client, Transport } from '@connectrpc/connect';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { expectLate } from '../../support/grpc/late-call.ts';
import { Talk } from '../../support/grpc/talk-pb.ts';
import { useLedger } from '../../support/ledger.ts';
import { serveTalk } from './talk-server.ts';

interface Way {
  readonly name: string;
  readonly transport: (baseUrl: string) => Transport;
  /** Whether streams run both ways at the same time: Connect-ES has that by HTTP/2 only. */
  readonly isFullDuplex: boolean;
  readonly contentType: string;
}

const gzip = { acceptCompression: [compressionGzip], sendCompression: compressionGzip, compressMinBytes: 100 };

const WAYS: readonly Way[] = (['1.1', '2'] as const).flatMap((httpVersion) => [
  ...[true, false].flatMap((useBinaryFormat): Way[] => {
    const format = useBinaryFormat ? 'proto' : 'json';
    const isFullDuplex = httpVersion === '2';
    const options = { httpVersion, useBinaryFormat, ...gzip };
    return [
      {
        name: `Connect with ${format}, HTTP/${httpVersion}`,
        transport: (baseUrl) => createConnectTransport({ baseUrl, ...options }),
        isFullDuplex,
        contentType: `application/${format}`,
      },
      {
        name: `gRPC-Web with ${format}, HTTP/${httpVersion}`,
        transport: (baseUrl) => createGrpcWebTransport({ baseUrl, ...options }),
        isFullDuplex,
        contentType: `application/grpc-web+${format}`,
      },
    ];
  }),
]);

const GRPC: readonly Way[] = [true, false].map((useBinaryFormat) => ({
  name: `gRPC with ${useBinaryFormat ? 'proto' : 'json'}`,
  transport: (baseUrl) => createGrpcTransport({ baseUrl, useBinaryFormat, ...gzip }),
  isFullDuplex: true,
  contentType: `application/grpc+${useBinaryFormat ? 'proto' : 'json'}`,
}));

describe.each([...WAYS, ...GRPC])('Connect-ES calls our server by $name', (way) => {
  useLedger();

  it('in each kind', async () => {
    const { client, log } = await open(way);
    const found = await client.find({ text: 'ä', bigNumber: 2n ** 60n });
    expect([found.text, found.bigNumber]).toEqual(['found ä', 2n ** 60n]);
    expect([...(await client.say({ data: new Uint8Array([0, 255]) })).data]).toEqual([0, 255]);
    expect(await all(client.spell({ text: 'abc' }))).toEqual(['a', 'b', 'c']);
    expect(await all(client.spell({ text: '' }))).toEqual([]);
    expect((await client.join(words('a', 'b'))).text).toBe('ab');
    if (way.isFullDuplex) expect(await all(client.chat(words('a', 'b')))).toEqual(['A', 'B']);
    expect(log[0]).toBe(`POST ${way.contentType}`);
  });

  it('with large messages, which are compressed', async () => {
    const { client } = await open(way, { encoding: 'gzip' });
    const text = 'word '.repeat(200_000);
    expect((await client.say({ text })).text === text).toBe(true);
    expect((await client.join(words(text, text))).text.length).toBe(2_000_000);
    if (way.isFullDuplex) expect((await all(client.chat(words(text))))[0]?.length).toBe(1_000_000);
  });

  it('with metadata', async () => {
    const { client } = await open(way);
    const headers = { 'x-word': 'hi', 'x-bin': 'AP8' };
    const heard: (string | null)[] = [];
    const options = {
      headers,
      onHeader: (head: Headers) => void heard.push(head.get('x-word'), head.get('x-bin')),
      onTrailer: (end: Headers) => void heard.push(end.get('end-x-word'), end.get('end-x-bin')),
    };
    await client.say({ text: 'metadata' }, options);
    expect(heard.splice(0)).toEqual(['hi', 'AP8', 'hi', 'AP8']);
    await all(client.spell({ text: 'metadata' }, options));
    expect(heard).toEqual(['hi', 'AP8', 'hi', 'AP8']);
  });

  it('that fail, with code, message, details and metadata', async () => {
    const { client } = await open(way);
    for (const call of [
      () => client.say({ text: 'fail' }),
      () => all(client.spell({ text: 'fail' })),
      () => client.join(words('fail')),
    ]) {
      const error = ConnectError.from(await call().catch((reason: unknown) => reason));
      expect([error.code, error.rawMessage]).toEqual([Code.NotFound, 'nö 100%']);
      expect([error.metadata.get('x-why'), error.metadata.get('why-bin')]).toEqual(['so', '/w']);
      expect(error.findDetails(DurationSchema)).toEqual([create(DurationSchema, { seconds: 7n })]);
    }
  });

  it('that end with their deadline, or are cancelled: the handler hears of it', async () => {
    const { client, log } = await open(way);
    await client.say({ text: 'first' }); // connected, and warm
    const late = async (timeoutMs: number): Promise<void> => {
      const reason = await client.say({ text: 'hang' }, { timeoutMs }).catch((error: unknown) => error);
      expect(ConnectError.from(reason).code).toBe(Code.DeadlineExceeded);
    };
    await expectLate(late, () => log);
    const before = log.length;

    const controller = new AbortController();
    const call = all(client.spell({ text: 'hang' }, { signal: controller.signal }));
    call.catch(() => {});
    await expect.poll(() => log.length).toBe(before + 2);
    controller.abort();
    await expect(call).rejects.toThrow();
    // By HTTP/1.1 Node's client only stops sending, which a client that waits for its answer may do as well.
    if (way.isFullDuplex) await expect.poll(() => log.at(-1)).toBe('aborted');
  });

  async function open({ transport }: Way, options: Parameters<typeof serveTalk>[0] = {}) {
    const { url, log } = await serveTalk(options);
    const client: Client<typeof Talk> = createClient(Talk, transport(url));
    return { client, log };
  }
});

describe('Connect-ES calls our server by GET', () => {
  useLedger();

  it.each([true, false])('what has no side effects (binary: %s)', async (useBinaryFormat) => {
    const { url, log } = await serveTalk();
    const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1', useBinaryFormat, useHttpGet: true });
    const client = createClient(Talk, transport);
    expect((await client.find({ text: 'ä', bigNumber: 5n })).text).toBe('found ä');
    await client.say({ text: 'a' });
    expect(log).toEqual(['GET', `POST application/${useBinaryFormat ? 'proto' : 'json'}`]);
    const error = ConnectError.from(await client.find({ text: 'fail' }).catch((reason: unknown) => reason));
    expect(error.code).toBe(Code.NotFound);
  });
});

async function* words(...texts: string[]) {
  for (const text of texts) yield { text };
}

async function all(stream: AsyncIterable<{ readonly text: string }>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of stream) texts.push(text);
  return texts;
}
