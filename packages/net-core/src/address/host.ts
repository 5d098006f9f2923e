import { AddressError } from '../errors.ts';
import type { Domain } from './domain.ts';
import { tryParseDomain } from './domain.ts';
import type { IpAddress } from './ip-address.ts';
import { tryParseIp } from './ip-address.ts';
import { quoted } from './quoted.ts';
import { whyNoHost } from './refusal.ts';

/** Who is meant: a name or an address; `type` tells which. */
export type Host = Domain | IpAddress;

/** Parses a domain name, an IPv4 address or an IPv6 address, in brackets or not. @throws AddressError `LML_ERR_ADDRESS_BAD_HOST`. */
export function parseHost(text: string): Host {
  const host = tryParseHost(text);
  if (host !== undefined) return host;
  throw new AddressError('LML_ERR_ADDRESS_BAD_HOST', `${quoted(text)} is no host: ${whyNoHost(text)}`);
}

/** Parses like {@link parseHost}. @returns `undefined` if the text is no host. */
export function tryParseHost(text: string): Host | undefined {
  if (text.startsWith('[')) return text.endsWith(']') ? tryParseBracketed(text.slice(1, -1)) : undefined;
  return tryParseIp(text) ?? tryParseDomain(text);
}

/** The host as it stands in a URL: IPv6 in brackets, its zone behind `%25` (RFC 6874). */
export function formatHost(host: Host): string {
  return host.type === 'ip' && host.family === 6 ? `[${host.toString().replace('%', '%25')}]` : host.toString();
}

/**
 * What stands between the brackets of a URL host: an IPv6 address, its zone behind `%25`, or behind `%` as people type it.
 * The first `%25` is always the escape, so a zone that starts with `25` needs it.
 */
export function tryParseBracketed(text: string): IpAddress | undefined {
  const ip = tryParseIp(text.includes('%25') ? text.replace('%25', '%') : text);
  return ip?.family === 6 ? ip : undefined;
}
