import type { X509Certificate } from 'node:crypto';
import type { TlsErrorCode } from '../errors.ts';

/** What is known of the certificate of a peer. */
export interface PeerCertificateFacts {
  /** Whom it names, such as `CN=example.com`; several parts are in lines of their own. */
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
  /** The certificate itself, as DER. */
  readonly raw: Uint8Array;
  /** Whether it was verified: its chain, its dates and, for a server, its name or its pin. */
  readonly isAuthorized: boolean;
  /** Why it is not authorized. */
  readonly refusal: TlsErrorCode | undefined;
}

/** Writes down what a certificate says. */
export function peerCertificateFacts(
  certificate: X509Certificate,
  refusal: TlsErrorCode | undefined,
): PeerCertificateFacts {
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    subjectAltNames: subjectAltNames(certificate.subjectAltName),
    serialNumber: certificate.serialNumber,
    validFromMs: Date.parse(certificate.validFrom),
    validToMs: Date.parse(certificate.validTo),
    fingerprint256: certificate.fingerprint256,
    raw: certificate.raw,
    isAuthorized: refusal === undefined,
    refusal,
  };
}

/** Takes the list of names apart; one with a comma or a quote in it stands in quotes. */
export function subjectAltNames(list: string | undefined): readonly string[] {
  return list?.match(/(?:[^",]|"(?:[^"\\]|\\.)*")+/g)?.map((name) => name.trim()) ?? [];
}
