import type { HttpClientOptions, HttpProtocol, HttpRequestInit } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1 } from '@lamella/http';
import type { ByteStream, Connector } from '@lamella/net-core';
import { ConnectError, createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2 } from '../src/index.ts';
import { RawFrameReader } from '../src/testing.ts';
import { goaway, PREFACE, reset, SETTINGS_ACK, settings } from './support/frames.ts';
import { http2Origin, namedProtocol, pretendTls } from './support/http2-origin.ts';

checkLedger({ beforeEach, afterEach });

describe('a client that speaks HTTP/2 and HTTP/1.1', () => {
  it('offers both by TLS, and speaks what the server has chosen', async () => {
    const { get, dials, opened } = setup('h2');
    expect(await get('https://a.test/')).toBe('by 2');
    expect(dials[0]).toMatchObject({ secure: true, alpnOffer: ['h2', 'http/1.1'] });
    expect(opened).toEqual(['h2']);
  });

  it('speaks HTTP/1.1 in clear, where nothing can be agreed on', async () => {
    const { get, dials, opened } = setup('h2', 'http/1.1');
    expect(await get('http://a.test/')).toBe('by 1.1');
    expect(dials[0]).toMatchObject({ secure: false, alpnOffer: [] });
    expect(opened).toEqual(['http/1.1']);
  });

  it('speaks HTTP/1.1 with a server that knows nothing of ALPN', async () => {
    const { get, opened } = setup(undefined, 'http/1.1');
    expect(await get('https://a.test/')).toBe('by 1.1');
    expect(opened).toEqual(['http/1.1']);
  });

  it('refuses a server that has chosen what was not offered', async () => {
    const { get } = setup('h3');
    await expect(get('https://a.test/')).rejects.toMatchObject({ code: 'LML_ERR_TLS_NO_ALPN_OVERLAP' });
  });

  it('sends nothing where TLS is asked for and there is none', async () => {
    const { connector, serverEnds } = http2Origin(serviceFn(() => HttpResponse.text('in clear')));
    const client = createHttpClient({ connector, protocols: [http2(), http1()] });
    const asked = client.serve(HttpRequest.from({ target: 'https://a.test/' }));
    await expect(asked).rejects.toThrow('https://a.test:443 needs TLS');
    expect((await serverEnds[0]?.stream.closed)?.reason).toBe('reset');
    await client.close();
  });

  it.each<[string, Partial<HttpRequestInit>, string, WantsHttp1Options?]>([
    ['a request', {}, 'by 1.1: '],
    ['a POST with its content', { method: 'POST', body: 'content' }, 'by 1.1: content'],
    ['a request, whose connection ends,', {}, 'by 1.1: ', { endsConnections: true }],
  ])('sends %s by HTTP/1.1, where the server asks for that', async (_what, init, answer, options) => {
    const { ask, close, offers } = wantsHttp1(options);
    expect(await ask(init)).toBe(answer);
    expect(offers).toEqual([BOTH, ['http/1.1']]);
    await close();
  });

  it('sends an upgrade by HTTP/1.1, where the server asks for that', async () => {
    const { ask, close, offers } = wantsHttp1({ greeting: [settings([ENABLE_CONNECT_PROTOCOL, 1])] });
    expect(await ask({ headers: { connection: 'Upgrade', upgrade: 'websocket' } })).toBe('by 1.1: ');
    expect(offers).toEqual([BOTH, ['http/1.1']]);
    await close();
  });

  it('sends a request by HTTP/1.1 that the server has refused once before it asked for that', async () => {
    const { ask, close, offers } = wantsHttp1({ codes: [REFUSED_STREAM] });
    expect(await ask({})).toBe('by 1.1: ');
    expect(offers).toEqual([BOTH, ['http/1.1']]);
    await close();
  });

  it('remembers for ten minutes that a server asks for HTTP/1.1: what can not be sent twice need not be', async () => {
    const clock = new FakeClock();
    const { ask, close, offers } = wantsHttp1({ clock });
    await ask({});
    expect(await ask(once())).toBe('by 1.1: once');
    await expect(ask(once(), 'https://b.test/')).rejects.toMatchObject({ resetCode: 'HTTP_1_1_REQUIRED' });
    await clock.advanceAsync(599_000);
    expect(await ask(once())).toBe('by 1.1: once');
    expect(offers).toEqual([BOTH, ['http/1.1'], BOTH, ['http/1.1']]);
    await clock.advanceAsync(1_000);
    await expect(ask(once())).rejects.toMatchObject({ resetCode: 'HTTP_1_1_REQUIRED' });
    await ask({});
    expect(await ask(once())).toBe('by 1.1: once');
    await close();
  });

  it('does not remember it of a server that does not speak HTTP/1.1', async () => {
    const { ask, close } = wantsHttp1({ answersHttp1: false });
    await expect(ask({})).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' });
    await expect(ask(once())).rejects.toMatchObject({ resetCode: 'HTTP_1_1_REQUIRED' });
    await close();
  });

  it.each([
    ['it does not speak that', [], {}],
    ['the content is not at hand', [http1()], once()],
  ])('says that the server asks for HTTP/1.1, where %s', async (_what, others, init) => {
    const { ask, close, offers } = wantsHttp1({ others });
    await expect(ask(init)).rejects.toMatchObject({ resetCode: 'HTTP_1_1_REQUIRED' });
    expect(offers).toHaveLength(1);
    await close();
  });

  it('asks for an upgrade by HTTP/1.1, where the server does not take it by HTTP/2', async () => {
    const service = serviceFn((request: HttpRequest) => HttpResponse.text(`by ${request.version}`));
    const server = http2Origin(service, { allowsExtendedConnect: false }, (number) =>
      number === 0 ? 'h2' : 'http/1.1',
    );
    const tls = pretendTls(({ alpnOffer }) => alpnOffer[0]);
    const client = createHttpClient({ connector: server.connector, tls, protocols: [http2(), http1()] });
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const ask = async (init: Partial<HttpRequestInit>): Promise<string> => {
      const response = await client.serve(HttpRequest.from({ target: 'https://a.test/', ...init }));
      return await response.body.text();
    };
    expect(await ask({ headers })).toBe('by 1.1');
    expect(await ask({})).toBe('by 2');
    expect(server.dials.map(({ alpnOffer }) => alpnOffer)).toEqual([['h2', 'http/1.1'], ['http/1.1']]);
    await client.close();
  });
});

function setup(selected: string | undefined, version: 'h2' | 'http/1.1' = 'h2') {
  const opened: string[] = [];
  const service = serviceFn((request: HttpRequest) => HttpResponse.text(`by ${request.version}`));
  const { connector, dials } = http2Origin(service, {}, () => version);
  const protocols = [namedProtocol(http2(), opened), namedProtocol(http1(), opened)];
  const client = createHttpClient({ connector, tls: pretendTls(() => selected), protocols });
  const get = async (target: string): Promise<string> => {
    try {
      return await (await client.serve(HttpRequest.from({ target }))).body.text();
    } finally {
      await client.close();
    }
  };
  return { get, dials, opened };
}

/** Content that can not be sent twice. */
function once(): Partial<HttpRequestInit> {
  async function* content() {
    yield 'once';
  }
  return { method: 'POST', body: content() };
}

interface WantsHttp1Options extends Pick<HttpClientOptions, 'clock'> {
  /** What the client speaks beside HTTP/2. Default: HTTP/1.1. */
  readonly others?: readonly HttpProtocol[];
  /** What the server says first by HTTP/2. Default: empty SETTINGS. */
  readonly greeting?: readonly Uint8Array[];
  /** With what it refuses the first requests of a connection, ahead of HTTP_1_1_REQUIRED. Default: none. */
  readonly codes?: readonly number[];
  /** Whether it refuses requests by GOAWAY. Default false: by RST_STREAM. */
  readonly endsConnections?: boolean;
  /** Whether it does speak HTTP/1.1. Default true. */
  readonly answersHttp1?: boolean;
}

/** A server that refuses requests by HTTP/2, since it wants them by HTTP/1.1. */
function wantsHttp1(options: WantsHttp1Options = {}) {
  const { others = [http1()], greeting = [settings()], codes = [], answersHttp1 = true } = options;
  const { endsConnections = false, clock } = options;
  const service = serviceFn(async ({ version, body }: HttpRequest) =>
    HttpResponse.text(`by ${version}: ${await body.text()}`),
  );
  const { connector } = http2Origin(service, {}, () => 'http/1.1');
  const offers: (readonly string[])[] = [];
  const refusing: Connector = {
    async serve(request) {
      offers.push(request.alpnOffer);
      if (!request.alpnOffer.includes('h2')) {
        if (!answersHttp1) throw new ConnectError('LML_ERR_CONNECT_REFUSED', 'nobody here', { phase: 'connect' });
        return connector.serve(request);
      }
      const [near, far] = memoryPipe();
      void refuseRequests(far, [...greeting, SETTINGS_ACK], (streamId, count) =>
        endsConnections ? goaway(0, HTTP_1_1_REQUIRED) : reset(streamId, codes[count] ?? HTTP_1_1_REQUIRED),
      );
      return createConnection(near);
    },
  };
  const tls = pretendTls(({ alpnOffer }) => alpnOffer[0]);
  const protocols = [http2(), ...others];
  const client = createHttpClient({ connector: refusing, tls, protocols, ...(clock === undefined ? {} : { clock }) });
  const ask = async (init: Partial<HttpRequestInit>, target = 'https://a.test/'): Promise<string> =>
    (await client.serve(HttpRequest.from({ target, ...init }))).body.text();
  return { ask, close: client.close, offers };
}

async function refuseRequests(
  stream: ByteStream,
  greeting: readonly Uint8Array[],
  refusal: (streamId: number, count: number) => Uint8Array,
): Promise<void> {
  const reader = new RawFrameReader();
  await stream.write([...greeting]);
  let prefaceBytes = PREFACE.length;
  let count = 0;
  const readNext = () => stream.read().catch(() => undefined); // an idle connection may be broken off
  for (let chunk = await readNext(); chunk !== undefined; chunk = await readNext()) {
    const frames = reader.read(chunk.subarray(Math.min(prefaceBytes, chunk.length)));
    prefaceBytes -= Math.min(prefaceBytes, chunk.length);
    for (const { type, streamId } of frames) {
      if (type === 1) await stream.write([refusal(streamId, count++)]);
    }
  }
  await stream.closeWrite();
}

const HTTP_1_1_REQUIRED = 13;
const REFUSED_STREAM = 7;
const ENABLE_CONNECT_PROTOCOL = 8;
const BOTH = ['h2', 'http/1.1'];
