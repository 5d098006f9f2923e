import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, assertDecodes, patternBytes, utf8 } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import { NetstringDecoder } from './netstring-decoder.ts';
import { encodeNetstring } from './netstring-encoder.ts';

const create = () => new NetstringDecoder(100);

describe('NetstringDecoder', () => {
  // #region decodes
  it('decodes netstrings, however the input is cut', () => {
    assertDecodes(create, utf8('5:hello,0:,12:hello, world,'), [buffer('hello'), buffer(''), buffer('hello, world')]);
  });
  // #endregion decodes

  // #region refuses
  it.each([
    ['NETSTRING_BAD_LENGTH', ':,'],
    ['NETSTRING_BAD_LENGTH', '-1:a,'],
    ['NETSTRING_BAD_LENGTH', ' 1:a,'],
    ['NETSTRING_BAD_LENGTH', '01:a,'],
    ['NETSTRING_TOO_LONG', '101:'],
    ['NETSTRING_TOO_LONG', '99999999999999999999999999:'],
    ['NETSTRING_BAD_END', '1:ab,'],
  ])('refuses with %s: %s', (code, input) => {
    assertDecodeFails(create, utf8(input), code);
  });
  // #endregion refuses
});

// #region round-trip
describe('encodeNetstring', () => {
  it.each([0, 1, 9, 10, 99, 100])('makes what the decoder takes, of %i bytes', (length) => {
    const encoded = Buffer.concat(encodeNetstring(patternBytes(length)));
    expect(create().decode(new ByteCursor(encoded))).toEqual(patternBytes(length));
  });
});
// #endregion round-trip

function buffer(text: string): Uint8Array {
  return Uint8Array.from(utf8(text));
}
