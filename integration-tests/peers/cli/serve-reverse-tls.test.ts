import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer, createServer } from 'node:http2';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNginx } from '../../support/foreign-servers.ts';
import { freePort, listening } from '../../support/free-port.ts';
import { lamella, lamellaServe } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { tlsFiles } from './tls-files.ts';

describe('lamella serve reverse --tls', () => {
  usePeers('curl', 'nginx', 'nghttp');

  it('goes on to https by HTTP/2 or HTTP/1.1, and to h2c, with the host that was asked for', async () => {
    const { ca, pem } = await tlsFiles();
    const cert = await pem(['127.0.0.1']);
    const port = await freePort();
    const tls = `ssl_certificate ${cert}; ssl_certificate_key ${cert}; ssl_client_certificate ${ca}; ssl_verify_client on;`;
    await startNginx(
      `listen 127.0.0.1:${port} ssl; ${tls} location / { return 200 "$server_protocol $http_host $ssl_client_s_dn\\n"; }`,
    );
    const plainPort = await nodeByHttp2();
    const securePort = await nodeByHttp2(cert);
    const mine = await pem(['proxy.test'], { usages: ['client'] });
    const server = await lamellaServe(
      ...['reverse', '--tls', '--cert', cert, '--upstream-cacert', ca, '--upstream-cert', mine],
      ...['--to', `/nginx=https://127.0.0.1:${port}`],
      ...['--to', `/node=https://127.0.0.1:${securePort}`],
      ...['--to', `/clear=h2c://127.0.0.1:${plainPort}/v1`],
    );
    const ask = async (path: string) =>
      (await curl('--cacert', ca, '-H', 'Host: shop.test', `${server.url}${path}`)).stdout;
    expect(await ask('/nginx')).toBe('HTTP/1.1 shop.test CN=proxy.test\n');
    expect(await ask('/node/x')).toBe('2.0 https shop.test /node/x');
    expect(await ask('/clear/x')).toBe('2.0 http shop.test /v1/x');
    const nghttp = await run('nghttp', ['-v', `https://127.0.0.1:${server.port}/node`, '-H', ':authority: shop.test']);
    expect(nghttp.stdout).toContain('2.0 https shop.test /node');
  });

  it('answers 502 for an upstream that nobody vouches for, unless told to take it', async () => {
    const { pem } = await tlsFiles();
    const port = await nodeByHttp2(await pem(['127.0.0.1']));
    const to = ['reverse', '--to', `https://127.0.0.1:${port}`];
    const careful = await lamellaServe(...to);
    const status = ['-o', '/dev/null', '-w', '%{http_code}'];
    expect((await curl(...status, careful.url)).stdout).toBe('502');
    const careless = await lamellaServe(...to, '--upstream-insecure');
    expect((await curl(...status, careless.url)).stdout).toBe('200');
  });

  it('reads its own certificates and those for upstreams anew on SIGHUP', async () => {
    const { ca, pem, folder } = await tlsFiles();
    const other = await tlsFiles();
    const site = await pem(['127.0.0.1']);
    const [cert, port] = [await other.pem(['127.0.0.1']), await freePort()];
    const tls = `ssl_certificate ${cert}; ssl_certificate_key ${cert}; ssl_client_certificate ${other.ca}; ssl_verify_client on;`;
    await startNginx(`listen 127.0.0.1:${port} ssl; ${tls} location / { return 200 "hello\\n"; }`);
    const roots = join(folder, 'upstream.pem');
    const mine = join(folder, 'mine.pem');
    copyFileSync(ca, roots);
    copyFileSync(await pem(['proxy.test'], { usages: ['client'] }), mine);
    const files = ['--upstream-cacert', roots, '--upstream-cert', mine];
    const server = await lamellaServe(
      ...['reverse', '--to', `https://127.0.0.1:${port}`, '--tls', '--cert', site, ...files, '--quiet'],
    );
    const ask = async () => (await curl('--cacert', ca, '-w', '%{http_code}', '-o', '/dev/null', server.url)).stdout;
    expect(await ask()).toBe('502'); // by no authority that it trusts

    copyFileSync(other.ca, roots);
    server.signal('SIGHUP');
    await server.printed(/the certificates for connecting were read anew/, 'stderr');
    expect(await ask()).toBe('400'); // nginx does not trust ours

    copyFileSync(await other.pem(['proxy.test'], { usages: ['client'] }), mine);
    server.signal('SIGHUP');
    await server.printed(/(?:for connecting were read anew[\s\S]*){2}/, 'stderr');
    expect(await ask()).toBe('200'); // the connection by the certificate of before is not used any more

    rmSync(mine);
    server.signal('SIGHUP');
    await server.printed(/the certificates for connecting stay as they were: .*mine\.pem can't be read/, 'stderr');
    expect(await ask()).toBe('200');
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('reads certificates and routes anew from the file on SIGHUP, and keeps both if one is wrong', async () => {
    const { ca, pem, folder } = await tlsFiles();
    const [one, two] = [await pem(['127.0.0.1', 'one.test']), await pem(['127.0.0.1', 'two.test'])];
    renameSync(one, join(folder, 'site.pem'));
    const [first, second] = [await nodeByHttp2(), await nodeByHttp2()];
    const path = join(folder, 'proxy.yaml');
    const write = (to: number, cert: string) =>
      writeFileSync(
        path,
        `tls:\n  certificates:\n    - cert: ${cert}\ngroups:\n  a: { servers: [h2c://127.0.0.1:${to}] }\nroutes:\n  - group: a\n`,
      );
    write(first, 'site.pem');
    const server = await lamellaServe('reverse', '--config', path, '--quiet');
    const ask = async (name: string) => {
      const resolve = ['--resolve', `${name}:${server.port}:127.0.0.1`];
      const asked = await curl(
        '--cacert',
        ca,
        ...resolve,
        '-w',
        ' %{http_version}',
        `https://${name}:${server.port}/x`,
      );
      return asked.code === 0 ? asked.stdout : asked.code;
    };
    const host = (name: string) => `${name}:${server.port}`;
    expect(await ask('one.test')).toBe(`2.0 http ${host('one.test')} /x 2`);
    expect(await ask('two.test')).toBe(60);

    write(second, 'gone.pem');
    server.signal('SIGHUP');
    const problem = `${path}:3:7: tls\\.certificates\\[0\\]: .*gone\\.pem can't be read`;
    await server.printed(new RegExp(`the configuration stays as it was:\n${problem}`), 'stderr');
    expect(await ask('one.test')).toContain('2.0 http');

    renameSync(two, join(folder, 'site.pem'));
    write(second, 'site.pem');
    server.signal('SIGHUP');
    await server.printed(/the configuration was read anew/, 'stderr');
    expect(await ask('two.test')).toBe(`2.0 http ${host('two.test')} /x 2`);
    expect(await ask('one.test')).toBe(60);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('says in which line a certificate is that can not be used', async () => {
    const { folder } = await tlsFiles();
    const path = join(folder, 'proxy.yaml');
    writeFileSync(path, 'tls:\n  certificates:\n    - cert: none.pem\nroutes:\n  - to: http://a\n');
    const { code, stderr } = await lamella(['serve', 'reverse', '--config', path]);
    const file = join(folder, 'none.pem');
    expect([code, stderr]).toEqual([
      2,
      `${path}:3:7: tls.certificates[0]: ${file} can't be read: no such file or directory\n`,
    ]);
    const flags = await lamella(['serve', 'reverse', '--config', path, '--tls']);
    expect([flags.code, flags.stderr]).toEqual([2, 'lamella: --tls stands in the file of --config\n']);
  });
});

/** A server of Node that speaks HTTP/2 alone. @param pem - Speaks it by TLS. @returns Its port. */
async function nodeByHttp2(pem?: string): Promise<number> {
  const content = pem === undefined ? undefined : readFileSync(pem);
  const server = content === undefined ? createServer() : createSecureServer({ cert: content, key: content });
  server.on('stream', (stream, headers) => {
    stream.end(`2.0 ${headers[':scheme']} ${headers[':authority']} ${headers[':path']}`);
  });
  onTestFinished(() => void server.close());
  return listening(server);
}
