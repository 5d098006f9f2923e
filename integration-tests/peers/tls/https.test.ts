import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { HttpRequest } from '@lamella/http';
import { memoryNetwork } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { spkiPin } from '@lamella/tls';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../../support/certificate.ts';
import { selfSigned } from '../../support/certificate.ts';
import { freePort } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFile, temporaryFolder } from '../../support/temporary-folder.ts';
import { httpsClient, serveHttps } from './https.ts';

useLedger();
usePeers('openssl', 'curl');

let certificate: Certificate;
beforeEach(async () => {
  certificate = await selfSigned();
});
const pair = (): { readonly cert: Buffer; readonly key: Buffer } => ({ cert: certificate.cert, key: certificate.key });

describe('https: from client to server, both ours', () => {
  it('in memory', async () => {
    const network = memoryNetwork();
    await serveHttps({ certificates: pair(), alpn: ['http/1.1'] }, network.listen('localhost:443'));
    const client = httpsClient(network.connector(), { roots: certificate.cert });
    const response = await client.serve(HttpRequest.from({ target: 'https://localhost/' }));
    expect(await response.body.json()).toEqual({ version: 'TLSv1.3', isResumed: false, alpn: 'http/1.1' });
  });

  it('over TCP, by name and by address, and in clear to another server', async () => {
    const { port } = await serveHttps({ certificates: pair(), alpn: ['http/1.1'] });
    const client = httpsClient(tcpConnector(), { roots: certificate.cert });
    for (const host of ['localhost', '127.0.0.1']) {
      const response = await client.serve(HttpRequest.from({ target: `https://${host}:${port}/` }));
      expect(await response.body.json()).toMatchObject({ version: 'TLSv1.3', alpn: 'http/1.1' });
    }
  });

  it('fails with what is wrong with the certificate', async () => {
    const { port } = await serveHttps({ certificates: pair() });
    const client = httpsClient(tcpConnector(), {});
    await expect(client.serve(HttpRequest.from({ target: `https://localhost:${port}/` }))).rejects.toMatchObject({
      code: 'LML_ERR_TLS_SELF_SIGNED',
    });
  });

  it('says that a server speaks in clear, and that a client does', async () => {
    const plain = await listenTcp();
    const answering = (async () => {
      for await (const { stream } of plain) {
        void stream.write([Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]);
        await stream.closeWrite();
        stream.destroy();
      }
    })();
    const client = httpsClient(tcpConnector(), { roots: certificate.cert });
    const address = plain.address.type === 'tcp' ? plain.address.port : 0;
    await expect(client.serve(HttpRequest.from({ target: `https://localhost:${address}/` }))).rejects.toMatchObject({
      code: 'LML_ERR_TLS_PROTOCOL',
      message: expect.stringContaining('does not speak TLS here'),
    });
    await plain.close();
    await answering;

    const server = await serveHttps({ certificates: pair() });
    const refused = await curl(`http://localhost:${server.port}/`);
    expect(refused.code).not.toBe(0);
    await expect
      .poll(() => server.failures)
      .toMatchObject([{ code: 'LML_ERR_TLS_PROTOCOL', message: expect.stringContaining('it should use https') }]);
  });
});

describe('curl', () => {
  it.each([
    ['--tls-max', '1.2', 'TLSv1.2'],
    ['--tlsv1.3', '--http1.1', 'TLSv1.3'],
  ])('speaks %s %s', async (option, value, version) => {
    const { port } = await serveHttps({ certificates: pair(), alpn: ['http/1.1'] });
    const { code, stdout } = await curl(option, value, '--cacert', certificate.certPath, `https://localhost:${port}/`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ version, isResumed: false, alpn: 'http/1.1' });
  });

  it('does not trust who it is not told to', async () => {
    const { port, failures } = await serveHttps({ certificates: pair() });
    expect((await curl(`https://localhost:${port}/`)).code).toBe(60);
    await expect.poll(() => failures).toMatchObject([{ code: 'LML_ERR_TLS_ALERT', alert: 'unknown_ca' }]);
  });

  it('checks the pin that spkiPin writes', async () => {
    const { port } = await serveHttps({ certificates: pair() });
    const pin = `sha256//${spkiPin(new X509Certificate(certificate.cert))}`;
    const url = `https://localhost:${port}/`;
    expect((await curl('--pinnedpubkey', pin, '--cacert', certificate.certPath, url)).code).toBe(0);
    expect((await curl('--pinnedpubkey', `sha256//${'A'.repeat(43)}=`, '-k', url)).code).toBe(90);
  });

  it('shows its certificate to a server that requires one, and is refused without', async () => {
    const { port, failures } = await serveHttps({
      certificates: pair(),
      clientAuth: { mode: 'require', roots: certificate.cert },
    });
    const keyPath = temporaryFile('key.pem', certificate.key);
    const options = ['--cacert', certificate.certPath, `https://localhost:${port}/`];
    const shown = await curl('--cert', certificate.certPath, '--key', keyPath, ...options);
    expect(JSON.parse(shown.stdout)).toMatchObject({ client: 'CN=localhost' });
    const refused = await curl(...options);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/certificate required/);
    await expect.poll(() => failures).toMatchObject([{ code: 'LML_ERR_TLS_NO_CERTIFICATE' }]);
  });
});

describe('openssl s_client', () => {
  const client = (port: number, ...options: string[]): ReturnType<typeof run> =>
    run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', certificate.certPath, ...options]);

  it('agrees on name and protocol, verifies, and gets the OCSP response', async () => {
    const { port } = await serveHttps({
      certificates: { ...pair(), ocspResponse: Buffer.from('not parsed by anybody') },
      alpn: ['http/1.1'],
    });
    const { stdout } = await client(port, '-servername', 'localhost', '-alpn', 'h2,http/1.1', '-verify_return_error');
    expect(stdout).toContain('ALPN protocol: http/1.1');
    expect(stdout).toContain('Verification: OK');
    const stapled = await client(port, '-status');
    expect(stapled.stdout + stapled.stderr).toMatch(/response parse error|OCSP response:/i);
  });

  it('is told by the right alert why it is refused', async () => {
    const { port } = await serveHttps({ certificates: pair(), alpn: ['http/1.1'], minVersion: 'TLSv1.3' });
    expect((await client(port, '-alpn', 'h2')).stderr).toMatch(/alert no application protocol/);
    expect((await client(port, '-tls1_2')).stderr).toMatch(/alert protocol version/);
  });

  it('goes on with its session', async () => {
    const { port } = await serveHttps({ certificates: pair(), maxVersion: 'TLSv1.2' });
    const file = join(temporaryFolder(), 'session');
    expect((await client(port, '-sess_out', file)).stdout).toContain('New, TLSv1.2');
    expect((await client(port, '-sess_in', file)).stdout).toContain('Reused, TLSv1.2');
  });

  it('may not renegotiate', async () => {
    const { port } = await serveHttps({ certificates: pair(), maxVersion: 'TLSv1.2' });
    const { stderr } = await run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2'], { input: 'R\n' });
    expect(stderr).toMatch(/no renegotiation/);
  });
});

describe('openssl s_server', () => {
  const serve = async (...options: string[]): Promise<number> => {
    const port = await freePort();
    const keyPath = temporaryFile('key.pem', certificate.key);
    const own = ['-cert', certificate.certPath, '-key', keyPath, '-www', '-accept', `127.0.0.1:${port}`];
    const server = startProcess('openssl', ['s_server', ...own, ...options]);
    await server.printed(/ACCEPT/);
    return port;
  };
  const get = async (port: number, options: Parameters<typeof httpsClient>[1]): Promise<string> => {
    const client = httpsClient(tcpConnector(), { roots: certificate.cert, ...options });
    const response = await client.serve(HttpRequest.from({ target: `https://localhost:${port}/` }));
    return response.body.text();
  };

  it.each([
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_3', 'TLSv1.3'],
  ])('%s answers', async (option, version) => {
    expect(await get(await serve(option), {})).toContain(version);
  });

  it('gets the certificate of the client that it requires, and says that it does', async () => {
    const port = await serve('-Verify', '1', '-CAfile', certificate.certPath, '-verify_return_error');
    expect(await get(port, { clientCertificate: pair() })).toContain('CN=localhost');
    await expect(get(port, {})).rejects.toMatchObject({
      cause: expect.objectContaining({ cause: expect.objectContaining({ alert: 'certificate_required' }) }),
    });
  });

  it('of an old version is refused', async () => {
    const port = await serve('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
    await expect(get(port, {})).rejects.toMatchObject({ code: 'LML_ERR_TLS_VERSION' });
  });
});
