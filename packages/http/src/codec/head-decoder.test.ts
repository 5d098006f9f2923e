import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, assertDecodes } from '@lamella/net-core/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { blanks, cut, cutSizes, fieldText, token } from '../../test/support/arbitraries.ts';
import { bytesOf, mapDecoder } from '../../test/support/codec.ts';
import { FieldScanner, MORE } from './field-scanner.ts';
import type { HeadLimits } from './head-decoder.ts';
import type { RequestHead } from './request-head-decoder.ts';
import { RequestHeadDecoder } from './request-head-decoder.ts';
import { ResponseHeadDecoder } from './response-head-decoder.ts';

const LIMITS: HeadLimits = { maxStartLineBytes: 64, maxHeadBytes: 128, maxHeaders: 4 };

describe('HeadDecoder', () => {
  it('allows maxStartLineBytes, the line end included, and not one more', () => {
    const request = (length: number): string => `GET /${'a'.repeat(length - 16)} HTTP/1.1\r\n\r\n`;
    assertDecodes(create, bytesOf(request(64)), [0]);
    assertDecodeFails(create, bytesOf(request(65)), 'LML_ERR_HTTP1_START_LINE_TOO_LONG');
    assertDecodeFails(create, bytesOf(`GET /${'a'.repeat(60)}`), 'LML_ERR_HTTP1_START_LINE_TOO_LONG');
    const response = (length: number): string => `HTTP/1.1 200 ${'a'.repeat(length - 15)}\r\n\r\n`;
    const createResponse = () => mapDecoder(new ResponseHeadDecoder(LIMITS), ({ status }) => status);
    assertDecodes(createResponse, bytesOf(response(64)), [200]);
    assertDecodeFails(createResponse, bytesOf(response(65)), 'LML_ERR_HTTP1_START_LINE_TOO_LONG');
  });

  it('allows maxHeadBytes, the empty line included, and not one more', () => {
    const request = (length: number): string => `GET / HTTP/1.1\r\na: ${'b'.repeat(length - 23)}\r\n\r\n`;
    assertDecodes(create, bytesOf(request(128)), [1]);
    assertDecodes(create, bytesOf(request(128) + request(128)), [1, 1]);
    assertDecodeFails(create, bytesOf(request(129)), 'LML_ERR_HTTP1_HEADERS_TOO_LARGE');
    assertDecodeFails(create, bytesOf(request(140)), 'LML_ERR_HTTP1_HEADERS_TOO_LARGE');
    assertDecodeFails(create, bytesOf(`GET / HTTP/1.1\r\na: ${'b'.repeat(110)}`), 'LML_ERR_HTTP1_HEADERS_TOO_LARGE');
  });

  it('counts a start line into the head, whichever limit is the smaller', () => {
    const small = () => new RequestHeadDecoder({ ...LIMITS, maxHeadBytes: 32 });
    assertDecodeFails(small, bytesOf(`GET /${'a'.repeat(60)}`), 'LML_ERR_HTTP1_HEADERS_TOO_LARGE');
    const same = () => new RequestHeadDecoder({ ...LIMITS, maxHeadBytes: 64 });
    assertDecodeFails(same, bytesOf(`GET /${'a'.repeat(60)}`), 'LML_ERR_HTTP1_START_LINE_TOO_LONG');
  });

  it('allows maxHeaders lines and not one more', () => {
    assertDecodes(create, bytesOf(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(4)}\r\n`), [4]);
    assertDecodeFails(
      create,
      bytesOf(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(5)}\r\n`),
      'LML_ERR_HTTP1_TOO_MANY_HEADERS',
    );
  });

  it.each([
    ['a bad byte in front of a limit', `GET /\0${'a'.repeat(70)}\r\n`, 'LML_ERR_HTTP1_BAD_TARGET'],
    ['a bad byte behind a limit', `GET /${'a'.repeat(70)}\0\r\n`, 'LML_ERR_HTTP1_START_LINE_TOO_LONG'],
    [
      'a bad header in front of a limit',
      `GET / HTTP/1.1\r\na: \0${'a'.repeat(120)}\r\n`,
      'LML_ERR_HTTP1_BAD_FIELD_VALUE',
    ],
    ['a bad header behind a limit', `GET / HTTP/1.1\r\na: ${'a'.repeat(120)}\0\r\n`, 'LML_ERR_HTTP1_HEADERS_TOO_LARGE'],
    [
      'a CR as the last byte within a limit',
      `GET /${'a'.repeat(49)} HTTP/1.1\r\n\r\n`,
      'LML_ERR_HTTP1_START_LINE_TOO_LONG',
    ],
  ])('lets the first wrong byte decide, however the input is split: %s', (_what, input, code) => {
    assertDecodeFails(create, bytesOf(input), code);
  });

  it('says what is too long', () => {
    const decode = (input: string) => () => create().decode(new ByteCursor(bytesOf(input)));
    expect(decode(`GET /${'a'.repeat(70)}`)).toThrow('the start line is longer than 64 bytes');
    expect(decode(`GET / HTTP/1.1\r\na: ${'b'.repeat(128)}`)).toThrow('the header section is longer than 128 bytes');
  });

  it('never scans a finished line again, and a line no more than twice, however slowly the head comes', () => {
    const lines = [
      'GET /some/path HTTP/1.1',
      ...Array.from({ length: 60 }, (_, index) => `x-${index}: ${'v'.repeat(50)}`),
    ];
    const bytes = bytesOf(`${lines.join('\r\n')}\r\n\r\n`);
    for (const step of [1, 2, 7, 54, 55, 56, bytes.length]) {
      const scanned = countScanned(() => {
        const decoder = new RequestHeadDecoder({ maxStartLineBytes: 8_192, maxHeadBytes: 8_192, maxHeaders: 99 });
        const heads = cut(bytes, [step]).map((part) => decoder.decode(new ByteCursor(part)));
        expect(heads.at(-1)?.headers.size).toBe(60);
      });
      expect(scanned, `steps of ${step} bytes`).toBeLessThanOrEqual(2 * bytes.length);
    }
  });

  it('never scans an endless line twice, however slowly it comes', () => {
    const decoder = new RequestHeadDecoder({ maxStartLineBytes: 8_192, maxHeadBytes: 8_192, maxHeaders: 99 });
    const bytes = bytesOf(`GET / HTTP/1.1\r\na: ${'b'.repeat(8_000)}`);
    const scanned = countScanned(() => {
      for (const part of cut(bytes, [1])) decoder.decode(new ByteCursor(part));
    });
    expect(scanned).toBeLessThanOrEqual(20);
  });

  it('gives the same headers as a parser that knows nothing of laziness', () => {
    const field = fc.tuple(token, blanks, fieldText, blanks);
    fc.assert(
      fc.property(token, fc.array(field, { maxLength: 12 }), cutSizes, (method, fields, sizes) => {
        const section = fields
          .filter(([name]) => !/^(content-length|transfer-encoding)$/i.test(name))
          .map(([name, before, value, after]) => `${name}:${before}${value}${after}\r\n`)
          .join('');
        const text = `${method} /path HTTP/1.1\r\n${section}\r\n`;
        const expected = eagerPairs(text);

        const decoder = new RequestHeadDecoder({ maxStartLineBytes: 4_096, maxHeadBytes: 4_096, maxHeaders: 12 });
        let head: RequestHead | undefined;
        for (const part of cut(bytesOf(text), sizes)) head = decoder.decode(new ByteCursor(part)) ?? head;
        expect(head?.method).toBe(method);
        expect([...(head?.headers ?? [])]).toEqual(expected);
        expect(head?.headers.toString()).toBe(expected.map(([name, value]) => `${name}: ${value}\r\n`).join(''));
      }),
      { numRuns: 500 },
    );
  });

  it('gives every outcome, good or bad, independent of how the input is split', () => {
    const bit = fc.constantFrom(
      'GET',
      ' ',
      ' ',
      '/',
      'HTTP/1.1',
      '\r\n',
      '\r\n',
      '\r',
      '\n',
      ':',
      'a',
      'b',
      '\t',
      '\0',
      '\xff',
    );
    const line = fc.constantFrom('host: a\r\n', 'content-length: 5\r\n', 'transfer-encoding: chunked\r\n', 'x: y\r\n');
    const noise = fc.array(fc.oneof(bit, line), { maxLength: 12 }).map((bits) => bits.join(''));
    fc.assert(
      fc.property(noise, fc.boolean(), cutSizes, (text, isStarted, sizes) => {
        // The end gives a decoder the line end that it may be waiting for.
        const bytes = bytesOf(`${isStarted ? 'GET / HTTP/1.1\r\n' : ''}${text}\r\n\r\n`);
        expect(outcome(cut(bytes, sizes))).toEqual(outcome([bytes]));
        expect(outcome(cut(bytes, [1]))).toEqual(outcome([bytes]));
      }),
      { numRuns: 2_000 },
    );
  });
});

function create() {
  return mapDecoder(new RequestHeadDecoder(LIMITS), ({ headers }) => headers.size);
}

/** Number of bytes that a run of `work` makes the scanner of the fields look at. */
function countScanned(work: () => void): number {
  const scan = FieldScanner.prototype.scan;
  let scanned = 0;
  const spy = vi.spyOn(FieldScanner.prototype, 'scan').mockImplementation(function (
    this: FieldScanner,
    bytes,
    start,
    end,
  ) {
    const next = scan.call(this, bytes, start, end);
    scanned += (next === MORE ? end : next) - start;
    return next;
  });
  work();
  spy.mockRestore();
  return scanned;
}

/** Splits by lines and colons, at once: as simple as can be. */
function eagerPairs(head: string): [string, string][] {
  return head
    .split('\r\n')
    .slice(1, -2)
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
    });
}

/** What one decoder makes of the parts: all heads, and what stopped it. */
function outcome(parts: readonly Uint8Array[]): unknown[] {
  const decoder = new RequestHeadDecoder(LIMITS);
  const seen: unknown[] = [];
  try {
    for (const part of parts) {
      const input = new ByteCursor(part);
      for (let head = decoder.decode(input); head !== undefined; head = decoder.decode(input)) {
        seen.push({ ...head, headers: [...head.headers] });
      }
    }
  } catch (error) {
    seen.push((error as { code?: unknown }).code);
  }
  return seen;
}
