import type { KeyObject } from 'node:crypto';
import { subjectKeyIdentifier } from './extensions.ts';
import type { IssuedCertificate, IssueOptions, LeafContent } from './issued-certificate.ts';
import { leafContent, pemOfKey } from './issued-certificate.ts';
import { toPem } from './pem.ts';
import { signCertificate } from './sign-certificate.ts';
import { isRsa, keyIdentifier, keyOr, signingKey } from './signing-key.ts';
import type { Validity } from './validity.ts';
import { validityOf } from './validity.ts';

/**
 * Makes a certificate for a server that has signed itself: trusted by nobody but who is given it.
 *
 * @remarks
 * It is no authority: it can sign no other certificate. Good for 90 days by default.
 *
 * @throws UsageError if an option is out of its range; TlsMaterialError if the key can't sign.
 *
 * @example
 * const certificate = await selfSignedCertificate({ names: ['localhost', '127.0.0.1', '::1'] });
 * const secured = tlsAcceptLayer({ certificates: certificate });
 */
export async function selfSignedCertificate(options: IssueOptions): Promise<IssuedCertificate> {
  const key = await keyOr(options.key);
  return signedByItself(leafContent(options, isRsa(key)), validityOf(options, DEFAULT_VALIDITY_MS), key);
}

/** Signs content with the key that it is about. */
export async function signedByItself(
  content: LeafContent,
  validity: Validity,
  key: KeyObject,
): Promise<IssuedCertificate> {
  const signer = signingKey(key);
  const { publicKeyInfo } = signer;
  const { subject } = content;
  const extensions = [...content.extensions, subjectKeyIdentifier(keyIdentifier(publicKeyInfo))];
  const parts = { issuer: subject, subject, validity, publicKeyInfo, extensions };
  const { der, serialNumber } = await signCertificate(parts, signer);
  return { cert: toPem('CERTIFICATE', der), key: pemOfKey(key), serialNumber, ...validity };
}

const DEFAULT_VALIDITY_MS = 90 * 86_400_000;
