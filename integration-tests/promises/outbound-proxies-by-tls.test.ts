import type {
  ConnectorLayer,
  HttpClient,
  HttpClientOptions,
  HttpResponse,
  HttpRequest as Request,
  ViaOptions,
} from '@lamella/http';
import { HttpRequest, http1, via } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { AlpnSelected, TlsSession, ViaProxies } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';
import type { IssuedCertificate } from '@lamella/tls';
import {
  certificateAuthority,
  OcspResponse,
  PeerCertificate,
  TlsError,
  tlsAcceptLayer,
  tlsConnectLayer,
} from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';
import { ProxyWorld } from './support/proxy-world.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

let roots: string;
let otherRoots: string;
let pair: IssuedCertificate;
beforeAll(async () => {
  const authority = await certificateAuthority();
  roots = authority.cert;
  otherRoots = (await certificateAuthority()).cert;
  pair = await authority.issue({ names: ['a.test', 'b.test', 'c.test', 'silent.test', 'origin.test'] });
});

const PROTOCOLS = [http2(), http1()];
const WAYS: readonly (readonly [name: string, options: ViaOptions, version: string])[] = [
  ['HTTP/1.1', {}, '1.1'],
  ['HTTP/2', { protocols: PROTOCOLS }, '2'],
];

describe.each(WAYS)('ways through proxies that are spoken to by TLS, by %s', (_, options, version) => {
  it('lead through three of them, to origins in clear and by TLS, and are kept', async () => {
    const world = new TlsProxyWorld();
    const client = world.client({ proxy: via(['https://a.test', 'https://u:p@c.test', 'https://b.test'], options) });
    for (let time = 0; time < 3; time++) {
      for (const scheme of ['http', 'https']) expect((await world.ask(client, scheme)).body).toBe('from the origin');
    }
    const once = ['a: c.test:443', 'c: b.test:443'];
    const tunnels = [...once, ...once, 'b: origin.test:443'];
    // By HTTP/2 the connections to a and c are shared; the last of them gets whole URLs in the one case, and a tunnel in the other.
    const shared = [...once, 'c: b.test:443', 'b: origin.test:443'];
    expect(world.tunnels).toEqual(version === '2' ? shared : tunnels);
    const proxies = client.counters().filter(({ origin }) => !origin.includes('origin.test'));
    const a = 'https://a.test:443';
    const [c, b] = [`https://c.test:443 via ${a}`, `https://b.test:443 via ${a}, https://c.test:443`];
    expect(new Set(proxies.map(({ origin }) => origin))).toEqual(new Set(version === '2' ? [a, c, b] : []));
    expect(new Set(world.versions)).toEqual(new Set([version]));
    await world.end();
  });

  it('lead to origins by HTTP/2 as well, whose streams are not those of the proxy', async () => {
    const world = new TlsProxyWorld();
    const client = world.client({ protocols: PROTOCOLS, proxy: via('https://a.test', options) });
    await Promise.all([1, 2, 3].map(() => world.ask(client, 'https')));
    const { extensions, version: spoken } = await client.serve(HttpRequest.from({ target: 'https://origin.test/' }));
    expect([spoken, extensions.get(AlpnSelected), extensions.get(ViaProxies)?.length]).toEqual(['2', 'h2', 1]);
    expect(world.tunnels).toEqual(['a: origin.test:443']);
    await world.end();
  });

  it('do not pass the certificate of the proxy off as that of an origin in clear', async () => {
    const world = new TlsProxyWorld();
    const client = world.client({ proxy: via('https://a.test', { ...options, plainHttp: 'tunnel' }) });
    const { extensions, body } = await client.serve(HttpRequest.from({ target: 'http://origin.test/' }));
    await body.text();
    const facts = [extensions.get(TlsSession), extensions.get(PeerCertificate), extensions.get(OcspResponse)];
    expect(facts).toEqual([undefined, undefined, undefined]);
    await world.end();
  });

  it('never tell an origin who we are to a proxy, whatever the request says', async () => {
    const world = new TlsProxyWorld();
    for (const plainHttp of ['tunnel', 'absolute-form'] as const) {
      const client = world.client({ proxy: via('https://u:p@c.test', { ...options, plainHttp }) });
      for (const scheme of ['http', 'https']) {
        const { seen } = await world.ask(client, scheme, [['Proxy-Authorization', `Basic ${btoa('u:p')}`]]);
        expect(seen.filter(([name]) => /^proxy-/i.test(name))).toEqual([]);
      }
    }
    await world.end();
  });

  it('are different ways for different credentials', async () => {
    const world = new TlsProxyWorld();
    const users = ['u', 'v', 'w', 'u', 'v', 'w'];
    const next = users.values();
    const client = world.client({ proxy: () => via(`https://${next.next().value}:p@c.test`, options) });
    for (const _user of users) await world.ask(client, 'https');
    const origins = client.counters().filter(({ origin }) => origin.includes('origin.test'));
    expect(origins.map(({ dials, reuses }) => [dials, reuses])).toEqual(Array(3).fill([1, 1]));
    expect(world.tunnels).toHaveLength(3);
    await world.end();
  });

  it('end at a proxy that is not who it says it is, before it has heard who we are', async () => {
    const world = new TlsProxyWorld();
    for (const [proxy, tls, code] of [
      ['https://u:p@other.test', world.tls, 'LML_ERR_TLS_WRONG_HOST'],
      ['https://u:p@c.test', tlsConnectLayer({ roots: otherRoots }), 'LML_ERR_TLS_UNKNOWN_CA'],
    ] as const) {
      const failure = await world.failure(world.client({ tls, proxy: via(proxy, options) }));
      expect(failure).toBeInstanceOf(TlsError);
      expect(failure).toMatchObject({ code, phase: 'handshake' });
    }
    expect([world.tunnels, world.versions]).toEqual([[], []]);
    await world.end();
  });

  it('have a deadline for the handshake, and typed errors that name the proxy and nobody’s password', async () => {
    const world = new TlsProxyWorld();
    const failures: unknown[] = [];
    for (const proxy of ['https://u:secret@c.test', 'https://u:secret@silent.test']) {
      failures.push(await world.failure(world.client({ proxy: via(proxy, { ...options, clock: world.clock }) })));
    }
    const facts = (proxy: string) => ({ via: [`https://${proxy}.test:443`] });
    expect(failures).toMatchObject([
      { code: 'LML_ERR_CONNECT_PROXY_AUTH', phase: 'proxy', facts: facts('c') },
      { code: 'LML_ERR_CONNECT_TIMEOUT', phase: 'proxy', facts: facts('silent') },
    ]);
    expect(`${failures} ${JSON.stringify(failures)}`).not.toMatch(/secret|dTpzZWNyZXQ/);
    await world.end();
  });
});

/** Proxies a and b for everybody, c for those who say the password `p`, one that never answers, and an origin; all by TLS. */
class TlsProxyWorld extends ProxyWorld {
  readonly tls: ConnectorLayer = tlsConnectLayer({ roots, requestOcsp: true, clock: this.clock });
  readonly #silence = Promise.withResolvers<unknown>();

  constructor() {
    super();
    const { clock, lifecycle } = this;
    const certificates = { ...pair, ocspResponse: Uint8Array.of(0x30, 0) };
    const accept = tlsAcceptLayer({ certificates, alpn: ['h2', 'http/1.1'], clock });
    const serve = autoServerLayer({ clock, lifecycle });
    const silent = serviceFn((_request: Request) => {
      this.#silence.resolve(this.#silence);
      return new Promise<HttpResponse>(() => {});
    });
    const listen = (host: string, service: Service<Request, HttpResponse>): void =>
      this.listen(`${host}:443`, stack(accept, serve, service), { onError() {} });
    for (const name of ['a', 'b']) listen(`${name}.test`, this.proxy(name, false));
    const c = this.proxy('c', true);
    for (const host of ['c.test', 'other.test']) listen(host, c);
    listen('silent.test', silent);
    listen('origin.test', this.origin);
    this.listen('origin.test:80', stack(serve, this.origin));
  }

  override client(options: Partial<HttpClientOptions>): HttpClient {
    return super.client({ tls: this.tls, ...options });
  }

  /** What a request fails with; the time of whoever asks the silent proxy passes at once. */
  async failure(client: HttpClient): Promise<unknown> {
    const failed = this.ask(client, 'https').catch((error: unknown) => error);
    const first = await Promise.race([failed, this.#silence.promise]);
    if (first === this.#silence) await this.clock.advanceAsync(10_000);
    return failed;
  }
}
