import { describe, expect, it } from 'vitest';
import { ALL_CODINGS } from './content-coding.ts';
import { negotiateCoding } from './negotiate-coding.ts';

describe('negotiateCoding', () => {
  it.each<[string | undefined, string | undefined]>([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1.0, br;q=0.9', 'gzip'],
    ['gzip;q=0.5, br;q=0.5', 'br'],
    ['gzip ; q=0.500 , deflate;q=0.501', 'deflate'],
    ['*', 'zstd'],
    ['*;q=0.1', 'zstd'],
    ['*, zstd;q=0', 'br'],
    ['*;q=0.5, deflate', 'deflate'],
    ['compress', 'identity'],
    ['compress, gzip;q=0.001', 'gzip'],
    ['gzip;q=0', 'identity'],
    ['identity', 'identity'],
    ['identity, gzip', 'gzip'],
    ['identity;q=1, gzip;q=0.5', 'identity'],
    ['identity;q=0.5, gzip;q=1', 'gzip'],
    ['identity;q=0.5, *;q=0.4', 'identity'],
    // Nothing acceptable.
    ['identity;q=0', undefined],
    ['*;q=0', undefined],
    ['identity;q=0, compress', undefined],
    ['gzip;q=0, *;q=0', undefined],
    // Identity forbidden, something else there.
    ['identity;q=0, gzip', 'gzip'],
    ['*;q=0, br', 'br'],
    ['*;q=0, identity', 'identity'],
    ['*;q=0, identity;q=0.1', 'identity'],
    // Malformed elements are not there; the first of two counts.
    ['gzip;q=2', 'identity'],
    ['gzip;q=-1', 'identity'],
    ['gzip;q=0.1234', 'identity'],
    ['gzip;q=', 'identity'],
    ['gzip;q=1;x=y', 'identity'],
    ['gzip;level=1', 'identity'],
    ['gzip;q=0, gzip', 'identity'],
    ['gzip, gzip;q=0', 'gzip'],
    [',,gzip,,', 'gzip'],
    ['"gzip"', 'identity'],
    ['br"ok,gzip', 'gzip'],
  ])('takes %j for %s', (accept, expected) => {
    expect(negotiateCoding(accept, ALL_CODINGS).coding).toBe(expected);
  });

  it.each([
    ['gzip', false],
    ['gzip, *;q=0', true],
    ['gzip, identity;q=0', true],
    ['gzip, *;q=0, identity;q=0.001', false],
  ])('says of %s whether identity is forbidden: %s', (accept, expected) => {
    expect(negotiateCoding(accept, ALL_CODINGS).isIdentityForbidden).toBe(expected);
  });

  it('chooses only among what there is, in that order', () => {
    expect(negotiateCoding('zstd, br, gzip', ['gzip', 'br']).coding).toBe('gzip');
    expect(negotiateCoding('zstd', ['gzip']).coding).toBe('identity');
  });
});
