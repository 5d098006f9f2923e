import type { X509Certificate } from 'node:crypto';
import type { TlsErrorCode } from '../errors.ts';
import { spkiPin } from './spki-pin.ts';
import { subjectAltNames } from './subject-alt-names.ts';

/** What a certificate says. */
export interface CertificateFacts {
  /** Whom it names, such as `CN=example.com`; several parts are in lines of their own. Empty if it has names of hosts only. */
  readonly subject: string;
  /** Who has signed it. */
  readonly issuer: string;
  /** Names that it is for, such as `DNS:example.com` or `IP Address:192.0.2.1`. */
  readonly subjectAltNames: readonly string[];
  /** Its number at the issuer, in hexadecimal. */
  readonly serialNumber: string;
  /** When it becomes valid, in milliseconds since the Unix epoch. */
  readonly validFromMs: number;
  /** When it expires, in milliseconds since the Unix epoch. */
  readonly validToMs: number;
  /** SHA-256 over the certificate: pairs of hexadecimal digits with colons. */
  readonly fingerprint256: string;
  /** The pin of its key, as `spkiPin` writes it; computed when it is asked for. */
  readonly pin: string;
  /** The certificate itself, as DER. */
  readonly raw: Uint8Array;
}

/** What is known of the certificate of a peer. */
export interface PeerCertificateFacts extends CertificateFacts {
  /** Its issuers that came with it, the nearest one first; roots mostly don't. Empty on a server that has resumed the session. */
  readonly chain: readonly CertificateFacts[];
  /** Whether it was verified: its chain, its dates and, for a server, its name and its pin. */
  readonly isAuthorized: boolean;
  /** Why it is not authorized. */
  readonly refusal: TlsErrorCode | undefined;
}

/** What a certificate says. Read from it when it is asked for: most connections are never asked, and reading takes as long as a request. */
export function peerCertificateFacts(
  certificate: X509Certificate,
  refusal: TlsErrorCode | undefined,
): PeerCertificateFacts {
  return new JudgedCertificate(certificate, refusal);
}

class ShownCertificate implements CertificateFacts {
  readonly #certificate: X509Certificate;

  constructor(certificate: X509Certificate) {
    this.#certificate = certificate;
  }

  get subject(): string {
    return this.#certificate.subject ?? ''; // Node gives `undefined` for an empty name, whatever its types say
  }

  get issuer(): string {
    return this.#certificate.issuer ?? '';
  }

  get subjectAltNames(): readonly string[] {
    return subjectAltNames(this.#certificate.subjectAltName);
  }

  get serialNumber(): string {
    return this.#certificate.serialNumber;
  }

  get validFromMs(): number {
    return Date.parse(this.#certificate.validFrom);
  }

  get validToMs(): number {
    return Date.parse(this.#certificate.validTo);
  }

  get fingerprint256(): string {
    return this.#certificate.fingerprint256;
  }

  get pin(): string {
    return spkiPin(this.#certificate);
  }

  get raw(): Uint8Array {
    return this.#certificate.raw;
  }

  /** What logs show of it. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { subject, issuer, subjectAltNames: names, serialNumber, validFromMs, validToMs, fingerprint256 } = this;
    return { subject, issuer, subjectAltNames: names, serialNumber, validFromMs, validToMs, fingerprint256 };
  }
}

class JudgedCertificate extends ShownCertificate implements PeerCertificateFacts {
  readonly refusal: TlsErrorCode | undefined;
  readonly #leaf: X509Certificate;

  constructor(certificate: X509Certificate, refusal: TlsErrorCode | undefined) {
    super(certificate);
    this.#leaf = certificate;
    this.refusal = refusal;
  }

  get isAuthorized(): boolean {
    return this.refusal === undefined;
  }

  get chain(): readonly CertificateFacts[] {
    return issuersOf(this.#leaf).map((issuer) => new ShownCertificate(issuer));
  }

  override toJSON(): Readonly<Record<string, unknown>> {
    const { isAuthorized, refusal } = this;
    return { ...super.toJSON(), isAuthorized, ...(refusal === undefined ? {} : { refusal }) };
  }
}

function issuersOf(certificate: X509Certificate): readonly X509Certificate[] {
  const issuers: X509Certificate[] = [];
  let current = certificate;
  while (issuers.length < MAX_ISSUERS) {
    const { issuerCertificate } = current;
    if (issuerCertificate === undefined || issuerCertificate.fingerprint256 === current.fingerprint256) break;
    issuers.push(issuerCertificate);
    current = issuerCertificate;
  }
  return issuers;
}

/** No chain of the web is longer; OpenSSL itself stops at 100. */
const MAX_ISSUERS = 16;
