import type { KeyObject } from 'node:crypto';
import { UsageError } from '@lamella/service-core';
import { derSequence, derSetOf, derTagged, derUnsigned } from '../codec/der/der-encoder.ts';
import { derObjectIdentifier } from '../codec/der/object-identifier.ts';
import type { CertificateSubject } from './distinguished-name.ts';
import { distinguishedName } from './distinguished-name.ts';
import { subjectAltNames } from './extensions.ts';
import { pemOfKey } from './issued-certificate.ts';
import { OID } from './object-identifiers.ts';
import { toPem } from './pem.ts';
import { keyOr, signingKey } from './signing-key.ts';
import { certificateNames } from './subject-alt-names.ts';

/** What is asked for in a request for a certificate. */
export interface CertificateRequestOptions {
  /** Host names, wildcards such as `*.example.com` and IP addresses, 1 to 1_000. */
  readonly names: readonly string[];
  /** Whom the certificate shall name beside; authorities of the web leave it out. Default: nobody. */
  readonly subject?: CertificateSubject;
  /** The private key, as PEM, not encrypted: RSA, P-256, P-384, P-521 or Ed25519. Default: a new one on P-256. */
  readonly key?: string | KeyObject;
}

/** A request for a certificate, signed by the key that it is for. */
export interface CertificateRequest {
  /** The request as DER, which ACME sends. */
  readonly der: Uint8Array;
  /** The request as PEM, which people send. */
  readonly pem: string;
  /** The private key, as PEM (PKCS #8). */
  readonly key: string;
}

/**
 * Makes a request for a certificate: PKCS #10, RFC 2986.
 *
 * @throws UsageError if an option is out of its range; TlsMaterialError if the key can't sign.
 *
 * @example
 * const { pem, key } = await certificateRequest({ names: ['example.com', 'www.example.com'] });
 */
export async function certificateRequest(options: CertificateRequestOptions): Promise<CertificateRequest> {
  const names = certificateNames(options.names);
  if (names.length === 0) throw new UsageError('a request for a certificate needs names');
  const subject = distinguishedName(options.subject ?? {});
  const key = await keyOr(options.key);
  const signer = signingKey(key);
  const extensions = derSequence(...subjectAltNames(names, false));
  const attributes = derTagged(0, derSequence(derObjectIdentifier(OID.extensionRequest), derSetOf(extensions)));
  const body = derSequence(derUnsigned(VERSION_1), subject, signer.publicKeyInfo, attributes);
  const der = derSequence(body, signer.algorithm, await signer.sign(body));
  return { der, pem: toPem('CERTIFICATE REQUEST', der), key: pemOfKey(key) };
}

const VERSION_1 = Uint8Array.of(0);
