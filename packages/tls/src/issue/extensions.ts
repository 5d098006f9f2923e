import { parseCidr, tryParseDomain } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import {
  derBoolean,
  derImplicit,
  derNamedBits,
  derOctetString,
  derSequence,
  derTagged,
  derUnsigned,
} from '../codec/der/der-encoder.ts';
import { derObjectIdentifier } from '../codec/der/object-identifier.ts';
import { OID } from './object-identifiers.ts';
import { generalNames } from './subject-alt-names.ts';

/** What a certificate is good for: showing that one is a server, or a client. */
export type CertificateUsage = 'server' | 'client';

/** Which names the certificates below an authority may have. Each is a domain with all names below it, or a block such as `10.0.0.0/8`. */
export interface NameConstraints {
  /** Names that are allowed; others of the same kind are not. Default: all. */
  readonly permitted?: readonly string[];
  /** Names that are not allowed, whatever `permitted` says. Default: none. */
  readonly excluded?: readonly string[];
}

/** One extension. RFC 5280 section 4.2: `critical` is left out where it is false, its default. */
export function extension(identifier: string, value: Uint8Array, isCritical = false): Uint8Array {
  const critical = isCritical ? [derBoolean(true)] : [];
  return derSequence(derObjectIdentifier(identifier), ...critical, derOctetString(value));
}

/** Names of hosts. Critical where nothing else says whom the certificate is for. RFC 5280 section 4.2.1.6. */
export function subjectAltNames(names: readonly string[], isSubjectEmpty: boolean): readonly Uint8Array[] {
  return names.length === 0 ? [] : [extension(OID.subjectAltName, generalNames(names), isSubjectEmpty)];
}

/** That this certificate signs no others. */
export function endEntityConstraints(): Uint8Array {
  return extension(OID.basicConstraints, derSequence(), true);
}

/** That this certificate signs others, and how many authorities may stand below it. */
export function authorityConstraints(pathLength: number | undefined): Uint8Array {
  const limit = pathLength === undefined ? [] : [derUnsigned(Uint8Array.of(pathLength))];
  return extension(OID.basicConstraints, derSequence(derBoolean(true), ...limit), true);
}

/** What the key of a server or client does. RSA keys may decrypt too, for clients of TLS 1.2 that know no better. */
export function endEntityKeyUsage(isRsa: boolean): Uint8Array {
  return extension(
    OID.keyUsage,
    derNamedBits(isRsa ? [DIGITAL_SIGNATURE, KEY_ENCIPHERMENT] : [DIGITAL_SIGNATURE]),
    true,
  );
}

/** What the key of an authority does. */
export function authorityKeyUsage(): Uint8Array {
  return extension(OID.keyUsage, derNamedBits([DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN]), true);
}

/** What the certificate is for. */
export function extendedKeyUsage(usages: readonly CertificateUsage[]): Uint8Array {
  const purposes = usages.map((usage) => derObjectIdentifier(usage === 'server' ? OID.serverAuth : OID.clientAuth));
  return extension(OID.extendedKeyUsage, derSequence(...purposes));
}

/** What the key of this certificate is called. */
export function subjectKeyIdentifier(identifier: Uint8Array): Uint8Array {
  return extension(OID.subjectKeyIdentifier, derOctetString(identifier));
}

/** What the key is called that has signed this certificate. */
export function authorityKeyIdentifier(identifier: Uint8Array): Uint8Array {
  return extension(OID.authorityKeyIdentifier, derSequence(derImplicit(0, identifier)));
}

/** Which names may stand below. RFC 5280 section 4.2.1.10. @throws UsageError if one is neither a domain nor a block of addresses. */
export function nameConstraints({ permitted = [], excluded = [] }: NameConstraints): readonly Uint8Array[] {
  const subtrees = [permitted, excluded].flatMap((names, number) =>
    names.length === 0 ? [] : [derTagged(number, ...names.map((name) => derSequence(subtree(name))))],
  );
  return subtrees.length === 0 ? [] : [extension(OID.nameConstraints, derSequence(...subtrees), true)];
}

function subtree(name: string): Uint8Array {
  const domain = tryParseDomain(name);
  if (domain !== undefined) return derImplicit(2, Buffer.from(domain.name, 'latin1'));
  try {
    const { address, prefixLength } = parseCidr(name);
    const mask = address.bytes.map((_, index) => 0xff << (8 - Math.min(8, Math.max(0, prefixLength - index * 8))));
    return derImplicit(7, Uint8Array.from([...address.bytes, ...mask]));
  } catch (error) {
    throw new UsageError(`${JSON.stringify(name)} is neither a domain nor a block of addresses`, { cause: error });
  }
}

const [DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, KEY_CERT_SIGN, CRL_SIGN] = [0, 2, 5, 6];
