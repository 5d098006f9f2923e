import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressError } from '../errors.ts';
import { Domain, hasALabel, isValidAsciiDomain, parseDomain, tryParseDomain } from './domain.ts';

const LABEL_63 = 'a'.repeat(63);
const LABEL_64 = 'a'.repeat(64);
/** Three labels of 63 and their dots make 192 characters. */
const NAME_253 = `${`${LABEL_63}.`.repeat(3)}${'b'.repeat(61)}`;
const NAME_254 = `${`${LABEL_63}.`.repeat(3)}${'b'.repeat(62)}`;

describe('parseDomain', () => {
  it.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.Com', 'example.com'],
    ['example.com.', 'example.com'],
    ['localhost', 'localhost'],
    ['a', 'a'],
    ['_dmarc.example', '_dmarc.example'],
    ['_', '_'],
    ['a-b.c--d', 'a-b.c--d'],
    ['r3---sn-4g5e.example', 'r3---sn-4g5e.example'],
    ['9gag.com', '9gag.com'],
    ['1.2.3.4.example', '1.2.3.4.example'],
    ['1.2.3.4a', '1.2.3.4a'],
    ['0x7g', '0x7g'],
    ['0xy.1a', '0xy.1a'],
    ['1.a', '1.a'],
    ['1-1', '1-1'],
    [LABEL_63, LABEL_63],
    [`${LABEL_63}.com.`, `${LABEL_63}.com`],
    [NAME_253, NAME_253],
    [`${NAME_253}.`, NAME_253],
  ])('takes %s', (text, name) => {
    const domain = parseDomain(text);
    expect(domain).toMatchObject({ type: 'domain', name });
    expect(String(domain)).toBe(name);
    expect(JSON.stringify(domain)).toBe(JSON.stringify(name));
    expect(isValidAsciiDomain(text)).toBe(true);
  });

  it.each([
    ['bücher.example', 'xn--bcher-kva.example', 'bücher.example'],
    ['BÜCHER.Example.', 'xn--bcher-kva.example', 'bücher.example'],
    ['bu\u0308cher.example', 'xn--bcher-kva.example', 'bücher.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', 'bücher.example'],
    ['XN--BCHER-KVA.example.', 'xn--bcher-kva.example', 'bücher.example'],
    ['xn--bcher-kva.bücher', 'xn--bcher-kva.xn--bcher-kva', 'bücher.bücher'],
    ['faß.de', 'xn--fa-hia.de', 'faß.de'],
    ['ΣΊΣΥΦΟΣ.gr', 'xn--kxa6akbbkh.gr', 'σίσυφοσ.gr'],
    ['σίσυφος.gr', 'xn--kxa6ajbbmh.gr', 'σίσυφος.gr'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah', '例え.テスト'],
    ['مثال.إختبار', 'xn--mgbh0fb.xn--kgbechtv', 'مثال.إختبار'],
    ['💩.la', 'xn--ls8h.la', '💩.la'],
    ['_ö.example', 'xn--_-1ga.example', '_ö.example'],
  ])('converts %s', (text, name, unicode) => {
    const domain = parseDomain(text);
    expect(domain.name).toBe(name);
    expect(domain.toUnicode()).toBe(unicode);
    expect(new URL(`http://${text}/`).hostname.replace(/\.$/, '')).toBe(name);
  });

  it.each([
    // Nothing, dots, hyphens.
    ...[
      '',
      '.',
      '..',
      '.a',
      '..a',
      'a..b',
      'a..',
      '-a',
      'a-',
      '-',
      '--',
      'a.-b',
      'a-.b',
      'a.b-',
      'a.b-.',
      '.example.com',
    ],
    // What is or looks like an address.
    ...[
      '127.0.0.1',
      '127.0.0.1.',
      '127.1',
      '0x7f.1',
      '0177.0.0.1',
      '2130706433',
      '0x7f000001',
      '1.2.3.4.5',
      'a.1',
      'a.0x',
    ],
    ...[
      'a.0x7f',
      'a.0X7F.',
      'a.09',
      'a.9',
      'a.99',
      '0',
      '0x',
      'example.256',
      '::1',
      '[::1]',
      '1.2.3.4/32',
      'fe80::1%eth0',
    ],
    // What isn't part of a name.
    ...[
      'user@host',
      'host:80',
      'a/b',
      'a\\b',
      'a?b',
      'a#b',
      'a b',
      ' a',
      'a ',
      '*.a',
      'a!b',
      "a'b",
      'a"b',
      'a,b',
      'a;b',
    ],
    ...[
      'a%b',
      '%61',
      'a%00',
      '%00',
      'a%2eb',
      'a=b',
      'a&b',
      'a+b',
      'a~b',
      'a$b',
      'a(b)',
      'a<b>',
      'a[b]',
      'a{b}',
      'a|b',
      'a^b',
      'a`b',
    ],
    ...['a\0', '\0', 'a\0.b', 'a\tb', '\ta', 'a\n', 'a\r\n', 'a\nb', 'a\x0bb', 'a\x7f', 'a\x1b[31m'],
    // The same within an international name, where a URL parser would cut, decode or drop.
    ...[
      'ö:80',
      'ö/b',
      'ö?b',
      'ö#b',
      'ö@b',
      'ö b',
      'ö\tb',
      'ö\nb',
      'ö\0',
      'ö%62',
      'ö\\b',
      'user@ö',
      'ö!',
      "ö'b",
      'ö,b',
      'ö~',
      '*.ö',
    ],
    ...['ö..b', '.ö', 'ö.1', 'ö.0x7f', 'ö..', 'ö.-', '-ö', 'ö-', 'a.-ö', 'ö-.a', 'ö.b-'],
    // A-labels that no U-label has.
    ...[
      'xn--',
      'xn--a',
      'xn--a-',
      'xn--abc-.com',
      'xn--example-.com',
      'xn--ab-cde',
      'xn--0',
      'xn--1.com',
      'a.xn--a',
      'XN--A',
    ],
    ...[
      'xn--xample-9d0b.com',
      'xn--xn---8qa',
      'xn--127-.0-0-1',
      'xn----1ga',
      'xn----0ga',
      'xn--a.ö',
      'xn--iñvalid',
      'xn--\u00ad',
    ],
    ...[`xn--${'a'.repeat(59)}`, `xn--${'9'.repeat(59)}`, 'xn--zn7c.com', 'xn--a-ecp.ru'],
  ])('refuses %j', (text) => {
    expect(tryParseDomain(text)).toBeUndefined();
    expect(() => parseDomain(text)).toThrow(AddressError);
    expect(() => parseDomain(text)).toThrow(expect.objectContaining({ code: 'LML_ERR_ADDRESS_BAD_DOMAIN' }));
  });

  it.each([
    ['circled letters', 'ⓔxample.com'],
    ['a circled digit', '①.com'],
    ['full-width letters', 'ｅｘａｍｐｌｅ.com'],
    ['full-width digits', '１２７.0.0.1'],
    ['one full-width number', '１'],
    ['a full-width hexadecimal', '0x７f'],
    ['ideographic full stops', '127。0。0。1'],
    ['an ideographic full stop in a name', 'example。com'],
    ['an ideographic full stop alone', '。'],
    ['an ideographic full stop at the end', '1.2.3.4。'],
    ['an ideographic full stop behind an international name', 'ö。'],
    ['a full-width full stop', 'example．com'],
    ['a half-width ideographic full stop', 'example｡com'],
    ['the Kelvin sign', '\u212a.com'],
    ['the Kelvin sign in an international name', 'ö\u212a.com'],
    ['a long s', 'ſ.com'],
    ['a ligature', 'oﬃce.com'],
    ['a superscript', 'a².com'],
    ['a soft hyphen', 'exam\u00adple.com'],
    ['a soft hyphen in an international name', 'bü\u00adcher.com'],
    ['a zero-width space', 'example\u200b.com'],
    ['a zero-width joiner', 'exa\u200dmple.com'],
    ['a zero-width non-joiner', 'exa\u200cmple.com'],
    ['a word joiner', '\u2060example.com'],
    ['a byte order mark', '\ufeffexample.com'],
    ['a variation selector', 'i❤\ufe0f.ws'],
    ['a combining grapheme joiner', 'exa\u034fmple.com'],
    ['a right-to-left override', '\u202eexample.com'],
    ['an account-of sign, which holds a slash', '\u2100.com'],
    ['a digit with a full stop', 'a\u2488b'],
    ['a full-width colon', 'example.com：80'],
    ['a full-width slash', 'example.com／a'],
    ['a full-width at sign', 'user＠example.com'],
    ['a full-width percent sign', 'a％00.com'],
    ['a full-width NUL look-alike', 'a\u2400.com\0'],
    ['an ideographic space', 'a\u3000b.com'],
    ['a no-break space', 'a\u00a0b.com'],
    ['a line separator', 'a\u2028b.com'],
    ['a control character of C1', 'a\u0085b.com'],
    ['a lone high surrogate', 'a\ud800.com'],
    ['a lone low surrogate', '\udc00.com'],
    ['the replacement character', '\ufffd.com'],
    ['a private-use character', '\ue000.com'],
    ['a combining mark at the start', '\u0301a.com'],
  ])('refuses %s, for a filter and a resolver may not see the same name', (_, text) => {
    expect(tryParseDomain(text)).toBeUndefined();
    expect(isValidAsciiDomain(text)).toBe(false);
  });

  it('says what was refused, shortened and on one line', () => {
    expect(() => parseDomain('a..b')).toThrow(/^"a\.\.b" is not a domain name: a label is empty$/);
    expect(() => parseDomain('a\u202eb')).toThrow(/^"a\\u202eb" is not a domain name: [ -~]+$/);
    expect(() => parseDomain('a'.repeat(100_000))).toThrow(/^"a{100}\.\.\." is not a domain name: [ -~]+$/);
  });

  it.each([
    ['a label of 64 characters', LABEL_64],
    ['a first label of 64 characters', `${LABEL_64}.com`],
    ['a last label of 64 characters', `com.${LABEL_64}.`],
    ['a name of 254 characters', NAME_254],
    ['a name of 254 characters and a dot', `${NAME_254}.`],
    ['a name of 253 characters and two dots', `${NAME_253}..`],
  ])('refuses %s', (_, text) => {
    expect(isValidAsciiDomain(text)).toBe(false);
    expect(tryParseDomain(text)).toBeUndefined();
  });

  it('measures an international name by its A-labels', () => {
    // 'xn--' and 'ssa' make 7 characters of the first, each further character is one more.
    const label = (length: number): string => `ö${'a'.repeat(length - 8)}`;
    expect(parseDomain(label(63)).name).toHaveLength(63);
    expect(tryParseDomain(label(64))).toBeUndefined();

    const labels = `${label(63)}.`.repeat(3);
    expect(parseDomain(labels + label(61)).name).toHaveLength(253);
    expect(parseDomain(`${labels}${label(61)}.`).name).toHaveLength(253);
    expect(tryParseDomain(labels + label(62))).toBeUndefined();
  });

  it('takes an international name that is longer in UTF-16 than in ASCII', () => {
    const text = `${`${'💩'.repeat(50)}.`.repeat(3)}la`;
    expect(text.length).toBeGreaterThan(253);
    expect(parseDomain(text).toUnicode()).toBe(text);
  });

  // No wall time is measured: the length is looked at first (253 in ASCII, 508 else), one loop goes over what is left, and each
  // expression is of one character or anchored. `domainToASCII` never sees more than 508 units.
  it.each([
    'a',
    'a.',
    '.',
    '-',
    'a-',
    '1.',
    'xn--',
    'xn--a.',
    'ö',
    'ö.',
    '💩',
    '\u00ad',
    '\u0301',
    '。',
    '\ud800',
    '\0',
    '%00',
  ])('refuses %j repeated to 100 kB', (unit) => {
    const text = unit.repeat(100_000 / unit.length);
    for (const huge of [text, `${text}!`, `!${text}`, `${text}.com`, `ö.${text}`]) {
      expect(tryParseDomain(huge)).toBeUndefined();
      expect(isValidAsciiDomain(huge)).toBe(false);
    }
  });

  it('never throws by its try form, and gives a name that is canonical and the one of a URL, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), nearNames()), (text) => {
        const domain = tryParseDomain(text);
        if (domain === undefined) return;
        expect(domain.name).toMatch(/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/);
        expect(new URL(`http://${text}/`).hostname.replace(/\.$/, '')).toBe(domain.name);
        expect(parseDomain(domain.name).equals(domain)).toBe(true);
        expect(parseDomain(domain.toUnicode()).equals(domain)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes a text in ASCII only if it is a valid ASCII name', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aZ09_-.xn%:!\0') }), (text) => {
        if (tryParseDomain(text) !== undefined) expect(isValidAsciiDomain(text)).toBe(true);
        else expect(isValidAsciiDomain(text) && !hasALabel(text)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('isValidAsciiDomain', () => {
  it('takes letters, digits, underscores and inner hyphens, and no other character', () => {
    for (let code = 0; code < 0x180; code++) {
      const character = String.fromCharCode(code);
      expect(isValidAsciiDomain(`a${character}b`)).toBe(/[A-Za-z0-9_.-]/.test(character));
      expect(isValidAsciiDomain(`${character}b`)).toBe(/[A-Za-z0-9_]/.test(character));
      expect(isValidAsciiDomain(`a.b${character}`)).toBe(/[A-Za-z0-9_.]/.test(character));
    }
  });

  it('does not look into A-labels, and hasALabel tells where one should', () => {
    expect(isValidAsciiDomain('xn--a')).toBe(true);
    for (const text of ['xn--a', 'XN--a', 'a.Xn--b', 'xn--']) expect(hasALabel(text)).toBe(true);
    for (const text of ['', 'xn-a', 'axn--a', 'a--b', '_xn--a', 'a.b--c']) expect(hasALabel(text)).toBe(false);
  });
});

describe('Domain', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['a.example.com', 'example.com', true],
    ['b.a.EXAMPLE.com.', 'example.COM', true],
    ['com', 'com', true],
    ['example.com', 'com', true],
    ['a.bücher.example', 'xn--bcher-kva.example', true],
    ['notexample.com', 'example.com', false],
    ['example.com', 'a.example.com', false],
    ['example.com.evil.example', 'example.com', false],
    ['examplescom', 'example.com', false],
    ['com', 'example.com', false],
    ['example.org', 'example.com', false],
    ['example.co', 'example.com', false],
  ])('%s is within %s: %s', (name, parent, expected) => {
    expect(parseDomain(name).isWithin(parseDomain(parent))).toBe(expected);
  });

  it('equals the same name in another spelling', () => {
    expect(parseDomain('Example.com.').equals(parseDomain('example.COM'))).toBe(true);
    expect(parseDomain('Bücher.example').equals(parseDomain('xn--bcher-kva.example'))).toBe(true);
    expect(parseDomain('example.com').equals(parseDomain('a.example.com'))).toBe(false);
    expect(new Domain('a').equals(new Domain('a'))).toBe(true);
  });
});

/** Any string, lone surrogates included. */
function anyText(): fc.Arbitrary<string> {
  return fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
}

/** Texts that are names, or miss it by little. */
function nearNames(): fc.Arbitrary<string> {
  const pieces = [
    'a',
    'B',
    '0',
    '_',
    '-',
    '.',
    'xn--',
    'ö',
    'Ü',
    'ß',
    'Σ',
    'u\u0308',
    '書',
    '💩',
    'ⓔ',
    '。',
    '\u00ad',
    '１',
    '\u05d0',
  ];
  return fc.string({ unit: fc.constantFrom(...pieces), maxLength: 12 });
}
