import { describe, expect, it } from 'vitest';
import { authorityNameOption, daysOption, dnsOption, ipOption, namesOf, pathLengthOption } from './cert-options.ts';

describe('options of cert', () => {
  it('take days', () => {
    expect(daysOption('1')).toBe(86_400_000);
    expect(daysOption('99999')).toBe(99_999 * 86_400_000);
    for (const text of ['0', '-1', '1.5', '100000', '', 'x'])
      expect(() => daysOption(text)).toThrow('write a number of days');
  });

  it('take lengths of paths', () => {
    expect(['0', '9', '99', '100'].map(pathLengthOption)).toEqual([0, 9, 99, 100]);
    for (const text of ['-1', '101', '01', ''])
      expect(() => pathLengthOption(text)).toThrow('write a number from 0 to 100');
  });

  it('take names of authorities', () => {
    expect([authorityNameOption('é'), authorityNameOption('x'.repeat(64))]).toEqual(['é', 'x'.repeat(64)]);
    for (const text of ['', 'x'.repeat(65), 'a\nb'])
      expect(() => authorityNameOption(text)).toThrow('write 1 to 64 characters');
  });

  it('take host names and wildcards', () => {
    expect(dnsOption('*.shop.test', dnsOption('localhost'))).toEqual(['localhost', '*.shop.test']);
    for (const text of ['*', '*.test', 'a b', '127.0.0.1', ''])
      expect(() => dnsOption(text)).toThrow('write a host name');
  });

  it('take addresses', () => {
    expect(ipOption('::1', ipOption('127.0.0.1'))).toEqual(['127.0.0.1', '::1']);
    for (const text of ['localhost', 'fe80::1%eth0', '1.2.3', ''])
      expect(() => ipOption(text)).toThrow('write an IP address');
  });

  it('mean this machine if there is no name', () => {
    expect(namesOf({})).toEqual(['localhost', '127.0.0.1', '::1']);
    expect(namesOf({ dns: ['a.test'] })).toEqual(['a.test']);
    expect(namesOf({ ip: ['::1'], dns: ['a.test'] })).toEqual(['a.test', '::1']);
  });
});
