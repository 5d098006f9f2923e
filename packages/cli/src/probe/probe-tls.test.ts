import type { Connection } from '@lamella/net-core';
import { memoryNetwork, parseHost, serveListener } from '@lamella/net-core';
import { serviceFn, stack } from '@lamella/service-core';
import type { TlsAcceptOptions } from '@lamella/tls';
import { certificateAuthority, TlsError, tlsAcceptLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { probeText } from './probe-text.ts';
import type { TlsProbeInit } from './probe-tls.ts';
import { probeTls } from './probe-tls.ts';

describe('probeTls', () => {
  it('tells versions, cipher suites and protocols, as far as they go', async () => {
    const { probe } = await setup({
      alpn: ['h2'],
      ciphers: ['TLS_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
    });
    expect(await probe()).toMatchObject({
      target: 'a.test:443',
      isTrusted: true,
      agreed: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' },
      versions: [
        { version: 'TLSv1.3', ciphers: ['TLS_AES_128_GCM_SHA256'] },
        {
          version: 'TLSv1.2',
          ciphers: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
        },
      ],
      alpn: ['h2'],
      certificate: { subject: 'CN=a.test', issuer: 'CN=Middle', names: ['DNS:a.test'], pin: expect.any(String) },
      chain: [{ subject: 'CN=Middle', issuer: 'CN=Root' }],
    });
  });

  it('leaves out a version that is not spoken', async () => {
    const { probe } = await setup({ maxVersion: 'TLSv1.2', ciphers: ['ECDHE-ECDSA-AES128-GCM-SHA256'] });
    const { versions, alpn } = await probe();
    expect([versions, alpn]).toEqual([
      [{ version: 'TLSv1.2', ciphers: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] }],
      [],
    ]);
  });

  it('says why a certificate is not trusted, and tells everything all the same', async () => {
    const { probe } = await setup({ ciphers: ['TLS_AES_128_GCM_SHA256'] });
    expect(await probe({ trust: {} })).toMatchObject({
      isTrusted: false,
      refusal: { code: 'LML_ERR_TLS_UNKNOWN_CA' },
      certificate: { subject: 'CN=a.test' },
    });
    expect(await probe({ serverName: 'other.test' })).toMatchObject({ refusal: { code: 'LML_ERR_TLS_WRONG_HOST' } });
  });

  it('fails where nobody speaks TLS, or nobody is', async () => {
    const { probe } = await setup(undefined);
    await expect(probe()).rejects.toBeInstanceOf(TlsError);
    await expect(probe({ target: targetOf('gone.test') })).rejects.not.toBeInstanceOf(TlsError);
  });

  it('is told in rows', async () => {
    const { probe } = await setup({ ciphers: ['TLS_AES_128_GCM_SHA256'] });
    const told = await probe({ trust: {} });
    const nowMs = Date.parse(told.certificate?.validTo ?? '');
    const text = probeText(told, nowMs - 86_400_000);
    expect(text).toMatch(/^server {7}a\.test:443.*\ntrusted {6}no: .*\nagreed {7}TLSv1\.3, TLS_AES_128_GCM_SHA256\n/);
    expect(text).toMatch(
      /\nALPN {9}none of h2, http\/1\.1\nTLSv1\.3 {6}TLS_AES_128_GCM_SHA256\n\ncertificate {2}CN=a\.test\n/,
    );
    expect(text).toMatch(/\nvalid {8}\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d, 1 days left\n/);
    expect(text).toContain('\nissuer 1     CN=Middle\nissued by    CN=Root\n');
    expect(probeText(told, nowMs + 86_400_000)).toContain(', expired 1 days ago\n');
    const strange = {
      ...told,
      chain: [],
      certificate: { ...(told.certificate ?? told.chain[0]), subject: '\x1b[31mX' },
    };
    expect(probeText(strange as typeof told, nowMs)).not.toContain('\x1b'); // the same fields, but for the subject
  });
});

/** A server in memory. @param options - `undefined`: it speaks no TLS. */
async function setup(options: Partial<TlsAcceptOptions> | undefined) {
  const root = await certificateAuthority({ subject: { commonName: 'Root' } });
  const middle = await root.intermediate({ subject: { commonName: 'Middle' } });
  const { cert, key } = await middle.issue({ names: ['a.test'] });
  const network = memoryNetwork();
  const listener = network.listen('a.test:443');
  onTestFinished(() => listener.close());
  const service = serviceFn(async ({ stream }: Connection) => {
    await stream.write([Buffer.from('220 welcome\r\n')]);
    await stream.closeWrite();
  });
  const server =
    options === undefined ? service : stack(tlsAcceptLayer({ certificates: { cert, key }, ...options }), service);
  void serveListener(listener, server, { onError() {} });
  const probe = (init: Partial<TlsProbeInit> = {}) =>
    probeTls({
      target: targetOf('a.test'),
      trust: { roots: root.cert },
      timeoutMs: 10_000,
      connector: network.connector(),
      ...init,
    });
  return { probe };
}

function targetOf(host: string): TlsProbeInit['target'] {
  return { type: 'tcp', host: parseHost(host), port: 443 };
}
