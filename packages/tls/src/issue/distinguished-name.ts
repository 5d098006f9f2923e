import { UsageError } from '@lamella/service-core';
import { derPrintableString, derSequence, derSetOf, derUtf8String } from '../codec/der/der-encoder.ts';
import { derObjectIdentifier } from '../codec/der/object-identifier.ts';
import { OID } from './object-identifiers.ts';

/** Whom a certificate names, beside its names of hosts. Each part has 1 to 64 characters, none of which are control characters. */
export interface CertificateSubject {
  /** What people see, such as `Example Development CA`. */
  readonly commonName?: string;
  /** Name of the organization. */
  readonly organization?: string;
  /** Part of the organization. */
  readonly organizationalUnit?: string;
  /** Two capital letters of ISO 3166, such as `NL`. */
  readonly country?: string;
}

/** Longest part of a name, in characters: `ub-common-name` of RFC 5280 appendix A.1. */
export const MAX_NAME_PART = 64;

/**
 * Encodes a Name, from the country down to the common name.
 *
 * @throws UsageError if a part has too many characters, none, or a control character, or the country is not two capital letters.
 */
export function distinguishedName(subject: CertificateSubject): Uint8Array {
  const { commonName, organization, organizationalUnit, country } = subject;
  if (country !== undefined && !COUNTRY.test(country))
    throw new UsageError(`country must be two capital letters, got ${JSON.stringify(country)}`);
  return derSequence(
    ...(country === undefined ? [] : [attribute(OID.country, derPrintableString(country))]),
    ...text('organization', OID.organization, organization),
    ...text('organizationalUnit', OID.organizationalUnit, organizationalUnit),
    ...text('commonName', OID.commonName, commonName),
  );
}

function text(part: string, identifier: string, value: string | undefined): readonly Uint8Array[] {
  if (value === undefined) return [];
  const characters = [...value].length;
  if (characters === 0 || characters > MAX_NAME_PART || NEVER_IN_NAME.test(value)) {
    throw new UsageError(
      `${part} must be 1 to ${MAX_NAME_PART} characters without control characters, got ${JSON.stringify(value)}`,
    );
  }
  return [attribute(identifier, derUtf8String(value))];
}

function attribute(identifier: string, value: Uint8Array): Uint8Array {
  return derSetOf(derSequence(derObjectIdentifier(identifier), value));
}

const COUNTRY = /^[A-Z]{2}$/;
/** Control characters, and halves of characters, which UTF-8 has no bytes for. */
const NEVER_IN_NAME = /[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/u;
