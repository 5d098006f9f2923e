import type { HttpRequest } from '@lamella/http';
import { HttpResponse, httpServerLayer } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import {
  connectRequest,
  formatAddress,
  LocalAddress,
  PeerAddress,
  ProxyPeerAddress,
  ProxyProtocolFacts,
  parseAddress,
  parseCidr,
  proxyProtocolAcceptLayer,
  proxyProtocolConnectLayer,
  serveListener,
} from '@lamella/net-core';
import { readAll, text, utf8 } from '@lamella/net-core/testing';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, stack } from '@lamella/service-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNginx } from '../../support/foreign-servers.ts';
import { accepting, freePort } from '../../support/free-port.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';

interface Facts {
  readonly peer: string;
  readonly local: string;
  readonly proxy: string;
  readonly version: number | undefined;
  readonly authority: string | undefined;
}

/** An HTTP server that believes proxies of this machine, and tells each client who it is. */
async function serveFacts(): Promise<number> {
  const lifecycle = createLifecycle();
  const listener = await listenTcp();
  const server = stack(
    proxyProtocolAcceptLayer({ trustedPeers: [parseCidr('127.0.0.0/8')] }),
    httpServerLayer({ lifecycle }),
    {
      serve: async ({ extensions }: HttpRequest) => {
        const address = (key: typeof PeerAddress): string => {
          const found = extensions.get(key);
          return found === undefined ? '' : formatAddress(found);
        };
        const said = extensions.get(ProxyProtocolFacts);
        return HttpResponse.json({
          peer: address(PeerAddress),
          local: address(LocalAddress),
          proxy: address(ProxyPeerAddress),
          version: said?.header.version,
          authority: said?.authority,
        } satisfies Facts);
      },
    },
  );
  const served = serveListener(listener, server, { lifecycle, onError: () => {} });
  onTestFinished(async () => {
    await lifecycle.drain({ graceMs: 0 });
    await served;
  });
  return listener.address.type === 'tcp' ? listener.address.port : 0;
}

/** Starts haproxy, and waits until it accepts connections on a port. */
async function startHaproxy(config: string, port: number): Promise<void> {
  const { ended } = startProcess('haproxy', ['-q', '-db', '-f', temporaryFile('haproxy.cfg', config)]);
  let isGone = false;
  const gone = (): void => {
    isGone = true;
  };
  ended.then(gone, gone);
  await accepting(port, () => isGone);
}

const factsOf = (json: string): Facts => JSON.parse(json) as Facts; // what the server above has written

describe('headers of others', () => {
  usePeers('curl', 'haproxy');

  it('curl says where it comes from', async () => {
    const port = await serveFacts();
    const { stdout } = await curl('--haproxy-protocol', `http://127.0.0.1:${port}/`);
    const { peer, local, proxy, version } = factsOf(stdout);
    expect(version).toBe(1);
    expect(peer).toBe(proxy); // curl is both
    expect(local).toBe(`127.0.0.1:${port}`);
    const without = await curl(`http://127.0.0.1:${port}/`);
    expect(without.code).not.toBe(0);
  });

  it.each([
    ['send-proxy', 1],
    ['send-proxy-v2', 2],
    ['send-proxy-v2 proxy-v2-options crc32c,unique-id,authority', 2],
  ])('haproxy with %s says who its client is', async (option, version) => {
    const port = await serveFacts();
    const proxyPort = await freePort();
    const config = `
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend front
  unique-id-format %{+X}o\\ %ci:%cp
  bind 127.0.0.1:${proxyPort}
  default_backend ours
backend ours
  server one 127.0.0.1:${port} ${option}
`;
    await startHaproxy(config, proxyPort);
    const { stdout } = await curl(`http://127.0.0.1:${proxyPort}/`);
    const facts = factsOf(stdout);
    expect(facts.version).toBe(version);
    expect(facts.local).toBe(`127.0.0.1:${proxyPort}`);
    expect(facts.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(facts.peer).not.toBe(facts.proxy);
  });
});

describe('headers of ours', () => {
  usePeers('haproxy', 'nginx');

  const ask = async (port: number, options: Parameters<typeof proxyProtocolConnectLayer>[0]): Promise<string> => {
    const addresses = () => ({
      source: parseAddress('192.0.2.77:4321'),
      destination: parseAddress('198.51.100.5:80'),
    });
    const connector = stack(proxyProtocolConnectLayer({ addresses, ...options }), tcpConnector());
    const connection: Connection = await connector.serve(connectRequest({ target: parseAddress(`127.0.0.1:${port}`) }));
    await connection.stream.write([utf8('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')]);
    return text(await readAll(connection.stream));
  };

  it.each([{ version: 1 } as const, { version: 2 } as const, { version: 2, checksum: false } as const])(
    'nginx believes %j',
    async (options) => {
      const port = await freePort();
      const nginx = await startNginx(
        '',
        `server { listen 127.0.0.1:${port} proxy_protocol; location / { return 200 "$proxy_protocol_addr:$proxy_protocol_port $proxy_protocol_server_addr\\n"; } }`,
      );
      expect(nginx.port).not.toBe(port);
      expect(await ask(port, options)).toMatch(/192\.0\.2\.77:4321 198\.51\.100\.5\n$/);
    },
  );

  it.each([{ version: 1 } as const, { version: 2, tlvs: () => [{ type: 5, value: utf8('id') }] } as const])(
    'haproxy believes version $version',
    async (options) => {
      const port = await freePort();
      const config = `
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend front
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%ci:%cp"
`;
      await startHaproxy(config, port);
      expect(await ask(port, options)).toMatch(/192\.0\.2\.77:4321$/);
    },
  );
});
