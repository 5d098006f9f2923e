import { AddressError } from '../errors.ts';
import { hasALabel, isValidAsciiDomain, tryParseDomain } from './domain.ts';
import type { Host } from './host.ts';
import { formatHost, tryParseBracketed, tryParseHost } from './host.ts';
import { isIpv4Text } from './ip-address.ts';
import { quoted } from './quoted.ts';
import { whyNoAuthority } from './refusal.ts';

/** A host with an optional port, as in a URL or a Host field. RFC 3986 section 3.2, without user information. */
export interface Authority {
  /** A name or an IP address. */
  readonly host: Host;
  /** 0 to 65535, or `undefined` if none is given. */
  readonly port: number | undefined;
}

/** Parses `host`, `host:port` or `[ipv6]:port`. @throws AddressError `LML_ERR_ADDRESS_BAD_AUTHORITY`. */
export function parseAuthority(text: string): Authority {
  const authority = tryParseAuthority(text);
  if (authority !== undefined) return authority;
  throw new AddressError(
    'LML_ERR_ADDRESS_BAD_AUTHORITY',
    `${quoted(text)} is not host or host:port: ${whyNoAuthority(text)}`,
  );
}

/** Parses like {@link parseAuthority}. @returns `undefined` if the text is no authority. */
export function tryParseAuthority(text: string): Authority | undefined {
  const hostEnd = endOfHost(text);
  const port = portFrom(text, hostEnd);
  if (port === 'malformed') return undefined;
  // Without brackets the text up to the port has no colon, so it can't be an IPv6 address.
  const host = tryParseHost(text.slice(0, hostEnd));
  return host && { host, port };
}

/** Formats an authority; `parseAuthority` gives the same one back. */
export function formatAuthority(authority: Authority): string {
  return authority.port === undefined ? formatHost(authority.host) : `${formatHost(authority.host)}:${authority.port}`;
}

/**
 * Whether `text` is an ASCII authority. Quick, for use on every request.
 *
 * @remarks
 * For a text in ASCII, the same as whether {@link tryParseAuthority} takes it; any other text is refused. Stricter than RFC 3986:
 * percent-encoded and exotic names, an empty port and user information are refused.
 */
export function isValidAuthority(text: string): boolean {
  const hostEnd = endOfHost(text);
  if (portFrom(text, hostEnd) === 'malformed') return false;
  if (text.charCodeAt(0) === OPENING_BRACKET) return tryParseBracketed(text.slice(1, hostEnd - 1)) !== undefined;
  const host = text.slice(0, hostEnd);
  if (!isValidAsciiDomain(host)) return isIpv4Text(host);
  return !hasALabel(host) || tryParseDomain(host) !== undefined;
}

/** The port that a scheme in lower case implies, or `undefined` if it is not known. */
export function defaultPort(scheme: string): number | undefined {
  return DEFAULT_PORTS.get(scheme);
}

/** Index behind the host; 0 if there is none. A bracket that isn't closed counts as none, and then stands where a colon should. */
function endOfHost(text: string): number {
  if (text.charCodeAt(0) === OPENING_BRACKET) return text.indexOf(']') + 1;
  const colon = text.indexOf(':');
  return colon < 0 ? text.length : colon;
}

/** The port behind the host, strictly: a sign, a leading zero or nothing behind the colon is read differently by others. */
function portFrom(text: string, hostEnd: number): number | undefined | 'malformed' {
  if (hostEnd === text.length) return undefined;
  const start = hostEnd + 1;
  const digits = text.length - start;
  if (text.charCodeAt(hostEnd) !== COLON || digits < 1 || digits > 5) return 'malformed';
  if (digits > 1 && text.charCodeAt(start) === ZERO) return 'malformed';
  let port = 0;
  for (let index = start; index < text.length; index++) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return 'malformed';
    port = port * 10 + digit;
  }
  return port <= 65_535 ? port : 'malformed';
}

const OPENING_BRACKET = 0x5b;
const COLON = 0x3a;
const ZERO = 0x30;
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
  ['ws', 80],
  ['wss', 443],
]);
