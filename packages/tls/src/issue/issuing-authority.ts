import type { KeyObject, X509Certificate } from 'node:crypto';
import { X509Certificate as Certificate } from 'node:crypto';
import { readDer, readDerList } from '../codec/der/der-decoder.ts';
import { TlsMaterialError } from '../errors.ts';
import { authorityKeyIdentifier, subjectKeyIdentifier } from './extensions.ts';
import type { IssuedCertificate, IssueOptions, LeafContent } from './issued-certificate.ts';
import { leafContent, pemOfKey } from './issued-certificate.ts';
import type { MirrorOptions } from './mirrored-content.ts';
import { derOf, mirroredContent } from './mirrored-content.ts';
import { OID } from './object-identifiers.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';
import { parseCertificate } from './parsed-certificate.ts';
import { splitCertificates, toPem } from './pem.ts';
import type { CertificateParts, SignedCertificate } from './sign-certificate.ts';
import { signCertificate } from './sign-certificate.ts';
import type { SigningKey } from './signing-key.ts';
import { isRsa, keyIdentifier, keyOr, publicKeyInfoOf, signingKey } from './signing-key.ts';
import type { Validity } from './validity.ts';
import { validityOf } from './validity.ts';

/** The certificate and the key of an authority, and what they sign. */
export class IssuingAuthority implements Validity {
  readonly cert: string;
  readonly key: string;
  readonly validFromMs: number;
  readonly validToMs: number;
  /** Certificates behind each that is issued. */
  readonly chain: string;
  /** How many authorities may stand below; `undefined`: any number. */
  readonly pathLength: number | undefined;
  readonly #certificate: ParsedCertificate;
  readonly #signer: SigningKey;
  readonly #keyIdentifier: Uint8Array;

  /**
   * @param certs - Its certificate, then those of the authorities above, as PEM.
   * @throws TlsMaterialError if the first is no certificate of an authority, or the key is not its key.
   */
  constructor(certs: string, key: KeyObject) {
    const [cert, ...above] = splitCertificates(certs);
    if (cert === undefined) throw new TlsMaterialError('the authority has no certificate in PEM');
    const certificate = parsed(cert);
    if (!certificate.ca)
      throw new TlsMaterialError(`${nameOf(certificate)} is no authority: it may not sign certificates`);
    if (!certificate.checkPrivateKey(key)) throw new TlsMaterialError(`the key is not that of ${nameOf(certificate)}`);
    this.cert = cert;
    this.key = pemOfKey(key);
    this.validFromMs = Date.parse(certificate.validFrom);
    this.validToMs = Date.parse(certificate.validTo);
    const isRoot = certificate.checkIssued(certificate);
    this.chain = isRoot ? '' : [cert, ...above].filter((pem) => !isSelfIssued(pem)).join('');
    this.#certificate = parseCertificate(certificate.raw);
    this.pathLength = pathLengthOf(this.#certificate.extension(OID.basicConstraints));
    this.#signer = signingKey(key);
    const known = this.#certificate.extension(OID.subjectKeyIdentifier);
    this.#keyIdentifier =
      known === undefined ? keyIdentifier(this.#signer.publicKeyInfo) : readDer(known, OCTET_STRING).contents;
  }

  /** What stands behind an authority below this one. */
  get ownChain(): string {
    return this.chain === '' ? this.cert : this.chain;
  }

  async issue(options: IssueOptions): Promise<IssuedCertificate> {
    const key = await keyOr(options.key);
    return this.#issueWith(key, leafContent(options, isRsa(key)), validityOf(options, LEAF_VALIDITY_MS, this));
  }

  async certify(publicKey: KeyObject, options: IssueOptions): Promise<string> {
    const content = leafContent(options, isRsa(publicKey));
    const validity = validityOf(options, LEAF_VALIDITY_MS, this);
    const { der } = await this.sign({ ...content, validity, publicKeyInfo: publicKeyInfoOf(publicKey) });
    return toPem('CERTIFICATE', der) + this.chain;
  }

  async mirror(upstream: X509Certificate | Uint8Array, options: MirrorOptions = {}): Promise<IssuedCertificate> {
    const key = await keyOr(options.key);
    const content = mirroredContent(derOf(upstream), options, isRsa(key));
    return this.#issueWith(key, content, validityOf(options, LEAF_VALIDITY_MS, this));
  }

  async #issueWith(key: KeyObject, content: LeafContent, validity: Validity): Promise<IssuedCertificate> {
    const { der, serialNumber } = await this.sign({ ...content, validity, publicKeyInfo: publicKeyInfoOf(key) });
    return { cert: toPem('CERTIFICATE', der) + this.chain, key: pemOfKey(key), serialNumber, ...validity };
  }

  /** Signs what is not signed by itself: the issuer, and what the keys are called, are added. */
  sign(parts: Omit<CertificateParts, 'issuer'>): Promise<SignedCertificate> {
    const extensions = [
      ...parts.extensions,
      subjectKeyIdentifier(keyIdentifier(parts.publicKeyInfo)),
      authorityKeyIdentifier(this.#keyIdentifier),
    ];
    return signCertificate({ ...parts, extensions, issuer: this.#certificate.subject }, this.#signer);
  }
}

function parsed(pem: string): X509Certificate {
  try {
    return new Certificate(pem);
  } catch (error) {
    throw new TlsMaterialError('the certificate of an authority is none', { cause: error });
  }
}

function isSelfIssued(pem: string): boolean {
  const certificate = parsed(pem);
  return certificate.checkIssued(certificate);
}

function nameOf({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ');
}

/** `BasicConstraints ::= SEQUENCE { cA BOOLEAN, pathLenConstraint INTEGER OPTIONAL }` */
function pathLengthOf(constraints: Uint8Array | undefined): number | undefined {
  const fields = constraints === undefined ? [] : readDerList(readDer(constraints, SEQUENCE).contents);
  return fields.find(({ tag }) => tag === INTEGER)?.contents.reduce((value, byte) => value * 0x100 + byte, 0);
}

const LEAF_VALIDITY_MS = 90 * 86_400_000;
const [SEQUENCE, INTEGER, OCTET_STRING] = [0x30, 0x02, 0x04];
