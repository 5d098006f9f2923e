import type { Address } from '../../address/address.ts';
import { IpAddress } from '../../address/ip-address.ts';
import type { ProxyProtocolErrorCode } from '../../errors.ts';
import { ProxyProtocolError } from '../../errors.ts';
import { crc32c } from './crc32c.ts';
import type { ProxyProtocolHeader, ProxyProtocolTlv } from './proxy-protocol-header.ts';
import { PROXY_TLV, V2_FIXED_BYTES } from './proxy-protocol-header.ts';

/** Reads a whole version 2 header. @throws ProxyProtocolError if it is a wrong one. */
export function decodeV2(bytes: Uint8Array): ProxyProtocolHeader {
  const [versionAndCommand, familyAndTransport] = [bytes[12] as number, bytes[13] as number]; // the caller has 16 bytes
  if (versionAndCommand >> 4 !== 2) throw wrong('BAD_VERSION', `version ${versionAndCommand >> 4} is not known`);
  const command = COMMANDS[versionAndCommand & 0x0f];
  if (command === undefined) throw wrong('BAD_VERSION', `command ${versionAndCommand & 0x0f} is not known`);
  const known = KINDS[familyAndTransport];
  if (known === undefined)
    throw wrong('BAD_ADDRESS', `address family and transport 0x${familyAndTransport.toString(16)} are not known`);
  const content = bytes.subarray(V2_FIXED_BYTES);
  if (content.length < known.byteCount) {
    throw wrong('BAD_LENGTH', `${content.length} bytes are too few for addresses of ${known.byteCount}`);
  }
  const tlvs = decodeTlvs(bytes, V2_FIXED_BYTES + known.byteCount);
  // What a proxy says of its own connection is of no use, and to be left out.
  if (command === 'local') return { version: 2, command, transport: 'unspecified', tlvs };
  const addresses = known.decode(content);
  return {
    version: 2,
    command,
    transport: known.transport,
    ...(addresses === undefined ? {} : { source: addresses[0], destination: addresses[1] }),
    tlvs,
  };
}

/** Reads type-length-values that fill their bytes. @throws ProxyProtocolError if they do not, or the checksum is wrong. */
function decodeTlvs(bytes: Uint8Array, start: number): readonly ProxyProtocolTlv[] {
  const tlvs: ProxyProtocolTlv[] = [];
  let hasChecksum = false;
  for (let at = start; at < bytes.length; ) {
    if (bytes.length - at < 3) throw wrong('BAD_TLV', 'a TLV is cut off');
    const type = bytes[at] as number;
    const length = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    const value = bytes.subarray(at + 3, at + 3 + length);
    if (value.length < length) throw wrong('BAD_TLV', `TLV 0x${type.toString(16)} of ${length} bytes is cut off`);
    if (type === PROXY_TLV.crc32c) {
      if (length !== 4 || hasChecksum) throw wrong('BAD_CHECKSUM', 'the checksum must be one of 4 bytes');
      hasChecksum = true;
      checkSum(bytes, at + 3);
    } else if (type !== PROXY_TLV.noop) {
      if (tlvs.length === MAX_TLVS) throw wrong('BAD_TLV', `there are more than ${MAX_TLVS} TLVs`);
      tlvs.push({ type, value: new Uint8Array(value) });
    }
    at += 3 + length;
  }
  return tlvs;
}

/** The checksum counts itself as zeros. */
function checkSum(bytes: Uint8Array, at: number): void {
  const copy = new Uint8Array(bytes);
  const given = new DataView(copy.buffer).getUint32(at);
  copy.fill(0, at, at + 4);
  if (crc32c(copy) !== given) throw wrong('BAD_CHECKSUM', 'the checksum is wrong');
}

/** Everything is copied: `slice` of a Buffer would share its memory, and keep all of it alive. */
function ipAddresses(content: Uint8Array, size: 4 | 16): readonly [Address, Address] {
  const ports = new DataView(content.buffer, content.byteOffset + 2 * size, 4);
  return [
    { type: 'tcp', host: new IpAddress(new Uint8Array(content.subarray(0, size))), port: ports.getUint16(0) },
    { type: 'tcp', host: new IpAddress(new Uint8Array(content.subarray(size, 2 * size))), port: ports.getUint16(2) },
  ];
}

function unixAddresses(content: Uint8Array): readonly [Address, Address] {
  return [
    { type: 'unix', path: unixPath(content.subarray(0, 108)) },
    { type: 'unix', path: unixPath(content.subarray(108, 216)) },
  ];
}

/** Up to the first NUL; an abstract name begins with one. */
function unixPath(bytes: Uint8Array): string {
  const end = bytes.indexOf(0, 1);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end)).replace(/^\0$/, '');
}

function wrong(condition: string, why: string): ProxyProtocolError {
  const code = `LML_ERR_PROXY_PROTOCOL_${condition}` as ProxyProtocolErrorCode; // the conditions above, all of them codes
  return new ProxyProtocolError(code, `a wrong header of the PROXY protocol: ${why}`);
}

interface Kind {
  readonly transport: ProxyProtocolHeader['transport'];
  readonly byteCount: number;
  readonly decode: (content: Uint8Array) => readonly [Address, Address] | undefined;
}

const IPV4 = { byteCount: 12, decode: (content: Uint8Array) => ipAddresses(content, 4) };
const IPV6 = { byteCount: 36, decode: (content: Uint8Array) => ipAddresses(content, 16) };
const UNIX = { byteCount: 216, decode: unixAddresses };

/** By the byte for address family and transport. */
const KINDS: Readonly<Record<number, Kind>> = {
  0: { transport: 'unspecified', byteCount: 0, decode: () => undefined },
  17: { transport: 'tcp', ...IPV4 },
  18: { transport: 'udp', ...IPV4 },
  33: { transport: 'tcp', ...IPV6 },
  34: { transport: 'udp', ...IPV6 },
  49: { transport: 'unix-stream', ...UNIX },
  50: { transport: 'unix-datagram', ...UNIX },
};
const COMMANDS: readonly (ProxyProtocolHeader['command'] | undefined)[] = ['local', 'proxy'];
const MAX_TLVS = 64;
