import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tryParseAuthority } from './authority.ts';
import { tryParseDomain } from './domain.ts';
import { tryParseHost } from './host.ts';
import { tryParseIp } from './ip-address.ts';
import { whyNoAuthority, whyNoDomain, whyNoHost, whyNoIp } from './refusal.ts';

describe('what a refusal says', () => {
  it.each([
    ['', /empty/],
    [' 1.2.3.4', /blank or a control/],
    ['1.2.3.4\0', /blank or a control/],
    ['1'.repeat(509), /too long/],
    ['[::1]', /no brackets and no port/],
    ['1.2.3.4:80', /no brackets and no port/],
    ['0177.0.0.1', /without leading zeros/],
    ['127.0.0.00', /without leading zeros/],
    ['256.0.0.1', /at most 255/],
    ['127.1', /four decimal numbers/],
    ['0x7f.0.0.1', /four decimal numbers/],
    ['fe80::1%', /a zone is/],
    ['1::2::3', /stands once/],
    ['1:2:3', /eight groups/],
    ['::12345', /eight groups/],
  ])('about the address %j', (text, reason) => {
    expect(tryParseIp(text)).toBeUndefined();
    expect(whyNoIp(text)).toMatch(reason);
  });

  it.each([
    ['', /empty/],
    ['a\tb', /blank or a control/],
    ['a%00', /^"%" can't be in a name/],
    ['a*', /^"\*" can't be/],
    ['ⓔxample.com', /IDNA/],
    ['a。b', /IDNA/],
    ['a..b', /label is empty/],
    ['.', /label is empty/],
    [`${'a'.repeat(64)}.b`, /63 characters/],
    ['-a.b', /hyphen/],
    ['a-.b', /hyphen/],
    [`${'a'.repeat(63)}.`.repeat(4), /253 characters/],
    ['xn--a', /A-label/],
    ['127.1', /last label is a number/],
    ['xn--bcher-kva.1', /last label is a number/],
    ['0x7f.0x1', /last label is a number/],
  ])('about the name %j', (text, reason) => {
    expect(tryParseDomain(text)).toBeUndefined();
    expect(whyNoDomain(text)).toMatch(reason);
  });

  it.each([
    ['[::1', /bracket is not closed/],
    ['[127.0.0.1]', /^brackets hold an IPv6 address only$/],
    ['[::g]', /eight groups/],
    ['127.1', /four decimal numbers/],
    ['1:2', /no brackets and no port/],
    ['a..b', /label is empty/],
  ])('about the host %j', (text, reason) => {
    expect(tryParseHost(text)).toBeUndefined();
    expect(whyNoHost(text)).toMatch(reason);
  });

  it.each([
    ['http://host', /scheme and path/],
    ['user@host', /user information/],
    ['', /no host/],
    [':80', /no host/],
    ['[::1', /bracket is not closed/],
    ['[::1]x', /behind the bracket/],
    ['host:', /a port is 0 to 65535/],
    ['host:65536', /a port is 0 to 65535/],
    ['host:00080', /without leading zeros/],
    ['host:port', /a port is/],
    ['::1', /needs brackets/],
    ['fe80::1:80', /needs brackets/],
    ['host:80:80', /needs brackets/],
    ['a..b:80', /label is empty/],
    ['0177.0.0.1:80', /leading zeros/],
  ])('about the authority %j', (text, reason) => {
    expect(tryParseAuthority(text)).toBeUndefined();
    expect(whyNoAuthority(text)).toMatch(reason);
  });

  it('is one short line of ASCII, whatever the text and however long', () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    const huge = fc
      .constantFrom(...['a', ':', '[', '.', '1', '1.', '0x', '%', '::', '\ud800'])
      .map((it) => it.repeat(100_000));
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: fc.string({ unit }) }, huge), (text) => {
        for (const why of [whyNoIp, whyNoDomain, whyNoHost, whyNoAuthority])
          expect(why(text)).toMatch(/^[ -~]{8,160}$/);
      }),
    );
  });
});
