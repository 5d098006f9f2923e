import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressError } from '../errors.ts';
import { defaultPort, formatAuthority, isValidAuthority, parseAuthority, tryParseAuthority } from './authority.ts';
import { formatHost } from './host.ts';

const NAME_253 = `${`${'a'.repeat(63)}.`.repeat(3)}${'b'.repeat(61)}`;

describe('parseAuthority', () => {
  it.each([
    ['example.com', 'example.com', undefined],
    ['example.com:8080', 'example.com', 8080],
    ['EXAMPLE.com.:80', 'example.com', 80],
    ['localhost:0', 'localhost', 0],
    ['localhost:1', 'localhost', 1],
    ['localhost:9', 'localhost', 9],
    ['localhost:10', 'localhost', 10],
    ['localhost:65535', 'localhost', 65_535],
    ['127.0.0.1', '127.0.0.1', undefined],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['[::1]', '[::1]', undefined],
    ['[::1]:80', '[::1]', 80],
    ['[::ffff:1.2.3.4]:443', '[::ffff:1.2.3.4]', 443],
    ['[fe80::1%25eth0]:80', '[fe80::1%25eth0]', 80],
    ['[fe80::1%eth0]', '[fe80::1%25eth0]', undefined],
    ['xn--bcher-kva.example:80', 'xn--bcher-kva.example', 80],
    [NAME_253, NAME_253, undefined],
    [`${NAME_253}.:65535`, NAME_253, 65_535],
  ])('takes %s', (text, host, port) => {
    const authority = parseAuthority(text);
    expect(formatHost(authority.host)).toBe(host);
    expect(authority.port).toBe(port);
    expect(formatAuthority(authority)).toBe(port === undefined ? host : `${host}:${port}`);
    expect(isValidAuthority(text)).toBe(true);
  });

  it('takes international names, which a Host field must not have', () => {
    expect(formatAuthority(parseAuthority('Bücher.example:80'))).toBe('xn--bcher-kva.example:80');
    expect(isValidAuthority('Bücher.example:80')).toBe(false);
  });

  it.each([
    // No host.
    ...[
      '',
      ':',
      ':80',
      '::',
      '::1',
      '::1]',
      ':::80',
      '[]',
      '[]:80',
      '[',
      ']',
      '[:80',
      ']:80',
      '[::1',
      '[::1:80',
      '::1]:80',
    ],
    // Something behind the host that is no port.
    ...[
      '[::1]x',
      '[::1]x:80',
      '[::1]80',
      '[::1].',
      '[::1]]',
      '[[::1]]',
      '[::1] :80',
      '[::1]:',
      '[::1]::80',
      '[127.0.0.1]',
      '[localhost]:80',
    ],
    ...[
      'host:',
      '127.0.0.1:',
      'host:port',
      'host:port:port',
      'host:80:80',
      'host:80:',
      'host::80',
      '1::2',
      'fe80::1:80',
    ],
    // Ports of another form or size.
    ...[
      'host:65536',
      'host:65540',
      'host:66000',
      'host:70000',
      'host:99999',
      'host:100000',
      'host:4294967376',
      'host:18446744073709551696',
    ],
    ...[
      'host:00080',
      'host:080',
      'host:00',
      'host:000000',
      'host:-1',
      'host:-0',
      'host:+80',
      'host:0x50',
      'host:8e1',
      'host:8.0',
      'host:80.',
    ],
    ...[
      'host:8_0',
      'host: 80',
      'host:80 ',
      'host:80\n',
      'host:\t80',
      'host:80\0',
      'host:%38',
      'host:８０',
      'host:٨٠',
      'host:8/',
      'host:8:',
      'host:/8',
    ],
    ...[
      '[::1]:65536',
      '[::1]:080',
      '[::1]:-1',
      'host：80',
      'host:80/',
      'host:80/path',
      'host/path',
      'host?q',
      'host#f',
      'host:80#f',
    ],
    // Not just a host.
    ...[
      'user@host',
      'user:pass@host',
      'user@host:80',
      'user:80@host',
      '@host',
      'http://host',
      '//host',
      '/host',
      'host\\',
      'a,b',
      'host,host:80',
    ],
    // Bad hosts.
    ...[
      '127.1:80',
      '0x7f.1:80',
      '0177.0.0.1:80',
      '127.0.0.1.:80',
      '2130706433:80',
      '1.2.3.4.5:80',
      '127.0.0.01',
      '256.0.0.1',
      '127.0.0.1%00:80',
    ],
    ...[
      'a..b:80',
      '.:80',
      '..',
      '-a:80',
      'a-:80',
      'xn--a:80',
      'xn--',
      'a b:80',
      ' host',
      'host ',
      'host\r\n',
      'ho\tst',
      'ho\0st',
      'host%00',
      '%68ost',
    ],
    ...[
      '*',
      '*:80',
      '*.example',
      `${'a'.repeat(64)}:80`,
      `a.${NAME_253}:80`,
      '[fe80::1%25]',
      '[:::]:80',
      '[1::2::3]',
      '[::12345]:1',
      '[::1%25a b]',
    ],
    ...['127。0。0。1:80', '１２７.0.0.1:80', 'ⓔxample.com:80', 'exam\u00adple.com:80', '\ud800:80', '\ufeffhost:80'],
  ])('refuses %j', (text) => {
    expect(tryParseAuthority(text)).toBeUndefined();
    expect(isValidAuthority(text)).toBe(false);
    expect(() => parseAuthority(text)).toThrow(AddressError);
    expect(() => parseAuthority(text)).toThrow(expect.objectContaining({ code: 'LML_ERR_ADDRESS_BAD_AUTHORITY' }));
  });

  it('says what was refused, shortened and on one line', () => {
    expect(() => parseAuthority('user@host')).toThrow(/^"user@host" is not host or host:port: [ -~]+$/);
    expect(() => parseAuthority('a\r\nb')).toThrow(/^"a\\r\\nb" is not host or host:port: [ -~]+$/);
    expect(() => parseAuthority('a:'.repeat(50_000))).toThrow(/^"(?:a:){50}\.\.\." is not host or host:port: [ -~]+$/);
  });

  // No wall time is measured: a colon or a bracket is searched for once, at most 5 characters are read as a port, and the parsers
  // of names and addresses bound what they look at by its length.
  it.each(['a', 'a.', '.', ':', '0', '1', '[', ']', '[]', '::', '@', 'xn--', '%25', '\0', 'ö', '。'])(
    'refuses %j repeated to 100 kB',
    (unit) => {
      const text = unit.repeat(100_000 / unit.length);
      for (const huge of [
        text,
        `${text}:80`,
        `host:${text}`,
        `[${text}]:80`,
        `[::1]:${text}`,
        `[::1%25${text}]`,
        `[${text}`,
      ]) {
        expect(tryParseAuthority(huge)).toBeUndefined();
        expect(isValidAuthority(huge)).toBe(false);
      }
    },
  );

  it('never throws by its try form, and gives what it formats back, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), nearAuthorities()), (text) => {
        const authority = tryParseAuthority(text);
        const isAscii = /^[\x00-\x7f]*$/.test(text);
        expect(isValidAuthority(text)).toBe(isAscii && authority !== undefined);
        if (authority === undefined) return;
        const formatted = formatAuthority(authority);
        expect(isValidAuthority(formatted)).toBe(true);
        expect(parseAuthority(formatted)).toEqual(authority);
      }),
      { numRuns: 3000 },
    );
  });

  it('accepts only what a URL parser reads in the same way', () => {
    fc.assert(
      fc.property(nearAuthorities(), (text) => {
        const authority = tryParseAuthority(text);
        // A URL has no zones, and writes the mapped form without dots.
        if (authority === undefined || /%|ffff/i.test(text)) return;
        const url = new URL(`foo://${text}/`);
        const special = new URL(`http://${text}/`);
        expect(special.hostname.replace(/\.$/, '')).toBe(formatHost(authority.host));
        expect(url.port).toBe(authority.port === undefined ? '' : String(authority.port));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('isValidAuthority', () => {
  it('is for a text in ASCII the same as whether tryParseAuthority takes it', () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0, max: 0x7f }).map((unit) => String.fromCharCode(unit)),
      maxLength: 80,
    });
    const pieces = [
      'a',
      'Z',
      '9',
      '_',
      '-',
      '--',
      '.',
      ':',
      '::',
      '[',
      ']',
      '%',
      '%25',
      'xn--',
      'xn--4ca',
      'XN--',
      '0x',
      '1.2.3.4',
      '255',
      '256',
    ];
    const near = fc.string({ unit: fc.constantFrom(...pieces), maxLength: 10 });
    const port = fc.oneof(
      fc.nat(70_000).map(String),
      fc.string({ unit: fc.constantFrom(...'0123456789+-x '), maxLength: 6 }),
    );
    const withPort = fc.tuple(near, port).map(([host, digits]) => `${host}:${digits}`);
    fc.assert(
      fc.property(fc.oneof(ascii, near, withPort), (text) => {
        expect(isValidAuthority(text)).toBe(tryParseAuthority(text) !== undefined);
      }),
      { numRuns: 5000 },
    );
  });

  it('tells every port from 0 to 65535 from what is beyond', () => {
    for (let port = 0; port <= 70_000; port += port < 65_000 ? 13 : 1) {
      expect(isValidAuthority(`a:${port}`)).toBe(port <= 65_535);
      expect(isValidAuthority(`a:0${port}`)).toBe(false);
    }
  });
});

describe('formatAuthority', () => {
  it('gives any authority back', () => {
    const hosts = fc.constantFrom(
      'a',
      'a.b-c.d',
      '1.2.3.4',
      '[::1]',
      '[::ffff:1.2.3.4]',
      '[fe80::1%2525]',
      'ö.example',
    );
    fc.assert(
      fc.property(hosts, fc.option(fc.nat(65_535), { nil: undefined }), (host, port) => {
        const authority = { host: parseAuthority(host).host, port };
        expect(parseAuthority(formatAuthority(authority))).toEqual(authority);
      }),
    );
  });
});

describe('defaultPort', () => {
  it.each([
    ['http', 80],
    ['https', 443],
    ['ws', 80],
    ['wss', 443],
  ])('of %s is %i', (scheme, port) => {
    expect(defaultPort(scheme)).toBe(port);
  });

  it.each(['', 'ftp', 'HTTP', 'http:', 'constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'is not known for %j',
    (scheme) => {
      expect(defaultPort(scheme)).toBeUndefined();
    },
  );
});

/** Any string, lone surrogates included. */
function anyText(): fc.Arbitrary<string> {
  return fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
}

/** Texts that are authorities, or miss it by little. */
function nearAuthorities(): fc.Arbitrary<string> {
  const hosts = [
    'a',
    'a.b',
    'A-b.',
    '1.2.3.4',
    '[::1]',
    '[1::ffff]',
    '[fe80::1%25e]',
    '[::ffff:1.2.3.4]',
    'xn--4ca',
    'ö.ö',
    '',
    '1.2.3',
    '[::1',
    'xn--a',
  ];
  const joints = [':', '', '::', '.', '@', '/', '\0', '%00', '：'];
  const ports = ['80', '0', '65535', '65536', '080', '', '-1', '8a', '443', '８'];
  return fc
    .tuple(fc.constantFrom(...hosts), fc.constantFrom(...joints), fc.constantFrom(...ports))
    .map((parts) => parts.join(''));
}
