import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import type { Connector, Listener, MemoryNetwork } from '@lamella/net-core';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack, UsageError } from '@lamella/service-core';
import type { TlsAcceptOptions } from '@lamella/tls';
import { certificateAuthority, PeerCertificate, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpProxyOptions, httpProxySsl } from '../src/http-proxy.ts';
import { GatewayFailure } from '../src/index.ts';

checkLedger({ beforeEach, afterEach });
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const authority = await certificateAuthority();
const origin = await authority.issue({ names: ['origin.test'] });
const person = await authority.issue({ names: ['person.test'], usages: ['client'] });

describe('a target of https:', () => {
  it.each([
    'https://origin.test/base',
    'wss://origin.test/base',
    { protocol: 'https:', host: 'origin.test', path: '/base' },
  ])('%j gets requests by TLS, if its certificate is for its name, whatever was asked for', async (target) => {
    const { proxy } = world({}, (connector) => ({ connector, target, ca: authority.cert }));
    const response = await ask(proxy);
    expect([response.status, await response.body.text()]).toEqual([200, '/base/a for shop.test, shows nothing']);
  });

  it('is 502 without a good certificate, and is not asked for anything', async () => {
    const { proxy, asked } = world({}, (connector) => ({ connector, target: 'https://origin.test' }));
    const response = await ask(proxy);
    expect(response.status).toBe(502);
    expect(response.extensions.get(GatewayFailure)).toMatchObject({ code: expect.stringMatching(/^LML_ERR_TLS_/) });
    expect(asked).toEqual([]);
  });

  it('is 502 if the certificate is for another name', async () => {
    const { proxy } = world({}, (connector) => ({
      connector,
      target: 'https://other.test',
      ca: authority.cert,
    }));
    expect((await ask(proxy)).status).toBe(502);
  });

  it('may show whatever it likes with secure: false', async () => {
    const { proxy } = world({}, (connector) => ({ connector, target: 'https://origin.test', secure: false }));
    expect((await ask(proxy)).status).toBe(200);
  });

  it('gets the certificate that stands beside its name', async () => {
    const clientAuth = { mode: 'require', roots: authority.cert } as const;
    const { cert, key } = person;
    const { proxy } = world({ clientAuth }, (connector) => ({
      connector,
      target: { protocol: 'https:', host: 'origin.test', cert, key, ca: authority.cert },
    }));
    expect(await (await ask(proxy)).body.text()).toBe('/a for shop.test, shows person.test');
  });

  it('has its redirects changed', async () => {
    const { proxy } = world({}, (connector) => ({
      connector,
      target: 'https://origin.test',
      ca: authority.cert,
      autoRewrite: true,
      protocolRewrite: 'http',
    }));
    expect((await ask(proxy, '/moved')).headers.get('location')).toBe('http://shop.test/a');
  });

  it('is reached by the TLS of a client that is given', async () => {
    const { proxy } = world({}, (connector) => {
      const client = createHttpClient({ connector, tls: tlsConnectLayer({ roots: authority.cert }) });
      closers.unshift(() => client.close());
      return { client, target: 'https://origin.test' };
    });
    expect((await ask(proxy)).status).toBe(200);
  });
});

describe('ssl', () => {
  it('is TLS for whoever asks the proxy, and may ask for certificates', async () => {
    const { cert, key } = await authority.issue({ names: ['proxy.test'] });
    const network = memoryNetwork();
    const ssl = httpProxySsl({ cert, key, ca: authority.cert, requestCert: true });
    listen(
      network,
      'proxy.test:443',
      stack(
        ssl,
        httpServerLayer({ onError() {} }),
        serviceFn(() => HttpResponse.text('hello')),
      ),
    );
    const connector = network.connector();
    const known = tlsConnectLayer({ roots: authority.cert, clientCertificate: person });
    for (const [tls, outcome] of [
      [known, 200],
      [tlsConnectLayer({ roots: authority.cert }), 'failed'],
    ] as const) {
      const client = createHttpClient({ connector, tls });
      closers.unshift(() => client.close());
      const answer = client.serve(HttpRequest.from({ target: 'https://proxy.test/' }));
      expect(
        await answer.then(
          ({ status, body }) => body.text().then(() => status),
          () => 'failed',
        ),
      ).toBe(outcome);
    }
  });

  it.each<[object, string]>([
    [{}, 'ssl needs cert and key'],
    [{ cert: origin.cert }, 'ssl needs both cert and key'],
    [{ pfx: 'x' }, 'ssl.pfx: give cert and key as PEM'],
    [{ cert: origin.cert, key: origin.key, secureProtocol: 'SSLv3_method' }, 'TLS 1.2 and 1.3'],
    [{ sercret: 1 }, 'ssl.sercret: there is no such option'],
    [{ cert: origin.cert, key: origin.key, requestCert: true }, 'needs ca'],
  ])('%# is refused at the start: %s', (ssl, message) => {
    expect(() => httpProxySsl(ssl)).toThrow(UsageError);
    expect(() => httpProxySsl(ssl)).toThrow(message);
  });
});

it('a proxy without a way to send anything is refused', () => {
  expect(() => httpProxyOptions({ target: 'http://t' })).toThrow('client or connector');
});

/** An origin with TLS, a proxy, and what the origin was asked. */
function world(
  tls: Partial<TlsAcceptOptions>,
  options: (connector: Connector) => Parameters<typeof httpProxyOptions>[0],
) {
  const network = memoryNetwork();
  const asked: string[] = [];
  const service = serviceFn((request: HttpRequest) => {
    asked.push(request.target);
    if (request.path === '/moved')
      return HttpResponse.from({ status: 302, headers: { location: 'https://origin.test/a' } });
    const names = request.extensions.get(PeerCertificate)?.subject ?? 'nothing';
    return HttpResponse.text(`${request.path} for ${request.authority}, shows ${names.replace(/^.*CN=/s, '')}`);
  });
  const accept = tlsAcceptLayer({ certificates: { cert: origin.cert, key: origin.key }, ...tls });
  for (const host of ['origin.test', 'other.test']) {
    listen(network, `${host}:443`, stack(accept, httpServerLayer({ onError() {} }), service));
  }
  const lifecycle = createLifecycle();
  const given = options(network.connector());
  const proxy = httpProxyOptions(given.client === undefined ? { ...given, lifecycle } : given);
  closers.unshift(() => lifecycle.drain());
  return { proxy, asked };
}

function listen(network: MemoryNetwork, address: string, service: Parameters<typeof serveListener>[1]): void {
  const listener: Listener = network.listen(address);
  const lifecycle = createLifecycle();
  void serveListener(listener, service, { lifecycle, onError() {} });
  closers.push(() => lifecycle.drain());
}

function ask(proxy: Service<HttpRequest, HttpResponse>, path = '/a'): Promise<HttpResponse> {
  return proxy.serve(HttpRequest.from({ target: path, headers: { host: 'shop.test' } }));
}
