import type { IpAddress } from '@lamella/net-core';
import { tryParseDomain, tryParseIp } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { derImplicit, derSequence } from '../codec/der/der-encoder.ts';

/** Most names in one certificate: a server that shows more sends a handshake that clients refuse. */
export const MAX_NAMES = 1_000;

/**
 * A name as it may stand in a certificate.
 *
 * @returns A host name in ASCII and lower case, a wildcard of a name of at least two labels, or an IP address; `undefined` if the text is
 * none: a wildcard elsewhere than as the whole first label, `*.com`, an address with a zone, a false A-label, more than 253 characters.
 */
export function certificateName(text: string): string | undefined {
  if (text.startsWith('*.')) {
    const parent = tryParseDomain(text.slice(2))?.name;
    const isWide = parent === undefined || !parent.includes('.') || parent.length > MAX_PARENT_LENGTH;
    return isWide ? undefined : `*.${parent}`;
  }
  return tryParseDomain(text)?.name ?? addressOf(text)?.toString();
}

/** Checks names and puts them into their usual form, each once. @throws UsageError if one is none, or there are more than 1_000. */
export function certificateNames(names: readonly string[]): readonly string[] {
  if (names.length > MAX_NAMES)
    throw new UsageError(`a certificate has at most ${MAX_NAMES} names, got ${names.length}`);
  const parsed = names.map((text) => {
    const name = typeof text === 'string' ? certificateName(text) : undefined;
    if (name !== undefined) return name;
    throw new UsageError(`${JSON.stringify(text)} is neither a host name, a wildcard of one nor an IP address`);
  });
  return [...new Set(parsed)];
}

/** Encodes names, checked already, as GeneralNames: `dNSName [2]` and `iPAddress [7]`. RFC 5280 section 4.2.1.6. */
export function generalNames(names: readonly string[]): Uint8Array {
  return derSequence(
    ...names.map((name) => {
      const address = addressOf(name);
      return address === undefined ? derImplicit(2, Buffer.from(name, 'latin1')) : derImplicit(7, address.bytes);
    }),
  );
}

function addressOf(text: string): IpAddress | undefined {
  const address = tryParseIp(text);
  return address?.zone === undefined ? address : undefined;
}

/** 253 characters less those of `*.`. */
const MAX_PARENT_LENGTH = 251;
