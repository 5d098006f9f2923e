import type { Address } from '../../address/address.ts';
import { tryParseIp } from '../../address/ip-address.ts';
import { ProxyProtocolError } from '../../errors.ts';
import { decodeV2 } from './decode-v2.ts';
import type { ProxyProtocolHeader } from './proxy-protocol-header.ts';
import { V1_MAX_BYTES, V2_FIXED_BYTES, V2_SIGNATURE } from './proxy-protocol-header.ts';

/** What the first bytes of a connection are: a header, the begin of one, or something else. */
export type ProxyProtocolVerdict =
  | { readonly type: 'header'; readonly header: ProxyProtocolHeader; readonly byteCount: number }
  | { readonly type: 'more' }
  | { readonly type: 'none' };

/**
 * Reads a PROXY protocol header from the begin of a connection.
 *
 * @remarks
 * Source: "The PROXY protocol", versions 1 and 2, HAProxy Technologies (doc/proxy-protocol.txt). Stricter where it leaves room: single
 * spaces, ports without leading zeros, addresses of the family that is named, TLVs that fill the header exactly.
 *
 * @param bytes - All bytes so far; borrowed.
 * @param maxBytes - Longest header to take, in bytes, at least 107.
 * @throws ProxyProtocolError if it is a header, and a wrong one.
 */
export function decodeProxyProtocol(bytes: Uint8Array, maxBytes: number): ProxyProtocolVerdict {
  if (bytes.length === 0) return MORE;
  if (startsAlike(bytes, V2_SIGNATURE)) {
    if (bytes.length < V2_FIXED_BYTES) return MORE;
    const byteCount = V2_FIXED_BYTES + (((bytes[14] as number) << 8) | (bytes[15] as number));
    if (byteCount > maxBytes) {
      throw new ProxyProtocolError(
        'LML_ERR_PROXY_PROTOCOL_TOO_LARGE',
        `a header of ${byteCount} bytes, at most ${maxBytes} are taken`,
      );
    }
    if (bytes.length < byteCount) return MORE;
    return { type: 'header', header: decodeV2(bytes.subarray(0, byteCount)), byteCount };
  }
  if (startsAlike(bytes, V1_START)) return decodeV1(bytes);
  return NONE;
}

function decodeV1(bytes: Uint8Array): ProxyProtocolVerdict {
  const line = latin1(bytes.subarray(0, V1_MAX_BYTES));
  const end = line.indexOf('\r\n');
  if (end < 0) {
    if (line.length >= V1_MAX_BYTES) throw badLine(`it has no end within ${V1_MAX_BYTES} bytes`);
    return MORE;
  }
  return { type: 'header', header: headerOfLine(line.slice(0, end)), byteCount: end + 2 };
}

function headerOfLine(line: string): ProxyProtocolHeader {
  // Whatever stands behind UNKNOWN is to be ignored.
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { version: 1, command: 'proxy', transport: 'unspecified', tlvs: [] };
  const match = LINE.exec(line);
  if (match === null) throw badLine('it is not PROXY TCP4|TCP6 address address port port');
  const [, family = '', from = '', to = '', fromPort = '', toPort = ''] = match;
  return {
    version: 1,
    command: 'proxy',
    transport: 'tcp',
    source: tcpAddress(family, from, fromPort),
    destination: tcpAddress(family, to, toPort),
    tlvs: [],
  };
}

function tcpAddress(family: string, text: string, port: string): Address {
  const host = tryParseIp(text);
  if (host === undefined || host.zone !== undefined || host.family !== Number(family)) {
    throw badLine(`${JSON.stringify(text)} is no IPv${family} address`);
  }
  if (Number(port) > 65_535) throw badLine(`${port} is no port`);
  return { type: 'tcp', host, port: Number(port) };
}

/** Whether one of the two is the begin of the other. */
function startsAlike(bytes: Uint8Array, start: Uint8Array): boolean {
  const length = Math.min(bytes.length, start.length);
  for (let index = 0; index < length; index++) if (bytes[index] !== start[index]) return false;
  return true;
}

function badLine(why: string): ProxyProtocolError {
  return new ProxyProtocolError('LML_ERR_PROXY_PROTOCOL_BAD_LINE', `a wrong line of the PROXY protocol: ${why}`);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

const MORE: ProxyProtocolVerdict = { type: 'more' };
const NONE: ProxyProtocolVerdict = { type: 'none' };
const V1_START: Uint8Array = Uint8Array.from('PROXY ', (letter) => letter.charCodeAt(0));
const LINE = /^PROXY TCP([46]) ([0-9a-fA-F.:]{2,45}) ([0-9a-fA-F.:]{2,45}) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})$/;
