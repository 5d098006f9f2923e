import { X509Certificate } from 'node:crypto';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { CertificateAuthority } from './certificate-authority.ts';
import { certificateAuthority } from './certificate-authority.ts';
import type { CertificateIssuerOptions } from './certificate-issuer.ts';
import { certificateIssuer } from './certificate-issuer.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

const DAY_MS = 86_400_000;

describe('certificateIssuer', () => {
  it('makes a certificate for a name, and gives the same one again, at once', async () => {
    const { issuer } = await setup();
    const first = await issuer.certificateFor('www.example.com');
    expect(new X509Certificate(first?.cert ?? '').subjectAltName).toBe('DNS:www.example.com');
    expect(issuer.certificateFor('www.example.com')).toBe(first);
    expect(issuer.certificateFor('WWW.example.com.')).toBe(first);
    expect(issuer).toMatchObject({ size: 1, issuedCount: 1 });
  });

  it('makes one certificate for all who ask at the same time', async () => {
    const { issuer } = await setup();
    const issued = await Promise.all(Array.from({ length: 50 }, () => issuer.certificateFor('a.test')));
    expect(new Set(issued).size).toBe(1);
    expect(issuer.issuedCount).toBe(1);
  });

  it.each([
    '*.example.com',
    '*',
    '192.0.2.1',
    '::1',
    'a b',
    '',
    'xn--a.test',
    `${'a'.repeat(64)}.test`,
    '-.test',
    'a\0.test',
  ])('makes none for %j', async (serverName) => {
    const { issuer } = await setup();
    expect(issuer.certificateFor(serverName)).toBeUndefined();
    expect(issuer).toMatchObject({ size: 0, issuedCount: 0 });
  });

  it('makes none for names that are not allowed', async () => {
    const { issuer } = await setup({ allows: (name) => name.endsWith('.test') });
    expect(issuer.certificateFor('a.example')).toBeUndefined();
    await expect(issuer.certificateFor('A.TEST')).resolves.toBeDefined();
  });

  it('serves clients that ask for no name only if it is told as whom', async () => {
    expect((await setup()).issuer.certificateFor(undefined)).toBeUndefined();
    const { issuer } = await setup({ withoutName: '127.0.0.1' });
    const issued = await issuer.certificateFor(undefined);
    expect(new X509Certificate(issued?.cert ?? '').subjectAltName).toBe('IP Address:127.0.0.1');
  });

  it('keeps as many as it is told, the ones used last', async () => {
    const { issuer } = await setup({ maxCertificates: 2 });
    const first = await issuer.certificateFor('a.test');
    await issuer.certificateFor('b.test');
    expect(issuer.certificateFor('a.test')).toBe(first);
    await issuer.certificateFor('c.test'); // b goes
    expect(issuer.size).toBe(2);
    expect(issuer.certificateFor('a.test')).toBe(first);
    expect(issuer.issuedCount).toBe(3);
    await issuer.certificateFor('b.test');
    expect(issuer).toMatchObject({ size: 2, issuedCount: 4 });
  });

  it('stays within its bound while strangers ask for everything', async () => {
    const { issuer } = await setup({ maxCertificates: 8 });
    const asked = Array.from({ length: 100 }, (_, index) => issuer.certificateFor(`n${index}.test`));
    expect(issuer.size).toBe(8);
    await Promise.all(asked);
    expect(issuer.size).toBe(8);
  });

  it('makes a certificate anew when a third of its time is left', async () => {
    const { issuer, clock } = await setup({ validityMs: 30 * DAY_MS, backdateMs: 0 });
    const first = await issuer.certificateFor('a.test');
    clock.advance(20 * DAY_MS - 1);
    expect(issuer.certificateFor('a.test')).toBe(first);
    clock.advance(1);
    const second = await issuer.certificateFor('a.test');
    expect(second).not.toBe(first);
    expect(issuer).toMatchObject({ size: 1, issuedCount: 2 });
  });

  it('uses a key for each certificate, or one for all', async () => {
    const own = (await setup()).issuer;
    const shared = (await setup({ sharesKey: true })).issuer;
    const keysOf = async (issuer: typeof own) =>
      new Set(
        (await Promise.all([issuer.certificateFor('a.test'), issuer.certificateFor('b.test')])).map((c) => c?.key),
      );
    expect((await keysOf(own)).size).toBe(2);
    expect((await keysOf(shared)).size).toBe(1);
  });

  it('does not keep a failure', async () => {
    const authority = await certificateAuthority();
    let isBroken = true;
    const failing: CertificateAuthority = {
      ...authority,
      issue: (options) => (isBroken ? Promise.reject(new Error('broken')) : authority.issue(options)),
    };
    const issuer = certificateIssuer({ authority: failing });
    const asked = [issuer.certificateFor('a.test'), issuer.certificateFor('a.test')];
    for (const failure of asked) await expect(failure).rejects.toThrow('broken');
    expect(issuer.size).toBe(0);
    isBroken = false;
    await expect(issuer.certificateFor('a.test')).resolves.toBeDefined();
  });

  it('mirrors certificates, once for each name that is asked for', async () => {
    const { issuer } = await setup();
    const upstream = new X509Certificate((await selfSignedCertificate({ names: ['a.test', 'b.test'] })).cert);
    const [first, again] = await Promise.all([issuer.mirrorOf(upstream), issuer.mirrorOf(upstream.raw)]);
    expect(again).toBe(first);
    expect(new X509Certificate(first.cert).subjectAltName).toBe('DNS:a.test, DNS:b.test');
    const named = await issuer.mirrorOf(upstream, 'C.test');
    expect(new X509Certificate(named.cert).subjectAltName).toBe('DNS:c.test, DNS:a.test, DNS:b.test');
    expect(issuer).toMatchObject({ size: 2, issuedCount: 2 });
    await expect(issuer.mirrorOf(new Uint8Array(3))).rejects.toMatchObject({ code: 'LML_ERR_TLS_MATERIAL' });
    expect(issuer.size).toBe(2);
  });

  it.each([
    { maxCertificates: 0 },
    { maxCertificates: 1.5 },
    { maxCertificates: Number.POSITIVE_INFINITY },
    { validityMs: 1 },
    { backdateMs: -1 },
    { withoutName: '*.a.test' },
    { withoutName: 'no name' },
  ])('refuses %j', async (options) => {
    const authority = await certificateAuthority();
    expect(() => certificateIssuer({ authority, ...options })).toThrow(
      expect.objectContaining({ code: 'LML_ERR_USAGE' }),
    );
  });
});

async function setup(options: Partial<CertificateIssuerOptions> = {}) {
  const clock = new FakeClock({ epochMs: Date.UTC(2026, 0, 1) });
  const authority = await certificateAuthority({ clock });
  return { clock, issuer: certificateIssuer({ authority, clock, ...options }) };
}
