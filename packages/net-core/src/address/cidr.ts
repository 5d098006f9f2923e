import { AddressError } from '../errors.ts';
import { type IpAddress, tryParseIp } from './ip-address.ts';
import { quoted } from './quoted.ts';

/**
 * A block of addresses, such as `10.0.0.0/8`. RFC 4632, RFC 4291 section 2.3.
 *
 * @example
 * parseCidr('10.0.0.0/8').contains(parseIp('10.1.2.3')); // true
 */
export class Cidr {
  /** First address of the block. */
  readonly address: IpAddress;
  /** Length of the prefix in bits: 0 to 32, or 0 to 128. */
  readonly prefixLength: number;

  /** @throws AddressError if the length does not fit the address, the address has a zone, or a bit behind the prefix is set. */
  constructor(address: IpAddress, prefixLength: number) {
    const bits = address.bytes.length * 8;
    if (address.zone !== undefined) {
      throw new AddressError('LML_ERR_ADDRESS_BAD_CIDR', `a block of addresses has no zone, got ${address}`);
    }
    if (!(Number.isInteger(prefixLength) && prefixLength >= 0 && prefixLength <= bits)) {
      const message = `a prefix of ${address} is 0 to ${bits} bits, got ${prefixLength}`;
      throw new AddressError('LML_ERR_ADDRESS_BAD_CIDR', message);
    }
    this.address = address;
    this.prefixLength = prefixLength;
    if (address.bytes.some((byte, index) => (byte & ~maskAt(index, prefixLength) & 0xff) !== 0)) {
      throw new AddressError('LML_ERR_ADDRESS_BAD_CIDR', `${this} has bits set behind its prefix`);
    }
  }

  /** Whether `ip` lies in the block. IPv4-mapped addresses count as what they are, IPv6: unmap them first. */
  contains(ip: IpAddress): boolean {
    if (ip.family !== this.address.family) return false;
    const { address, prefixLength } = this;
    return ip.bytes.every((byte, index) => (byte & maskAt(index, prefixLength)) === address.bytes[index]);
  }

  /** `address/length`. */
  toString(): string {
    return `${this.address}/${this.prefixLength}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Parses `address/length`. @throws AddressError `LML_ERR_ADDRESS_BAD_CIDR`. */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : tryParseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) {
    throw new AddressError('LML_ERR_ADDRESS_BAD_CIDR', `${quoted(text)} is not address/length`);
  }
  return new Cidr(address, Number(length));
}

/** Parses like {@link parseCidr}. @returns `undefined` if the text is no block of addresses. */
export function tryParseCidr(text: string): Cidr | undefined {
  try {
    return parseCidr(text);
  } catch {
    return undefined;
  }
}

/** The bits of byte `index` that belong to a prefix. */
function maskAt(index: number, prefixLength: number): number {
  const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}
