import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { HttpRequest } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import { TlsSession } from '@lamella/net-core';
import { tcpConnector } from '@lamella/net-tcp';
import { basicProxyAuth, forwardProxyService } from '@lamella/proxy';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import type { KeyPair } from '@lamella/tls';
import { PeerCertificate, spkiPin, tlsAcceptLayer } from '@lamella/tls';
import { describe, expect, it } from 'vitest';
import { lamella } from '../../support/lamella-process.ts';
import { nodeOrigin, nodeTlsOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import type { Finished } from '../../support/run.ts';
import { curl } from '../../support/run.ts';
import { serveConnections } from '../../support/serve-connections.ts';
import { testClient } from '../../support/test-client.ts';
import { tlsFiles } from './tls-files.ts';

usePeers('curl');

const AES_128 = 'ECDHE-ECDSA-AES128-GCM-SHA256';
const CHACHA = 'ECDHE-ECDSA-CHACHA20-POLY1305';
const TLS13 = 'TLS_AES_128_GCM_SHA256';
const OTHER_PIN = `sha256//${'A'.repeat(43)}=`;
const TO_ORIGIN = ['--connect-to', 'shop.test::127.0.0.1:PORT'];

/** Both get the same arguments, and the origin says what it knows of the session. */
describe('send and curl, side by side, by TLS', () => {
  it.each<[what: string, seen: object, ...args: string[]]>([
    ['a suite of TLS 1.2', { cipher: AES_128, version: 'TLSv1.2' }, '--tls-max', '1.2', '--ciphers', AES_128],
    ['one of two, as the server likes', { cipher: AES_128 }, '--tls-max', '1.2', '--ciphers', `${CHACHA}:${AES_128}`],
    ['a suite of TLS 1.3', { cipher: 'TLS_AES_128_GCM_SHA256' }, '--tls13-ciphers', 'TLS_AES_128_GCM_SHA256'],
    ['TLS 1.3 beside suites of 1.2', { cipher: 'TLS_AES_256_GCM_SHA384' }, '--ciphers', AES_128],
    ['suites of 1.2 beside those of 1.3', { version: 'TLSv1.2' }, '--tls-max', '1.2', '--tls13-ciphers', TLS13],
    ['another place for one', {}, '--connect-to', 'shop.test:8:127.0.0.1:PORT', 'https://shop.test:8/'],
    ['another place for all', {}, '--connect-to', '::127.0.0.1:PORT', 'https://shop.test/'],
    ['another port', {}, '--resolve', 'shop.test:PORT:127.0.0.1', '--connect-to', ':1::PORT', 'https://shop.test:1/'],
    ['the address of another place', {}, '--connect-to', '::o.test:PORT', '--resolve', 'o.test:PORT:127.0.0.1'],
    ['an address for a name', {}, '--resolve', 'shop.test:PORT:127.0.0.1', 'https://shop.test:PORT/'],
  ])('agree on %s', async (_what, seen, ...args) => {
    const { both } = await setup();
    const url = args.at(-1)?.startsWith('https:') === true ? [] : ['https://shop.test/'];
    const place = args.includes('--connect-to') || args.includes('--resolve') ? [] : TO_ORIGIN;
    const [ours, theirs] = await both('--cacert', 'CA', ...place, ...args, ...url);
    expect(ours.stdout).toBe(theirs.stdout);
    expect(JSON.parse(ours.stdout)).toMatchObject({ name: 'shop.test', ...seen });
  });

  it.each<[code: number, what: string, ...args: string[]]>([
    [35, 'suites that the server does not have', '--tls-max', '1.2', '--ciphers', 'AES128-SHA'],
    [59, 'suites that nobody has', '--ciphers', 'NOPE'],
    [59, 'suites of TLS 1.3 that nobody has', '--tls13-ciphers', 'TLS_NOPE'],
    [60, 'another place, which is somebody else', '--connect-to', '::127.0.0.1:PORT', 'https://other.test/'],
  ])('end with %i for %s', async (code, _what, ...args) => {
    const { both } = await setup();
    const url = args.at(-1)?.startsWith('https:') === true ? [] : [...TO_ORIGIN, 'https://shop.test/'];
    const [ours, theirs] = await both('--cacert', 'CA', ...args, ...url);
    expect([ours.code, theirs.code]).toEqual([code, code]);
    expect(ours.stderr).toMatch(/^lamella: [^\n]+\n$/);
  });
});

describe('send and curl, side by side, through a proxy by TLS', () => {
  it.each<[what: string, asked: readonly string[], ...args: string[]]>([
    ['whole URLs', ['GET http://127.0.0.1:PLAIN/'], 'http://127.0.0.1:PLAIN/'],
    ['tunnels', ['CONNECT 127.0.0.1:PORT'], '--cacert', 'CA', 'https://127.0.0.1:PORT/'],
    ['tunnels for everything', ['CONNECT 127.0.0.1:PLAIN'], '-p', 'http://127.0.0.1:PLAIN/'],
    [
      'a tunnel to another place',
      ['CONNECT 127.0.0.1:PORT'],
      '--cacert',
      'CA',
      ...['--connect-to', '::127.0.0.1:PORT'],
      'https://shop.test/',
    ],
    [
      'a tunnel to another place in clear',
      ['CONNECT 127.0.0.1:PLAIN'],
      '--connect-to',
      '::127.0.0.1:PLAIN',
      'http://shop.test/',
    ],
  ])('ask it for %s', async (_what, asked, ...args) => {
    const { both, proxied, filledIn } = await setup();
    const [ours, theirs] = await both('-x', 'PROXY', '-U', 'me:pw', '--proxy-cacert', 'CA', ...args);
    expect([ours.code, theirs.code, ours.stdout]).toEqual([0, 0, theirs.stdout]);
    expect(proxied).toEqual([...asked, ...asked].map((line) => filledIn(`${line} by 1.1`)));
  });

  it.each<[what: string, client: string, ...args: string[]]>([
    ['in one file', 'CN=me.test', '--proxy-cert', 'CERT'],
    ['and its key in another', 'CN=me.test', '--proxy-cert', 'CERT', '--proxy-key', 'CERT'],
    ['for it alone, with none for the server', 'CN=me.test', '--proxy-cert', 'CERT', '--tls13-ciphers', TLS13],
    ['for the server alone', 'nobody', '--cert', 'CERT'],
  ])('show it a certificate: %s', async (_what, client, ...args) => {
    const { both, clients } = await setup();
    const words = ['-U', 'me:pw', '--proxy-cacert', 'CA', '--proxy-tls13-ciphers', 'TLS_CHACHA20_POLY1305_SHA256'];
    const [ours, theirs] = await both('-x', 'PROXY', ...words, ...args, '--cacert', 'CA', 'https://127.0.0.1:PORT/');
    expect([ours.code, theirs.code]).toEqual([0, 0]);
    expect(clients).toEqual(Array(2).fill(`${client} by TLS_CHACHA20_POLY1305_SHA256`));
  });

  it.each<[code: number, what: string, ...args: string[]]>([
    [0, 'one that anybody may be', '--proxy-insecure', '-U', 'me:pw'],
    [60, 'one that nobody vouches for', '-U', 'me:pw'],
    [60, 'one that the options for servers vouch for', '-k', '-U', 'me:pw'],
    [60, 'one of another name', '-x', 'https://localhost:PROXYPORT', '--proxy-cacert', 'CA', '-U', 'me:pw'],
    [56, 'one that asks who we are', '--proxy-cacert', 'CA'],
    [56, 'one that does not reach the origin', '--proxy-cacert', 'CA', '-U', 'me:pw', 'https://127.0.0.1:1/'],
    [77, 'roots that are not there', '--proxy-cacert', '/nowhere/ca.pem'],
    [0, 'one whose key is known', '--proxy-cacert', 'CA', '-U', 'me:pw', '--proxy-pinnedpubkey', 'PIN'],
    [0, 'one of which only the key is known', '--proxy-insecure', '-U', 'me:pw', '--proxy-pinnedpubkey', 'PIN'],
    [58, 'a certificate for it that is not there', '--proxy-cacert', 'CA', '--proxy-cert', '/nowhere/me.pem'],
    [58, 'a key for it that is not there', '--proxy-cert', 'CERT', '--proxy-key', '/nowhere/me.key'],
    [59, 'suites for it that nobody has', '--proxy-cacert', 'CA', '--proxy-tls13-ciphers', 'TLS_NOPE'],
    [59, 'older suites for it that nobody has', '--proxy-cacert', 'CA', '--proxy-ciphers', 'NOPE'],
    [35, 'one that speaks no TLS', '-x', 'https://127.0.0.1:PLAIN'],
  ])('end with %i for %s', async (code, _what, ...args) => {
    const { both } = await setup();
    const url = args.at(-1)?.endsWith(':1/') === true ? [] : ['https://127.0.0.1:PORT/'];
    const [ours, theirs] = await both('--cacert', 'CA', '-x', 'PROXY', ...args, ...url);
    expect([ours.code, theirs.code]).toEqual([code, code]);
    if (code > 0) expect(ours.stderr).toMatch(/^lamella: [^\n]+\n$/);
  });
});

describe('lamella send, through a proxy by TLS', () => {
  it('asks for tunnels by HTTP/2 if it is told to, and tells what was agreed on', async () => {
    const { filledIn, proxied } = await setup();
    const words = ['-x', 'PROXY', '-U', 'me:pw', '--proxy-cacert', 'CA', '--proxy-http2', '--cacert', 'CA'];
    const args = ['send', '-v', ...words, 'https://127.0.0.1:PORT/'].map(filledIn);
    const { code, stderr } = await lamella(args);
    expect([code, proxied]).toEqual([0, [filledIn('CONNECT 127.0.0.1:PORT by 2')]]);
    expect(stderr).toMatch(/^\* Proxy: ALPN: server accepted h2$/m);
    expect(stderr).toMatch(/^\* Proxy: {2}SSL certificate verify ok\.$/m);
    expect(stderr).not.toContain('bWU6cHc');
  });

  it.each([['--proxy-cacert', 'CA'], ['--proxy-insecure']])(
    'ends with 90 for another key, with %s',
    async (...trust) => {
      const { filledIn, proxied } = await setup(); // there are versions of curl that take the proxy all the same
      const words = ['-x', 'PROXY', '-U', 'me:pw', ...trust, '--proxy-pinnedpubkey', OTHER_PIN];
      const { code, stderr } = await lamella(
        ['send', ...words, '--cacert', 'CA', 'https://127.0.0.1:PORT/'].map(filledIn),
      );
      expect([code, proxied]).toEqual([90, []]);
      expect(stderr).toMatch(/^lamella: [^\n]+\n$/);
    },
  );
});

/** An origin by TLS and one in clear, a proxy by TLS with a password, and what the latter was asked for. */
async function setup() {
  const files = await tlsFiles();
  const pair = await files.authority.issue({ names: ['shop.test', '127.0.0.1'] });
  const answer: RequestListener = (request, response) => void response.end(JSON.stringify(knownOf(request)));
  const origin = await nodeTlsOrigin({ cert: pair.cert, key: pair.key }, answer);
  const plain = await nodeOrigin((request, response) => void response.end(request.url));
  const { port, proxied, clients } = await startProxy(pair, files.authority.cert);
  const cert = await files.pem([], { subject: { commonName: 'me.test' }, usages: ['client'] });
  const pin = spkiPin(new X509Certificate(pair.cert));
  const filledIn = (arg: string): string =>
    arg
      .replace('PROXYPORT', String(port))
      .replace('PROXY', `https://127.0.0.1:${port}`)
      .replace('PORT', String(origin.port))
      .replace('PLAIN', String(plain.port))
      .replace(/^CA$/, files.ca)
      .replace(/^CERT$/, cert)
      .replace(/^PIN$/, `sha256//${pin}`);
  const both = (...args: readonly string[]): Promise<[ours: Finished, theirs: Finished]> => {
    const words = args.map(filledIn);
    return Promise.all([lamella(['send', '--http1.1', ...words]), curl('--http1.1', ...words)]);
  };
  return { both, filledIn, proxied, clients };
}

function knownOf({ socket, headers }: IncomingMessage): object {
  const session = socket as TLSSocket; // it is a server of node:https
  const { servername } = session as TLSSocket & { readonly servername?: string | false };
  return {
    name: servername === false ? headers.host : servername,
    host: headers.host,
    cipher: session.getCipher().name,
    version: session.getProtocol(),
  };
}

/** @param roots - Who signs clients; those that show nothing are let in, too. */
async function startProxy(certificates: KeyPair, roots: string) {
  const proxied: string[] = [];
  const clients: string[] = [];
  const lifecycle = createLifecycle();
  const inner = forwardProxyService({
    client: testClient(),
    connector: tcpConnector(),
    connectPorts: 'any',
    auth: basicProxyAuth([{ name: 'me', password: 'pw' }]),
    relay: { lifecycle },
  });
  const service = serviceFn((request: HttpRequest) => {
    proxied.push(`${request.method} ${request.target} by ${request.version}`);
    const { extensions } = request.context;
    const client = extensions.get(PeerCertificate)?.subject ?? 'nobody';
    clients.push(`${client} by ${extensions.get(TlsSession)?.cipher}`);
    return inner.serve(request);
  });
  const accept = tlsAcceptLayer({ certificates, alpn: ['h2', 'http/1.1'], clientAuth: { mode: 'request', roots } });
  const server = stack(accept, autoServerLayer({ lifecycle, onError() {} }), service);
  const { port } = await serveConnections(server, lifecycle);
  return { port, proxied, clients };
}
