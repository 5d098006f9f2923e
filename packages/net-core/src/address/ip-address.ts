import { AddressError } from '../errors.ts';
import { readIpv4, readIpv6 } from './ip-text.ts';
import { quoted } from './quoted.ts';
import { whyNoIp } from './refusal.ts';

/**
 * An IPv4 or IPv6 address. Immutable; equal addresses have equal {@link IpAddress.text | texts}.
 *
 * @remarks
 * The text is what is kept: it weighs an eighth of an array of bytes, and a server keeps an address for each connection.
 *
 * @example
 * parseIp('2001:DB8:0:0:0:0:0:1').toString(); // '2001:db8::1'
 * parseIp('::ffff:192.0.2.1').unmapped().toString(); // '192.0.2.1'
 */
export class IpAddress {
  /** Tells it from a `Domain`. */
  readonly type = 'ip' as const;
  /** Version of IP. */
  readonly family: 4 | 6;
  /** Zone of a scoped IPv6 address (RFC 4007), such as `eth0`, or `undefined`. */
  readonly zone: string | undefined;
  /** The canonical text: dotted decimal, or RFC 5952, with the zone behind `%` if there is one. */
  readonly text: string;
  #bytes: Uint8Array | undefined;

  /** @param bytes - 4 or 16 bytes. @param zone - Only with 16 bytes; 1 to 32 letters, digits, `.`, `_`, `~`, `-`. */
  constructor(bytes: Uint8Array, zone?: string) {
    if (bytes.length !== 4 && bytes.length !== 16) {
      throw new AddressError('LML_ERR_ADDRESS_BAD_IP', `an IP address has 4 or 16 bytes, got ${bytes.length}`);
    }
    this.family = bytes.length === 4 ? 4 : 6;
    // Unchecked, a zone such as `]:80` would turn the formatted host into another one.
    if (zone !== undefined && (this.family === 4 || !ZONE.test(zone))) {
      throw new AddressError('LML_ERR_ADDRESS_BAD_IP', `${quoted(zone)} is no zone of an IPv${this.family} address`);
    }
    this.zone = zone;
    this.text = (this.family === 4 ? bytes.join('.') : formatIpv6(bytes)) + zoneSuffix(zone);
  }

  /** 4 or 16 bytes in network order; made at the first read. Not to be changed. */
  get bytes(): Uint8Array {
    this.#bytes ??= bytesOf(this);
    return this.#bytes;
  }

  /** The {@link text}. */
  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }

  /** Whether both are the same address, zone included. An IPv4-mapped address is not equal to the IPv4 address. */
  equals(other: IpAddress): boolean {
    return this.text === other.text;
  }

  /** Whether this is an IPv4 address dressed up as IPv6, `::ffff:0:0/96`. RFC 4291 section 2.5.5.2. */
  get isIpv4Mapped(): boolean {
    return this.text.startsWith(MAPPED_TEXT) && MAPPED_PREFIX.every((byte, index) => this.bytes[index] === byte);
  }

  /** The IPv4 address inside an IPv4-mapped one; any other address as it is. */
  unmapped(): IpAddress {
    return this.isIpv4Mapped ? new IpAddress(this.bytes.slice(12)) : this;
  }
}

/**
 * Parses an IP address, strictly: dotted decimal without leading zeros, or RFC 4291 with an optional `%zone`.
 *
 * @throws AddressError `LML_ERR_ADDRESS_BAD_IP`.
 */
export function parseIp(text: string): IpAddress {
  const ip = tryParseIp(text);
  if (ip !== undefined) return ip;
  throw new AddressError('LML_ERR_ADDRESS_BAD_IP', `${quoted(text)} is not an IP address: ${whyNoIp(text)}`);
}

/** Parses like {@link parseIp}. @returns `undefined` if the text is no IP address. */
export function tryParseIp(text: string): IpAddress | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  if (!text.includes(':')) {
    return readIpv4(text, 0, text.length, SCRATCH, 0) ? new IpAddress(SCRATCH.subarray(0, 4)) : undefined;
  }
  const percent = text.indexOf('%');
  const zone = percent < 0 ? undefined : text.slice(percent + 1);
  if (zone !== undefined && !ZONE.test(zone)) return undefined;
  const end = percent < 0 ? text.length : percent;
  return readIpv6(text, 0, end, SCRATCH) ? new IpAddress(SCRATCH, zone) : undefined;
}

/** Whether `text` is an IPv4 address. */
export function isIpv4Text(text: string): boolean {
  return readIpv4(text, 0, text.length, SCRATCH, 0);
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
function formatIpv6(bytes: Uint8Array): string {
  if (MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)) return MAPPED_TEXT + bytes.subarray(12).join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index));
  const { start, length } = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

function zoneSuffix(zone: string | undefined): string {
  return zone === undefined ? '' : `%${zone}`;
}

/** The way back from the text. */
function bytesOf({ family, text, zone }: IpAddress): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  if (family === 4) readIpv4(text, 0, text.length, bytes, 0);
  else readIpv6(text, 0, text.length - zoneSuffix(zone).length, bytes);
  return bytes;
}

/** Filled and read in one go: an address keeps no bytes. */
const SCRATCH: Uint8Array = new Uint8Array(16);
const ZONE = /^[A-Za-z0-9._~-]{1,32}$/;
/** What the text of every IPv4-mapped address begins with, and that of few others, such as `::ffff:1:2:3`. */
const MAPPED_TEXT = '::ffff:';
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
/** The longest address and the longest zone. */
const MAX_TEXT_LENGTH = 45 + 1 + 32;
