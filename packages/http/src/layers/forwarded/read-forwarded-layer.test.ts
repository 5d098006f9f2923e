import { LocalAddress, PeerAddress, parseAddress, parseCidr } from '@lamella/net-core';
import { createExtensions } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import type { HttpHeadersInit } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { ClientAddress, ForwardedFacts } from './forwarded-facts.ts';
import type { ReadForwardedLayerOptions } from './read-forwarded-layer.ts';
import { readForwardedLayer } from './read-forwarded-layer.ts';

const PROXY = '10.0.0.1:5000';
const STRANGER = '203.0.113.66:5000';
const OURS: ReadForwardedLayerOptions = { trusted: ['10.0.0.0/8'] };

describe('readForwardedLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(readForwardedLayer(OURS))));

  describe('with a list of proxies', () => {
    it.each<[string, string, string | undefined]>([
      // X-Forwarded-For, client, who vouches for whom
      ['nothing said: the proxy asks for itself', '', '10.0.0.1'],
      ['one address', '203.0.113.9', '203.0.113.9'],
      ['a chain of proxies', '203.0.113.9, 10.0.0.3, 10.0.0.2', '203.0.113.9'],
      ['nothing but proxies', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
      ['what the client wrote itself', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
      ['a proxy that the client made up', '127.0.0.1, 10.9.9.9, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
      ['IPv4 dressed up as IPv6', '203.0.113.9, ::ffff:10.0.0.2', '203.0.113.9'],
      ['a port', '203.0.113.9:4711', '203.0.113.9'],
      ['IPv6', '2001:db8::1, 10.0.0.2', '2001:db8::1'],
      ['IPv6 with a port', '[2001:db8::1]:80', '2001:db8::1'],
      ['empty elements', ' ,203.0.113.9,, ', '203.0.113.9'],
      ['an unknown client', 'unknown', undefined],
      ['nonsense where the client should be', '203.0.113.9, <script>', undefined],
      ['nonsense that the client wrote itself', '<script>, ", 203.0.113.9', '203.0.113.9'],
    ])('%s', async (_name, value, client) => {
      const { extensions } = await serve(OURS, value === '' ? {} : { 'X-Forwarded-For': value });
      expect(extensions.get(ClientAddress)?.toString()).toBe(client);
    });

    it('believes nobody else, and takes the claims away', async () => {
      const claims = { 'X-Forwarded-For': '127.0.0.1', x_forwarded_proto: 'https', Forwarded: 'for=127.0.0.1', A: '1' };
      const seen = await serve(OURS, claims, STRANGER);
      expect(seen.extensions.get(ClientAddress)?.toString()).toBe('203.0.113.66');
      expect(seen.extensions.get(ForwardedFacts)).toBeUndefined();
      expect(seen.headers.toJSON()).toEqual([['A', '1']]);
      const kept = await serve({ ...OURS, keepsUntrusted: true }, claims, STRANGER);
      expect(kept.headers.size).toBe(4);
    });

    it('joins several fields of the name, the last one being from the nearest proxy', async () => {
      const { extensions } = await serve(OURS, [
        ['X-Forwarded-For', '127.0.0.1'],
        ['x-forwarded-for', '203.0.113.9'],
      ]);
      expect(extensions.get(ClientAddress)?.toString()).toBe('203.0.113.9');
    });

    it('takes blocks, single addresses of both families, and Unix sockets if they are named', async () => {
      const claims = { 'X-Forwarded-For': '203.0.113.9' };
      const client = async (trusted: ReadForwardedLayerOptions['trusted'], peer: string) =>
        (await serve({ trusted }, claims, peer)).extensions.get(ClientAddress)?.toString();
      expect(await client([parseCidr('10.0.0.0/8')], PROXY)).toBe('203.0.113.9');
      expect(await client(['10.0.0.1'], PROXY)).toBe('203.0.113.9');
      expect(await client(['10.0.0.2'], PROXY)).toBe('10.0.0.1');
      expect(await client(['::1'], '[::1]:80')).toBe('203.0.113.9');
      expect(await client(['10.0.0.1'], '[::ffff:10.0.0.1]:80')).toBe('203.0.113.9');
      expect(await client(['unix'], 'unix:/run/x')).toBe('203.0.113.9');
      expect(await client(['10.0.0.1'], 'unix:/run/x')).toBeUndefined();
      expect(await client([], PROXY)).toBe('10.0.0.1');
    });

    it('knows nobody where there is no connection', async () => {
      const seen = await serve(OURS, { 'X-Forwarded-For': '203.0.113.9' }, 'nobody');
      expect([seen.extensions.get(ClientAddress), seen.headers.size]).toEqual([undefined, 0]);
    });
  });

  describe('with a number of hops', () => {
    it.each([
      [0, '203.0.113.9', '203.0.113.66'],
      [1, '127.0.0.1, 203.0.113.9', '203.0.113.9'],
      [2, '127.0.0.1, 203.0.113.9, 198.51.100.7', '203.0.113.9'],
      [3, '203.0.113.9, 198.51.100.7', '203.0.113.9'],
    ])('%i behind %s', async (trusted, value, client) => {
      const { extensions } = await serve({ trusted }, { 'X-Forwarded-For': value }, STRANGER);
      expect(extensions.get(ClientAddress)?.toString()).toBe(client);
    });
  });

  it('reads scheme, host, port and prefix of the outermost trusted proxy, and the chain', async () => {
    const { extensions } = await serve(OURS, {
      'X-Forwarded-For': '127.0.0.1, 203.0.113.9, 10.0.0.2',
      'X-Forwarded-Proto': 'gopher, HTTPS, http',
      'X-Forwarded-Host': 'shop.test:8443',
      'X-Forwarded-Port': '8443',
      'X-Forwarded-Prefix': '/shop/v1',
    });
    const { chain, ...values } = extensions.get(ForwardedFacts) ?? { chain: [] };
    expect(values).toEqual({ proto: 'https', host: 'shop.test:8443', port: 8443, prefix: '/shop/v1' });
    expect(chain.map(String)).toEqual(['203.0.113.9', '10.0.0.2', '10.0.0.1']);
  });

  it.each<Record<string, string>>([
    { 'X-Forwarded-Proto': 'javascript' },
    { 'X-Forwarded-Host': 'evil.test/path' },
    { 'X-Forwarded-Host': 'user@evil.test' },
    { 'X-Forwarded-Host': 'evil test' },
    { 'X-Forwarded-Port': '0' },
    { 'X-Forwarded-Port': '65536' },
    { 'X-Forwarded-Port': '80a' },
    { 'X-Forwarded-Prefix': '//evil.test' },
    { 'X-Forwarded-Prefix': '/\\evil.test' },
    { 'X-Forwarded-Prefix': 'evil' },
    { 'X-Forwarded-Prefix': '/a/' },
    { 'X-Forwarded-Prefix': '/a?b' },
  ])('makes nothing of %o', async (claims) => {
    const facts = (await serve(OURS, claims)).extensions.get(ForwardedFacts);
    expect(facts).toMatchObject({ proto: undefined, host: undefined, port: undefined, prefix: undefined });
  });

  describe('fields: forwarded', () => {
    const standard: ReadForwardedLayerOptions = { ...OURS, fields: 'forwarded' };

    it('reads Forwarded, and nothing of the others, which a proxy passes on unread', async () => {
      const { extensions } = await serve(standard, {
        'X-Forwarded-For': '127.0.0.1',
        'X-Forwarded-Proto': 'http',
        Forwarded:
          'for=127.0.0.1;proto=gopher, for="203.0.113.9:4711";proto=https;host=shop.test, for=10.0.0.2;proto=http',
      });
      expect(extensions.get(ClientAddress)?.toString()).toBe('203.0.113.9');
      expect(extensions.get(ForwardedFacts)).toMatchObject({ proto: 'https', host: 'shop.test' });
    });

    it('knows only the proxy where the field is malformed', async () => {
      const { extensions } = await serve(standard, { Forwarded: 'for="127.0.0.1, for=203.0.113.9;proto=https' });
      expect(extensions.get(ClientAddress)?.toString()).toBe('10.0.0.1');
      expect(extensions.get(ForwardedFacts)?.proto).toBeUndefined();
    });

    it('is not what is read by default', async () => {
      const { extensions } = await serve(OURS, { Forwarded: 'for=203.0.113.9;proto=https' });
      expect(extensions.get(ClientAddress)?.toString()).toBe('10.0.0.1');
    });
  });

  describe('clientField', () => {
    const cloud: ReadForwardedLayerOptions = { ...OURS, clientField: 'CF-Connecting-IP' };

    it.each([
      ['2001:db8::1', '2001:db8::1'],
      ['203.0.113.9', '203.0.113.9'],
      ['203.0.113.9, 203.0.113.10', undefined],
      ['nonsense', undefined],
    ])('%s', async (value, client) => {
      const { extensions } = await serve(cloud, { 'CF-Connecting-IP': value, 'X-Forwarded-For': '127.0.0.1' });
      expect(extensions.get(ClientAddress)?.toString()).toBe(client);
    });

    it('of a stranger is taken away', async () => {
      const seen = await serve(cloud, { 'cf-connecting-ip': '127.0.0.1' }, STRANGER);
      expect([seen.extensions.get(ClientAddress)?.toString(), seen.headers.size]).toEqual(['203.0.113.66', 0]);
    });
  });

  describe('of a trusted proxy', () => {
    const all: HttpHeadersInit = [
      ['X-Forwarded-For', '203.0.113.9'],
      ['x-forwarded-proto', 'https'],
      ['X-Forwarded-Host', 'shop.test'],
      ['X-Forwarded-Port', '443'],
      ['X-Forwarded-Prefix', '/shop'],
      ['X_Forwarded_For', '127.0.0.1'],
      ['X.Forwarded-Proto', 'gopher'],
      ['X-Forwarded-Ssl', 'on'],
      ['X-Real-IP', '127.0.0.1'],
      ['Forwarded', 'for=203.0.113.8'],
      ['CF-Connecting-IP', '203.0.113.7'],
      ['CF_Connecting_IP', '127.0.0.1'],
      ['Accept', '*/*'],
    ];
    const family = [
      'X-Forwarded-For',
      'x-forwarded-proto',
      'X-Forwarded-Host',
      'X-Forwarded-Port',
      'X-Forwarded-Prefix',
    ];

    it.each<[string, Partial<ReadForwardedLayerOptions>, readonly string[]]>([
      ['x-forwarded', {}, [...family, 'CF-Connecting-IP', 'CF_Connecting_IP', 'Accept']],
      ['forwarded', { fields: 'forwarded' }, ['Forwarded', 'CF-Connecting-IP', 'CF_Connecting_IP', 'Accept']],
      ['x-forwarded and a field', { clientField: 'cf-connecting-ip' }, [...family, 'CF-Connecting-IP', 'Accept']],
      [
        'x-forwarded and X-Real-IP',
        { clientField: 'X-Real-IP' },
        [...family, 'X-Real-IP', 'CF-Connecting-IP', 'CF_Connecting_IP', 'Accept'],
      ],
    ])('who writes %s, only that goes on', async (_what, options, names) => {
      const seen = await serve({ ...OURS, ...options }, all);
      expect([...seen.headers].map(([name]) => name)).toEqual(names);
    });

    it('everything goes on with keepsUntrusted', async () => {
      expect((await serve({ ...OURS, keepsUntrusted: true }, all)).headers.size).toBe(13);
    });

    it('nothing of a stranger goes on in any spelling', async () => {
      const seen = await serve({ ...OURS, clientField: 'CF-Connecting-IP' }, all, STRANGER);
      expect(seen.headers.toJSON()).toEqual([['Accept', '*/*']]);
    });
  });

  it.each<[unknown, string]>([
    [{}, 'trusted'],
    [{ trusted: -1 }, 'trusted must be an integer >= 0'],
    [{ trusted: 1.5 }, 'trusted must be an integer >= 0'],
    [{ trusted: '10.0.0.0/8' }, 'trusted must be a list'],
    [{ trusted: ['10.0.0.1/8'] }, '10.0.0.1/8'],
    [{ trusted: ['localhost'] }, 'localhost'],
    [{ trusted: 1, fields: 'both' }, 'fields must be one of'],
    [{ trusted: 1, clientField: 'a b' }, 'clientField must be a header name'],
  ])('refuses %o', (options, message) => {
    expect(() => readForwardedLayer(options as ReadForwardedLayerOptions)).toThrow(message); // wrong on purpose
  });
});

/** @returns The request as the inner service sees it. */
async function serve(
  options: ReadForwardedLayerOptions,
  headers: HttpHeadersInit,
  peer: string = PROXY,
): Promise<HttpRequest> {
  const connection = createExtensions('connection');
  if (peer !== 'nobody') connection.insert(PeerAddress, parseAddress(peer));
  connection.insert(LocalAddress, parseAddress('10.0.0.9:80'));
  const request = HttpRequest.from({ target: '/', headers });
  request.extensions.link('ingress', connection);
  const seen = Promise.withResolvers<HttpRequest>();
  const service = readForwardedLayer(options)({
    async serve(input) {
      seen.resolve(input);
      return HttpResponse.from();
    },
  });
  await service.serve(request);
  return seen.promise;
}
