import { describe, expect, it } from 'vitest';
import {
  derBitString,
  derNull,
  derOctetString,
  derSequence,
  derTagged,
  derUnsigned,
  encodeDer,
} from '../der/der-encoder.ts';
import { derObjectIdentifier } from '../der/object-identifier.ts';
import { parseOcspResponse } from './ocsp-response.ts';

const BASIC = derObjectIdentifier('1.3.6.1.5.5.7.48.1.1');
const SHA1 = derObjectIdentifier('1.3.14.3.2.26');
const SUCCESS = encodeDer(0x0a, Uint8Array.of(0));
const BY_KEY = encodeDer(0xa2, derOctetString(Uint8Array.of(3)));

describe('parseOcspResponse', () => {
  it('finds what is said of each certificate, by whom, and until when', () => {
    const response = parseOcspResponse(
      whole({
        data: data(
          answer({ status: encodeDer(0x80), next: derTagged(0, time('20261127000000Z')) }),
          answer({ serial: 2, status: encodeDer(0xa1, time('20260101000000Z')) }),
          answer({ serial: 0x1234, status: encodeDer(0x82) }),
        ),
        certificates: derTagged(0, derSequence(derSequence(derNull()))),
      }),
    );
    const common = { hashAlgorithm: SHA1, issuerNameHash: bytes(1), issuerKeyHash: bytes(2) };
    const from = '2026-11-26T01:02:03Z';
    expect(response.statements.map(plain)).toEqual([
      { ...common, serialNumber: 1n, status: 'good', thisUpdate: from, nextUpdate: '2026-11-27T00:00:00Z' },
      { ...common, serialNumber: 2n, status: 'revoked', thisUpdate: from, nextUpdate: undefined },
      { ...common, serialNumber: 0x1234n, status: 'unknown', thisUpdate: from, nextUpdate: undefined },
    ]);
    expect(Buffer.from(response.signature).toString()).toBe('signature');
    expect(response.signatureAlgorithm).toEqual(SHA1);
    expect(response.certificates.map((der) => [...der])).toEqual([[...derSequence(derNull())]]);
  });

  it('takes a version in front, and what is signed with it', () => {
    const versioned = derSequence(derTagged(0, derUnsigned(bytes(0))), BY_KEY, time(), derSequence(answer({})));
    const { signed, statements, certificates } = parseOcspResponse(whole({ data: versioned }));
    expect([Buffer.from(signed).equals(versioned), statements.length, certificates]).toEqual([true, 1, []]);
  });

  it('takes 16 certificates that came along', () => {
    expect(parseOcspResponse(whole({ certificates: along(16) })).certificates).toHaveLength(16);
  });

  it.each<[what: string, why: RegExp, response: Uint8Array]>([
    ['nothing', /malformed DER/, new Uint8Array(0)],
    ['no sequence', /tag 5 in place of 48/, derNull()],
    ['no status', /without a status/, derSequence(derNull())],
    ['a refusal', /no information: status 06/, derSequence(encodeDer(0x0a, bytes(6)))],
    ['success without anything', /no information: status 00/, derSequence(SUCCESS)],
    ['another kind', /of another kind/, enveloped(derObjectIdentifier('1.2.3'), whole({}))],
    ['no content', /of another kind/, derSequence(SUCCESS, derTagged(0, derSequence(BASIC)))],
    ['no kind', /of another kind/, derSequence(SUCCESS, derTagged(0, derSequence()))],
    ['nothing signed', /without a signature/, basic()],
    ['no algorithm', /without a signature/, basic(data(answer({})), derSequence())],
    ['no signature', /without a signature/, basic(data(answer({})), derSequence(SHA1))],
    ['bits left over', /without a signature/, basic(data(), derSequence(SHA1), encodeDer(0x03, bytes(1)))],
    ['something else behind the signature', /tag 161 behind/, whole({ certificates: derTagged(1, derSequence()) })],
    ['17 certificates', /17 certificates, 16 are allowed/, whole({ certificates: along(17) })],
    ['no answers', /without answers/, whole({ data: derSequence(BY_KEY, time()) })],
    ['data that are none', /tag 5 in place of 48/, whole({ data: derNull() })],
    ['an empty answer', /says nothing of a certificate/, whole({ data: data(derSequence()) })],
    ['a certificate without anything', /says nothing/, whole({ data: data(derSequence(derSequence())) })],
    ['an unknown status', /says nothing/, whole({ data: data(answer({ status: encodeDer(0x83) })) })],
    ['no time', /says nothing/, whole({ data: data(derSequence(certificate(1), encodeDer(0x80))) })],
    ['a time of another kind', /date that is none/, whole({ data: data(answer({ from: derNull() })) })],
    ['a time with fractions', /date that is none/, whole({ data: data(answer({ from: time('20261126010203.5Z') })) })],
  ])('refuses %s', (_what, why, response) => {
    expect(() => parseOcspResponse(response)).toThrow(
      expect.objectContaining({ code: 'LML_ERR_TLS_MATERIAL', message: expect.stringMatching(why) }),
    );
  });
});

function plain(statement: object): object {
  return Object.fromEntries(
    Object.entries(statement).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? new Uint8Array(value) : value,
    ]),
  );
}

function along(count: number): Uint8Array {
  return derTagged(0, derSequence(...Array.from({ length: count }, () => derSequence())));
}

interface Whole {
  readonly data?: Uint8Array;
  readonly certificates?: Uint8Array;
}

function whole({ data: signed = data(answer({})), certificates }: Whole): Uint8Array {
  const more = certificates === undefined ? [] : [certificates];
  return basic(signed, derSequence(SHA1), derBitString(Buffer.from('signature')), ...more);
}

function basic(...parts: readonly Uint8Array[]): Uint8Array {
  return enveloped(BASIC, derSequence(...parts));
}

function enveloped(kind: Uint8Array, content: Uint8Array): Uint8Array {
  return derSequence(SUCCESS, derTagged(0, derSequence(kind, derOctetString(content))));
}

function data(...answers: readonly Uint8Array[]): Uint8Array {
  return derSequence(BY_KEY, time(), derSequence(...answers));
}

interface Answer {
  readonly serial?: number;
  readonly status?: Uint8Array;
  readonly from?: Uint8Array;
  readonly next?: Uint8Array;
}

function answer({ serial = 1, status = encodeDer(0x80), from = time(), next }: Answer): Uint8Array {
  return derSequence(certificate(serial), status, from, ...(next === undefined ? [] : [next]));
}

function certificate(serial: number): Uint8Array {
  const number = derUnsigned(bytes(serial >> 8, serial & 0xff));
  return derSequence(derSequence(SHA1), derOctetString(bytes(1)), derOctetString(bytes(2)), number);
}

function time(text = '20261126010203Z'): Uint8Array {
  return encodeDer(0x18, Buffer.from(text, 'latin1'));
}

function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}
