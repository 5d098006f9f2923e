import type { Address } from '@lamella/net-core';
import { LocalAddress, PeerAddress, parseAddress, TlsSession } from '@lamella/net-core';
import { createExtensions } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import type { WriteForwardedOptions } from './write-forwarded-layer.ts';
import { writeForwardedLayer } from './write-forwarded-layer.ts';

describe('writeForwardedLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(writeForwardedLayer())));

  it('replaces what a client claims', async () => {
    const lines = await written({ fields: 'both' }, [
      ['X-Forwarded-For', '127.0.0.1'],
      ['Forwarded', 'for=127.0.0.1'],
      ['x_real_ip', '127.0.0.1'],
    ]);
    expect(lines).toEqual([
      'Host: shop.test',
      'X-Forwarded-For: 192.0.2.1',
      'X-Forwarded-Host: shop.test',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Port: 8080',
      'Forwarded: for=192.0.2.1;host="shop.test";proto=http',
    ]);
  });

  it('appends to what a trusted proxy says', async () => {
    const lines = await written({ fields: 'both', trustsClient: true }, [
      ['X-Forwarded-For', '203.0.113.9'],
      ['X-Forwarded-Proto', 'https'],
      ['Forwarded', 'for=203.0.113.9'],
    ]);
    expect(lines).toEqual([
      'Host: shop.test',
      'X-Forwarded-For: 203.0.113.9, 192.0.2.1',
      'X-Forwarded-Proto: https',
      'Forwarded: for=203.0.113.9, for=192.0.2.1;host="shop.test";proto=http',
      'X-Forwarded-Host: shop.test',
      'X-Forwarded-Port: 8080',
    ]);
  });

  it('takes spellings that no proxy writes away, even from a trusted one', async () => {
    const lines = await written({ fields: 'none', trustsClient: true }, [
      ['X_Forwarded_For', '127.0.0.1'],
      ['x.real-ip', '127.0.0.1'],
      ['X-Forwarded-For', '203.0.113.9'],
      ['X-Real-IP', '203.0.113.9'],
      ['X_Other', '1'],
    ]);
    expect(lines).toEqual(['Host: shop.test', 'X-Forwarded-For: 203.0.113.9', 'X-Real-IP: 203.0.113.9', 'X_Other: 1']);
  });

  it('writes nothing if asked so, and takes claims away even then', async () => {
    expect(await written({ fields: 'none' }, [['X-Forwarded-For', '127.0.0.1']])).toEqual(['Host: shop.test']);
  });

  it('knows IPv6, TLS, and that nobody knows who asks over a Unix socket', async () => {
    const secure = await written({ fields: 'both' }, [], parseAddress('[2001:db8::1]:5000'), true);
    expect(secure).toContain('X-Forwarded-For: 2001:db8::1');
    expect(secure).toContain('Forwarded: for="[2001:db8::1]";host="shop.test";proto=https');
    const local = await written({ fields: 'both' }, [], parseAddress('unix:/run/x'));
    expect(local).toContain('X-Forwarded-For: unknown');
    expect(local).toContain('Forwarded: for=unknown;host="shop.test";proto=http');
  });

  it('lets no Host break out of its quotes', async () => {
    const lines = await written({ fields: 'forwarded' }, [], undefined, false, 'a";for="127.0.0.1');
    expect(lines).toContain('Forwarded: for=192.0.2.1;host="a\\";for=\\"127.0.0.1";proto=http');
  });

  it('leaves the request of the caller alone', async () => {
    const request = HttpRequest.from({ target: '/', headers: { Host: 'a.test' } });
    await writeForwardedLayer()({ serve: async () => HttpResponse.from() }).serve(request);
    expect(request.headers.toJSON()).toEqual([['Host', 'a.test']]);
  });

  it.each<[unknown, string]>([
    [{ fields: 'x' }, 'fields must be one of'],
    [{ trustsClient: 'yes' }, 'trustsClient must be a boolean'],
  ])('refuses %o', (options, message) => {
    expect(() => writeForwardedLayer(options as WriteForwardedOptions)).toThrow(message); // wrong on purpose
  });
});

async function written(
  options: WriteForwardedOptions,
  claims: readonly (readonly [string, string])[],
  peer: Address = parseAddress('192.0.2.1:4000'),
  isTls = false,
  host = 'shop.test',
): Promise<string[]> {
  const connection = createExtensions('connection');
  connection.insert(PeerAddress, peer);
  connection.insert(LocalAddress, parseAddress('198.51.100.1:8080'));
  if (isTls) connection.insert(TlsSession, { version: 'TLSv1.3', cipher: 'x' });
  const request = HttpRequest.from({ target: '/', headers: [['Host', host], ...claims] });
  request.extensions.link('ingress', connection);
  let lines: string[] = [];
  const service = writeForwardedLayer(options)({
    async serve({ headers }) {
      lines = Array.from(headers, ([name, value]) => `${name}: ${value}`);
      return HttpResponse.from();
    },
  });
  await service.serve(request);
  return lines;
}
