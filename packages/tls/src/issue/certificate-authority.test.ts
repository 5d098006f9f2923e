import 'reflect-metadata';
import { createHash, createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { FakeClock } from '@lamella/service-core/testing';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as OtherCertificate,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { loadCertificateAuthority } from './authority-files.ts';
import { certificateAuthority } from './certificate-authority.ts';
import { splitCertificates } from './pem.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

describe('certificateAuthority', () => {
  it('makes a root that may sign', async () => {
    const authority = await certificateAuthority({ subject: { commonName: 'Root', country: 'NL' }, pathLength: 3 });
    const root = new OtherCertificate(authority.cert);
    expect(root.subject).toBe('C=NL, CN=Root');
    expect(await root.isSelfSigned()).toBe(true);
    expect(root.getExtension(BasicConstraintsExtension)).toMatchObject({ ca: true, pathLength: 3, critical: true });
    expect(root.getExtension(KeyUsagesExtension)?.usages).toBe(
      KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
    );
    expect(authority.chain).toBe('');
  });

  it('issues certificates that say who has signed them', async () => {
    const authority = await certificateAuthority();
    const issued = await authority.issue({ names: ['a.test'] });
    const [root, leaf] = [new X509Certificate(authority.cert), new X509Certificate(issued.cert)];
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(issued.key))).toBe(true);
    expect(leaf.issuer).toBe('CN=Lamella CA');
    expect(splitCertificates(issued.cert)).toHaveLength(1);
    const [other, otherRoot] = [new OtherCertificate(issued.cert), new OtherCertificate(authority.cert)];
    const keyId = otherRoot.getExtension(SubjectKeyIdentifierExtension)?.keyId;
    expect(keyId).toMatch(/^[0-9a-f]{40}$/);
    expect(other.getExtension(AuthorityKeyIdentifierExtension)?.keyId).toBe(keyId);
    expect(other.getExtension(SubjectKeyIdentifierExtension)?.keyId).not.toBe(keyId);
  });

  it('never issues what outlives it', async () => {
    const clock = new FakeClock();
    const authority = await certificateAuthority({ clock, validityMs: 10_000 });
    expect((await authority.issue({ names: ['a.test'], clock })).validToMs).toBe(authority.validToMs);
    clock.advance(9_999);
    await expect(authority.issue({ names: ['a.test'], clock })).resolves.toBeDefined();
    clock.advance(1);
    await expect(authority.issue({ names: ['a.test'], clock })).rejects.toMatchObject({ code: 'LML_ERR_TLS_MATERIAL' });
  });

  it('signs for keys of others', async () => {
    const authority = await certificateAuthority();
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const leaf = new X509Certificate(await authority.certify(publicKey, { names: ['a.test'] }));
    expect(leaf.publicKey.equals(publicKey)).toBe(true);
    const usages = new OtherCertificate(leaf.toString()).getExtension(KeyUsagesExtension)?.usages;
    expect(usages).toBe(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment);
  });

  it('makes authorities below, whose certificates stand behind those that they issue', async () => {
    const root = await certificateAuthority({ subject: { commonName: 'Root' } });
    const middle = await root.intermediate({ subject: { commonName: 'Middle' } });
    const low = await middle.intermediate({ subject: { commonName: 'Low' } });
    const { cert } = await low.issue({ names: ['a.test'] });
    const subjects = splitCertificates(cert).map((pem) => new X509Certificate(pem).subject);
    expect(subjects).toEqual(['CN=a.test', 'CN=Low', 'CN=Middle']);
    const chain = [...splitCertificates(cert), root.cert].map((pem) => new X509Certificate(pem));
    chain.slice(1).forEach((above, index) => {
      expect(chain[index]?.checkIssued(above)).toBe(true);
      expect(chain[index]?.verify(above.publicKey)).toBe(true);
    });
  });

  it('leaves no more room below than it has itself', async () => {
    const root = await certificateAuthority({ pathLength: 1 });
    const middle = await root.intermediate();
    expect(new OtherCertificate(middle.cert).getExtension(BasicConstraintsExtension)?.pathLength).toBe(0);
    await expect(middle.issue({ names: ['a.test'] })).resolves.toBeDefined();
    for (const refused of [middle.intermediate(), root.intermediate({ pathLength: 1 })]) {
      await expect(refused).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    }
  });

  it.each([
    { pathLength: -1 },
    { pathLength: 101 },
    { pathLength: 0.5 },
    { subject: {} },
    { nameConstraints: { permitted: ['not a name'] } },
    { nameConstraints: { excluded: ['10.0.0.1/8'] } },
    { validityMs: 1 },
  ])('refuses %j', async (options) => {
    await expect(certificateAuthority(options)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

describe('loadCertificateAuthority', () => {
  it('goes on with an authority that was made before, with those above it', async () => {
    const root = await certificateAuthority({ subject: { commonName: 'Root' } });
    const middle = await root.intermediate({ subject: { commonName: 'Middle' }, pathLength: 0 });
    const loaded = loadCertificateAuthority({ cert: middle.cert + root.cert, key: middle.key });
    const { cert } = await loaded.issue({ names: ['a.test'] });
    expect(splitCertificates(cert).map((pem) => new X509Certificate(pem).subject)).toEqual(['CN=a.test', 'CN=Middle']);
    await expect(loaded.intermediate()).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });

  it('opens an encrypted key', async () => {
    const { cert, key } = await certificateAuthority();
    const encrypted = createPrivateKey(key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
    expect(loadCertificateAuthority({ cert, key: encrypted, passphrase: 'secret' }).cert).toBe(cert);
    for (const passphrase of ['wrong', undefined]) {
      const material = { cert, key: encrypted, ...(passphrase === undefined ? {} : { passphrase }) };
      expect(() => loadCertificateAuthority(material)).toThrow(
        expect.objectContaining({ code: 'LML_ERR_TLS_MATERIAL' }),
      );
    }
  });

  it('takes the authority of another implementation, and calls its key as it does', async () => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify']);
    const made = await X509CertificateGenerator.createSelfSigned({
      name: 'CN=Other, O=Else',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-384' },
      extensions: [new BasicConstraintsExtension(true), await SubjectKeyIdentifierExtension.create(keys.publicKey)],
    });
    const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
    const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' });
    const loaded = loadCertificateAuthority({ cert: made.toString('pem'), key: key.toString() });
    const { cert } = await loaded.issue({ names: ['a.test'] });
    expect(await new OtherCertificate(cert).verify({ publicKey: await made.publicKey.export() })).toBe(true);
    expect(new OtherCertificate(cert).issuerName.toString()).toBe(made.subjectName.toString());
    expect(new OtherCertificate(cert).getExtension(AuthorityKeyIdentifierExtension)?.keyId).toBe(
      made.getExtension(SubjectKeyIdentifierExtension)?.keyId,
    );
  });

  it('refuses what is no authority, and keys of others', async () => {
    const [authority, other] = [await certificateAuthority(), await certificateAuthority()];
    const leaf = await selfSignedCertificate({ names: ['a.test'] });
    const broken = authority.cert.replace(/\n[A-Za-z0-9]{4}/, '\nAAAA');
    for (const [cert, key] of [
      [leaf.cert, leaf.key],
      [authority.cert, other.key],
      [authority.cert, 'no key'],
      ['no certificate', authority.key],
      ['', authority.key],
      [broken, authority.key],
    ] as const) {
      expect(() => loadCertificateAuthority({ cert, key })).toThrow(
        expect.objectContaining({ code: 'LML_ERR_TLS_MATERIAL' }),
      );
    }
  });
});

describe('mirror', () => {
  it('says what the other certificate says, but not its dates, number and key', async () => {
    const upstream = await (await certificateAuthority()).issue({
      names: ['www.example.com', '*.example.com', '192.0.2.1', '2001:db8::1'],
      subject: { commonName: 'www.example.com', organization: 'Example', country: 'US' },
      usages: ['client'],
    });
    const authority = await certificateAuthority();
    const mirrored = await authority.mirror(new X509Certificate(upstream.cert), { extraNames: ['other.test'] });
    const [was, is] = [new X509Certificate(upstream.cert), new X509Certificate(mirrored.cert)];
    expect(is.subject).toBe(was.subject);
    expect(is.subjectAltName).toBe(`DNS:other.test, ${was.subjectAltName}`);
    expect(is.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect(is.serialNumber).not.toBe(was.serialNumber);
    expect(is.publicKey.equals(was.publicKey)).toBe(false);
    expect(is.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect((await authority.mirror(was.raw)).serialNumber).not.toBe(mirrored.serialNumber);
  });

  it('leaves out names that could not stand in a certificate', async () => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const made = await X509CertificateGenerator.createSelfSigned({
      name: '',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: 'dns', value: '*' },
          { type: 'dns', value: 'a b' },
          { type: 'email', value: 'ann@example.com' },
          { type: 'url', value: 'http://example.com/' },
          { type: 'dns', value: 'good.test' },
          { type: 'dns', value: '*.com' },
        ]),
      ],
    });
    const authority = await certificateAuthority();
    const { cert } = await authority.mirror(new Uint8Array(made.rawData));
    expect(new X509Certificate(cert).subjectAltName).toBe('DNS:good.test');
    expect(new OtherCertificate(cert).getExtension(SubjectAlternativeNameExtension)?.critical).toBe(true);
  });

  it('refuses what is no certificate, names nobody, or is too long', async () => {
    const authority = await certificateAuthority();
    const good = new X509Certificate((await selfSignedCertificate({ names: ['a.test'] })).cert).raw;
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const nameless = await X509CertificateGenerator.createSelfSigned({
      name: '',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    const inputs = [new Uint8Array(0), good.subarray(1), good.subarray(0, 90), new Uint8Array(nameless.rawData)];
    for (const input of [...inputs, Buffer.alloc(65_537)]) {
      await expect(authority.mirror(input)).rejects.toMatchObject({ code: 'LML_ERR_TLS_MATERIAL' });
    }
  });

  it('fails in one way however a certificate is cut or changed', async () => {
    const authority = await certificateAuthority();
    const der = new X509Certificate((await selfSignedCertificate({ names: ['a.test'] })).cert).raw;
    for (let at = 0; at < der.length; at += 3) {
      const changed = Uint8Array.from(der);
      changed[at] = createHash('sha256').update(`${at}`).digest()[0] ?? 0;
      const outcome = await authority.mirror(changed).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'LML_ERR_TLS_MATERIAL' });
    }
  });
});
