import { describe, expect, it } from 'vitest';
import type { Extension, HelloParts } from '../../../test/support/client-hello-bytes.ts';
import {
  alpn,
  helloMessage,
  joined,
  messageOf,
  numbers16,
  serverName,
  u16,
  usualExtensions,
  vector8,
  vector16,
} from '../../../test/support/client-hello-bytes.ts';
import { ClientHelloError } from '../../errors.ts';
import { ClientHello } from './client-hello.ts';
import { EXTENSION } from './extension-types.ts';

const NONE = new Uint8Array(0);

describe('ClientHello', () => {
  it('tells all that the client offers, in its order', () => {
    const extensions: Extension[] = [
      [0x0a0a, NONE],
      ...usualExtensions('Shop.Example.COM', ['h2', 'http/1.1', '\x00\xff']),
      [11, vector8(Uint8Array.of(0, 1))],
      [27, vector8(numbers16([2, 1]))],
      [45, vector8(Uint8Array.of(1, 0))],
      [EXTENSION.renegotiationInfo, vector8(NONE)],
      [23, NONE],
      [42, NONE],
      [0x1234, Uint8Array.of(1, 2, 3)],
      [41, joined(vector16(new Uint8Array(7)), vector16(new Uint8Array(33)))],
    ];
    const sessionId = Uint8Array.of(1, 2);
    const hello = new ClientHello(helloMessage({ sessionId, ciphers: [0x1a1a, 0x1301, 0x00ff], extensions }));
    expect(hello).toMatchObject({
      legacyVersion: 0x0303,
      cipherSuites: [0x1a1a, 0x1301, 0x00ff],
      compressionMethods: [0],
      extensionTypes: [0x0a0a, 0, 16, 43, 10, 13, 51, 11, 27, 45, 65_281, 23, 42, 0x1234, 41],
      serverName: 'shop.example.com',
      alpnProtocols: ['h2', 'http/1.1', '\x00\xff'],
      supportedVersions: [0x0304, 0x0303],
      supportedGroups: [29, 23],
      ecPointFormats: [0, 1],
      signatureAlgorithms: [0x0403, 0x0804],
      keyShareGroups: [29],
      pskKeyExchangeModes: [1, 0],
      certificateCompressionAlgorithms: [2, 1],
      hasPreSharedKey: true,
      hasEarlyData: true,
      hasGrease: true,
    });
    expect(hello.random).toEqual(new Uint8Array(32).fill(9));
    expect(hello.sessionId).toEqual(sessionId);
    expect(hello.extensions.map(({ type }) => type)).toEqual(hello.extensionTypes);
    expect(hello.extensions.find(({ type }) => type === 0x1234)?.body).toEqual(Uint8Array.of(1, 2, 3));
    expect(hello.extension(0x1234)).toEqual(Uint8Array.of(1, 2, 3));
    expect(hello.extension(0x1235)).toBeUndefined();
    expect([hello.has(0x1234), hello.has(0x1235)]).toEqual([true, false]);
  });

  it('is empty of what an old client does not send', () => {
    const hello = new ClientHello(
      helloMessage({ version: 0x0301, sessionId: NONE, compression: [1, 0], extensions: 'none' }),
    );
    expect(hello).toMatchObject({
      legacyVersion: 0x0301,
      compressionMethods: [1, 0],
      extensions: [],
      serverName: undefined,
      alpnProtocols: [],
      supportedVersions: [],
      supportedGroups: [],
      ecPointFormats: [],
      keyShareGroups: [],
      pskKeyExchangeModes: [],
      hasPreSharedKey: false,
      hasEarlyData: false,
      hasGrease: false,
    });
    expect(hello.sessionId).toEqual(NONE);
    expect(new ClientHello(helloMessage({ extensions: [] })).extensions).toEqual([]);
  });

  it.each([
    ['cipher suites', { ciphers: [0x1301, 0xfafa] }],
    ['extensions', { extensions: [[0x2a2a, NONE]] }],
    ['groups', { extensions: [[10, vector16(numbers16([0x3a3a]))]] }],
    ['versions', { extensions: [[43, vector8(numbers16([0x4a4a, 0x0304]))]] }],
    ['signature algorithms', { extensions: [[13, vector16(numbers16([0x5a5a]))]] }],
  ] satisfies [string, HelloParts][])('sees GREASE among %s', (_name, parts) => {
    expect(new ClientHello(helloMessage(parts)).hasGrease).toBe(true);
    expect(new ClientHello(helloMessage()).hasGrease).toBe(false);
  });

  it('takes several key shares, and none', () => {
    const shares = joined(u16(0x2a2a), vector16(Uint8Array.of(0)), u16(4_588), vector16(new Uint8Array(1_216)));
    expect(withExtension(51, vector16(shares)).keyShareGroups).toEqual([0x2a2a, 4_588]);
    expect(withExtension(51, vector16(NONE)).keyShareGroups).toEqual([]);
  });
});

describe('rules of the message', () => {
  const message = helloMessage();

  it.each([
    ['SSL 3.0', helloMessage({ version: 0x0300 }), 'BAD_VERSION'],
    ['SSL 2.0', helloMessage({ version: 0x0002 }), 'BAD_VERSION'],
    ['a session id of 33 bytes', helloMessage({ sessionId: new Uint8Array(33) }), 'BAD_LENGTH'],
    ['no cipher suites', helloMessage({ ciphers: [] }), 'BAD_LENGTH'],
    ['half a cipher suite', changed(message, 72, 3), 'BAD_LENGTH'],
    ['no compression methods', helloMessage({ compression: [] }), 'BAD_LENGTH'],
    ['null not among the compression methods', helloMessage({ compression: [1] }), 'BAD_COMPRESSION'],
    ['compression with TLS 1.3', helloMessage({ compression: [0, 1] }), 'BAD_COMPRESSION'],
    ['a byte behind the extensions', messageOf(1, joined(message.subarray(4), Uint8Array.of(0))), 'TRAILING_DATA'],
    [
      'a byte behind the compression methods',
      messageOf(1, joined(helloMessage({ extensions: 'none' }).subarray(4), Uint8Array.of(0))),
      'BAD_LENGTH',
    ],
    ['three bytes of an extension', withBlock(vector16(new Uint8Array(3))), 'BAD_LENGTH'],
    ['an extension longer than the block', withBlock(vector16(Uint8Array.of(0, 99, 0, 1))), 'BAD_LENGTH'],
    ['one byte of the block', withBlock(Uint8Array.of(0)), 'BAD_LENGTH'],
    ['a block longer than the message', withBlock(Uint8Array.of(0, 5, 0, 0, 0, 0)), 'BAD_LENGTH'],
    [
      'an extension twice',
      helloMessage({ extensions: [...usualExtensions(), serverName('example.com')] }),
      'DUPLICATE_EXTENSION',
    ],
    [
      'an unknown extension twice',
      helloMessage({
        extensions: [
          [0x1234, NONE],
          [0x1234, NONE],
        ],
      }),
      'DUPLICATE_EXTENSION',
    ],
    [
      'GREASE twice',
      helloMessage({
        extensions: [
          [0x0a0a, NONE],
          [0x0a0a, NONE],
        ],
      }),
      'DUPLICATE_EXTENSION',
    ],
    [
      'pre_shared_key before another one',
      helloMessage({
        extensions: [
          [41, joined(vector16(new Uint8Array(7)), vector16(new Uint8Array(33)))],
          [23, NONE],
        ],
      }),
      'MISPLACED_EXTENSION',
    ],
  ])('refuses %s', (_name, bytes, code) => {
    expect(codeOf(bytes)).toBe(`LML_ERR_CLIENT_HELLO_${code}`);
  });

  it('takes compression where TLS 1.3 is not offered', () => {
    const extensions: Extension[] = [[43, vector8(numbers16([0x0303]))]];
    expect(new ClientHello(helloMessage({ compression: [1, 0], extensions })).compressionMethods).toEqual([1, 0]);
  });

  it('takes a session id of 32 bytes, and a version newer than any', () => {
    expect(new ClientHello(helloMessage({ sessionId: new Uint8Array(32), version: 0x0305 })).legacyVersion).toBe(
      0x0305,
    );
  });

  it('refuses every truncation of the message', () => {
    const end = helloMessage({ extensions: 'none' }).length;
    for (let length = 0; length < message.length - 4; length++) {
      const cut = messageOf(1, message.subarray(4, 4 + length));
      if (cut.length === end) continue; // a hello without extensions is one
      expect(codeOf(cut), `${length} bytes`).toBe('LML_ERR_CLIENT_HELLO_BAD_LENGTH');
    }
  });
});

describe('server names', () => {
  const list = (...entries: Uint8Array[]): Uint8Array => vector16(joined(...entries));
  const entry = (name: string, type = 0): Uint8Array =>
    joined(Uint8Array.of(type), vector16(Buffer.from(name, 'latin1')));
  const label = 'a'.repeat(63);

  it.each([
    'a',
    'example.com',
    'xn--bcher-kva.example',
    '_acme.example.com',
    '1.example',
    '10.0.0.1.nip.io',
    `${label}.example`,
    [label, label, label, 'a'.repeat(61)].join('.'),
  ])('takes %s', (name) => {
    expect(withExtension(0, list(entry(name))).serverName).toBe(name);
  });

  it.each([
    ['an empty extension', NONE],
    ['an empty list', list()],
    ['an empty name', list(entry(''))],
    ['two names', list(entry('a.example'), entry('b.example'))],
    ['a name of another type', list(entry('example.com', 1))],
    ['a list longer than the extension', joined(u16(20), entry('example.com'))],
    ['a list shorter than the extension', joined(list(entry('example.com')), Uint8Array.of(0))],
    ['a name longer than its list', list(joined(Uint8Array.of(0), u16(200), Buffer.from('example.com')))],
    ['a dot at the end', list(entry('example.com.'))],
    ['a dot at the start', list(entry('.example.com'))],
    ['two dots', list(entry('example..com'))],
    ['NUL', list(entry('example.com\0.evil.example'))],
    ['NUL at the end', list(entry('example.com\0'))],
    ['a blank', list(entry('exam ple.com'))],
    ['a line feed', list(entry('example.com\n'))],
    ['a letter beyond ASCII', list(entry('b\xfccher.example'))],
    ['a port', list(entry('example.com:443'))],
    ['a path', list(entry('example.com/..'))],
    ['an IPv4 address', list(entry('192.0.2.7'))],
    ['a number', list(entry('3221225991'))],
    ['a number in hex', list(entry('0xc0000207'))],
    ['an IPv6 address', list(entry('2001:db8::1'))],
    ['an IPv6 address in brackets', list(entry('[2001:db8::1]'))],
    ['a label of 64 bytes', list(entry(`${label}a.example`))],
    ['a name of 254 bytes', list(entry([label, label, label, 'a'.repeat(62)].join('.')))],
  ])('refuses %s', (_name, body) => {
    expect(codeOf(helloMessage({ extensions: [[0, body]] }))).toBe('LML_ERR_CLIENT_HELLO_BAD_SERVER_NAME');
  });
});

describe('protocols', () => {
  it('takes names of 1 and of 255 bytes', () => {
    const names = ['a', 'b'.repeat(255)];
    expect(new ClientHello(helloMessage({ extensions: [alpn(names)] })).alpnProtocols).toEqual(names);
  });

  it.each([
    ['an empty extension', NONE],
    ['an empty list', vector16(NONE)],
    ['an empty name', vector16(joined(vector8(Buffer.from('h2')), vector8(NONE)))],
    ['only an empty name', vector16(vector8(NONE))],
    ['a name longer than the list', vector16(Uint8Array.of(3, 0x68, 0x32))],
    ['a list longer than the extension', Uint8Array.of(0, 9, 2, 0x68, 0x32)],
    ['a list shorter than the extension', joined(vector16(vector8(Buffer.from('h2'))), Uint8Array.of(0))],
  ])('refuses %s', (_name, body) => {
    expect(codeOf(helloMessage({ extensions: [[16, body]] }))).toBe('LML_ERR_CLIENT_HELLO_BAD_ALPN');
  });
});

describe('other extensions', () => {
  const share = (length: number): Uint8Array => joined(u16(29), u16(length), new Uint8Array(length));

  it.each([
    ['groups: none', 10, vector16(NONE)],
    ['groups: half of one', 10, vector16(Uint8Array.of(0, 29, 0))],
    ['groups: no list', 10, NONE],
    ['groups: one byte', 10, Uint8Array.of(0)],
    ['groups: too long', 10, Uint8Array.of(0, 4, 0, 29)],
    ['groups: something behind', 10, Uint8Array.of(0, 2, 0, 29, 0)],
    ['signature algorithms: none', 13, vector16(NONE)],
    ['signature algorithms of certificates: none', 50, vector16(NONE)],
    ['versions: none', 43, vector8(NONE)],
    ['versions: half of one', 43, vector8(Uint8Array.of(3))],
    ['versions: no list', 43, NONE],
    ['compression of certificates: half of one', 27, vector8(Uint8Array.of(0, 2, 0))],
    ['point formats: none', 11, vector8(NONE)],
    ['PSK modes: none', 45, vector8(NONE)],
    ['renegotiation: no list', 65_281, NONE],
    ['extended master secret with content', 23, Uint8Array.of(0)],
    ['early data with content', 42, Uint8Array.of(0)],
    ['key share: an empty key', 51, vector16(share(0))],
    ['key share: an empty key before another', 51, vector16(joined(share(0), share(1)))],
    ['key share: a key too long', 51, vector16(Uint8Array.of(0, 29, 0, 9, 1))],
    ['key share: half a head', 51, vector16(joined(share(1), Uint8Array.of(0, 29)))],
    ['key share: a head without a key', 51, vector16(joined(share(1), Uint8Array.of(0, 29, 0, 1)))],
    ['pre-shared key: nothing', 41, NONE],
    ['pre-shared key: no binders', 41, vector16(new Uint8Array(7))],
    ['pre-shared key: short identities', 41, joined(vector16(new Uint8Array(6)), vector16(new Uint8Array(33)))],
    ['pre-shared key: short binders', 41, joined(vector16(new Uint8Array(7)), vector16(new Uint8Array(32)))],
    ['pre-shared key: identities too long', 41, joined(u16(99), new Uint8Array(20))],
  ])('refuses %s', (_name, type, body) => {
    expect(codeOf(helloMessage({ extensions: [[type, body]] }))).toBe('LML_ERR_CLIENT_HELLO_BAD_EXTENSION');
  });
});

/** A hello with these bytes where its extensions are. */
function withBlock(bytes: Uint8Array): Uint8Array {
  return messageOf(1, joined(helloMessage({ extensions: 'none' }).subarray(4), bytes));
}

function withExtension(type: number, body: Uint8Array): ClientHello {
  return new ClientHello(helloMessage({ extensions: [[type, body]] }));
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  return bytes.with(at, value);
}

function codeOf(message: Uint8Array): string {
  try {
    void new ClientHello(message);
  } catch (error) {
    if (error instanceof ClientHelloError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}
