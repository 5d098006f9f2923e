import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import type { KeyPair } from '@lamella/tls';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from '@peculiar/x509';

/** An authority of a test, which signs certificates. */
export interface TestAuthority {
  /** Its own certificate, as PEM: what trusts it is given. */
  readonly cert: string;
  /** Makes a certificate with its key. */
  issue(names: readonly string[], options?: IssueOptions): Promise<TestPair>;
  /** Makes another authority below this one; its certificate is behind each that it issues. */
  intermediate(): Promise<TestAuthority>;
  /** A list of revoked certificates, as PEM. */
  revoke(...serialNumbers: readonly string[]): Promise<string>;
}

/** A certificate of a test. */
export interface TestPair extends KeyPair {
  readonly cert: string;
  readonly key: string;
  readonly serialNumber: string;
}

/** What is special about a certificate. */
export interface IssueOptions {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Default both. */
  readonly usage?: 'server' | 'client';
  readonly commonName?: string;
}

/** Makes an authority that nobody trusts but who is told to. */
export async function testAuthority(name = 'Test Root'): Promise<TestAuthority> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    serialNumber: nextSerial(),
    ...dates({}),
    signingAlgorithm: SIGNING,
    extensions: authorityExtensions(),
  });
  return authorityOf(keys, `CN=${name}`, certificate.toString('pem'), '');
}

/** Makes a certificate that has signed itself. */
export async function selfSigned(names: readonly string[], options: IssueOptions = {}): Promise<TestPair> {
  const keys = await generateKeys();
  const serialNumber = nextSerial();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${options.commonName ?? 'self'}`,
    keys,
    serialNumber,
    ...dates(options),
    signingAlgorithm: SIGNING,
    extensions: [new BasicConstraintsExtension(false), altNames(names)],
  });
  return { cert: certificate.toString('pem'), key: await pemOfKey(keys), serialNumber };
}

function authorityOf(keys: webcrypto.CryptoKeyPair, issuer: string, cert: string, chain: string): TestAuthority {
  const sign = async (
    subject: string,
    publicKey: webcrypto.CryptoKey,
    options: IssueOptions,
    extensions: Extensions,
  ) => {
    const serialNumber = nextSerial();
    const made = await X509CertificateGenerator.create({
      subject,
      issuer,
      publicKey,
      signingKey: keys.privateKey,
      serialNumber,
      ...dates(options),
      signingAlgorithm: SIGNING,
      extensions,
    });
    return { pem: made.toString('pem'), serialNumber };
  };
  return {
    cert,
    async issue(names, options = {}) {
      const own = await generateKeys();
      const usages = { server: ['1.3.6.1.5.5.7.3.1'], client: ['1.3.6.1.5.5.7.3.2'] };
      const allowed = options.usage === undefined ? [...usages.server, ...usages.client] : usages[options.usage];
      const extensions = [
        new BasicConstraintsExtension(false),
        new ExtendedKeyUsageExtension(allowed),
        ...(names.length === 0 ? [] : [altNames(names)]),
      ];
      const subject = `CN=${options.commonName ?? names[0] ?? 'nobody'}`;
      const { pem, serialNumber } = await sign(subject, own.publicKey, options, extensions);
      return { cert: `${pem}\n${chain}`, key: await pemOfKey(own), serialNumber };
    },
    async intermediate() {
      const own = await generateKeys();
      const { pem } = await sign('CN=Test Intermediate', own.publicKey, {}, authorityExtensions());
      return authorityOf(own, 'CN=Test Intermediate', pem, `${pem}\n${chain}`);
    },
    async revoke(...serialNumbers) {
      const list = await X509CrlGenerator.create({
        issuer,
        thisUpdate: new Date(Date.now() - DAY_MS),
        nextUpdate: new Date(Date.now() + DAY_MS),
        signingAlgorithm: SIGNING,
        signingKey: keys.privateKey,
        entries: serialNumbers.map((serialNumber) => ({ serialNumber, revocationDate: new Date(Date.now() - 1_000) })),
      });
      return PemConverter.encode(list.rawData, 'X509 CRL');
    },
  };
}

type Extensions = NonNullable<Parameters<typeof X509CertificateGenerator.create>[0]['extensions']>;

function authorityExtensions(): Extensions {
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
  ];
}

function altNames(names: readonly string[]): SubjectAlternativeNameExtension {
  return new SubjectAlternativeNameExtension(
    names.map((name) => ({ type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name })),
  );
}

function dates({
  notBefore = new Date(Date.now() - DAY_MS),
  notAfter = new Date(Date.now() + 30 * DAY_MS),
}: IssueOptions) {
  return { notBefore, notAfter };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

async function pemOfKey({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY');
}

let serial = 0x1000;

function nextSerial(): string {
  serial++;
  return serial.toString(16).toUpperCase(); // as Node writes it
}

const SIGNING = { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' };
const DAY_MS = 86_400_000;
