import { UsageError } from '@lamella/service-core';
import type { Address } from '../../address/address.ts';
import { IpAddress } from '../../address/ip-address.ts';
import { crc32c } from './crc32c.ts';
import type { ProxyProtocolHeader, ProxyProtocolTlv } from './proxy-protocol-header.ts';
import { PROXY_TLV, V2_FIXED_BYTES, V2_SIGNATURE } from './proxy-protocol-header.ts';

/** Options of {@link encodeProxyProtocol}. */
export interface EncodeProxyProtocolOptions {
  /** Whether a version 2 header carries a checksum. Default `true`. */
  readonly checksum?: boolean;
}

/**
 * Writes a PROXY protocol header.
 *
 * @remarks
 * Addresses of two families both become IPv6, the IPv4 one as a mapped address. Version 1 has room for TCP alone, and for no TLVs; what does
 * not fit in there is `UNKNOWN`.
 *
 * @throws UsageError if an address is a name, a TLV or a path is too long, or version 1 is to carry TLVs.
 *
 * @example
 * const header = { version: 1, command: 'proxy', transport: 'tcp', tlvs: [] } as const;
 * encodeProxyProtocol({ ...header, source: parseAddress('192.0.2.1:5000'), destination: parseAddress('192.0.2.2:80') });
 * // PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n
 */
export function encodeProxyProtocol(header: ProxyProtocolHeader, options: EncodeProxyProtocolOptions = {}): Uint8Array {
  return header.version === 1 ? encodeV1(header) : encodeV2(header, options.checksum ?? true);
}

function encodeV1({ command, transport, source, destination, tlvs }: ProxyProtocolHeader): Uint8Array {
  if (tlvs.length > 0) throw new UsageError('version 1 of the PROXY protocol has no TLVs');
  const pair = command === 'proxy' && transport === 'tcp' ? ipPair(source, destination) : undefined;
  if (pair === undefined) return ascii('PROXY UNKNOWN\r\n');
  const [from, to] = pair;
  return ascii(`PROXY TCP${from.ip.family} ${from.ip} ${to.ip} ${from.port} ${to.port}\r\n`);
}

function encodeV2(header: ProxyProtocolHeader, hasChecksum: boolean): Uint8Array {
  const { kind, addresses } = addressesOf(header);
  const tlvs = header.tlvs.map(encodeTlv);
  const checksum = hasChecksum ? [encodeTlv({ type: PROXY_TLV.crc32c, value: new Uint8Array(4) })] : [];
  const content = concat([addresses, ...tlvs, ...checksum]);
  if (content.length > 0xffff)
    throw new UsageError(`a PROXY protocol header holds at most 65535 bytes, got ${content.length}`);
  const command = header.command === 'local' ? 0x20 : 0x21;
  const fixed = Uint8Array.of(...V2_SIGNATURE, command, kind, content.length >> 8, content.length & 0xff);
  const bytes = concat([fixed, content]);
  if (hasChecksum) new DataView(bytes.buffer).setUint32(V2_FIXED_BYTES + content.length - 4, crc32c(bytes));
  return bytes;
}

function addressesOf({ command, transport, source, destination }: ProxyProtocolHeader): {
  readonly kind: number;
  readonly addresses: Uint8Array;
} {
  if (command === 'local' || transport === 'unspecified') return { kind: 0x00, addresses: new Uint8Array(0) };
  if (transport === 'tcp' || transport === 'udp') {
    const pair = ipPair(source, destination);
    if (pair === undefined) throw new UsageError(`${transport} needs a source and a destination with IP addresses`);
    const [from, to] = pair;
    const ports = Uint8Array.of(from.port >> 8, from.port & 0xff, to.port >> 8, to.port & 0xff);
    const kind = (from.ip.family === 4 ? 0x10 : 0x20) | (transport === 'tcp' ? 1 : 2);
    return { kind, addresses: concat([from.ip.bytes, to.ip.bytes, ports]) };
  }
  const kind = 0x30 | (transport === 'unix-stream' ? 1 : 2);
  return { kind, addresses: concat([unixField(source), unixField(destination)]) };
}

interface IpEnd {
  readonly ip: IpAddress;
  readonly port: number;
}

function ipPair(source: Address | undefined, destination: Address | undefined): readonly [IpEnd, IpEnd] | undefined {
  const [from, to] = [ipEnd(source), ipEnd(destination)];
  if (from === undefined || to === undefined) return undefined;
  return from.ip.family === to.ip.family ? [from, to] : [asIpv6(from), asIpv6(to)];
}

function ipEnd(address: Address | undefined): IpEnd | undefined {
  if (address?.type !== 'tcp') return undefined;
  if (!(address.host instanceof IpAddress))
    throw new UsageError(`the PROXY protocol needs IP addresses, got ${address.host}`);
  const ip = address.host.unmapped();
  // A zone means something on one machine only.
  return { ip: ip.zone === undefined ? ip : new IpAddress(ip.bytes), port: address.port };
}

function asIpv6({ ip, port }: IpEnd): IpEnd {
  if (ip.family === 6) return { ip, port };
  return { ip: new IpAddress(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ip.bytes)), port };
}

function unixField(address: Address | undefined): Uint8Array {
  const field = new Uint8Array(108);
  if (address?.type !== 'unix') return field;
  const path = Uint8Array.from(address.path, (letter) => letter.charCodeAt(0));
  if (path.length > 108)
    throw new UsageError(`a Unix path in the PROXY protocol has at most 108 bytes, got ${path.length}`);
  field.set(path);
  return field;
}

function encodeTlv({ type, value }: ProxyProtocolTlv): Uint8Array {
  if (!Number.isInteger(type) || type < 0 || type > 0xff) throw new UsageError(`a TLV type is 0 to 255, got ${type}`);
  if (value.length > 0xffff) throw new UsageError(`a TLV holds at most 65535 bytes, got ${value.length}`);
  return concat([Uint8Array.of(type, value.length >> 8, value.length & 0xff), value]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
