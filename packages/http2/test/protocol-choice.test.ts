import type { HttpProtocol, HttpRequestInit } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1 } from '@lamella/http';
import type { ByteStream, Connector, ConnectRequest } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2 } from '../src/index.ts';
import { RawFrameReader } from '../src/testing.ts';
import { PREFACE, reset, SETTINGS_ACK, settings } from './support/frames.ts';
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

  it.each([
    ['a request', {}, 'by 1.1: '],
    ['a POST with its content', { method: 'POST', body: 'content' }, 'by 1.1: content'],
  ])('sends %s by HTTP/1.1, where the server asks for that', async (_what, init, answer) => {
    const { ask, dials } = wantsHttp1([http1()]);
    expect(await ask(init)).toBe(answer);
    expect(dials.map(({ alpnOffer }) => alpnOffer)).toEqual([['h2', 'http/1.1'], ['http/1.1']]);
  });

  it.each([
    ['it does not speak that', [], {}],
    ['the content is not at hand', [http1()], { method: 'POST', body: (async function* () {})() }],
  ])('says that the server asks for HTTP/1.1, where %s', async (_what, others, init) => {
    const { ask, dials } = wantsHttp1(others);
    await expect(ask(init)).rejects.toMatchObject({ resetCode: 'HTTP_1_1_REQUIRED' });
    expect(dials).toHaveLength(1);
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

/** A server that refuses requests by HTTP/2, since it wants them by HTTP/1.1. @param others - What the client speaks beside HTTP/2. */
function wantsHttp1(others: readonly HttpProtocol[]) {
  const service = serviceFn(async ({ version, body }: HttpRequest) =>
    HttpResponse.text(`by ${version}: ${await body.text()}`),
  );
  const { connector } = http2Origin(service, {}, () => 'http/1.1');
  const dials: ConnectRequest[] = [];
  const refusing: Connector = {
    async serve(request) {
      dials.push(request);
      if (!request.alpnOffer.includes('h2')) return connector.serve(request);
      const [near, far] = memoryPipe();
      void refuseRequests(far);
      return createConnection(near);
    },
  };
  const tls = pretendTls(({ alpnOffer }) => alpnOffer[0]);
  const client = createHttpClient({ connector: refusing, tls, protocols: [http2(), ...others] });
  const ask = async (init: Partial<HttpRequestInit>): Promise<string> => {
    try {
      return await (await client.serve(HttpRequest.from({ target: 'https://a.test/', ...init }))).body.text();
    } finally {
      await client.close();
    }
  };
  return { ask, dials };
}

async function refuseRequests(stream: ByteStream): Promise<void> {
  const reader = new RawFrameReader();
  await stream.write([settings(), SETTINGS_ACK]);
  let prefaceBytes = PREFACE.length;
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
    const frames = reader.read(chunk.subarray(Math.min(prefaceBytes, chunk.length)));
    prefaceBytes -= Math.min(prefaceBytes, chunk.length);
    for (const { type, streamId } of frames) if (type === 1) await stream.write([reset(streamId, HTTP_1_1_REQUIRED)]);
  }
  await stream.closeWrite();
}

const HTTP_1_1_REQUIRED = 13;
