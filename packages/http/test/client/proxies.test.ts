import type { Connector } from '@lamella/net-core';
import { formatAddress, PeerAddress, parseAddress, TlsSession, ViaProxies } from '@lamella/net-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectorLayer, HttpClient, HttpClientOptions, ProxyChain } from '../../src/index.ts';
import { createHttpClient, HttpRequest, proxyFromEnvironment, via } from '../../src/index.ts';
import type { ServerEnd } from '../support/scripted-server.ts';
import { scriptedServer } from '../support/scripted-server.ts';

const clients: HttpClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

describe('a client that goes via one proxy', () => {
  it('asks it for whole URLs, and says who it is', async () => {
    const { dialled, get, next } = setup(via('http://user:secret@proxy.test:3128'));
    const answer = get('http://a.test/x?y');
    const proxy = await next();
    await proxy.receive('\r\n\r\n');
    expect(proxy.text).toBe(`GET http://a.test/x?y HTTP/1.1\r\nHost: a.test\r\nProxy-Authorization: ${SECRET}\r\n\r\n`);
    proxy.send(OK);
    await answer;
    expect(dialled).toEqual(['proxy.test:3128']);
  });

  it('leaves credentials alone that the request has itself', async () => {
    const { get, next } = setup(via('http://user:secret@proxy.test:3128'));
    get('http://a.test/', [['Proxy-Authorization', 'Bearer own']]);
    const proxy = await next();
    await proxy.receive('\r\n\r\n');
    expect(proxy.text).toContain('Proxy-Authorization: Bearer own\r\n');
    expect(proxy.text).not.toContain('Basic');
  });

  it('uses a tunnel for http: too where it is told to, with the path in it and no credentials', async () => {
    const { get, next } = setup(via('http://user:secret@proxy.test:3128', { plainHttp: 'tunnel' }));
    get('http://a.test/x', [['Proxy-Authorization', 'Basic own']]);
    const proxy = await next();
    await proxy.receive('\r\n\r\n');
    expect(proxy.text).toContain(`CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\nProxy-Authorization: ${SECRET}\r\n`);
    proxy.send('HTTP/1.1 200 OK\r\n\r\n');
    await proxy.receive('GET /x');
    await settle();
    expect(proxy.text.slice(proxy.text.indexOf('GET'))).toBe('GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n');
  });

  it('never sends Proxy-Authorization to an origin that it goes to directly', async () => {
    const { get, next } = setup(proxyFromEnvironment({ http_proxy: 'proxy.test', no_proxy: 'a.test' }));
    get('http://a.test/', [['Proxy-Authorization', 'Basic own']]);
    const origin = await next();
    await origin.receive('\r\n\r\n');
    expect(origin.text).toBe('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  });

  it('takes the address of a proxy for the same', async () => {
    const { dialled, get, next } = setup(parseAddress('proxy.test:8080'));
    get('http://a.test/', [['Proxy-Authorization', 'Basic own']]);
    const proxy = await next();
    await proxy.receive('Proxy-Authorization: Basic own');
    expect([proxy.text.slice(0, 19), dialled]).toEqual(['GET http://a.test/ ', ['proxy.test:8080']]);
  });

  it('shows the way in its figures, and no credentials', async () => {
    const { client, get, next } = setup(via('http://user:secret@proxy.test:3128'));
    get('http://a.test/');
    await next();
    const name = 'http://a.test:80 via proxy.test:3128';
    expect([client.gauges()[0]?.origin, client.counters()[0]?.origin]).toEqual([name, name]);
  });
});

describe('a client that goes via a chain', () => {
  it('tunnels through all but the last one, which gets the whole URL and its own credentials', async () => {
    const { get, next, dialled } = setup(
      via(['http://a:1@one.test:1', 'http://two.test:2', 'http://user:secret@three.test:3']),
    );
    const answer = get('http://origin.test/');
    const wire = await next();
    for (const hop of ['CONNECT two.test:2', 'CONNECT three.test:3']) {
      await wire.receive(hop);
      wire.send('HTTP/1.1 200 OK\r\n\r\n');
    }
    await wire.receive('GET http://origin.test/ HTTP/1.1');
    await settle();
    const [toOne = '', toTwo = '', toThree = ''] = wire.text.split(/(?<=\r\n\r\n)/);
    expect(toOne).toContain(`Proxy-Authorization: Basic ${Buffer.from('a:1').toString('base64')}`);
    expect(toTwo).not.toContain('Proxy-Authorization');
    expect(toThree).toContain(`Proxy-Authorization: ${SECRET}`);
    wire.send(OK);
    const { extensions } = await answer;
    // The last one is whom the connection is with; the others are what it leads through.
    expect(extensions.get(ViaProxies)?.map(formatAddress)).toEqual(['one.test:1', 'two.test:2']);
    expect([extensions.get(PeerAddress)].map((peer) => peer && formatAddress(peer))).toEqual(['three.test:3']);
    expect(dialled).toEqual(['one.test:1']);
  });
});

describe('connections by way', () => {
  it('are shared by the same chain and credentials, and by nobody else', async () => {
    const chains: Record<string, () => ProxyChain | undefined> = {
      a: () => via('http://user:secret@p.test:1'),
      'the same': () => via('http://user:secret@p.test:1/'),
      'another password': () => via('http://user:other@p.test:1'),
      nobody: () => via('http://p.test:1'),
      'another proxy': () => via('http://user:secret@q.test:1'),
      'a longer chain': () => via(['http://q.test:1', 'http://user:secret@p.test:1']),
      'a tunnel': () => via('http://user:secret@p.test:1', { plainHttp: 'tunnel' }),
      direct: () => undefined,
    };
    const { get, connections } = setup((_target, request) => chains[request.headers.get('way') ?? '']?.());
    const used: Record<string, number> = {};
    for (const way of Object.keys(chains)) {
      let isDone = false;
      const answer = get('http://origin.test/', [['Way', way]]);
      void answer.then(() => {
        isDone = true;
      });
      while (!isDone) {
        await settle(1);
        for (const [index, wire] of connections.entries()) {
          const heads = wire.text.split('\r\n\r\n').length - 1;
          for (let head = answered.get(wire) ?? 0; head < heads; head++) {
            answered.set(wire, head + 1);
            used[way] = index;
            wire.send(wire.text.split('\r\n\r\n')[head]?.startsWith('CONNECT') ? 'HTTP/1.1 200 OK\r\n\r\n' : OK);
          }
        }
      }
    }
    expect(used).toEqual({
      a: 0,
      'the same': 0,
      'another password': 1,
      nobody: 2,
      'another proxy': 3,
      'a longer chain': 4,
      'a tunnel': 5,
      direct: 6,
    });
  });

  it('fail with what the choice threw, and what is no way', async () => {
    const broken = setup(() => {
      throw new Error('no choice');
    });
    await expect(broken.get('http://a.test/')).rejects.toThrow('no choice');
    const { get } = setup(() => ({ names: ['p.test:1'], plainHttp: 'tunnel' }));
    await expect(get('http://a.test/')).rejects.toThrow('made by via()');
  });

  it.each([
    [() => via([]), 'at least one'],
    [() => via('http://p.test', { plainHttp: 'maybe' as 'tunnel' }), 'plainHttp'], // what a caller without types may write
    [() => via('http://p.test', { maxHeadBytes: 1 }), 'maxHeadBytes'],
    [() => via(['http://p.test', 'socks5://q.test']), 'socks5 proxies are not supported yet'],
  ])('refuse %s', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('a client that connects to somewhere else for an origin', () => {
  const connectTo: HttpClientOptions['connectTo'] = ({ scheme, host, port }) =>
    `${host}` === 'a.test' ? parseAddress(`elsewhere.test:${scheme === 'http' ? port + 1 : port}`) : undefined;

  it('sends what it would send to the origin', async () => {
    const { dialled, get, next } = setup(undefined, { connectTo });
    get('http://a.test/x');
    const origin = await next();
    await origin.receive('\r\n\r\n');
    expect([dialled, origin.text]).toEqual([['elsewhere.test:81'], 'GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n']);
    get('http://b.test/');
    await next();
    expect(dialled[1]).toBe('b.test:80');
  });

  it('asks for TLS with the origin, and under that for the other place', async () => {
    const asked: string[] = [];
    const tls: ConnectorLayer = (inner) => ({
      async serve(request) {
        asked.push(formatAddress(request.target));
        const connection = await inner.serve(request);
        connection.extensions.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
        return connection;
      },
    });
    const { dialled, get, next } = setup(undefined, { connectTo, tls });
    get('https://a.test/');
    await next();
    expect([asked, dialled]).toEqual([['a.test:443'], ['elsewhere.test:443']]);
  });

  it('asks a proxy for a tunnel to there, which gets no whole URLs: it would go where these say', async () => {
    const { dialled, get, next } = setup(via('http://proxy.test'), { connectTo });
    get('http://a.test/x');
    const proxy = await next();
    await proxy.receive('CONNECT elsewhere.test:81 HTTP/1.1\r\nHost: elsewhere.test:81\r\n');
    proxy.send('HTTP/1.1 200 OK\r\n\r\n');
    await proxy.receive('GET /x HTTP/1.1\r\nHost: a.test\r\n');
    get('http://b.test/');
    await (await next()).receive('GET http://b.test/ HTTP/1.1\r\n');
    expect(dialled).toEqual(['proxy.test:1080', 'proxy.test:1080']);
  });

  it.each([
    [
      'where to',
      {
        connectTo: () => {
          throw new Error('no idea');
        },
      },
    ],
    [
      'by TLS',
      {
        tls: () => {
          throw new Error('no idea');
        },
      },
    ],
  ] satisfies [string, Partial<HttpClientOptions>][])(
    'fails where it is not told how, %s, and is left with nothing',
    async (_, options) => {
      const { client, get } = setup(undefined, options);
      await expect(get('https://a.test/')).rejects.toThrow('no idea');
      expect(client.gauges()).toEqual([]);
      await client.close();
    },
  );
});

describe('a way whose proxies are trusted by other means than origins', () => {
  it.each(['absolute-form', 'tunnel'] as const)('has TLS of its own with them, by %s', async (plainHttp) => {
    const secured: string[] = [];
    const named =
      (name: string): ConnectorLayer =>
      (inner) => ({
        async serve(request) {
          const connection = await inner.serve(request);
          if (!request.secure) return connection;
          secured.push(`${name}: ${formatAddress(request.target)}`);
          connection.extensions.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
          return connection;
        },
      });
    const tls = named('proxies');
    const proxy = via(['https://p.test', 'https://q.test'], { plainHttp, tls });
    const { get, next } = setup(proxy, { tls: named('origins') });
    for (const [scheme, last] of [
      ['https', ['origins: a.test:443']],
      ['http', []],
    ] as const) {
      secured.length = 0;
      get(`${scheme}://a.test/`);
      const wire = await next();
      const hops = plainHttp === 'tunnel' || scheme === 'https' ? ['q.test:443', 'a.test'] : ['q.test:443'];
      for (const hop of hops) {
        await wire.receive(`CONNECT ${hop}`);
        wire.send('HTTP/1.1 200 OK\r\n\r\n');
      }
      await wire.receive('GET ');
      expect(secured).toEqual(['proxies: p.test:443', 'proxies: q.test:443', ...last]);
    }
  });

  it('is another way for other means', async () => {
    const tls: ConnectorLayer = (inner) => inner;
    const ways = [via('http://p.test'), via('http://p.test', { tls }), via('http://p.test', { tls })];
    const { client, get } = setup((_target, request) => ways[Number(request.headers.get('way'))]);
    for (const way of ways.keys()) get('http://a.test/', [['Way', String(way)]]);
    expect(client.counters()).toHaveLength(2);
  });
});

describe('TLS with a proxy is none with what is behind it', () => {
  it.each([
    ['an origin', via('https://proxy.test'), 'https://a.test:443 via https://proxy.test:443 needs TLS'],
    ['another proxy', via(['https://proxy.test', 'https://b.test']), 'the proxy https://b.test:443 needs TLS'],
  ])('%s that must have it gets nothing in clear', async (_, proxy, message) => {
    const server = scriptedServer();
    // Does TLS where it is asked to, as far as anybody can see; the client has no layer for what goes through the proxy.
    const connector: Connector = {
      async serve(request) {
        const connection = await server.connector.serve(request);
        if (request.secure) connection.extensions.insert(TlsSession, { version: 'TLSv1.3', cipher: 'none' });
        return connection;
      },
    };
    const client = createHttpClient({ connector, proxy });
    clients.push(client);
    const refused = expect(client.serve(HttpRequest.from({ target: 'https://a.test/secret' }))).rejects.toThrow(
      message,
    );
    const end = await server.accept();
    await end.receive('\r\n\r\n');
    const head = end.text;
    expect(head).toMatch(/^CONNECT /);
    end.send('HTTP/1.1 200 OK\r\n\r\n');
    await refused;
    expect(end.text).toBe(head);
  });
});

const answered = new Map<ServerEnd, number>();

function setup(proxy: HttpClientOptions['proxy'], options: Partial<HttpClientOptions> = {}) {
  const server = scriptedServer();
  const dialled: string[] = [];
  const connector: Connector = {
    serve(request) {
      dialled.push(formatAddress(request.target));
      return server.connector.serve(request);
    },
  };
  const client = createHttpClient({ connector, ...(proxy === undefined ? {} : { proxy }), ...options });
  clients.push(client);
  const get = async (target: string, headers: [string, string][] = []) => {
    const response = await client.serve(HttpRequest.from({ target, headers }));
    await response.body.text();
    return response;
  };
  const quietly = (target: string, headers: [string, string][] = []) => {
    const answer = get(target, headers);
    answer.catch(() => {});
    return answer;
  };
  return { client, connections: server.connections, dialled, get: quietly, next: () => server.accept() };
}

const SECRET = `Basic ${Buffer.from('user:secret').toString('base64')}`;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
