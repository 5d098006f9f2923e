import type { HttpRequestInit } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1 } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2 } from '../src/index.ts';
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
