import { describe, expect, it } from 'vitest';
import { distinguishedName } from './distinguished-name.ts';

describe('distinguishedName', () => {
  it('goes from the country down to the common name', () => {
    const name = distinguishedName({ commonName: 'é', organization: 'O', organizationalUnit: 'U', country: 'NL' });
    expect(Buffer.from(name).toString('hex')).toBe(
      [
        '3032',
        '310b3009060355040613024e4c',
        '310a3008060355040a0c014f',
        '310a3008060355040b0c0155',
        '310b300906035504030c02c3a9',
      ].join(''),
    );
    expect(Buffer.from(distinguishedName({})).toString('hex')).toBe('3000');
  });

  it('takes 64 characters, and not one more', () => {
    expect(() => distinguishedName({ commonName: '😀'.repeat(64) })).not.toThrow();
    expect(() => distinguishedName({ commonName: '😀'.repeat(65) })).toThrow('commonName must be 1 to 64 characters');
  });

  it.each([
    { commonName: '' },
    { organization: 'a\nb' },
    { organizationalUnit: 'a\u0000' },
    { commonName: '\ud800' },
    { country: 'nl' },
    { country: 'NLD' },
    { country: '' },
  ])('refuses %j', (subject) => {
    expect(() => distinguishedName(subject)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});
