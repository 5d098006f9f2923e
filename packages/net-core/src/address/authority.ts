import { AddressError } from '../errors.ts';
import { isValidAsciiDomain } from './domain.ts';
import type { Host } from './host.ts';
import { formatHost, tryParseBracketed, tryParseHost } from './host.ts';
import { tryParseIp } from './ip-address.ts';

/** A host with an optional port, as in a URL or a Host field. RFC 3986 section 3.2, without user information. */
export interface Authority {
  readonly host: Host;
  /** 0 to 65535, or `undefined` if none is given. */
  readonly port: number | undefined;
}

/** Parses `host`, `host:port` or `[ipv6]:port`. @throws AddressError `LML_ERR_ADDRESS_BAD_AUTHORITY`. */
export function parseAuthority(text: string): Authority {
  const authority = tryParseAuthority(text);
  if (authority !== undefined) return authority;
  const message = `${JSON.stringify(text.slice(0, 100))} is not host or host:port`;
  throw new AddressError('LML_ERR_ADDRESS_BAD_AUTHORITY', message);
}

/** Parses like {@link parseAuthority}. @returns `undefined` if the text is no authority. */
export function tryParseAuthority(text: string): Authority | undefined {
  const split = splitPort(text);
  if (split === undefined) return undefined;
  // Without brackets the text up to the port has no colon, so it can't be an IPv6 address.
  const host = tryParseHost(split.host);
  return host && { host, port: split.port };
}

/** Formats an authority; `parseAuthority` gives the same one back. */
export function formatAuthority(authority: Authority): string {
  return authority.port === undefined ? formatHost(authority.host) : `${formatHost(authority.host)}:${authority.port}`;
}

/**
 * Whether `text` is an ASCII authority. Quick, for use on every request.
 *
 * @remarks
 * Stricter than RFC 3986: percent-encoded and exotic names, an empty port and user information are refused.
 */
export function isValidAuthority(text: string): boolean {
  const split = splitPort(text);
  if (split === undefined) return false;
  const { host } = split;
  if (host.startsWith('[')) return tryParseBracketed(host.slice(1, -1)) !== undefined;
  return isValidAsciiDomain(host) || tryParseIp(host)?.family === 4;
}

/** The port that a scheme implies, or `undefined` if it is not known. */
export function defaultPort(scheme: string): number | undefined {
  return DEFAULT_PORTS[scheme];
}

function splitPort(text: string): { host: string; port: number | undefined } | undefined {
  const hostEnd = text.startsWith('[') ? text.indexOf(']') + 1 : indexOrEnd(text, ':');
  if (hostEnd === 0) return undefined;
  const host = text.slice(0, hostEnd);
  if (hostEnd === text.length) return { host, port: undefined };
  const port = text.slice(hostEnd + 1);
  if (text[hostEnd] !== ':' || !PORT.test(port) || Number(port) > 65_535) return undefined;
  return { host, port: Number(port) };
}

function indexOrEnd(text: string, search: string): number {
  const index = text.indexOf(search);
  return index < 0 ? text.length : index;
}

const PORT = /^(?:0|[1-9][0-9]{0,4})$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443 };
