import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { FakeClock } from '@lamella/service-core/testing';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as OtherCertificate,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { selfSignedCertificate } from './self-signed-certificate.ts';

const LONG_NAME = `${'a'.repeat(60)}.example`;

describe('selfSignedCertificate', () => {
  it('says whom it is for, from when to when, and what for', async () => {
    const clock = new FakeClock({ epochMs: Date.UTC(2026, 0, 1) });
    const issued = await selfSignedCertificate({ names: ['localhost', '127.0.0.1', '::1', '*.example.com'], clock });
    const certificate = new X509Certificate(issued.cert);
    expect(certificate.subject).toBe('CN=localhost');
    expect(certificate.issuer).toBe('CN=localhost');
    expect(certificate.subjectAltName).toBe(
      'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:*.example.com',
    );
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(issued.key))).toBe(true);
    expect(certificate.serialNumber).toBe(issued.serialNumber);
    expect(Date.parse(certificate.validFrom)).toBe(Date.UTC(2025, 11, 31, 23));
    expect(issued).toMatchObject({ validFromMs: Date.UTC(2025, 11, 31, 23), validToMs: Date.UTC(2026, 3, 1) });
    expect(Date.parse(certificate.validTo)).toBe(issued.validToMs);
  });

  it('reads the same to another implementation', async () => {
    const { cert } = await selfSignedCertificate({ names: ['a.test', '192.0.2.1'], usages: ['server', 'client'] });
    const certificate = new OtherCertificate(cert);
    expect(await certificate.verify()).toBe(true);
    expect(await certificate.isSelfSigned()).toBe(true);
    expect(certificate.getExtension(BasicConstraintsExtension)).toMatchObject({ ca: false, critical: true });
    expect(certificate.getExtension(KeyUsagesExtension)).toMatchObject({
      usages: KeyUsageFlags.digitalSignature,
      critical: true,
    });
    expect(certificate.getExtension(ExtendedKeyUsageExtension)).toMatchObject({
      usages: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
      critical: false,
    });
    const names = certificate.getExtension(SubjectAlternativeNameExtension);
    expect(names?.critical).toBe(false);
    expect(names?.names.toJSON()).toEqual([
      { type: 'dns', value: 'a.test' },
      { type: 'ip', value: '192.0.2.1' },
    ]);
    expect(certificate.getExtension(SubjectKeyIdentifierExtension)?.keyId).toMatch(/^[0-9a-f]{40}$/);
  });

  it.each([
    [{ names: [`a${LONG_NAME.slice(5)}`] }, false], // 64 characters: still a common name
    [{ names: [LONG_NAME] }, true],
    [{ names: ['a.test'], subject: {} }, true],
    [{ names: ['a.test'], subject: { organization: 'O' } }, false],
  ])('has critical names where nothing else says whom it is for: %j', async (options, isCritical) => {
    const certificate = new OtherCertificate((await selfSignedCertificate(options)).cert);
    expect(certificate.getExtension(SubjectAlternativeNameExtension)?.critical).toBe(isCritical);
    expect(certificate.subject === '').toBe(isCritical);
  });

  it('has a positive number of 20 bytes, each time another one', async () => {
    const numbers = new Set<string>();
    for (let made = 0; made < 64; made++) {
      const { serialNumber } = await selfSignedCertificate({ names: ['a.test'] });
      expect(serialNumber).toMatch(/^[4-7][0-9A-F]{39}$/);
      numbers.add(serialNumber);
    }
    expect(numbers.size).toBe(64);
  });

  it.each(['1949-12-31T23:59:59Z', '2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'can be good until %s if the time before allows it',
    async (date) => {
      const validToMs = Date.parse(date);
      const clock = new FakeClock({ epochMs: validToMs - 1_000 });
      const making = selfSignedCertificate({ names: ['a.test'], clock, validityMs: 1_000 });
      if (validToMs < Date.UTC(1950, 0, 1)) {
        await expect(making).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
        return;
      }
      const { cert } = await making;
      expect(Date.parse(new X509Certificate(cert).validTo)).toBe(validToMs);
    },
  );

  it.each(['rsa', 'P-384', 'P-521', 'ed25519'] as const)('signs with a key of type %s', async (type) => {
    const { privateKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
        : type === 'ed25519'
          ? generateKeyPairSync('ed25519')
          : generateKeyPairSync('ec', { namedCurve: type });
    const issued = await selfSignedCertificate({ names: ['a.test'], key: privateKey });
    const certificate = new X509Certificate(issued.cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    const usages = new OtherCertificate(issued.cert).getExtension(KeyUsagesExtension)?.usages;
    const isRsa = type === 'rsa';
    expect(usages).toBe(KeyUsageFlags.digitalSignature | (isRsa ? KeyUsageFlags.keyEncipherment : 0));
  });

  it('refuses keys that sign no certificates, and texts that are no keys', async () => {
    const { privateKey } = generateKeyPairSync('x25519');
    const { privateKey: otherCurve } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    for (const key of [privateKey, otherCurve, 'no key', '']) {
      await expect(selfSignedCertificate({ names: ['a.test'], key })).rejects.toMatchObject({
        code: 'LML_ERR_TLS_MATERIAL',
      });
    }
  });

  it.each([
    { names: [] },
    { names: [], subject: {} },
    { names: ['*.com'] },
    { names: ['a.test'], usages: [] },
    { names: ['a.test'], validityMs: 0 },
    { names: ['a.test'], subject: { country: 'x' } },
  ])('refuses %j', async (options) => {
    await expect(selfSignedCertificate(options)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});
