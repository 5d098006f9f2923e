import { describe, expect, it } from 'vitest';
import { formatForwardedElement, forwardedNode, parseForwarded } from './forwarded-element.ts';

describe('parseForwarded', () => {
  it.each<[string, object[]]>([
    ['for=192.0.2.60;proto=http;by=203.0.113.43', [{ for: '192.0.2.60', proto: 'http', by: '203.0.113.43' }]],
    ['For="[2001:db8:cafe::17]:4711"', [{ for: '[2001:db8:cafe::17]:4711' }]],
    ['for="_gazonk"', [{ for: '_gazonk' }]],
    ['for=192.0.2.43, for=198.51.100.17', [{ for: '192.0.2.43' }, { for: '198.51.100.17' }]],
    ['for=unknown;HOST="a.test:80";PROTO=HTTPS', [{ for: 'unknown', host: 'a.test:80', proto: 'https' }]],
    ['for=1.2.3.4 ; proto=https', [{ for: '1.2.3.4', proto: 'https' }]],
    ['for=1.2.3.4;;proto=https;', [{ for: '1.2.3.4', proto: 'https' }]],
    ['host="a,b;c=d\\"e\\\\"', [{ host: 'a,b;c=d"e\\' }]],
    ['secret=x;for=1.2.3.4', [{ for: '1.2.3.4' }]],
  ])('reads %s', (value, expected) => {
    expect(parseForwarded(value)?.map(texts)).toEqual(expected);
  });

  it.each([
    '',
    ',',
    'for',
    'for=',
    '=1.2.3.4',
    'for=1.2.3.4;for=1.2.3.4',
    'for=2001:db8::1',
    'for=[2001:db8::1]',
    'for="1.2.3.4',
    'for="1.2.3.4"x',
    'for = 1.2.3.4',
    'for=1.2.3.4 proto=http',
    'for=1.2.3.4, for="',
    'for=a\x00b',
  ])('makes nothing of %o', (value) => {
    expect(parseForwarded(value)).toBeUndefined();
  });

  it('reads 64 KiB of anything in no time that grows with its square', () => {
    expect(parseForwarded(`for=1.2.3.4${';'.repeat(65_536)}`)).toHaveLength(1);
    expect(parseForwarded(`for="${'\\"'.repeat(32_768)}`)).toBeUndefined();
    expect(parseForwarded(`for=1.2.3.4;${' '.repeat(65_536)}^`)).toBeUndefined();
    expect(parseForwarded('for=1.2.3.4,'.repeat(5_000))).toHaveLength(5_000);
  });
});

describe('forwardedNode', () => {
  it.each<[string, string | undefined, number | undefined]>([
    ['192.0.2.1', '192.0.2.1', undefined],
    ['192.0.2.1:4711', '192.0.2.1', 4711],
    ['2001:db8::1', '2001:db8::1', undefined],
    ['[2001:db8::1]', '2001:db8::1', undefined],
    ['[2001:db8::1]:4711', '2001:db8::1', 4711],
    ['unknown', undefined, undefined],
    ['_hidden', undefined, undefined],
    ['a.test', undefined, undefined],
    ['192.0.2.256', undefined, undefined],
    ['192.0.2.1:99999', undefined, undefined],
    ['', undefined, undefined],
  ])('takes %o for %o and port %o', (text, ip, port) => {
    const node = forwardedNode(text);
    expect([node.ip?.toString(), node.port]).toEqual([ip, port]);
  });
});

describe('formatForwardedElement', () => {
  it('quotes what is no token, and what it writes can be read', () => {
    const element = { for: forwardedNode('2001:db8::1'), host: 'a"b\\c', proto: 'https' };
    const text = formatForwardedElement(element);
    expect(text).toBe('for="[2001:db8::1]";host="a\\"b\\\\c";proto=https');
    expect(parseForwarded(text)).toEqual([element]);
  });

  it('lets nothing into a head that may not stand there', () => {
    expect(formatForwardedElement({ host: 'a\r\nEvil: 1' })).toBe('host=""');
  });
});

function texts(element: object): object {
  return Object.fromEntries(
    Object.entries(element).map(([name, value]) => [name, typeof value === 'string' ? value : value.text]),
  );
}
