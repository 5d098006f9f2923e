import type { Connection } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger, readAll } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alpn, helloMessage, records, serverName } from '../../test/support/client-hello-bytes.ts';
import type { TlsRouterOptions } from './tls-router.ts';
import { tlsRouter } from './tls-router.ts';

checkLedger({ beforeEach, afterEach });

describe('tlsRouter', () => {
  const routes = {
    routes: (serve) => [
      { names: ['*.example.com'], service: serve('wildcard') },
      { names: ['www.example.com', 'EXAMPLE.com'], service: serve('exact') },
      { names: ['api.example.com'], alpn: ['h2'], service: serve('api over h2') },
      { names: ['api.example.com'], alpn: ['http/1.1', 'http/1.0'], service: serve('api over h1') },
      { alpn: ['acme-tls/1'], service: serve('acme') },
      { names: ['bücher.example'], service: serve('books') },
      { names: ['only.example'], alpn: ['h2'], service: serve('only h2') },
    ],
  } satisfies Routes;

  it.each([
    ['www.example.com', [], 'exact'],
    ['example.com', [], 'exact'],
    ['WWW.EXAMPLE.COM', [], 'exact'],
    ['other.example.com', [], 'wildcard'],
    ['xn--bcher-kva.example', [], 'books'],
    ['api.example.com', ['h2', 'http/1.1'], 'api over h2'],
    ['api.example.com', ['http/1.1', 'h2'], 'api over h2'],
    ['api.example.com', ['http/1.1'], 'api over h1'],
    ['api.example.com', ['http/1.0'], 'api over h1'],
    ['api.example.com', ['imap'], 'wildcard'],
    ['api.example.com', [], 'wildcard'],
    ['nobody.test', ['acme-tls/1'], 'acme'],
    [undefined, ['acme-tls/1'], 'acme'],
    ['www.example.com', ['acme-tls/1'], 'exact'],
    ['only.example', ['h2'], 'only h2'],
    ['only.example', ['acme-tls/1'], 'acme'],
  ])('sends %s with %j to: %s', async (name, protocols, expected) => {
    expect(await routed(routes, name, protocols)).toBe(expected);
  });

  it.each([
    ['a.b.example.com', [], 'LML_ERR_TLS_NO_ALPN_OVERLAP', 120],
    ['com', ['h2'], 'LML_ERR_TLS_NO_ALPN_OVERLAP', 120],
    ['only.example', ['http/1.1'], 'LML_ERR_TLS_NO_ALPN_OVERLAP', 120],
    ['only.example', [], 'LML_ERR_TLS_NO_ALPN_OVERLAP', 120],
  ])('refuses %s with %j: %s', async (name, protocols, code, alert) => {
    expect(await routed(routes, name, protocols)).toEqual({ code, alert });
  });

  it('refuses names that nobody serves with unrecognized_name', async () => {
    const named: Routes = { routes: (serve) => [{ names: ['*.example.com', 'a.test'], service: serve('one') }] };
    const refusal = { code: 'LML_ERR_TLS_UNKNOWN_NAME', alert: 112 };
    for (const name of ['example.com', 'a.b.example.com', 'b.test', undefined]) {
      expect(await routed(named, name), String(name)).toEqual(refusal);
    }
    expect(await routed(named, 'b.example.com')).toBe('one');
  });

  it('has services for clients without a name, and for all others', async () => {
    const all: Routes = {
      routes: (serve) => [{ names: ['a.test'], alpn: ['h2'], service: serve('a') }],
      withoutName: 'nameless',
      fallback: 'fallback',
    };
    expect(await routed(all, undefined)).toBe('nameless');
    expect(await routed(all, 'b.test')).toBe('fallback');
    expect(await routed(all, 'a.test', ['h2'])).toBe('a');
    expect(await routed(all, 'a.test', ['http/1.1'])).toBe('fallback');
    expect(await routed({ routes: () => [], fallback: 'fallback' }, undefined)).toBe('fallback');
    expect(await routed({ routes: () => [], withoutName: 'nameless' }, undefined)).toBe('nameless');
    expect(await routed({ routes: () => [], withoutName: 'nameless' }, 'a.test')).toMatchObject({ alert: 112 });
  });

  it('sends everybody to a route without names and protocols', async () => {
    const one: Routes = { routes: (serve) => [{ service: serve('one') }] };
    for (const name of ['a.test', undefined]) expect(await routed(one, name)).toBe('one');
  });

  it('gives what is not TLS to notTls', async () => {
    const [near, far] = memoryPipe();
    void near.write([Buffer.from('GET / HTTP/1.1\r\n\r\n')]);
    await near.closeWrite();
    let served = '';
    const notTls = {
      serve: async ({ stream }: Connection) => {
        served = (await readAll(stream)).toString();
        await stream.closeWrite();
      },
    };
    await tlsRouter({ routes: [], notTls }).serve(createConnection(far));
    expect(served).toBe('GET / HTTP/1.1\r\n\r\n');
    near.destroy();
  });

  const service = { serve: async () => {} };
  it.each([
    [{ routes: [{ names: ['192.0.2.1'], service }] }, 'neither a host name'],
    [{ routes: [{ names: ['*'], service }] }, 'neither a host name'],
    [{ routes: [{ names: ['a.*.test'], service }] }, 'neither a host name'],
    [{ routes: [{ names: [''], service }] }, 'neither a host name'],
    [{ routes: [{ names: [], service }] }, 'names must not be empty'],
    [{ routes: [{ alpn: [], service }] }, 'alpn must not be empty'],
    [{ routes: [], timeoutMs: 0 }, 'timeoutMs must be > 0'],
    [{ routes: [], maxBytes: 0 }, 'maxBytes must be'],
  ])('refuses options %# at construction', (options, message) => {
    expect(() => tlsRouter(options)).toThrow(message);
  });
});

/** Options in which services are names. */
interface Routes {
  readonly routes: (
    serve: (name: string) => TlsRouterOptions['routes'][number]['service'],
  ) => TlsRouterOptions['routes'];
  readonly withoutName?: string;
  readonly fallback?: string;
}

type Refusal = { readonly code: unknown; readonly alert: number | undefined };

/** Sends one hello through a router. @returns The name of the service that has got all of its bytes, or how it was refused. */
async function routed(
  { routes, withoutName, fallback }: Routes,
  name: string | undefined,
  protocols: readonly string[] = [],
): Promise<string | Refusal> {
  const extensions = [
    ...(name === undefined ? [] : [serverName(name)]),
    ...(protocols.length === 0 ? [] : [alpn(protocols)]),
  ];
  const bytes = records(helloMessage({ extensions }));
  let found = 'none';
  const serve = (label: string) => ({
    async serve({ stream }: Connection) {
      expect(Uint8Array.from(await readAll(stream))).toEqual(bytes);
      found = label;
      await stream.closeWrite();
    },
  });
  const router = tlsRouter({
    routes: routes(serve),
    ...(withoutName === undefined ? {} : { withoutName: serve(withoutName) }),
    ...(fallback === undefined ? {} : { fallback: serve(fallback) }),
  });
  const [near, far] = memoryPipe();
  void near.write([bytes]);
  await near.closeWrite();
  try {
    await router.serve(createConnection(far));
    return found;
  } catch (error) {
    const alert = await readAll(near);
    return { code: error instanceof Error && 'code' in error ? error.code : error, alert: alert.at(-1) };
  } finally {
    near.destroy();
  }
}
