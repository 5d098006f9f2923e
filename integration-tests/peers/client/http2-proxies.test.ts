import type { RequestListener } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { createSecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { HttpRequest, http1, via } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { basicProxyAuth } from '@lamella/proxy';
import { tlsConnectLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Certificate } from '../../support/certificate.ts';
import { selfSigned } from '../../support/certificate.ts';
import { startForeign } from '../../support/foreign-servers.ts';
import { listening } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin, nodeTlsOrigin } from '../../support/node-origin.ts';
import { requirePeer, usePeers } from '../../support/peers.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';
import { startProcess } from '../../support/start-process.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();
usePeers('openssl');

describe('our client through proxies of others, by HTTP/2', () => {
  it('shares one connection to a proxy of node:http2 for tunnels to all origins, in clear and by TLS', async () => {
    const certificate = await selfSigned();
    const proxy = await nodeProxy(certificate);
    const { ask, toProxy, origins } = await setup(certificate, proxy.url);
    const urls = Array.from({ length: 40 }, (_, index) => `${origins[index % origins.length]}/${index}`);
    const texts = await Promise.all(urls.map((url) => ask(url)));
    expect(texts).toEqual(urls.map((url) => `hello from ${new URL(url).pathname}`));
    const bodies = await Promise.all(origins.map((origin) => ask(`${origin}/echo`, LARGE)));
    expect(bodies.map((body) => body === LARGE)).toEqual([true, true, true]);
    expect([toProxy(), proxy.sessions()]).toEqual([{ dials: 1, failures: 0 }, 1]);
  });

  it('tunnels through nghttpx, and hears what the proxy behind it says', async (context) => {
    requirePeer(context, 'nghttpx');
    const certificate = await selfSigned();
    const auth = basicProxyAuth([{ name: 'me', password: 'pw' }]);
    const behind = await serveForwardProxy({ auth });
    const nghttpx = await startForeign((port) => {
      const { certPath } = certificate;
      const files = [join(certPath, '..', 'key.pem'), certPath];
      const quiet = ['--conf=/dev/null', '--workers=1', '--errorlog-file=/dev/stderr', '--http2-proxy'];
      return startProcess('nghttpx', [...quiet, `-f127.0.0.1,${port}`, `-b127.0.0.1,${behind.port}`, ...files]);
    });
    const url = nghttpx.url.replace('http:', 'https:');
    const { ask, toProxy, origins } = await setup(certificate, url.replace('//', '//me:pw@'));
    const texts = await Promise.all(origins.map((origin) => ask(`${origin}/x`)));
    expect(texts).toEqual(origins.map(() => 'hello from /x'));
    const bodies = await Promise.all(origins.map((origin) => ask(`${origin}/echo`, LARGE)));
    expect(bodies.map((body) => body === LARGE)).toEqual([true, true, true]);
    expect(toProxy()).toEqual({ dials: 1, failures: 0 });
    const stranger = await setup(certificate, url);
    await expect(stranger.ask(`${origins[0]}/`)).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_PROXY_AUTH',
      facts: { protocolCode: 407, via: [url] },
    });
    const refused = await setup(certificate, url.replace('//', '//me:pw@'));
    await expect(refused.ask('http://127.0.0.1:1/')).rejects.toMatchObject({
      code: 'LML_ERR_CONNECT_PROXY_REFUSED',
      facts: { protocolCode: 502, retryable: true },
    });
  });
});

/** A client that tunnels for everything, and three origins. */
async function setup(certificate: Certificate, proxy: string) {
  const answer: RequestListener = (request, response) => {
    if (request.url === '/echo') request.pipe(response);
    else response.end(`hello from ${request.url}`);
  };
  const origins = [await nodeOrigin(answer), await nodeOrigin(answer), await nodeTlsOrigin(certificate, answer)];
  const protocols = [http2(), http1()];
  const client = testClient({
    protocols,
    tls: tlsConnectLayer({ roots: certificate.cert }),
    proxy: via(proxy, { plainHttp: 'tunnel', protocols }),
  });
  return {
    origins: origins.map(({ url }) => url),
    async ask(target: string, body?: string): Promise<string> {
      const method = body === undefined ? 'GET' : 'POST';
      const response = await client.serve(
        HttpRequest.from({ method, target, ...(body === undefined ? {} : { body }) }),
      );
      return await response.body.text();
    },
    /** What became of connections to the proxy. */
    toProxy() {
      const { dials, failures } = client.counters().at(-1) ?? {};
      return { dials, failures };
    },
  };
}

/** One of `node:http2`, for tunnels only. */
async function nodeProxy({ key, cert }: Certificate) {
  let sessions = 0;
  const sockets = new Set<Socket>();
  const server = createSecureServer({ key, cert });
  server.on('session', () => sessions++);
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const [host = '', port] = String(headers[':authority']).split(':');
    stream.on('error', () => {});
    const upstream = connect(Number(port), host, () => {
      stream.respond({ ':status': 200 });
      upstream.pipe(stream).pipe(upstream);
    });
    upstream.on('error', () => stream.close());
    sockets.add(upstream);
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  const port = await listening(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `https://127.0.0.1:${port}`, sessions: () => sessions };
}

/** More than any window, and no two parts of it alike. */
const LARGE = Array.from({ length: 150_000 }, (_, index) => `${index}`).join(' ');
