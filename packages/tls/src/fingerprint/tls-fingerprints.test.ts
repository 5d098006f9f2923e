import { PassThrough } from 'node:stream';
import { calculateJa3, calculateJa4, readTlsClientHello } from 'read-tls-client-hello';
import { describe, expect, it } from 'vitest';
import vectors from '../../test/fixtures/client-hello/vectors.json' with { type: 'json' };
import { helloMessage, records, usualExtensions } from '../../test/support/client-hello-bytes.ts';
import type { HelloLists } from '../../test/support/hello-of-lists.ts';
import { helloOfLists } from '../../test/support/hello-of-lists.ts';
import { ClientHello } from '../codec/client-hello/client-hello.ts';
import { TlsFingerprints } from './tls-fingerprints.ts';

describe('JA3', () => {
  it.each(vectors.ja3)('gives $hash', ({ ja3, hash }) => {
    expect(fingerprintsOf(listsOfJa3(ja3))).toMatchObject({ ja3Raw: ja3, ja3: hash });
  });

  it('leaves GREASE out of every list', () => {
    const lists = listsOfJa3('771,2570-4865,6682-10-11-43,14906-29,0');
    expect(fingerprintsOf(lists).ja3Raw).toBe('771,4865,10-11-43,29,0');
  });
});

describe('JA4', () => {
  it.each(vectors.ja4)('gives $ja4 ($name)', ({ name: _name, ...forms }) => {
    const { ja4, ja4Raw, ja4Original, ja4RawOriginal } = fingerprintsOf(listsOfJa4(forms.rawOriginal));
    const found = { ja4, raw: ja4Raw, original: ja4Original, rawOriginal: ja4RawOriginal };
    expect(found).toMatchObject(forms);
  });

  it('leaves GREASE out everywhere, and does not count it', () => {
    const lists = {
      version: 0x0303,
      ciphers: [0x1a1a, 0x1301],
      extensions: [0x2a2a, 43, 13, 0x3a3a],
      signatureAlgorithms: [0x4a4a, 0x0403],
      supportedVersions: [0xfafa, 0x0304],
    };
    expect(fingerprintsOf(lists).ja4Raw).toBe('t13i010200_1301_000d,002b_0403');
  });

  it.each([
    [[0x0303, 0x0304], 0x0303, '13'],
    [[0x0303], 0x0303, '12'],
    [[0x0302], 0x0303, '11'],
    [[0x7f1c], 0x0303, '00'],
    [[0x0a0a], 0x0302, '11'],
    [undefined, 0x0303, '12'],
    [undefined, 0x0301, '10'],
    [undefined, 0x0304, '13'],
    [undefined, 0x0399, '00'],
  ])('takes the highest of the versions %o, or %i', (supportedVersions, version, expected) => {
    const lists = { version, ciphers: [1], extensions: supportedVersions === undefined ? [] : [43] };
    const given = supportedVersions === undefined ? {} : { supportedVersions };
    expect(fingerprintsOf({ ...lists, ...given }).ja4.slice(1, 3)).toBe(expected);
  });

  it.each([
    ['h2', 'h2'],
    ['http/1.1', 'h1'],
    ['a', 'aa'],
    ['\xab', 'ab'],
    ['\x20', '20'],
    ['\xab\xcd', 'ad'],
    ['\x20\x61', '21'],
    ['\x30\xab', '3b'],
    ['\x61\x20', '60'],
    ['\x30\x31\xab\xcd', '3d'],
    ['\x30\xab\xcd\x31', '01'],
    ['a\nb', 'ab'],
  ])('tells the protocol %j by %s', (protocol, expected) => {
    const lists = { version: 0x0303, ciphers: [1], extensions: [16], protocols: [protocol, 'h2'] };
    expect(fingerprintsOf(lists).ja4.slice(8, 10)).toBe(expected);
  });

  it('counts to 99, and has zeros for what is not there', () => {
    const ciphers = Array.from({ length: 120 }, (_, index) => index);
    expect(fingerprintsOf({ version: 0x0303, ciphers, extensions: [] }).ja4).toMatch(
      /^t12i990000_[0-9a-f]{12}_000000000000$/,
    );
    expect(fingerprintsOf({ version: 0x0303, ciphers: [0x0a0a], extensions: [0] }).ja4).toBe(
      't12d000100_000000000000_000000000000',
    );
  });

  it('ends without an underscore where there are no signature algorithms', () => {
    expect(fingerprintsOf({ version: 0x0303, ciphers: [1], extensions: [23, 5] }).ja4Raw).toBe(
      't12i010200_0001_0005,0017',
    );
  });
});

describe('PeetPrint', () => {
  it.each(vectors.services)('gives what its author does, for $name', (service) => {
    const found = fingerprintsOf(listsOfService(service));
    expect(found.ja3).toBe(service.ja3Hash);
    if (service.ja4 !== undefined) expect(found.ja4).toBe(service.ja4);
    expect(found.peetPrintRaw).toBe(service.peetPrint);
    expect(found.peetPrint).toBe(service.peetPrintHash);
  });

  it('is empty where a client sends nothing, and has other protocols as they are', () => {
    expect(fingerprintsOf({ version: 0x0303, ciphers: [5], extensions: [] }).peetPrintRaw).toBe('||||||5|');
    const lists = { version: 0x0303, ciphers: [5], extensions: [16], protocols: ['imap', 'http/1.0'] };
    expect(fingerprintsOf(lists).peetPrintRaw).toBe('|imap-1.0|||||5|16');
  });
});

describe('against another implementation', () => {
  it.each([
    ['a usual hello', helloMessage()],
    [
      'one with GREASE',
      helloMessage({ ciphers: [0x1a1a, 0x1302], extensions: [[0x3a3a, new Uint8Array(0)], ...usualExtensions()] }),
    ],
    ...vectors.services.map((service): [string, Uint8Array] => [service.name, helloOfLists(listsOfService(service))]),
  ])('has the same JA3 and JA4 for %s', async (_name, message) => {
    const stream = new PassThrough();
    stream.end(records(message));
    const theirs = await readTlsClientHello(stream);
    const ours = new TlsFingerprints(new ClientHello(message));
    expect([ours.ja3, ours.ja4]).toEqual([calculateJa3(theirs), calculateJa4(theirs)]);
  });
});

function fingerprintsOf(lists: HelloLists): TlsFingerprints {
  return new TlsFingerprints(new ClientHello(helloOfLists(lists)));
}

function listsOfJa3(ja3: string): HelloLists {
  const [version = '', ...lists] = ja3.split(',');
  const [ciphers = [], extensions = [], groups = [], pointFormats = []] = lists.map((list) => numbersOf(list, '-', 10));
  return { version: Number(version), ciphers, extensions, groups, pointFormats };
}

/** Of a fingerprint in the order of the client, and what its start says of version and protocol. */
function listsOfJa4(rawOriginal: string): HelloLists {
  const [start = '', ...lists] = rawOriginal.split('_');
  const [ciphers = [], extensions = [], signatureAlgorithms = []] = lists.map((list) => numbersOf(list, ',', 16));
  const version = { '13': 0x0304, '12': 0x0303, '10': 0x0301 }[start.slice(1, 3)] ?? 0;
  const protocols = start.endsWith('h1') ? ['http/1.1', 'h2'] : ['h2', 'http/1.1'];
  const legacyVersion = Math.min(version, 0x0303);
  return {
    version: legacyVersion,
    ciphers,
    extensions,
    signatureAlgorithms,
    supportedVersions: [version, 0x0303],
    protocols,
  };
}

/** GREASE stands for itself in PeetPrint, and nowhere in JA3: Chrome and Safari have it first and last among their extensions. */
function listsOfService({ ja3, peetPrint }: (typeof vectors.services)[number]): HelloLists {
  const known = listsOfJa3(ja3);
  const lists = peetPrint.replaceAll('GREASE', '2570').split('|');
  const [
    supportedVersions = [],
    ,
    groups = [],
    signatureAlgorithms = [],
    pskModes = [],
    certificateCompression = [],
    ciphers = [],
  ] = lists.map((list) => numbersOf(list, '-', 10));
  // pre_shared_key is the last one, whatever else is.
  const isLast = (type: number): boolean => type === 41;
  const extensions = [
    0x1a1a,
    ...known.extensions.filter((type) => !isLast(type)),
    0x2a2a,
    ...known.extensions.filter(isLast),
  ];
  const protocols = ['h2', 'http/1.1'];
  const offers = { supportedVersions, groups, signatureAlgorithms, pskModes, certificateCompression, protocols };
  return { ...known, ...offers, ciphers, extensions };
}

function numbersOf(list: string, separator: string, base: number): readonly number[] {
  return list === '' ? [] : list.split(separator).map((text) => Number.parseInt(text, base));
}
