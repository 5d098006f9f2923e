import { AddressError } from '../errors.ts';
import { formatAuthority, tryParseAuthority } from './authority.ts';
import type { Host } from './host.ts';
import { tryParseIp } from './ip-address.ts';
import { quoted } from './quoted.ts';

/** A host and a port. */
export interface TcpAddress {
  /** Tells it from a {@link UnixAddress}. */
  readonly type: 'tcp';
  /** A name or an IP address. */
  readonly host: Host;
  /** 0 to 65535; 0 asks a listener for any free port. */
  readonly port: number;
}

/** The path of a Unix domain socket; a NUL in front names the abstract namespace of Linux. */
export interface UnixAddress {
  /** Tells it from a {@link TcpAddress}. */
  readonly type: 'unix';
  /** Path of the socket file, or NUL and an abstract name. */
  readonly path: string;
}

/** Where something listens. */
export type Address = TcpAddress | UnixAddress;

/**
 * Parses an address as people type it: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `:8080` and `8080` (both
 * 127.0.0.1), `unix:/run/x.sock`, `unix:@abstract`.
 *
 * @throws AddressError `LML_ERR_ADDRESS_BAD_ADDRESS`, whose message says what is possible.
 */
export function parseAddress(text: string): Address {
  const address = tryParseAddress(text);
  if (address !== undefined) return address;
  const isHighPort = Number(/(?:^|:)([0-9]{1,9})$/.exec(text)?.[1]) > 65_535;
  const why = isHighPort ? 'a port is 0 to 65535' : 'write host:port, [ipv6]:port, :port or unix:/path';
  throw new AddressError('LML_ERR_ADDRESS_BAD_ADDRESS', `${quoted(text)} is not an address: ${why}`);
}

/** Parses like {@link parseAddress}. @returns `undefined` if the text is no address. */
export function tryParseAddress(text: string): Address | undefined {
  return text.startsWith('unix:') ? parseUnix(text.slice(5)) : parseTcp(text);
}

/** Formats an address; `parseAddress` gives the same one back. A relative path that starts with `@` comes back as `./@...`. */
export function formatAddress(address: Address): string {
  if (address.type === 'tcp') return formatAuthority(address);
  const { path } = address;
  if (path.startsWith('\0')) return `unix:@${path.slice(1)}`;
  // A file of that name, not the abstract socket: the two must not have the same text.
  return path.startsWith('@') ? `unix:./${path}` : `unix:${path}`;
}

function parseTcp(text: string): TcpAddress | undefined {
  const bare = /^:?([0-9]{1,5})$/.exec(text);
  const authority = tryParseAuthority(bare === null ? text : `127.0.0.1:${bare[1]}`);
  if (authority?.port === undefined) return undefined;
  return { type: 'tcp', host: authority.host, port: authority.port };
}

/** A lone surrogate has no bytes of its own: such paths would all become the one with U+FFFD. */
function parseUnix(path: string): UnixAddress | undefined {
  if (path === '' || path === '@' || path.includes('\0') || !path.isWellFormed()) return undefined;
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return undefined;
  return { type: 'unix', path: path.startsWith('@') ? `\0${path.slice(1)}` : path };
}

/** An address of a socket whose parts come from the system. */
export function socketAddress(ip: string, port: number): TcpAddress | undefined {
  const host = tryParseIp(ip);
  return host && { type: 'tcp', host, port };
}

/** The 108 of `sun_path` on Linux without the NUL that ends a path, or that starts an abstract name. */
const MAX_PATH_BYTES = 107;
