import type { KeyObject } from 'node:crypto';
import { UsageError } from '@lamella/service-core';
import type { KeyPair } from '../certificates/key-pair.ts';
import type { CertificateSubject } from './distinguished-name.ts';
import { distinguishedName, MAX_NAME_PART } from './distinguished-name.ts';
import type { CertificateUsage } from './extensions.ts';
import { endEntityConstraints, endEntityKeyUsage, extendedKeyUsage, subjectAltNames } from './extensions.ts';
import { certificateNames } from './subject-alt-names.ts';
import type { Validity, ValidityOptions } from './validity.ts';

/** What a certificate is to say. */
export interface IssueOptions extends ValidityOptions {
  /** Host names, wildcards such as `*.example.com` and IP addresses, at most 1_000. May be empty if there is a `subject`. */
  readonly names: readonly string[];
  /** Whom it names beside. Default: the first name as `commonName`, unless that is longer than 64 characters. */
  readonly subject?: CertificateSubject;
  /** What it is for, at least one. Default `['server']`. */
  readonly usages?: readonly CertificateUsage[];
  /** Its private key, as PEM or as it is: RSA, P-256, P-384, P-521 or Ed25519. Default: a new one on P-256. */
  readonly key?: string | KeyObject;
}

/** A certificate that was made here, with its key. */
export interface IssuedCertificate extends KeyPair, Validity {
  /** The certificate, and the intermediates above it, as PEM. */
  readonly cert: string;
  /** Its private key, as PEM (PKCS #8). */
  readonly key: string;
  /** Its number, in hexadecimal. */
  readonly serialNumber: string;
}

/** What options say of a certificate, encoded. */
export interface LeafContent {
  /** Whom it is for, as DER. */
  readonly subject: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

/** Encodes what options say. @throws UsageError if one is out of its range, or says neither a name nor a subject. */
export function leafContent(options: IssueOptions, isRsa: boolean): LeafContent {
  const { usages = ['server'] } = options;
  const names = certificateNames(options.names);
  const subject = distinguishedName(options.subject ?? subjectOf(names));
  checkUsages(usages);
  return leafContentOf({ subject, names, usages }, isRsa);
}

/** {@link leafContent} for a subject that is encoded already. @throws UsageError if there is neither a name nor a subject. */
export function leafContentOf(parts: LeafParts, isRsa: boolean): LeafContent {
  const { subject, names, usages } = parts;
  const isSubjectEmpty = subject.length <= EMPTY_SEQUENCE_BYTES;
  if (isSubjectEmpty && names.length === 0) throw new UsageError('a certificate needs names or a subject');
  const extensions = [
    endEntityConstraints(),
    endEntityKeyUsage(isRsa),
    extendedKeyUsage(usages),
    ...subjectAltNames(names, isSubjectEmpty),
  ];
  return { subject, extensions };
}

/** The private key as PEM. */
export function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

interface LeafParts {
  readonly subject: Uint8Array;
  readonly names: readonly string[];
  readonly usages: readonly CertificateUsage[];
}

function subjectOf([commonName]: readonly string[]): CertificateSubject {
  return commonName === undefined || commonName.length > MAX_NAME_PART ? {} : { commonName };
}

function checkUsages(usages: readonly CertificateUsage[]): void {
  const isKnown = usages.every((usage) => usage === 'server' || usage === 'client');
  if (usages.length === 0 || !isKnown)
    throw new UsageError(`usages must be server, client or both, got ${usages.join(', ') || 'none'}`);
}

const EMPTY_SEQUENCE_BYTES = 2;
