import type { ProxyProtocolHeader, ProxyProtocolTlv } from './proxy-protocol-header.ts';
import { PROXY_TLV } from './proxy-protocol-header.ts';

/** What a proxy says of the TLS connection that it has ended. */
export interface ProxyProtocolSsl {
  /** Whether the client came over TLS. */
  readonly isTls: boolean;
  /** Whether the client has shown a certificate, on this connection or in its session. */
  readonly hasCertificate: boolean;
  /** Whether that certificate was found good. */
  readonly isVerified: boolean;
  /** Version of TLS, such as `TLSv1.3`. */
  readonly version?: string;
  /** Common name of the client's certificate. */
  readonly commonName?: string;
  readonly cipher?: string;
  readonly signatureAlgorithm?: string;
  readonly keyAlgorithm?: string;
}

/** What the TLVs of a header say, those that the specification names. */
export interface ProxyProtocolFactsValue {
  readonly header: ProxyProtocolHeader;
  /** Protocol that ALPN selected, such as `h2`. */
  readonly alpn?: string;
  /** Host name that the client asked for (SNI). */
  readonly authority?: string;
  /** Identifies the connection, in up to 128 bytes. */
  readonly uniqueId?: Uint8Array;
  /** Name of the network namespace. */
  readonly netns?: string;
  readonly ssl?: ProxyProtocolSsl;
}

/** Reads the TLVs of a header. What is malformed in there is advice, and left out. */
export function proxyProtocolFacts(header: ProxyProtocolHeader): ProxyProtocolFactsValue {
  const text = (type: number): string | undefined => textOf(header.tlvs, type);
  const uniqueId = header.tlvs.find(({ type }) => type === PROXY_TLV.uniqueId)?.value;
  const ssl = header.tlvs.find(({ type }) => type === PROXY_TLV.ssl)?.value;
  const [alpn, authority, netns] = [text(PROXY_TLV.alpn), text(PROXY_TLV.authority), text(PROXY_TLV.netns)];
  return {
    header,
    ...(alpn === undefined ? {} : { alpn }),
    ...(authority === undefined ? {} : { authority }),
    ...(uniqueId === undefined || uniqueId.length > 128 ? {} : { uniqueId }),
    ...(netns === undefined ? {} : { netns }),
    ...(ssl === undefined || ssl.length < 5 ? {} : { ssl: sslOf(ssl) }),
  };
}

function sslOf(value: Uint8Array): ProxyProtocolSsl {
  const client = value[0] as number; // at least five bytes
  const verify = new DataView(value.buffer, value.byteOffset).getUint32(1);
  const tlvs = subTlvs(value.subarray(5));
  const named: Record<string, string> = {};
  for (const [name, type] of SSL_TEXTS) {
    const text = textOf(tlvs, type);
    if (text !== undefined) named[name] = text;
  }
  const hasCertificate = (client & 0x06) !== 0;
  return { isTls: (client & 0x01) !== 0, hasCertificate, isVerified: hasCertificate && verify === 0, ...named };
}

function subTlvs(bytes: Uint8Array): readonly ProxyProtocolTlv[] {
  const tlvs: ProxyProtocolTlv[] = [];
  for (let at = 0; at + 3 <= bytes.length; ) {
    const length = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    const value = bytes.subarray(at + 3, at + 3 + length);
    if (value.length < length) break;
    tlvs.push({ type: bytes[at] as number, value });
    at += 3 + length;
  }
  return tlvs;
}

/** Text in UTF-8 without control characters: it goes into logs. */
function textOf(tlvs: readonly ProxyProtocolTlv[], type: number): string | undefined {
  const value = tlvs.find((tlv) => tlv.type === type)?.value;
  if (value === undefined) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(value);
    return /^[^\x00-\x1f\x7f]*$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

const SSL_TEXTS = [
  ['version', PROXY_TLV.sslVersion],
  ['commonName', PROXY_TLV.sslCommonName],
  ['cipher', PROXY_TLV.sslCipher],
  ['signatureAlgorithm', PROXY_TLV.sslSignatureAlgorithm],
  ['keyAlgorithm', PROXY_TLV.sslKeyAlgorithm],
] as const;
