import type { KeyObject } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import { IpAddress } from '@lamella/net-core';
import { readDer, readDerList } from '../codec/der/der-decoder.ts';
import { TlsMaterialError } from '../errors.ts';
import type { CertificateUsage } from './extensions.ts';
import type { LeafContent } from './issued-certificate.ts';
import { leafContentOf } from './issued-certificate.ts';
import { OID } from './object-identifiers.ts';
import { parseCertificate } from './parsed-certificate.ts';
import { certificateName, certificateNames, MAX_NAMES } from './subject-alt-names.ts';
import type { ValidityOptions } from './validity.ts';

/** What a mirrored certificate says of its own. */
export interface MirrorOptions extends ValidityOptions {
  /** Names that it has beside those of the other one, such as the one that the client asks for. Default: none. */
  readonly extraNames?: readonly string[];
  /** Its private key, as PEM or as it is: RSA, P-256, P-384, P-521 or Ed25519. Default: a new one on P-256. */
  readonly key?: string | KeyObject;
}

/** The DER of a certificate. */
export function derOf(certificate: X509Certificate | Uint8Array): Uint8Array {
  return certificate instanceof X509Certificate ? certificate.raw : certificate;
}

/**
 * What a certificate says, to be said again.
 *
 * @throws TlsMaterialError if it is none, is longer than 64 KiB, or has neither a subject nor a name; UsageError if an option is out of its
 * range.
 */
export function mirroredContent(der: Uint8Array, options: MirrorOptions, isRsa: boolean): LeafContent {
  if (der.length > MAX_BYTES)
    throw new TlsMaterialError(`a certificate of ${der.length} bytes, at most ${MAX_BYTES} are mirrored`);
  const { subject, extension } = parseCertificate(der);
  const extraNames = certificateNames(options.extraNames ?? []);
  const names = [...new Set([...extraNames, ...namesIn(extension(OID.subjectAltName))])].slice(0, MAX_NAMES);
  if (names.length === 0 && subject.length === EMPTY_SEQUENCE_BYTES)
    throw new TlsMaterialError('a certificate that names nobody');
  return leafContentOf({ subject, names, usages: USAGES }, isRsa);
}

/** Host names and addresses of GeneralNames; what is none is left out. */
function namesIn(generalNames: Uint8Array | undefined): readonly string[] {
  if (generalNames === undefined) return [];
  return readDerList(readDer(generalNames, SEQUENCE).contents).flatMap(({ tag, contents }) => {
    const isAddress = tag === IP_ADDRESS && (contents.length === 4 || contents.length === 16);
    if (isAddress) return [new IpAddress(contents.slice()).toString()];
    const text = tag === DNS_NAME ? Buffer.from(contents).toString('latin1') : '';
    const name = certificateName(text);
    return name === undefined ? [] : [name];
  });
}

const USAGES: readonly CertificateUsage[] = ['server'];
const MAX_BYTES = 65_536;
const EMPTY_SEQUENCE_BYTES = 2;
const [SEQUENCE, DNS_NAME, IP_ADDRESS] = [0x30, 0x82, 0x87];
