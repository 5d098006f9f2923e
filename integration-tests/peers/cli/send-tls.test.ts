import { createSecureServer, createServer } from 'node:http2';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startNginx } from '../../support/foreign-servers.ts';
import { freePort, listening } from '../../support/free-port.ts';
import { lamella, lamellaServe } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { startProcess } from '../../support/start-process.ts';
import { tlsFiles } from './tls-files.ts';

describe('lamella send https:', () => {
  usePeers('nginx', 'openssl');

  it('agrees with nginx on HTTP/2, and tells how', async () => {
    const { ca, pem } = await tlsFiles();
    const url = await nginxByTls(await pem(['127.0.0.1']));
    const { code, stdout, stderr } = await lamella(['send', '-v', '--cacert', ca, url]);
    expect([code, stdout]).toEqual([0, 'HTTP/2.0 h2 \n']);
    expect(stderr).toMatch(
      /^\* ALPN: offers h2,http\/1\.1\n\* SSL connection using TLSv1\.3 \/ TLS_[A-Z0-9_]+\n\* ALPN: server accepted h2\n/m,
    );
    expect(stderr).toMatch(
      /^\* {2}subjectAltName: host "127\.0\.0\.1" matched cert's "127\.0\.0\.1"\n\* {2}issuer: CN=Test CA\n/m,
    );
    expect(stderr).toMatch(/^\* {2}SSL certificate verify ok\.\n\* using HTTP\/2\n\* \[HTTP\/2\] \[:method: GET\]\n/m);
    expect(stderr).toMatch(/^> GET \/ HTTP\/2\n(?:.*\n)*< HTTP\/2 200/m);
  });

  it.each<[args: readonly string[], said: string]>([
    [['--http1.1'], 'HTTP/1.1 http/1.1 \n'],
    [['--http2-prior-knowledge', '--tls13'], 'HTTP/2.0 h2 \n'],
  ])('speaks with %j what that asks for', async (args, said) => {
    const { ca, pem } = await tlsFiles();
    const url = await nginxByTls(await pem(['127.0.0.1']));
    expect((await lamella(['send', ...args, '--cacert', ca, url])).stdout).toBe(said);
  });

  it('shows its certificate to nginx, and hears what happens without', async () => {
    const { ca, pem } = await tlsFiles();
    const asking = `ssl_client_certificate ${ca}; ssl_verify_client on;`;
    const url = await nginxByTls(await pem(['127.0.0.1']), asking);
    const mine = await pem(['ann.test'], { usages: ['client'] });
    const shown = await lamella(['send', '--cacert', ca, '-E', mine, url]);
    expect(shown.stdout).toBe('HTTP/2.0 h2 CN=ann.test\n');
    expect((await lamella(['send', '-f', '--cacert', ca, url])).code).toBe(22); // nginx says so by 400
  });

  it("ends with curl's codes", async () => {
    const { ca, pem, folder } = await tlsFiles();
    const url = await nginxByTls(await pem(['other.test']), 'ssl_protocols TLSv1.2;');
    const codeOf = async (...args: readonly string[]) => (await lamella(['send', ...args, url])).code;
    expect(await codeOf()).toBe(60);
    expect(await codeOf('--cacert', ca)).toBe(60); // another name
    expect(await codeOf('-k')).toBe(0);
    expect(await codeOf('-k', '--tlsv1.3')).toBe(35);
    expect(await codeOf('-k', '--pin', `sha256//${'A'.repeat(43)}=`)).toBe(90);
    expect(await codeOf('--cacert', join(folder, 'gone.pem'))).toBe(77);
    expect(await codeOf('-k', '--cert', join(folder, 'gone.pem'))).toBe(58);
  });

  it('talks to s_server, which knows nothing of ALPN', async () => {
    const { ca, pem } = await tlsFiles();
    const port = await freePort();
    const cert = await pem(['localhost']);
    const server = startProcess('openssl', [
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      '-cert',
      cert,
      '-key',
      cert,
      '-www',
    ]);
    await server.printed(/ACCEPT/);
    const resolve = ['--resolve', `localhost:${port}:127.0.0.1`];
    const { stdout, stderr } = await lamella(['send', '-v', '--cacert', ca, ...resolve, `https://localhost:${port}/`]);
    expect(stdout).toContain('s_server');
    expect(stderr).toMatch(/^\* ALPN: server did not agree on a protocol$/m);
    expect(stderr).toMatch(/^> GET \/ HTTP\/1\.1$/m);
  });

  it('speaks HTTP/2 in clear to a server of Node that speaks nothing else', async () => {
    const server = createServer((request, response) => response.end(`${request.httpVersion} ${request.url}`));
    const port = await listening(server);
    const { stdout } = await lamella(['send', '--http2-prior-knowledge', `http://127.0.0.1:${port}/x`]);
    expect(stdout).toBe('2.0 /x');
    server.close();
  });

  it.each([
    ['itself', [], /^lamella: no connection to http:\/\/127\.0\.0\.1:\d+ took a request within 1200 ms\n$/],
    [
      'as a proxy',
      ['-p', '--proxy-http2', '-x', 'PROXY'],
      /^lamella: the proxy .* opened no tunnel to 127.* within 300 ms\n$/,
    ],
  ])('waits for a server that takes no requests, %s, no longer than for four steps', async (_what, args, message) => {
    const { ca, authority } = await tlsFiles();
    const { cert, key } = await authority.issue({ names: ['127.0.0.1'] });
    const settings = { maxConcurrentStreams: 0 };
    const server = createServer({ settings });
    const proxy = createSecureServer({ cert, key, settings });
    const url = `http://127.0.0.1:${await listening(server)}/`;
    const proxyPort = await listening(proxy);
    const way = args.map((arg) => arg.replace('PROXY', `https://127.0.0.1:${proxyPort}`));
    const options = ['--proxy-cacert', ca, '--http2-prior-knowledge', '--connect-timeout', '0.3'];
    const { code, stderr } = await lamella(['send', ...options, ...way, url]);
    expect([code, stderr]).toEqual([28, expect.stringMatching(message)]);
    server.close();
    proxy.close();
  });
});

describe('lamella send wss:', () => {
  it.each([['--http1.1'], ['--http2']])('talks with %s', async (version) => {
    const { ca, pem } = await tlsFiles();
    const server = await lamellaServe('http-test', '--tls', '--cert', await pem(['127.0.0.1']));
    const url = `wss://127.0.0.1:${server.port}/ws`;
    const { code, stdout, stderr } = await lamella(['send', '-v', version, '--cacert', ca, '-d', 'hello', url]);
    expect([code, stdout]).toEqual([0, 'hello\n']);
    expect(stderr).toContain(version === '--http2' ? '[:protocol: websocket]' : '> Upgrade: websocket');
  });
});

describe('lamella probe tls', () => {
  usePeers('nginx');

  it('finds what nginx was told to speak', async () => {
    const { ca, pem } = await tlsFiles();
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384';
    const path = await pem(['127.0.0.1', 'shop.test']);
    const url = await nginxByTls(path, `ssl_protocols TLSv1.2; ssl_ciphers ${ciphers}; ssl_prefer_server_ciphers on;`);
    const { code, stdout } = await lamella(['probe', 'tls', '--json', '--cacert', ca, url]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      isTrusted: true,
      certificate: { names: ['IP Address:127.0.0.1', 'DNS:shop.test'] },
      versions: [
        {
          version: 'TLSv1.2',
          ciphers: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
        },
      ],
      alpn: ['h2', 'http/1.1'],
    });
    const stranger = await lamella(['probe', 'tls', url]);
    expect([stranger.code, stranger.stderr]).toEqual([60, expect.stringContaining('the certificate is not trusted')]);
    expect(stranger.stdout).toMatch(/^trusted {6}no: .*\n/m);
    expect((await lamella(['probe', 'tls', '-k', url])).code).toBe(0);
    expect((await lamella(['probe', 'tls', ':1'])).code).toBe(7);
  });
});

/** Starts nginx, which answers with what it has heard. @param more - Directives about TLS. @returns Its URL. */
async function nginxByTls(pem: string, more = 'ssl_protocols TLSv1.2 TLSv1.3;'): Promise<string> {
  const port = await freePort();
  await startNginx(
    `listen 127.0.0.1:${port} ssl http2; ssl_certificate ${pem}; ssl_certificate_key ${pem}; ${more}
     location / { return 200 "$server_protocol $ssl_alpn_protocol $ssl_client_s_dn\\n"; }`,
  );
  return `https://127.0.0.1:${port}/`;
}
