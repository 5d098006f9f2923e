import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lamella, lamellaServe } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { tlsFiles } from './tls-files.ts';

describe('lamella serve --tls', () => {
  usePeers('curl', 'openssl', 'nghttp');

  it('tells an HTTP/2 client of curl what it has shown, and HTTP/1.1 on the same port', async () => {
    const { folder } = await tlsFiles();
    const place = join(folder, 'authority');
    const server = await lamellaServe('echo', '--tls', '--ca', place);
    const url = `https://localhost:${server.port}`;
    const trusting = ['--cacert', join(place, 'ca.pem'), '--resolve', `localhost:${server.port}:127.0.0.1`];
    const byHttp2 = JSON.parse((await curl(...trusting, `${url}/x`)).stdout);
    expect(byHttp2).toMatchObject({
      version: 'HTTP/2',
      http2: {
        streamId: 1,
        pseudoHeaderOrder: [':method', ':path', ':scheme', ':authority'],
        settings: expect.arrayContaining([['ENABLE_PUSH', 0]]),
        akamaiFingerprint: expect.stringMatching(/^3:100;4:\d+;2:0\|\d+\|0\|m,p,s,a$/),
      },
      tls: {
        version: 'TLSv1.3',
        serverName: 'localhost',
        alpn: 'h2',
        ja3: expect.stringMatching(/^[0-9a-f]{32}$/),
        ja4: expect.stringMatching(/^t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}$/),
      },
    });
    const byHttp1 = JSON.parse((await curl(...trusting, '--http1.1', '--tls-max', '1.2', url)).stdout);
    expect(byHttp1).toMatchObject({ version: 'HTTP/1.1', tls: { version: 'TLSv1.2', alpn: 'http/1.1' } });
    expect(byHttp1).not.toHaveProperty('http2');
    expect((await curl('--http0.9', `http://127.0.0.1:${server.port}`)).stdout).toContain('use https://');
    const nghttp = await run('nghttp', ['-n', '-v', `https://127.0.0.1:${server.port}/`]);
    expect(nghttp.stdout).toMatch(/The negotiated protocol: h2\n.*:status: 200/s);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('lets go who has said nothing, when it drains', async () => {
    const { pem } = await tlsFiles();
    const server = await lamellaServe('echo', '--tls', '--cert', await pem(['127.0.0.1']));
    const silent = connect(server.port, '127.0.0.1');
    await once(silent, 'connect');
    server.signal('SIGTERM');
    await once(silent.resume(), 'close');
    await server.printed(/^drained in .*first-bytes: 0 finished, 1 closed, 0 cut/m, 'stderr');
    expect(await server.ended).toBe(0);
  });

  it.each([
    ['h1', 'http/1.1', '1.1'],
    ['h2', 'h2', '2'],
    ['auto', 'h2', '2'],
  ])('speaks with --http-version %s what it says', async (choice, alpn, version) => {
    const { pem, ca } = await tlsFiles();
    const server = await lamellaServe('static', '--tls', '--cert', await pem(['127.0.0.1']), '--http-version', choice);
    const asked = await curl('--cacert', ca, '-o', '/dev/null', '-w', '%{http_version}', `${server.url}/none`);
    expect(asked.stdout).toBe(version);
    const hello = [
      '-connect',
      `127.0.0.1:${server.port}`,
      '-alpn',
      'h2,http/1.1',
      '-CAfile',
      ca,
      '-verify_return_error',
    ];
    const { stdout } = await run('openssl', ['s_client', ...hello]);
    expect(stdout).toContain(`ALPN protocol: ${alpn}`);
  });

  it('speaks HTTP/2 in clear to those who know', async () => {
    const server = await lamellaServe('echo');
    const { stdout } = await curl('--http2-prior-knowledge', `${server.url}/x`);
    expect(JSON.parse(stdout)).toMatchObject({ version: 'HTTP/2', target: '/x', http2: { streamId: 1 } });
    expect(JSON.parse((await curl(server.url)).stdout)).toMatchObject({ version: 'HTTP/1.1' });
  });

  it('chooses certificates by name, and reads them anew on SIGHUP', async () => {
    const { pem, ca } = await tlsFiles();
    const [one, two] = [await pem(['one.test']), await pem(['two.test'])];
    const server = await lamellaServe('http-test', '--tls', '--cert', one, '--cert', two);
    const ask = (name: string) => {
      const resolve = ['--resolve', `${name}:${server.port}:127.0.0.1`];
      return curl(
        '--cacert',
        ca,
        ...resolve,
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        `https://${name}:${server.port}/get`,
      );
    };
    expect((await ask('one.test')).stdout).toBe('200');
    expect((await ask('two.test')).stdout).toBe('200');
    expect((await ask('three.test')).code).toBe(60);
    renameSync(await pem(['three.test']), two);
    server.signal('SIGHUP');
    await server.printed(/the certificates were read anew\n/, 'stderr');
    expect((await ask('three.test')).stdout).toBe('200');
    expect((await ask('two.test')).code).toBe(60);
  });

  it('lets in nobody without a certificate of the right authority', async () => {
    const { pem, ca } = await tlsFiles();
    const server = await lamellaServe('echo', '--tls', '--cert', await pem(['127.0.0.1']), '--client-ca', ca);
    // TLS 1.3 refuses when the client has done its part: curl hears of it while it sends, or when it reads.
    expect([55, 56]).toContain((await curl('--cacert', ca, server.url)).code);
    const mine = await pem(['ann.test'], { usages: ['client'] });
    const { stdout } = await curl('--cacert', ca, '--cert', mine, server.url);
    expect(JSON.parse(stdout)).toMatchObject({ tls: { clientCertificate: { subject: 'CN=ann.test' } } });
  });

  it('says what is wrong before it listens', async () => {
    const missing = await lamella(['serve', 'echo', '--tls', '--cert', '/nowhere/cert.pem']);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      "lamella: /nowhere/cert.pem can't be read: no such file or directory\n",
    ]);
    const without = await lamella(['serve', 'echo', '--cert', 'cert.pem']);
    expect([without.code, without.stderr]).toEqual([2, 'lamella: --cert needs --tls\n']);
  });
});

describe('lamella serve proxy --tls', () => {
  usePeers('curl');

  it('is an HTTPS proxy for curl and for send, for plain requests and for tunnels', async () => {
    const { pem, ca } = await tlsFiles();
    const cert = await pem(['127.0.0.1']);
    const plain = await lamellaServe('echo');
    const secure = await lamellaServe('echo', '--tls', '--cert', cert);
    const ports = ['--connect-ports', 'any', '--auth', 'me:pw'];
    const proxy = await lamellaServe('proxy', '--tls', '--cert', cert, ...ports);
    for (const url of [plain.url, secure.url]) {
      const trusting = ['--proxy-cacert', ca, '--cacert', ca];
      const byCurl = await curl(...trusting, '-x', proxy.url, '-U', 'me:pw', url);
      expect(JSON.parse(byCurl.stdout)).toMatchObject({ method: 'GET' });
      const bySend = await lamella(['send', ...trusting, '-x', proxy.url, '-U', 'me:pw', url]);
      expect([bySend.code, bySend.stderr]).toEqual([0, '']);
      expect(JSON.parse(bySend.stdout).version).toBe(url === secure.url ? 'HTTP/2' : 'HTTP/1.1');
    }
    const stranger = await lamella(['send', '-x', proxy.url, '-U', 'me:pw', plain.url]);
    expect([stranger.code, stranger.stderr]).toEqual([
      60,
      expect.stringContaining('--proxy-cacert and --proxy-insecure do'),
    ]);
  });
});
