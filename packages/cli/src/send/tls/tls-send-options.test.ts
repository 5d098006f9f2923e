import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectorLayer } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import type { ClientAuthOptions } from '@lamella/tls';
import { certificateAuthority, PeerCertificate, spkiPin, tlsAcceptLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ProxyTlsOptions, TlsSendOptions } from './tls-send-options.ts';
import { proxyTls, sendTls } from './tls-send-options.ts';
import { tracedTls } from './traced-tls.ts';

describe('sendTls', () => {
  it('trusts the roots of --cacert, and nobody else', async () => {
    const { connect, files } = await setup();
    await connect({ cacert: files.ca });
    await expect(connect({})).rejects.toMatchObject({ code: 'LML_ERR_TLS_UNKNOWN_CA' });
    await connect({ insecure: true });
  });

  it('asks for a key by its pin or its file, with --insecure for nothing else', async () => {
    const { connect, files, pin } = await setup();
    const other = `sha256//${'A'.repeat(43)}=`;
    for (const pinnedpubkey of [`sha256//${pin}`, `${other};sha256//${pin}`, files.publicKey, files.publicKeyDer]) {
      await connect({ cacert: files.ca, pinnedpubkey });
      await connect({ insecure: true, pinnedpubkey });
    }
    const pins = [other, `sha256//${spkiPin(new X509Certificate(readFileSync(files.ca)))}`]; // that of an issuer does not do
    const trust = [{ cacert: files.ca }, { insecure: true }];
    for (const more of trust.flatMap((each) => pins.map((pinnedpubkey) => ({ ...each, pinnedpubkey })))) {
      await expect(connect(more)).rejects.toMatchObject({
        code: 'LML_ERR_TLS_PIN_MISMATCH',
      });
    }
  });

  it('shows a certificate, whose key may be encrypted or in the same file', async () => {
    const shown: (string | undefined)[] = [];
    const { connect, files } = await setup((subject) => shown.push(subject));
    const { ca: cacert } = files;
    await connect({ cacert, cert: files.client });
    await connect({ cacert, cert: files.clientCert, key: files.clientKey });
    await connect({ cacert, cert: `${files.clientSecret}:open` });
    await connect({ cacert, cert: files.clientSecret, pass: 'open' });
    expect(shown).toEqual(Array(4).fill('CN=client.test'));
  });

  it.each<[what: string, exitCode: number, options: TlsSendOptions, message: RegExp]>([
    ['roots that are not there', 77, { cacert: '/nowhere/ca.pem' }, /--cacert: cannot read \/nowhere/],
    ['roots that are none', 77, { cacert: import.meta.filename }, /--cacert .*: .*certificate/],
    ['a certificate that is not there', 58, { cert: '/nowhere/me.pem' }, /--cert: cannot read \/nowhere/],
    ['a certificate that is none', 58, { cert: import.meta.filename }, /--cert .*can't be used/],
    ['a key alone', 2, { key: 'me.key' }, /--key needs --cert/],
    ['a pin that is none', 2, { pinnedpubkey: 'sha256//x' }, /a pin is sha256\/\/ and 44 characters/],
    ['a key that is not there', 90, { pinnedpubkey: '/nowhere/key.pem' }, /cannot read \/nowhere/],
    ['a key that is none', 90, { pinnedpubkey: import.meta.filename }, /no public key in PEM or DER/],
    ['cipher suites that are none', 59, { ciphers: 'NOPE' }, /--ciphers NOPE: OpenSSL knows none/],
    ['no cipher suites', 59, { ciphers: ' :,' }, /--ciphers/],
    ['those of TLS 1.3 as others', 59, { ciphers: 'TLS_AES_128_GCM_SHA256' }, /belong to --tls13-ciphers/],
    ['others as those of TLS 1.3', 59, { tls13Ciphers: 'AES128-SHA' }, /: write some of TLS_AES/],
    ['a status of any certificate', 2, { certStatus: true, insecure: true }, /--cert-status .* -k/],
    ['no version at all', 2, { 'tlsv1.3': true, tlsMax: '1.2' }, /leave no version/],
  ])('refuses %s with %i', (_what, exitCode, options, message) => {
    expect(() => sendTls(options, 1_000)).toThrow(
      expect.objectContaining({ exitCode, message: expect.stringMatching(message) }),
    );
  });

  it('speaks the version that is asked for', async () => {
    const { connect, files } = await setup();
    expect(await connect({ cacert: files.ca, tlsMax: '1.2' })).toContainEqual(expect.stringMatching(/TLSv1\.2 \/ /));
    expect(await connect({ cacert: files.ca, 'tlsv1.3': true })).toContainEqual(expect.stringMatching(/TLSv1\.3 \/ /));
  });

  it('asks for the status of the certificate', async () => {
    const { connect, files } = await setup();
    await expect(connect({ cacert: files.ca, certStatus: true })).rejects.toMatchObject({
      code: 'LML_ERR_TLS_BAD_OCSP',
    });
  });

  it('offers the cipher suites that are asked for, and leaves those of the other version as they are', async () => {
    const { connect, files } = await setup();
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-ECDSA-AES256-GCM-SHA384';
    const tls13Ciphers = 'TLS_AES_128_GCM_SHA256';
    for (const [options, spoken] of [
      [{ ciphers }, 'TLSv1.3 / TLS_AES_256_GCM_SHA384'],
      [{ ciphers, tls13Ciphers }, 'TLSv1.3 / TLS_AES_128_GCM_SHA256'],
      [{ ciphers, tlsMax: '1.2' }, 'TLSv1.2 / TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
      [{ tls13Ciphers, tlsMax: '1.2' }, 'TLSv1.2 / TLS_ECDHE_ECDSA_WITH_'],
    ] as const) {
      const lines = await connect({ cacert: files.ca, ...options });
      expect(lines).toContainEqual(expect.stringContaining(`SSL connection using ${spoken}`));
    }
  });
});

describe('proxyTls', () => {
  it('trusts the roots of --proxy-cacert, or everybody with --proxy-insecure', async () => {
    const { connectBy, files } = await setup();
    await connectBy(proxyTls({ proxyCacert: files.ca }, 10_000));
    await connectBy(proxyTls({ proxyInsecure: true }, 10_000));
    await expect(connectBy(proxyTls({}, 10_000))).rejects.toMatchObject({ code: 'LML_ERR_TLS_UNKNOWN_CA' });
  });

  it('shows a certificate of its own, and asks for a key', async () => {
    const shown: (string | undefined)[] = [];
    const { connectBy, files, pin } = await setup((subject) => shown.push(subject));
    const { ca: proxyCacert, clientCert: proxyCert, clientKey: proxyKey, clientSecret } = files;
    await connectBy(proxyTls({ proxyCacert, proxyCert, proxyKey, proxyPinnedpubkey: `sha256//${pin}` }, 10_000));
    await connectBy(proxyTls({ proxyCacert, proxyCert: `${clientSecret}:open` }, 10_000));
    await connectBy(proxyTls({ proxyCacert, proxyCert: clientSecret, proxyPass: 'open' }, 10_000));
    expect(shown).toEqual(Array(3).fill('CN=client.test'));
    const other = `sha256//${'A'.repeat(43)}=`;
    for (const trust of [{ proxyCacert }, { proxyInsecure: true }]) {
      const pinned = proxyTls({ ...trust, proxyCert, proxyKey, proxyPinnedpubkey: other }, 10_000);
      await expect(connectBy(pinned)).rejects.toMatchObject({ code: 'LML_ERR_TLS_PIN_MISMATCH' });
    }
  });

  it('offers its own cipher suites', async () => {
    const { connectBy, files } = await setup();
    const lines = await connectBy(
      proxyTls({ proxyCacert: files.ca, proxyTls13Ciphers: 'TLS_AES_128_GCM_SHA256' }, 10_000),
    );
    expect(lines).toContainEqual(expect.stringContaining('SSL connection using TLSv1.3 / TLS_AES_128_GCM_SHA256'));
  });

  it.each<[what: string, exitCode: number, options: ProxyTlsOptions, message: RegExp]>([
    ['roots that are not there', 77, { proxyCacert: '/nowhere/ca.pem' }, /^--proxy-cacert: cannot read/],
    ['roots that are none', 77, { proxyCacert: import.meta.filename }, /^--proxy-cacert .*certificate/],
    ['a certificate that is not there', 58, { proxyCert: '/nowhere/me.pem' }, /^--proxy-cert: cannot read/],
    ['a certificate that is none', 58, { proxyCert: import.meta.filename }, /^--proxy-cert .*can't be used/],
    ['a key alone', 2, { proxyKey: 'me.key' }, /^--proxy-key needs --proxy-cert/],
    ['a pin that is none', 2, { proxyPinnedpubkey: 'sha256//x' }, /^--proxy-pinnedpubkey sha256/],
    ['a key that is not there', 90, { proxyPinnedpubkey: '/nowhere/key.pem' }, /^--proxy-pinnedpubkey: cannot read/],
    ['cipher suites that are none', 59, { proxyCiphers: 'NOPE' }, /^--proxy-ciphers NOPE/],
    ['others as those of TLS 1.3', 59, { proxyTls13Ciphers: 'AES128-SHA' }, /^--proxy-tls13-ciphers AES128-SHA/],
  ])('refuses %s with %i', (_what, exitCode, options, message) => {
    expect(() => proxyTls(options, 10_000)).toThrow(
      expect.objectContaining({ exitCode, message: expect.stringMatching(message) }),
    );
  });
});

describe('tracedTls', () => {
  it('tells what curl tells', async () => {
    const { connect, files, pin } = await setup();
    const date = expect.stringMatching(/^ (?:start|expire) date: [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \d{4} GMT$/);
    expect(await connect({ cacert: files.ca })).toEqual([
      'ALPN: offers h2,http/1.1',
      expect.stringMatching(/^SSL connection using TLSv1\.3 \/ TLS_AES_256_GCM_SHA384$/),
      'ALPN: server accepted http/1.1',
      'Server certificate:',
      ' subject: CN=www.a.test',
      date,
      date,
      ' subjectAltName: host "www.a.test" matched cert\'s "*.a.test"',
      ' issuer: CN=Test CA',
      ` public key pin: sha256//${pin}`,
      ' SSL certificate verify ok.',
    ]);
    const lines = await connect({ insecure: true });
    expect(lines.at(-1)).toBe(' SSL certificate verify result: LML_ERR_TLS_UNKNOWN_CA, continuing anyway.');
  });
});

/** A server in memory. @param onClient - Asks for certificates, and hears who shows one. */
async function setup(onClient?: (subject: string | undefined) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const authority = await certificateAuthority({ subject: { commonName: 'Test CA' } });
  const { cert, key } = await authority.issue({ names: ['*.a.test'], subject: { commonName: 'www.a.test' } });
  const client = await authority.issue({ names: ['client.test'], usages: ['client'] });
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const publicKey = new X509Certificate(cert).publicKey;
  const encrypted = createPrivateKey(client.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open',
  });
  const files = {
    ca: file('ca.pem', authority.cert),
    publicKey: file('key.pem', publicKey.export({ type: 'spki', format: 'pem' })),
    publicKeyDer: file('key.der', publicKey.export({ type: 'spki', format: 'der' })),
    client: file('client.pem', client.cert + client.key),
    clientCert: file('client.crt', client.cert),
    clientKey: file('client.key', client.key),
    clientSecret: file('client-secret.pem', `${client.cert}${encrypted}`),
  };
  const clientAuth: ClientAuthOptions = { mode: 'require', roots: authority.cert };
  const accept = tlsAcceptLayer({
    certificates: { cert, key },
    alpn: ['http/1.1'],
    ...(onClient === undefined ? {} : { clientAuth }),
  });
  const network = memoryNetwork();
  const listener = network.listen('www.a.test:443');
  onTestFinished(() => listener.close());
  const service = serviceFn(async ({ extensions, stream }: Connection) => {
    onClient?.(extensions.get(PeerCertificate)?.subject);
    await stream.write([Buffer.from('hello')]);
    await stream.closeWrite();
  });
  void serveListener(listener, stack(accept, service), { onError() {} });
  const connect = (options: TlsSendOptions): Promise<readonly string[]> => connectBy(sendTls(options, 10_000));
  const connectBy = async (tls: ConnectorLayer): Promise<readonly string[]> => {
    const lines: string[] = [];
    const layer = tracedTls(tls, (line) => lines.push(line));
    const request = connectRequest({
      target: parseAddress('www.a.test:443'),
      secure: true,
      alpnOffer: ['h2', 'http/1.1'],
    });
    const { stream } = await layer(network.connector()).serve(request);
    await stream.read();
    stream.destroy();
    return lines;
  };
  return { connect, connectBy, files, pin: spkiPin(new X509Certificate(cert)) };
}
