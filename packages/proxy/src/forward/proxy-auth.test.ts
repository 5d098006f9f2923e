import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { HttpRequest } from '@lamella/http';
import { UsageError } from '@lamella/service-core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { basicProxyAuth } from './proxy-auth.ts';

const auth = basicProxyAuth([
  { name: 'ann', password: 'secret' },
  { name: 'bob', password: 'a:b:c' },
  { name: 'jörg', password: 'größe€' },
  { name: 'eve', password: '' },
]);

describe('credentials that let a request through', () => {
  it.each(['ann:secret', 'bob:a:b:c', 'jörg:größe€', 'eve:'])('%s', (credentials) => {
    expect(statusFor(`Basic ${base64(credentials)}`)).toBe('let through');
  });

  it.each(['basic', 'BASIC', 'bAsIc'])('with the scheme as %s', (scheme) => {
    expect(statusFor(`${scheme} ${base64('ann:secret')}`)).toBe('let through');
  });

  it('with several spaces behind the scheme', () => {
    expect(statusFor(`Basic   ${base64('ann:secret')}`)).toBe('let through');
  });
});

describe('credentials that do not', () => {
  it.each([
    ['a wrong password', `Basic ${base64('ann:Secret')}`],
    ['the beginning of a password', `Basic ${base64('ann:secre')}`],
    ['a password and more', `Basic ${base64('ann:secret ')}`],
    ["somebody else's password", `Basic ${base64('ann:a:b:c')}`],
    ['the beginning of a password with colons', `Basic ${base64('bob:a')}`],
    ['a name without a password', `Basic ${base64('ann')}`],
    ['nothing but a colon', `Basic ${base64(':')}`],
    ['an unknown name', `Basic ${base64('mallory:secret')}`],
    ['the right ones in Latin-1', `Basic ${Buffer.from('jörg:größe', 'latin1').toString('base64')}`],
    ['no base64', 'Basic ann:secret'],
    ['base64 with blanks in it', 'Basic YW5u OnNlY3JldA=='],
    ['base64 with something behind it', `Basic ${base64('ann:secret')},`],
    ['the URL alphabet', `Basic ${base64('ann:secret').replaceAll('=', '-')}`],
    ['no blank behind the scheme', `Basic${base64('ann:secret')}`],
    ['no scheme', base64('ann:secret')],
    ['nothing but a scheme', 'Basic'],
    ['nothing', ''],
    ['another scheme', `Bearer ${base64('ann:secret')}`],
  ])('%s', (_, value) => {
    expect(statusFor(value)).toBe(407);
  });

  it('two fields, even if both are right', () => {
    const value = `Basic ${base64('ann:secret')}`;
    expect(statusFor(value, value)).toBe(407);
  });

  it('none', () => {
    expect(statusFor()).toBe(407);
  });
});

describe('the check', () => {
  it('compares digests of one length, every one of them, whether or not one matches', () => {
    const compare = vi.spyOn(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    onTestFinished(() => {
      compare.mockRestore();
      syncBuiltinESMExports();
    });
    for (const value of [
      `Basic ${base64('ann:secret')}`,
      `Basic ${base64('ann:s')}`,
      `Basic ${base64(`x:${'y'.repeat(500)}`)}`,
      'Basic',
      '',
    ]) {
      compare.mockClear();
      statusFor(value);
      expect(compare).toHaveBeenCalledTimes(4);
      for (const [first, second] of compare.mock.calls) expect([first.byteLength, second.byteLength]).toEqual([32, 32]);
    }
  });

  it('asks for credentials of its realm, in UTF-8', () => {
    const challenge = (realm?: string) =>
      basicProxyAuth([{ name: 'a', password: '' }], realm === undefined ? {} : { realm })
        .check(request())
        ?.headers.get('proxy-authenticate');
    expect(challenge()).toBe('Basic realm="proxy", charset="UTF-8"');
    expect(challenge('the back door')).toBe('Basic realm="the back door", charset="UTF-8"');
  });
});

it.each([
  ['no user', []],
  ['a user without a name', [{ name: '', password: 'x' }]],
  ['a colon in a name', [{ name: 'a:b', password: 'x' }]],
])('refuses %s when it is made', (_, users) => {
  expect(() => basicProxyAuth(users)).toThrow(UsageError);
});

it.each(['a "quoted" word', 'back\\slash', 'line\r\nbreak', 'größe'])(
  'refuses the realm %j when it is made',
  (realm) => {
    expect(() => basicProxyAuth([{ name: 'a', password: 'b' }], { realm })).toThrow(UsageError);
  },
);

function statusFor(...values: string[]): number | 'let through' {
  return auth.check(request(...values))?.status ?? 'let through';
}

function request(...values: string[]): HttpRequest {
  return HttpRequest.from({
    target: 'http://a.test/',
    headers: values.map((value) => ['Proxy-Authorization', value] as const),
  });
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
