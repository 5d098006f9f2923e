import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../test/support/codec.ts';
import { FieldScanner, hex, MORE } from './field-scanner.ts';

describe('FieldScanner', () => {
  it('asks for more until it has a line, then says where the next one starts', () => {
    const bytes = bytesOf('xxa: b\r\nc:d\r\n\r\nyy');
    for (let end = 2; end < 8; end++) expect(new FieldScanner(9).scan(bytes, 2, end), `${end}`).toBe(MORE);
    const scanner = new FieldScanner(9);
    expect(scanner.scan(bytes, 2, bytes.length)).toBe(8);
    expect(scanner.scan(bytes, 8, bytes.length)).toBe(13);
    expect([scanner.count, scanner.isDone]).toEqual([2, false]);
    expect(scanner.scan(bytes, 13, 13)).toBe(MORE);
    expect(scanner.scan(bytes, 13, 14)).toBe(MORE);
    expect(scanner.scan(bytes, 13, 15)).toBe(15);
    expect([scanner.count, scanner.isDone]).toEqual([2, true]);
  });

  it('counts a line once, however often it is asked', () => {
    const scanner = new FieldScanner(1);
    const bytes = bytesOf('Content-Length: 5\r\n');
    for (let end = 0; end < bytes.length; end++) scanner.scan(bytes, 0, end);
    expect([scanner.count, scanner.contentLength]).toEqual([0, -1]);
    scanner.scan(bytes, 0, bytes.length);
    expect([scanner.count, scanner.contentLength]).toEqual([1, 5]);
  });

  it.each([
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', ': b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a : b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a\t: b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a b: c'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a\0: b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', '\0a: b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a\x7f: b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', '\xe9: b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', '(a): b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', '"a": b'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a\nb: c'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'a\rb: c'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'a: b\0c'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'a: \x01'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'a: \x0b'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'a: \x0c'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'a: \x1f'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'a: \x7f'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'a:\0'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'a: b\nc: d'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'a:\nc: d'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'a: b\rc: d'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'a: b\r\r\nc: d'],
    ['LML_ERR_HTTP1_BAD_LINE_END', '\ra: b'],
    ['LML_ERR_HTTP1_BAD_LINE_END', '\na: b'],
    ['LML_ERR_HTTP1_OBS_FOLD', ' a: b'],
    ['LML_ERR_HTTP1_OBS_FOLD', '\ta: b'],
    ['LML_ERR_HTTP1_OBS_FOLD', ' '],
  ])('refuses with %s: %j', (code, line) => {
    expect(() => scan(`${line}\r\n\r\n`)).toThrow(expect.objectContaining({ code }));
    expect(() => scan(`x: y\r\n${line}\r\n\r\n`)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses every byte in a name that no token has, and every control byte in a value', () => {
    for (let byte = 0; byte < 256; byte++) {
      const character = String.fromCharCode(byte);
      const isToken = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(character);
      const isField = /[\t\x20-\x7e\x80-\xff]/.test(character);
      if (character !== ':') expect(accepts(`a${character}a: b\r\n\r\n`), `name with ${hex(byte)}`).toBe(isToken);
      expect(accepts(`a: b${character}b\r\n\r\n`), `value with ${hex(byte)}`).toBe(isField);
    }
  });

  it('allows maxFields lines and not one more', () => {
    expect(scan(`${'a:\r\n'.repeat(9)}\r\n`).count).toBe(9);
    expect(() => scan(`${'a:\r\n'.repeat(10)}\r\n`)).toThrow('there are more than 9 header lines');
  });

  it.each([
    ['0', 0],
    ['5', 5],
    ['007', 7],
    ['999999999999999', 999_999_999_999_999],
  ])('reads Content-Length %s', (value, length) => {
    expect(scan(`content-LENGTH:${value} \t\r\n\r\n`).contentLength).toBe(length);
  });

  it.each([
    '',
    '-0',
    '-5',
    '+5',
    '5 5',
    '5,5',
    '5, 5',
    '5.0',
    '0x5',
    '5e1',
    'five',
    '5;a',
    '1000000000000000',
    '"5"',
    '\xb2',
  ])('refuses Content-Length %j', (value) => {
    expect(() => scan(`Content-Length: ${value}\r\n\r\n`)).toThrow(
      expect.objectContaining({ code: 'LML_ERR_HTTP1_BAD_CONTENT_LENGTH' }),
    );
  });

  it.each([
    ['5', '5'],
    ['5', '6'],
    ['0', '0'],
  ])('refuses two Content-Length fields, %s and %s', (first, second) => {
    const code = 'LML_ERR_HTTP1_DUPLICATE_CONTENT_LENGTH';
    expect(() => scan(`Content-Length: ${first}\r\na: b\r\ncontent-length: ${second}\r\n\r\n`)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each(['chunked', 'Chunked', 'CHUNKED', '\tchunked\t ', '  chunked'])('reads Transfer-Encoding %j', (value) => {
    expect(scan(`Transfer-Encoding:${value}\r\n\r\n`).isChunked).toBe(true);
  });

  it.each([
    '',
    'x',
    'identity',
    'gzip',
    'chunked, chunked',
    'chunked, gzip',
    'chunked, identity',
    'identity, chunked',
    'x, chunked',
    'chunked;q=1',
    'chunked; q=1',
    'chunked,',
    ', chunked',
    ',chunked',
    '"chunked"',
    'chunkedx',
    'xchunked',
    'chunke',
    'chun ked',
    'chunked chunked',
    'chunked\tx',
    'ch\xadunked',
    '\xa0chunked',
    '\x85chunked',
    'gzip, chunked, chunked',
    'gzip;q=1, chunked',
    'gzip chunked',
  ])('refuses Transfer-Encoding %j', (value) => {
    expect(() => scan(`Transfer-Encoding: ${value}\r\n\r\n`)).toThrow(
      expect.objectContaining({ code: 'LML_ERR_HTTP1_BAD_TRANSFER_ENCODING' }),
    );
  });

  it.each(['gzip, chunked', 'GZIP,chunked', 'x-gzip\t, Chunked', 'deflate, chunked', 'compress, gzip, chunked'])(
    'refuses Transfer-Encoding %j as not supported',
    (value) => {
      expect(() => scan(`Transfer-Encoding: ${value}\r\n\r\n`)).toThrow(
        expect.objectContaining({ code: 'LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING', statusHint: 501 }),
      );
    },
  );

  it.each([
    ['chunked', 'chunked'],
    ['chunked', 'identity'],
    ['chunked', ''],
    ['chunked', 'gzip, chunked'],
  ])('refuses a second Transfer-Encoding field: %s, then %s', (first, second) => {
    expect(() => scan(`Transfer-Encoding: ${first}\r\nTransfer-Encoding: ${second}\r\n\r\n`)).toThrow(
      expect.objectContaining({ code: 'LML_ERR_HTTP1_BAD_TRANSFER_ENCODING' }),
    );
  });

  it('leaves names alone that only look like framing', () => {
    const { contentLength, isChunked, hostCount } = scan(
      'Content_Length: x\r\nContent-Lengthy: x\r\nXContent-Length: x\r\nTransfer_Encoding: x\r\nXhost: x\r\nHos: x\r\n\r\n',
    );
    expect({ contentLength, isChunked, hostCount }).toEqual({ contentLength: -1, isChunked: false, hostCount: 0 });
  });

  it.each([
    ['close', { hasClose: true }],
    ['Close', { hasClose: true }],
    ['keep-alive', { hasKeepAlive: true }],
    ['Keep-Alive', { hasKeepAlive: true }],
    ['Upgrade', { hasConnectionUpgrade: true }],
    ['keep-alive, Upgrade', { hasKeepAlive: true, hasConnectionUpgrade: true }],
    [',, close ,\tkeep-alive', { hasClose: true, hasKeepAlive: true }],
    ['close;x', {}],
    ['"close"', {}],
    ['closed', {}],
    ['', {}],
  ])('reads Connection %j', (value, expected) => {
    expect(connectionFacts(scan(`Connection: ${value}\r\n\r\n`))).toEqual({ ...NO_CONNECTION_FACTS, ...expected });
  });

  it('reads several Connection fields as one', () => {
    const facts = connectionFacts(scan('Connection: upgrade\r\nconnection: foo\r\nCONNECTION: close\r\n\r\n'));
    expect(facts).toEqual({ hasClose: true, hasKeepAlive: false, hasConnectionUpgrade: true });
  });

  it('reads Host, Expect, Keep-Alive and Upgrade', () => {
    const seen = scan('Host: a.test \r\nhost:b.test:80\r\nExpect: 100-CONTINUE\r\nUpgrade: websocket\r\n\r\n');
    expect(seen).toMatchObject({ hostCount: 2, host: 'b.test:80', expectsContinue: true, expectsOther: false });
    expect([seen.hasUpgrade, seen.keepAlive]).toEqual([true, '']);
    expect(scan('Keep-Alive: x\r\nkeep-alive: timeout=5 \r\nKeep-Alife: y\r\n\r\n').keepAlive).toBe('timeout=5');
    expect(scan('Expect: 100-continue, x\r\n\r\n')).toMatchObject({ expectsContinue: false, expectsOther: true });
    expect(scan('Expect:\r\n\r\n').expectsOther).toBe(true);
    expect(scan('Date: x\r\nExpekt: x\r\nUpgrada: x\r\nConnectiom: close\r\n\r\n')).toMatchObject({
      expectsOther: false,
      hasUpgrade: false,
      hasClose: false,
    });
  });

  it('forgets everything when it is reset', () => {
    const scanner = scan(
      'Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nConnection: close, keep-alive, upgrade\r\n' +
        'Upgrade: x\r\nExpect: 100-continue\r\nExpect: x\r\nKeep-Alive: x\r\n\r\n',
    );
    scanner.reset();
    expect({ ...scanner }).toEqual({ ...new FieldScanner(9) });
  });
});

const NO_CONNECTION_FACTS = { hasClose: false, hasKeepAlive: false, hasConnectionUpgrade: false };

function connectionFacts({ hasClose, hasKeepAlive, hasConnectionUpgrade }: FieldScanner) {
  return { hasClose, hasKeepAlive, hasConnectionUpgrade };
}

/** Scans a whole section. */
function scan(section: string): FieldScanner {
  const scanner = new FieldScanner(9);
  const bytes = bytesOf(section);
  for (let at = 0; !scanner.isDone; ) {
    at = scanner.scan(bytes, at, bytes.length);
    expect(at, 'the section is whole').not.toBe(MORE);
  }
  return scanner;
}

function accepts(section: string): boolean {
  try {
    scan(section);
    return true;
  } catch (error) {
    expect(error).toHaveProperty('code');
    return false;
  }
}
