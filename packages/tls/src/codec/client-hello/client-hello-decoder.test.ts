import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, splitsOf } from '@lamella/net-core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helloMessage, joined, messageOf, record, records, u16 } from '../../../test/support/client-hello-bytes.ts';
import { ClientHelloError } from '../../errors.ts';
import { ClientHello } from './client-hello.ts';
import { ClientHelloDecoder } from './client-hello-decoder.ts';

const MESSAGE = helloMessage();

describe('ClientHelloDecoder', () => {
  it.each([16_384, 100, 5, 4, 3, 2, 1])('decodes records of %i bytes, however they are cut', (recordBytes) => {
    const bytes = records(MESSAGE, recordBytes);
    for (const { name, parts } of splitsOf(bytes)) {
      const decoder = new ClientHelloDecoder();
      const hellos = parts.map((part) => decoder.decode(padded(part)));
      expect(
        hellos.slice(0, -1).every((hello) => hello === undefined),
        name,
      ).toBe(true);
      expect(hellos.at(-1)?.message, name).toEqual(MESSAGE);
      expect(decoder.byteCount, name).toBe(bytes.length);
    }
  });

  it('takes not one byte more than the hello, and gives it once', () => {
    const bytes = joined(records(MESSAGE), Uint8Array.of(1, 2, 3));
    const decoder = new ClientHelloDecoder();
    const input = new ByteCursor(bytes);
    expect(decoder.decode(input)?.serverName).toBe('example.com');
    expect(input.remaining).toBe(3);
    expect(decoder.decode(input)).toBeUndefined();
    expect(input.remaining).toBe(3);
  });

  it('owns its bytes', () => {
    const bytes = records(MESSAGE);
    const hello = new ClientHelloDecoder().decode(new ByteCursor(bytes));
    bytes.fill(0);
    expect(hello?.message).toEqual(MESSAGE);
  });

  it('takes every version 3.x of a record, as servers have to', () => {
    for (const version of [0x0300, 0x0301, 0x0303, 0x0304, 0x03ff]) {
      expect(decodeAll(record(MESSAGE, 22, version))?.message).toEqual(MESSAGE);
    }
  });

  it.each([
    ['a record of version 2', record(MESSAGE, 22, 0x0200), 'BAD_VERSION'],
    ['a record of version 4', record(MESSAGE, 22, 0x0403), 'BAD_VERSION'],
    ['an alert', record(Uint8Array.of(2, 40), 21), 'BAD_RECORD'],
    ['data', record(MESSAGE, 23), 'BAD_RECORD'],
    ['a change of ciphers', record(Uint8Array.of(1), 20), 'BAD_RECORD'],
    ['a heartbeat', record(MESSAGE, 24), 'BAD_RECORD'],
    [
      'an alert within the hello',
      joined(record(MESSAGE.subarray(0, 50)), record(Uint8Array.of(1, 0), 21)),
      'BAD_RECORD',
    ],
    ['something else within the hello', joined(record(MESSAGE.subarray(0, 50)), Uint8Array.of(0x47)), 'BAD_RECORD'],
    ['an empty record', record(new Uint8Array(0)), 'EMPTY_RECORD'],
    ['an empty record within', joined(record(MESSAGE.subarray(0, 9)), record(new Uint8Array(0))), 'EMPTY_RECORD'],
    ['a record of 16385 bytes', joined(Uint8Array.of(22, 3, 1), u16(16_385)), 'RECORD_TOO_LARGE'],
    ['another message', records(messageOf(2, MESSAGE.subarray(4))), 'WRONG_MESSAGE'],
    ['the request for a hello', records(messageOf(0, new Uint8Array(0))), 'WRONG_MESSAGE'],
    ['a byte behind it in its record', record(joined(MESSAGE, Uint8Array.of(0))), 'TRAILING_DATA'],
    ['two hellos in one record', record(joined(MESSAGE, MESSAGE)), 'TRAILING_DATA'],
    ['a hello without content', records(messageOf(1, new Uint8Array(0))), 'BAD_LENGTH'],
    ['a hello of SSL 2', joined(Uint8Array.of(0x80, 46, 1, 3, 1), new Uint8Array(40)), 'SSL2'],
    ['something like SSL 2', Uint8Array.of(0x80, 46, 4, 3, 1), 'NOT_TLS'],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 'NOT_TLS'],
    ['zeros', new Uint8Array(20), 'NOT_TLS'],
    ['lower-case letters', Buffer.from('get / http/1.1\r\n'), 'NOT_TLS'],
    ['a method that is none', Buffer.from('GETS / HTTP/1.1\r\n'), 'NOT_TLS'],
    ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'PRI'].map(
      (method): [string, Uint8Array, string] => [method, Buffer.from(`${method} * HTTP/1.1\r\n`), 'PLAIN_HTTP'],
    ),
  ])('refuses %s, however it is cut', (_name, bytes, code) => {
    const create = () => new ClientHelloDecoder();
    assertDecodeFails(create, Uint8Array.from(bytes), `LML_ERR_CLIENT_HELLO_${code}`);
  });

  it('says what plain HTTP it is', () => {
    expect(() => decodeAll(Buffer.from('POST / HTTP/1.1\r\n'))).toThrow('plain HTTP, where TLS was expected: POST');
  });

  it('waits at every truncation, and never makes a hello of one', () => {
    for (const recordBytes of [16_384, 7]) {
      const bytes = records(MESSAGE, recordBytes);
      for (let length = 0; length < bytes.length; length++) {
        const decoder = new ClientHelloDecoder();
        expect(decoder.decode(new ByteCursor(bytes, 0, length))).toBeUndefined();
        expect(decoder.byteCount).toBe(length);
      }
    }
  });

  describe('limits', () => {
    it('takes a hello of exactly maxBytes, and none of one more', () => {
      for (const recordBytes of [16_384, 300, 3]) {
        const bytes = records(messageOfBytes(3_000), recordBytes);
        expect(decodeAll(bytes, { maxBytes: bytes.length })?.message.length).toBe(3_000);
        expect(codeOf(() => decodeAll(bytes, { maxBytes: bytes.length - 1 }))).toBe('LML_ERR_CLIENT_HELLO_TOO_LARGE');
      }
    });

    it('takes a hello of 16 KiB less headers by default', () => {
      expect(decodeAll(records(messageOfBytes(16_379)))?.message.length).toBe(16_379);
      expect(codeOf(() => decodeAll(records(messageOfBytes(16_380))))).toBe('LML_ERR_CLIENT_HELLO_TOO_LARGE');
    });

    it('refuses by what lengths announce, before the bytes come', () => {
      const byMessage = new ClientHelloDecoder();
      const start = joined(Uint8Array.of(22, 3, 1, 0, 100, 1), Uint8Array.of(1, 0, 0));
      expect(codeOf(() => byMessage.decode(new ByteCursor(start)))).toBe('LML_ERR_CLIENT_HELLO_TOO_LARGE');
      const byRecord = new ClientHelloDecoder({ maxBytes: 512 });
      expect(codeOf(() => byRecord.decode(new ByteCursor(Uint8Array.of(22, 3, 1, 2, 0))))).toBe(
        'LML_ERR_CLIENT_HELLO_TOO_LARGE',
      );
    });

    it('counts the header of a record that has to come', () => {
      const heads = (length: number) => joined(Uint8Array.of(22, 3, 1, 0, 8, 1, 0), u16(length - 4), new Uint8Array(4));
      const decode = (length: number) =>
        new ClientHelloDecoder({ maxBytes: 512 }).decode(new ByteCursor(heads(length)));
      expect(decode(502)).toBeUndefined(); // 5 + 8 are here, 5 + 494 may come
      expect(codeOf(() => decode(503))).toBe('LML_ERR_CLIENT_HELLO_TOO_LARGE');
    });

    it('takes a hello in maxRecords records, and none in one more', () => {
      const bytes = records(MESSAGE, 10);
      const count = Math.ceil(MESSAGE.length / 10);
      expect(decodeAll(bytes, { maxRecords: count })).toBeDefined();
      expect(codeOf(() => decodeAll(bytes, { maxRecords: count - 1 }))).toBe('LML_ERR_CLIENT_HELLO_TOO_MANY_RECORDS');
    });

    it('takes a hello in 1024 records by default', () => {
      expect(decodeAll(records(messageOfBytes(1_024), 1))).toBeDefined();
      expect(codeOf(() => decodeAll(records(messageOfBytes(1_025), 1)))).toBe('LML_ERR_CLIENT_HELLO_TOO_MANY_RECORDS');
    });

    it.each([
      [{ maxBytes: 511 }, 'maxBytes must be an integer from 512 to 262144, got 511'],
      [{ maxBytes: 262_145 }, 'maxBytes'],
      [{ maxBytes: 1_000.5 }, 'maxBytes'],
      [{ maxBytes: Number.NaN }, 'maxBytes'],
      [{ maxRecords: 0 }, 'maxRecords must be an integer of at least 1, got 0'],
      [{ maxRecords: Number.POSITIVE_INFINITY }, 'maxRecords'],
    ])('refuses %o', (limits, message) => {
      expect(() => new ClientHelloDecoder(limits)).toThrow(message);
    });

    it('takes the ends of the ranges', () => {
      expect(decodeAll(records(MESSAGE), { maxBytes: 512, maxRecords: 1 })).toBeDefined();
      expect(decodeAll(records(messageOfBytes(129_000)), { maxBytes: 262_144 })).toBeDefined();
    });
  });

  describe('hostile input', () => {
    it('never throws anything but its error, and never takes more than maxBytes: any bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), (bytes, startsLikeTls) => {
          decodeOrRefuse(startsLikeTls ? joined(Uint8Array.of(22, 3, 1), bytes) : bytes, 512);
        }),
        { numRuns: 2_000 },
      );
    });

    it('never throws anything but its error: hellos with bytes changed, taken out and put in', () => {
      const change = fc.record({
        at: fc.nat(),
        take: fc.nat({ max: 3 }),
        put: fc.uint8Array({ maxLength: 3 }),
      });
      fc.assert(
        fc.property(
          fc.array(change, { minLength: 1, maxLength: 4 }),
          fc.integer({ min: 1, max: 400 }),
          fc.boolean(),
          (changes, size, hasRightLength) => {
            let message = MESSAGE;
            for (const { at, take, put } of changes) {
              const start = at % message.length;
              message = joined(message.subarray(0, start), put, message.subarray(start + take));
            }
            decodeOrRefuse(records(hasRightLength ? messageOf(1, message.subarray(4)) : message, size), 16_384);
          },
        ),
        { numRuns: 2_000 },
      );
    });

    it('never throws anything but its error: every byte of a hello with every bit turned', () => {
      const bytes = records(MESSAGE);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Uint8Array.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        decodeOrRefuse(changed, 16_384);
      }
    });

    it('takes thousands of extensions in no more than a moment, and sees the one that comes twice', () => {
      const many = Array.from({ length: 4_000 }, (_, index): readonly [number, Uint8Array] => [20_000 + index, NONE]);
      expect(decodeAll(records(helloMessage({ extensions: many })))?.extensionTypes.length).toBe(4_000);
      const twice = [...many, [20_017, NONE] as const];
      expect(codeOf(() => decodeAll(records(helloMessage({ extensions: twice }))))).toBe(
        'LML_ERR_CLIENT_HELLO_DUPLICATE_EXTENSION',
      );
    });
  });
});

const NONE = new Uint8Array(0);
const GETTERS = Object.values(Object.getOwnPropertyDescriptors(ClientHello.prototype)).flatMap(({ get }) => get ?? []);

/** Decodes, and looks at all there is; a refusal by the right error is fine too. */
function decodeOrRefuse(bytes: Uint8Array, maxBytes: number): void {
  const decoder = new ClientHelloDecoder({ maxBytes });
  try {
    const hello = decoder.decode(new ByteCursor(bytes));
    if (hello !== undefined) lookAtAll(hello);
  } catch (error) {
    expect(error).toBeInstanceOf(ClientHelloError);
  }
  expect(decoder.byteCount).toBeLessThanOrEqual(Math.min(maxBytes, bytes.length));
}

/** What was decoded has nothing left that throws. */
function lookAtAll(hello: ClientHello): void {
  for (const get of GETTERS) get.call(hello);
}

/** A hello of exactly `length` bytes, by an extension that nobody knows. */
function messageOfBytes(length: number): Uint8Array {
  const extensions = [[0xfff0, NONE] as const];
  const bare = helloMessage({ extensions }).length;
  if (length - bare <= 60_000) return helloMessage({ extensions: [[0xfff0, new Uint8Array(length - bare)]] });
  const ciphers = Array.from({ length: 32_000 }, () => 0x1301);
  const left = length - helloMessage({ ciphers, extensions }).length;
  return helloMessage({ ciphers, extensions: [[0xfff0, new Uint8Array(left)]] });
}

/** A cursor on bytes with rubbish around them. */
function padded(part: Uint8Array): ByteCursor {
  return new ByteCursor(joined(Uint8Array.of(0xff), part, Uint8Array.of(0xff)), 1, part.length + 1);
}

function decodeAll(bytes: Uint8Array, limits: ConstructorParameters<typeof ClientHelloDecoder>[0] = {}) {
  return new ClientHelloDecoder(limits).decode(new ByteCursor(bytes));
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ClientHelloError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}
