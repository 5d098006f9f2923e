import { createHash } from 'node:crypto';
import { UsageError } from '@lamella/service-core';
import { derOctetString } from '../codec/der/der-encoder.ts';
import { distinguishedName } from './distinguished-name.ts';
import { extension } from './extensions.ts';
import type { IssuedCertificate } from './issued-certificate.ts';
import { leafContentOf } from './issued-certificate.ts';
import { OID } from './object-identifiers.ts';
import { signedByItself } from './self-signed-certificate.ts';
import { generateKey } from './signing-key.ts';
import { certificateNames } from './subject-alt-names.ts';
import type { ValidityOptions } from './validity.ts';
import { validityOf } from './validity.ts';

/** What is shown to an ACME server. */
export interface AcmeChallengeCertificateOptions extends ValidityOptions {
  /** The host name or IP address that is proved; no wildcard. */
  readonly identifier: string;
  /** The key authorization of the challenge: its token, a dot, and the thumbprint of the account's key. Not empty. */
  readonly keyAuthorization: string;
}

/**
 * Makes the certificate that proves to an ACME server that a name is ours: RFC 8737, the challenge `tls-alpn-01`.
 *
 * @remarks
 * It has signed itself, has the one name, and says the SHA-256 of the key authorization in a critical extension; it is shown to who offers
 * the protocol `acme-tls/1` and asks for the name, and to nobody else. Good for 7 days by default.
 *
 * @throws UsageError if an option is out of its range.
 */
export async function acmeChallengeCertificate(options: AcmeChallengeCertificateOptions): Promise<IssuedCertificate> {
  const { identifier, keyAuthorization } = options;
  if (identifier.startsWith('*.'))
    throw new UsageError(`a challenge is for a name, not for a wildcard, got ${identifier}`);
  if (keyAuthorization === '') throw new UsageError('keyAuthorization must not be empty');
  const names = certificateNames([identifier]);
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const { subject, extensions } = leafContentOf({ subject: distinguishedName({}), names, usages: ['server'] }, false);
  const proof = extension(OID.acmeIdentifier, derOctetString(digest), true);
  const validity = validityOf(options, DEFAULT_VALIDITY_MS);
  return signedByItself({ subject, extensions: [...extensions, proof] }, validity, await generateKey());
}

const DEFAULT_VALIDITY_MS = 7 * 86_400_000;
