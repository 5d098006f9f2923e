import { randomBytes } from 'node:crypto';
import { derSequence, derTagged, derUnsigned } from '../codec/der/der-encoder.ts';
import type { SigningKey } from './signing-key.ts';
import type { Validity } from './validity.ts';
import { derValidity } from './validity.ts';

/** What a certificate says, encoded already. */
export interface CertificateParts {
  /** Name of who signs. */
  readonly issuer: Uint8Array;
  /** Name of whom it is for. */
  readonly subject: Uint8Array;
  readonly validity: Validity;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

/** A certificate as DER, and its number. */
export interface SignedCertificate {
  readonly der: Uint8Array;
  /** In hexadecimal. */
  readonly serialNumber: string;
}

/** Signs a certificate of version 3 with a random number. RFC 5280 section 4.1. */
export async function signCertificate(parts: CertificateParts, signer: SigningKey): Promise<SignedCertificate> {
  const serial = serialNumber();
  const body = derSequence(
    derTagged(0, derUnsigned(VERSION_3)),
    derUnsigned(serial),
    signer.algorithm,
    parts.issuer,
    derValidity(parts.validity),
    parts.subject,
    parts.publicKeyInfo,
    derTagged(3, derSequence(...parts.extensions)),
  );
  const der = derSequence(body, signer.algorithm, await signer.sign(body));
  return { der, serialNumber: serial.toString('hex').toUpperCase() };
}

/** 20 bytes, of which the first makes it positive and never shorter: 158 random bits. RFC 5280 section 4.1.2.2. */
function serialNumber(): Buffer {
  const bytes = randomBytes(20);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

const VERSION_3 = Uint8Array.of(2);
