import 'reflect-metadata';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  X509Certificate as OtherCertificate,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { acmeChallengeCertificate } from './acme-challenge-certificate.ts';
import { certificateRequest } from './certificate-request.ts';

describe('certificateRequest', () => {
  it('asks for names with a key that signs the request', async () => {
    const { der, pem } = await certificateRequest({ names: ['a.test', '*.b.test', '192.0.2.1'] });
    const request = new Pkcs10CertificateRequest(pem);
    expect(await request.verify()).toBe(true);
    expect(Buffer.from(request.rawData)).toEqual(Buffer.from(der));
    expect(request.subject).toBe('');
    const names = request.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension);
    expect(names?.names.toJSON()).toEqual([
      { type: 'dns', value: 'a.test' },
      { type: 'dns', value: '*.b.test' },
      { type: 'ip', value: '192.0.2.1' },
    ]);
  });

  it('takes a key and a subject', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const made = await certificateRequest({ names: ['a.test'], subject: { commonName: 'a.test' }, key: privateKey });
    const request = new Pkcs10CertificateRequest(made.pem);
    expect(await request.verify()).toBe(true);
    expect(request.subject).toBe('CN=a.test');
    expect((await certificateRequest({ names: ['a.test'], key: made.key })).key).toBe(made.key);
  });

  it.each([{ names: [] }, { names: ['-'] }, { names: ['a.test'], subject: { commonName: '' } }])(
    'refuses %j',
    async (options) => {
      await expect(certificateRequest(options)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    },
  );
});

describe('acmeChallengeCertificate', () => {
  it.each(['a.test', '192.0.2.1'])('says the hash of the key authorization, critically, for %s', async (identifier) => {
    const { cert } = await acmeChallengeCertificate({ identifier, keyAuthorization: 'token.thumbprint' });
    const certificate = new OtherCertificate(cert);
    const proof = certificate.getExtension('1.3.6.1.5.5.7.1.31');
    expect(proof?.critical).toBe(true);
    const hash = createHash('sha256').update('token.thumbprint').digest('hex');
    expect(Buffer.from(proof?.value ?? new ArrayBuffer(0)).toString('hex')).toBe(`0420${hash}`);
    expect(certificate.getExtension(SubjectAlternativeNameExtension)?.names.toJSON()).toHaveLength(1);
    expect(new X509Certificate(cert).subjectAltName).toContain(identifier);
  });

  it.each([
    { identifier: '*.a.test', keyAuthorization: 'x' },
    { identifier: 'a b', keyAuthorization: 'x' },
    { identifier: 'a.test', keyAuthorization: '' },
  ])('refuses %j', async (options) => {
    await expect(acmeChallengeCertificate(options)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});
