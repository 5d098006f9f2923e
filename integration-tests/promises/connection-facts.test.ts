import type { HttpProtocol } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, HttpTimings, http1, via } from '@lamella/http';
import { autoServerLayer, Http2Client, Http2StreamId, http2 } from '@lamella/http2';
import type { Connection, Connector } from '@lamella/net-core';
import {
  AlpnSelected,
  ConnectionId,
  ConnectTimings,
  formatAddress,
  isUpgraded,
  LocalAddress,
  memoryNetwork,
  PeerAddress,
  ProxyPeerAddress,
  parseAddress,
  parseCidr,
  proxyProtocolAcceptLayer,
  proxyProtocolConnectLayer,
  ServerName,
  serveListener,
  TlsSession,
  ViaProxies,
} from '@lamella/net-core';
import { checkLedger, readExactly, text, utf8 } from '@lamella/net-core/testing';
import { forwardProxyService } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import type { IssuedCertificate } from '@lamella/tls';
import {
  ClientFingerprints,
  certificateAuthority,
  clientHelloLayer,
  PeerCertificate,
  ReceivedClientHello,
  tlsAcceptLayer,
  tlsConnectLayer,
} from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

let roots: string;
let serverPair: IssuedCertificate;
let clientPair: IssuedCertificate;
beforeAll(async () => {
  const authority = await certificateAuthority();
  roots = authority.cert;
  serverPair = await authority.issue({ names: ['origin.test', 'a.test', 'b.test'] });
  clientPair = await authority.issue({ names: ['alice.test'], usages: ['client'] });
});

const VERSIONS = [
  { version: 'HTTP/1.1', alpn: 'http/1.1', protocol: http1(), streamIds: [undefined, undefined] },
  { version: 'HTTP/2', alpn: 'h2', protocol: http2(), streamIds: [1, 3] },
];

describe.each(VERSIONS)('what is known of a connection by $version', ({ alpn, protocol, streamIds }) => {
  const known = {
    peer: '203.0.113.7:40000', // the client, and not who speaks for it
    local: '203.0.113.1:443',
    proxy: '192.0.2.9',
    serverName: 'origin.test',
    alpn,
    tls: 'TLSv1.3',
    certificate: ['DNS:alice.test'],
    isAuthorized: true,
    helloName: 'origin.test',
    helloAlpn: [alpn],
    ja4: expect.stringMatching(/^t13d/),
  };

  it('is there at the handler of every request', async () => {
    const world = openWorld(protocol);
    const ids = new Set<number | undefined>();
    for (const streamId of streamIds) {
      const { id, ...facts } = await world.ask('/');
      ids.add(id);
      expect(facts).toEqual({ ...known, streamId, settings: streamId === undefined ? 0 : 6 });
    }
    const other = openWorld(protocol);
    ids.add((await other.ask('/')).id);
    expect([...ids]).toEqual([expect.any(Number), expect.any(Number)]); // one for each connection, of both requests of the first
    await other.close();
    await world.close();
  });

  it('is there after an upgrade', async () => {
    const world = openWorld(protocol);
    const headers = { Connection: 'upgrade', Upgrade: 'facts' };
    const response = await world.client.serve(HttpRequest.from({ target: 'https://origin.test/', headers }));
    const { upgraded } = response;
    if (upgraded === undefined) throw new Error('there is no upgrade');
    await readExactly(upgraded.stream, 1);
    const [streamId] = streamIds;
    const settings = streamId === undefined ? 0 : 6;
    expect(world.upgrades).toEqual([{ ...known, id: expect.any(Number), streamId, settings }]);
    expect(world.upgrades[0]?.id).toBe(world.last?.id); // that of the request
    // And on the side of the client.
    expect(upgraded.extensions.get(Http2StreamId)).toBe(streamId);
    expect(upgraded.extensions.get(ConnectionId)).toBe(response.extensions.get(ConnectionId));
    expect(upgraded.extensions.get(ServerName)).toBe('origin.test');
    expect(upgraded.extensions.get(AlpnSelected)).toBe(alpn);
    upgraded.stream.destroy();
    await world.close();
  });

  it('is there with the response, about the other side', async () => {
    const world = openWorld(protocol);
    const response = await world.client.serve(HttpRequest.from({ target: 'https://origin.test/' }));
    await response.body.bytes();
    const { extensions } = response;
    expect(formatAddressOf(extensions.get(PeerAddress))).toBe('origin.test:443');
    expect(extensions.get(TlsSession)?.version).toBe('TLSv1.3');
    expect(extensions.get(AlpnSelected)).toBe(alpn);
    expect(extensions.get(ConnectionId)).toEqual(expect.any(Number));
    expect(extensions.get(ConnectionId)).not.toBe(world.last?.id); // each end counts for itself
    expect(extensions.get(PeerCertificate)).toMatchObject({ isAuthorized: true });
    expect(extensions.get(PeerCertificate)?.subjectAltNames).toContain('DNS:origin.test');
    expect(extensions.get(ConnectTimings)?.tlsMs).toBeGreaterThanOrEqual(0);
    expect(extensions.get(HttpTimings)?.totalMs).toBeGreaterThanOrEqual(0);
    await world.close();
  });

  it('is that of the innermost connection in a CONNECT inside of a CONNECT, and each proxy knows its own', async () => {
    const world = openWorld(protocol);
    const chain = ['https://a.test:443', 'https://b.test:443'];
    const [facts, egress] = await world.askThrough(chain);
    expect((await world.askThrough(chain))[0].id).not.toBe(facts.id);
    expect(egress.get(ViaProxies)?.map(formatAddress)).toEqual(['a.test:443', 'b.test:443']);
    expect(egress.get(ConnectionId)).not.toBe(facts.id);
    expect(facts).toMatchObject({
      serverName: 'origin.test',
      alpn,
      certificate: ['DNS:alice.test'],
      helloAlpn: [alpn],
    });
    expect(facts.peer).toMatch(/^192\.0\.2\.12:/); // of b
    expect(world.proxies.slice(0, 2)).toEqual([
      { at: 'a', target: 'b.test:443', peer: '192.0.2.10', serverName: 'a.test', tls: 'TLSv1.3' },
      { at: 'b', target: 'origin.test:8443', peer: '192.0.2.11', serverName: 'b.test', tls: 'TLSv1.3' },
    ]);
    await world.close();
  });
});

/** Everything that is known, as far as it can be compared. */
function factsOf({ extensions }: HttpRequest | Connection) {
  const id = extensions.get(ConnectionId);
  const certificate = extensions.get(PeerCertificate);
  const hello = extensions.get(ReceivedClientHello);
  return {
    id,
    peer: formatAddressOf(extensions.get(PeerAddress)),
    local: formatAddressOf(extensions.get(LocalAddress)),
    proxy: hostOf(formatAddressOf(extensions.get(ProxyPeerAddress))),
    serverName: extensions.get(ServerName),
    alpn: extensions.get(AlpnSelected),
    tls: extensions.get(TlsSession)?.version,
    certificate: certificate?.subjectAltNames,
    isAuthorized: certificate?.isAuthorized,
    helloName: hello?.serverName,
    helloAlpn: hello?.alpnProtocols,
    ja4: extensions.get(ClientFingerprints)?.ja4,
  };
}

/** The same of a request, and what is known of its stream. */
function requestFacts(request: HttpRequest) {
  const { extensions } = request;
  const settings = extensions.get(Http2Client)?.settings.length ?? 0;
  return { ...factsOf(request), streamId: extensions.get(Http2StreamId), settings };
}

type Facts = ReturnType<typeof requestFacts>;

/** An origin behind who speaks the PROXY protocol, the same one without, two proxies, and a client; all by TLS, in memory. */
function openWorld(protocol: HttpProtocol) {
  const network = memoryNetwork();
  const lifecycle = createLifecycle();
  const upgrades: Facts[] = [];
  const proxies: unknown[] = [];
  const served: Promise<void>[] = [];
  const secured = (service: Service<HttpRequest, HttpResponse>): Service<Connection, void> =>
    stack(
      clientHelloLayer(),
      tlsAcceptLayer({
        certificates: serverPair,
        alpn: ['h2', 'http/1.1'],
        clientAuth: { mode: 'request', roots },
      }),
      autoServerLayer({ lifecycle }),
      service,
    );
  const listen = (address: string, server: Service<Connection, void>): void => {
    served.push(serveListener(network.listen(address), server, { lifecycle }));
  };

  let last: Facts | undefined;
  const origin = serviceFn(async (request: HttpRequest) => {
    last = requestFacts(request);
    if (!request.headers.has('upgrade')) return HttpResponse.text('ok');
    return HttpResponse.upgrade(
      { headers: { Connection: 'upgrade', Upgrade: 'facts' } },
      serviceFn(async (connection: Connection) => {
        const streamId = isUpgraded(connection) ? connection.extensions.get(Http2StreamId) : undefined;
        const settings = isUpgraded(connection) ? connection.extensions.get(Http2Client)?.settings.length : undefined;
        upgrades.push({ ...factsOf(connection), streamId, settings: settings ?? 0 });
        await connection.stream.write([utf8('!')]);
        await connection.stream.read().catch(() => {}); // the client leaves
      }),
    );
  });
  const trusting = proxyProtocolAcceptLayer({ trustedPeers: [parseCidr('192.0.2.0/24')] });
  listen('origin.test:443', trusting(secured(origin)));
  listen('origin.test:8443', secured(origin));

  for (const [name, from] of [
    ['a', '192.0.2.11'],
    ['b', '192.0.2.12'],
  ] as const) {
    const connector = network.connector({ from });
    const inner = forwardProxyService({
      client: createHttpClient({ connector, lifecycle }),
      connector,
      connectPorts: 'any',
      relay: { lifecycle },
    });
    const proxy = serviceFn((request: HttpRequest) => {
      const { peer, serverName, tls } = factsOf(request);
      proxies.push({ at: name, target: request.target, peer: hostOf(peer), serverName, tls });
      return inner.serve(request);
    });
    listen(`${name}.test:443`, secured(proxy));
  }

  const tls = tlsConnectLayer({ roots, clientCertificate: clientPair });
  const spokenFor: Connector = stack(
    proxyProtocolConnectLayer({
      addresses: () => ({ source: parseAddress('203.0.113.7:40000'), destination: parseAddress('203.0.113.1:443') }),
    }),
    network.connector({ from: '192.0.2.9' }),
  );
  const client = createHttpClient({ connector: spokenFor, tls, protocols: [protocol] });
  const connector = network.connector({ from: '192.0.2.10' });
  const send = async (by: typeof client, target: string): Promise<[Facts, HttpResponse['extensions']]> => {
    const response = await by.serve(HttpRequest.from({ target }));
    expect(text(await response.body.bytes())).toBe('ok');
    if (last === undefined) throw new Error('the origin was not asked');
    return [last, response.extensions];
  };
  return {
    client,
    upgrades,
    proxies,
    /** What the origin knew of the last request. */
    get last(): Facts | undefined {
      return last;
    },
    ask: async (path: string): Promise<Facts> => (await send(client, `https://origin.test${path}`))[0],
    async askThrough(chain: readonly string[]): Promise<[Facts, HttpResponse['extensions']]> {
      const tunnelled = createHttpClient({ connector, tls, protocols: [protocol], proxy: via(chain) });
      try {
        return await send(tunnelled, 'https://origin.test:8443/');
      } finally {
        tunnelled.destroy();
      }
    },
    async close(): Promise<void> {
      client.destroy();
      await lifecycle.drain({ graceMs: 0 });
      await Promise.all(served);
    },
  };
}

function formatAddressOf(address: Parameters<typeof formatAddress>[0] | undefined): string | undefined {
  return address === undefined ? undefined : formatAddress(address);
}

function hostOf(address: string | undefined): string | undefined {
  return address?.replace(/:\d+$/, '');
}
