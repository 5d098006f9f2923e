import { V1ProxyProtocol, V2ProxyProtocol } from 'proxy-protocol-js';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../address/address.ts';
import { crc32c } from './crc32c.ts';
import { decodeProxyProtocol } from './decode-proxy-protocol.ts';
import { encodeProxyProtocol } from './encode-proxy-protocol.ts';
import { proxyProtocolFacts } from './proxy-protocol-facts.ts';
import type { ProxyProtocolHeader } from './proxy-protocol-header.ts';
import { PROXY_TLV, V2_SIGNATURE } from './proxy-protocol-header.ts';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const decode = (bytes: Uint8Array, maxBytes = 4_096) => decodeProxyProtocol(bytes, maxBytes);
const codeOf = (bytes: Uint8Array, maxBytes?: number): string => {
  try {
    return decode(bytes, maxBytes).type;
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const TCP4 = {
  command: 'proxy',
  transport: 'tcp',
  source: parseAddress('192.0.2.1:56324'),
  destination: parseAddress('198.51.100.2:443'),
  tlvs: [],
} as const;
const TCP6 = {
  ...TCP4,
  source: parseAddress('[2001:db8::1]:1'),
  destination: parseAddress('[2001:db8::2]:65535'),
} as const;

/** A version 2 header from its parts, which need not fit. */
function v2(
  options: { command?: number; kind?: number; content?: readonly number[]; length?: number } = {},
): Uint8Array {
  const { command = 0x21, kind = 0x11, content = ADDRESSES, length = content.length } = options;
  return Uint8Array.of(...V2_SIGNATURE, command, kind, length >> 8, length & 0xff, ...content);
}
const ADDRESSES = [192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 0x04, 0x01, 0xbb];

describe('headers that are whole', () => {
  it.each<[string, ProxyProtocolHeader]>([
    ['1, TCP4', { version: 1, ...TCP4 }],
    ['1, TCP6', { version: 1, ...TCP6 }],
    ['1, UNKNOWN', { version: 1, command: 'proxy', transport: 'unspecified', tlvs: [] }],
    ['2, TCP4', { version: 2, ...TCP4 }],
    ['2, TCP6', { version: 2, ...TCP6 }],
    ['2, UDP4', { version: 2, ...TCP4, transport: 'udp' }],
    ['2, UDP6', { version: 2, ...TCP6, transport: 'udp' }],
    [
      '2, Unix',
      {
        version: 2,
        command: 'proxy',
        transport: 'unix-stream',
        source: { type: 'unix', path: '/run/a' },
        destination: { type: 'unix', path: `/${'x'.repeat(107)}` },
        tlvs: [],
      },
    ],
    ['2, LOCAL', { version: 2, command: 'local', transport: 'unspecified', tlvs: [] }],
    [
      '2, with TLVs',
      {
        version: 2,
        ...TCP4,
        tlvs: [
          { type: 0xea, value: latin1('vpc') },
          { type: 1, value: latin1('h2') },
        ],
      },
    ],
  ])('%s: come back as they were written, at every cut', (_name, header) => {
    const bytes = encodeProxyProtocol(header);
    for (let length = 0; length < bytes.length; length++) expect(decode(bytes.subarray(0, length)).type).toBe('more');
    const behind = Buffer.concat([bytes, latin1('GET / HTTP/1.1')]);
    for (const whole of [bytes, behind]) {
      expect(decode(whole)).toEqual({
        type: 'header',
        byteCount: bytes.length,
        header: expect.objectContaining({
          ...header,
          tlvs: header.tlvs.map(({ type, value }) => ({ type, value: Uint8Array.from(value) })),
        }),
      });
    }
  });

  it('are the ones of the specification', () => {
    expect(Buffer.from(encodeProxyProtocol({ version: 1, ...TCP4 })).toString()).toBe(
      'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n',
    );
    expect([...encodeProxyProtocol({ version: 2, ...TCP4 }, { checksum: false })]).toEqual([...v2()]);
    const worst =
      'PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n';
    expect(worst).toHaveLength(107);
    expect(decode(latin1(worst))).toMatchObject({ type: 'header', byteCount: 107 });
  });

  it('mean the same to another library', () => {
    const v1 = V1ProxyProtocol.parse(Buffer.from(encodeProxyProtocol({ version: 1, ...TCP6 })).toString());
    expect(v1).toMatchObject({ source: { ipAddress: '2001:db8::1', port: 1 }, destination: { port: 65_535 } });
    const other = new V2ProxyProtocol(
      1,
      1,
      (V2ProxyProtocol.parse(encodeProxyProtocol({ version: 2, ...TCP4 }, { checksum: false })) as V2ProxyProtocol)
        .proxyAddress,
    );
    expect([...other.build()]).toEqual([...v2()]);
    expect(decode(other.build())).toMatchObject({ header: { source: TCP4.source, destination: TCP4.destination } });
  });

  it('of two families both become IPv6; mapped addresses become what they are', () => {
    const mixed = encodeProxyProtocol({ version: 1, ...TCP4, destination: TCP6.destination });
    expect(Buffer.from(mixed).toString()).toBe('PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56324 65535\r\n');
    const mapped = {
      ...TCP4,
      source: parseAddress('[::ffff:192.0.2.1]:1'),
      destination: parseAddress('[::ffff:192.0.2.2]:2'),
    };
    expect(Buffer.from(encodeProxyProtocol({ version: 1, ...mapped })).toString()).toBe(
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
    );
  });
});

describe('bytes that are no header', () => {
  it.each(['GET / HTTP/1.1\r\n', 'PROXX', 'proxy TCP4', '\r\n\r\n\x00\r\nQUIT\r', '\x16\x03\x01', 'PROXYX'])(
    '%j',
    (bytes) => {
      expect(codeOf(latin1(bytes))).toBe('none');
    },
  );
});

describe('headers that are wrong', () => {
  it.each([
    'PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1\r\n',
    'PROXY  TCP4 192.0.2.1 198.51.100.2 56324 443\r\n',
    'PROXY TCP4 192.0.2.1  198.51.100.2 56324 443\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 056324 443\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.2 1 443\r\n',
    'PROXY TCP4 192.0.2.01 198.51.100.2 1 443\r\n',
    'PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n',
    'PROXY TCP6 192.0.2.1 192.0.2.2 1 443\r\n',
    'PROXY TCP6 fe80::1%eth0 fe80::2 1 443\r\n',
    'PROXY TCP5 192.0.2.1 192.0.2.2 1 443\r\n',
    'PROXY tcp4 192.0.2.1 192.0.2.2 1 443\r\n',
    'PROXY UNKNOWNX\r\n',
    'PROXY \r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 1 443\n\r\n',
    `PROXY UNKNOWN ${'x'.repeat(92)}\r`,
    `PROXY ${'x'.repeat(200)}`,
  ])('%j: BAD_LINE', (line) => {
    expect(codeOf(latin1(line))).toBe('LML_ERR_PROXY_PROTOCOL_BAD_LINE');
  });

  it.each<[string, Uint8Array, string]>([
    ['version 1 in the binary form', v2({ command: 0x11 }), 'BAD_VERSION'],
    ['version 3', v2({ command: 0x31 }), 'BAD_VERSION'],
    ['an unknown command', v2({ command: 0x22 }), 'BAD_VERSION'],
    ['an unknown family', v2({ kind: 0x41 }), 'BAD_ADDRESS'],
    ['a family without a transport', v2({ kind: 0x10 }), 'BAD_ADDRESS'],
    ['an unknown transport', v2({ kind: 0x13 }), 'BAD_ADDRESS'],
    ['too few bytes for IPv4', v2({ content: ADDRESSES.slice(1) }), 'BAD_LENGTH'],
    ['too few bytes for IPv6', v2({ kind: 0x21 }), 'BAD_LENGTH'],
    ['too few bytes for Unix', v2({ kind: 0x31 }), 'BAD_LENGTH'],
    ['a TLV that is cut off', v2({ content: [...ADDRESSES, 1, 0] }), 'BAD_TLV'],
    ['a TLV longer than the header', v2({ content: [...ADDRESSES, 1, 0, 2, 65] }), 'BAD_TLV'],
    [
      'TLVs without end',
      v2({ content: [...ADDRESSES, ...Array.from({ length: 65 }, () => [9, 0, 0]).flat()] }),
      'BAD_TLV',
    ],
    ['a checksum of another length', v2({ content: [...ADDRESSES, 3, 0, 3, 1, 2, 3] }), 'BAD_CHECKSUM'],
    ['a wrong checksum', v2({ content: [...ADDRESSES, 3, 0, 4, 1, 2, 3, 4] }), 'BAD_CHECKSUM'],
    ['more bytes than are taken', v2({ length: 4_081, content: [] }), 'TOO_LARGE'],
  ])('%s: %s', (_name, bytes, condition) => {
    expect(codeOf(bytes)).toBe(`LML_ERR_PROXY_PROTOCOL_${condition}`);
  });

  it('a header of just the longest length is taken, one byte more is not', () => {
    expect(codeOf(v2({ content: [...ADDRESSES, 9, 0, 77, ...new Array<number>(77).fill(0)] }), 108)).toBe('header');
    expect(codeOf(v2({ content: [...ADDRESSES, 9, 0, 78, ...new Array<number>(78).fill(0)] }), 108)).toBe(
      'LML_ERR_PROXY_PROTOCOL_TOO_LARGE',
    );
  });

  it('a single bit changed anywhere is seen by the checksum, or is no header any more', () => {
    const good = encodeProxyProtocol({ version: 2, ...TCP4, tlvs: [{ type: 2, value: latin1('shop.example') }] });
    const checksumType = good.length - 7; // as another type it is content, and nothing is checked
    for (let at = 0; at < good.length; at++) {
      if (at === checksumType) continue;
      for (let bit = 0; bit < 8; bit++) {
        const bad = Uint8Array.from(good);
        bad[at] = (bad[at] as number) ^ (1 << bit);
        expect(codeOf(bad)).not.toBe('header');
      }
    }
  });
});

describe('what can not be written', () => {
  it.each<[string, Partial<ProxyProtocolHeader>]>([
    ['a name', { source: parseAddress('host.test:1') }],
    ['no addresses', { source: { type: 'unix', path: '/x' } }],
    ['a type that is none', { tlvs: [{ type: 256, value: new Uint8Array(0) }] }],
    ['a TLV that is too long', { tlvs: [{ type: 9, value: new Uint8Array(65_536) }] }],
    ['a header that is too long', { tlvs: [{ type: 9, value: new Uint8Array(65_535) }] }],
    ['TLVs in version 1', { version: 1, tlvs: [{ type: 9, value: new Uint8Array(0) }] }],
    ['a path that is too long', { transport: 'unix-stream', source: { type: 'unix', path: 'x'.repeat(109) } }],
  ])('%s', (_name, changes) => {
    expect(() => encodeProxyProtocol({ version: 2, ...TCP4, ...changes })).toThrow(/./);
  });
});

describe('facts', () => {
  const sub = (type: number, text: string): number[] => [type, 0, text.length, ...latin1(text)];
  const ssl = (client: number, verify: number, ...rest: number[]) => Uint8Array.of(client, 0, 0, 0, verify, ...rest);
  const factsOf = (...tlvs: [type: number, value: Uint8Array | string][]) =>
    proxyProtocolFacts({
      version: 2,
      ...TCP4,
      tlvs: tlvs.map(([type, value]) => ({ type, value: typeof value === 'string' ? latin1(value) : value })),
    });

  it('say what the specification names', () => {
    const tls = ssl(
      7,
      0,
      ...sub(0x21, 'TLSv1.3'),
      ...sub(0x22, 'ann'),
      ...sub(0x23, 'AES'),
      ...sub(0x24, 'SHA256'),
      ...sub(0x25, 'EC256'),
    );
    expect(
      factsOf(
        [PROXY_TLV.alpn, 'h2'],
        [PROXY_TLV.authority, 'shop'],
        [PROXY_TLV.uniqueId, 'id'],
        [PROXY_TLV.netns, 'ns'],
        [PROXY_TLV.ssl, tls],
      ),
    ).toMatchObject({
      alpn: 'h2',
      authority: 'shop',
      netns: 'ns',
      uniqueId: latin1('id'),
      ssl: {
        isTls: true,
        hasCertificate: true,
        isVerified: true,
        version: 'TLSv1.3',
        commonName: 'ann',
        cipher: 'AES',
        signatureAlgorithm: 'SHA256',
        keyAlgorithm: 'EC256',
      },
    });
  });

  it('never say that a certificate is good which was not shown, or not verified', () => {
    expect(factsOf([PROXY_TLV.ssl, ssl(1, 0)]).ssl).toMatchObject({
      isTls: true,
      hasCertificate: false,
      isVerified: false,
    });
    expect(factsOf([PROXY_TLV.ssl, ssl(3, 1)]).ssl).toMatchObject({ hasCertificate: true, isVerified: false });
    expect(factsOf([PROXY_TLV.ssl, ssl(0, 0)]).ssl).toMatchObject({ isTls: false, isVerified: false });
  });

  it('leave out what is malformed', () => {
    expect(
      factsOf(
        [PROXY_TLV.alpn, 'a\r\nb'],
        [PROXY_TLV.authority, '\xff'],
        [PROXY_TLV.uniqueId, 'x'.repeat(129)],
        [PROXY_TLV.ssl, 'abcd'],
      ),
    ).toEqual({ header: expect.anything() });
    expect(factsOf([PROXY_TLV.ssl, ssl(1, 0, 0x21, 0, 9, 65)]).ssl).toEqual({
      isTls: true,
      hasCertificate: false,
      isVerified: false,
    });
  });
});

it('crc32c gives the check value of its definition', () => {
  expect(crc32c(latin1('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(0))).toBe(0);
});
