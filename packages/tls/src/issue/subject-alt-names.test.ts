import { describe, expect, it } from 'vitest';
import { certificateName, certificateNames, generalNames } from './subject-alt-names.ts';

describe('certificateName', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['localhost', 'localhost'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['a_b.example', 'a_b.example'],
    ['*.example.com', '*.example.com'],
    ['*.Example.com', '*.example.com'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
    [`${`${'a'.repeat(49)}.`.repeat(5)}abc`, `${`${'a'.repeat(49)}.`.repeat(5)}abc`], // 253 characters
    [`*.${`${'a'.repeat(49)}.`.repeat(5)}a`, `*.${`${'a'.repeat(49)}.`.repeat(5)}a`], // 253 with its star
  ])('takes %s', (text, name) => {
    expect(certificateName(text)).toBe(name);
  });

  it.each([
    '',
    '.',
    '*',
    '*.',
    '*.com',
    '*.*.example.com',
    'a.*.example.com',
    'f*.example.com',
    '*example.com',
    '*.192.0.2.1',
    'a..example',
    '-a.example',
    'a b.example',
    'a\0.example',
    'a\n.example',
    'xn--a.example',
    'fe80::1%eth0',
    '[::1]',
    '192.0.2.256',
    'example.com:443',
    `${'a'.repeat(64)}.example`,
    `${`${'a'.repeat(49)}.`.repeat(5)}abcd`, // 254 characters
    `*.${`${'a'.repeat(49)}.`.repeat(5)}ab`, // 254 with its star
  ])('refuses %j', (text) => {
    expect(certificateName(text)).toBeUndefined();
  });
});

describe('certificateNames', () => {
  it('keeps the order, and each name once', () => {
    expect(certificateNames(['b.test', 'A.test', 'a.test', '::1', '0:0::1'])).toEqual(['b.test', 'a.test', '::1']);
  });

  it('takes 1,000 names, and not one more', () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `n${index}.test`);
    expect(certificateNames(names)).toHaveLength(1_000);
    expect(() => certificateNames([...names, 'more.test'])).toThrow('at most 1000 names, got 1001');
  });

  it('says which one is none', () => {
    expect(() => certificateNames(['a.test', '*.com'])).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    expect(() => certificateNames(['a.test', '*.com'])).toThrow('"*.com" is neither');
  });
});

describe('generalNames', () => {
  it('writes host names as text and addresses as bytes', () => {
    expect(Buffer.from(generalNames(['a.b', '127.0.0.1'])).toString('hex')).toBe('300b8203612e6287047f000001');
    expect(Buffer.from(generalNames(['::1'])).toString('hex')).toBe(`30128710${'0'.repeat(30)}01`);
  });
});
