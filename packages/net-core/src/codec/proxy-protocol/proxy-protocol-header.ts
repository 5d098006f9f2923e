import type { Address } from '../../address/address.ts';

/** One type-length-value of a version 2 header. */
export interface ProxyProtocolTlv {
  /** 0 to 255. */
  readonly type: number;
  /** Up to 65_535 bytes. */
  readonly value: Uint8Array;
}

/** What a PROXY protocol header says. */
export interface ProxyProtocolHeader {
  readonly version: 1 | 2;
  /** `proxy`: on behalf of somebody. `local`: the proxy connects for itself, such as to check that we are well. */
  readonly command: 'proxy' | 'local';
  /** How the client reached the proxy; `unspecified` if that is not said, and then there are no addresses. */
  readonly transport: 'tcp' | 'udp' | 'unix-stream' | 'unix-datagram' | 'unspecified';
  /** Where the client is. */
  readonly source?: Address;
  /** Where the client has connected to. */
  readonly destination?: Address;
  /** In the order in which they came; none in version 1. The checksum is not among them. */
  readonly tlvs: readonly ProxyProtocolTlv[];
}

/** Types of TLVs that the specification names. */
export const PROXY_TLV = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  noop: 0x04,
  uniqueId: 0x05,
  ssl: 0x20,
  sslVersion: 0x21,
  sslCommonName: 0x22,
  sslCipher: 0x23,
  sslSignatureAlgorithm: 0x24,
  sslKeyAlgorithm: 0x25,
  netns: 0x30,
} as const;

/** The first twelve bytes of version 2: no line of any text protocol. */
export const V2_SIGNATURE: Uint8Array = Uint8Array.of(
  0x0d,
  0x0a,
  0x0d,
  0x0a,
  0x00,
  0x0d,
  0x0a,
  0x51,
  0x55,
  0x49,
  0x54,
  0x0a,
);

/** Bytes of a version 2 header before its addresses. */
export const V2_FIXED_BYTES = 16;

/** Longest line of version 1, its end included. */
export const V1_MAX_BYTES = 107;
