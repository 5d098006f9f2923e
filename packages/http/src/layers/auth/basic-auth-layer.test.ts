import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { runInNewContext } from 'node:vm';
import { serviceFn, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import { AuthUser } from './auth-user.ts';
import type { BasicAuthLayerOptions } from './basic-auth-layer.ts';
import { basicAuthLayer } from './basic-auth-layer.ts';

const users = [
  { name: 'ann', password: 'secret' },
  { name: 'bob', password: 'a:b:c' },
  { name: 'jörg', password: 'größe€' },
  { name: 'eve', password: '' },
];

describe('basicAuthLayer', () => {
  const headers = { Authorization: `Basic ${base64('ann:secret')}` };
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(basicAuthLayer({ users }), { headers })));

  it.each(['ann:secret', 'bob:a:b:c', 'jörg:größe€', 'eve:'])(
    'lets %s in, and says who that is',
    async (credentials) => {
      const answer = await answerFor({ users }, `bAsIc   ${base64(credentials)}`);
      expect(answer).toBe(`200 ${credentials.slice(0, credentials.indexOf(':'))}`);
    },
  );

  it.each(wrongValues())('answers 401 to %s', async (_, ...values) => {
    expect(await answerFor({ users }, ...values)).toBe('401 Basic realm="restricted", charset="UTF-8"');
  });

  it('asks for its own realm', async () => {
    expect(await answerFor({ users, realm: 'the back door' })).toBe('401 Basic realm="the back door", charset="UTF-8"');
  });

  it('compares digests of one length, every one of them, whether or not one matches', async () => {
    const compare = vi.spyOn(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    onTestFinished(() => {
      compare.mockRestore();
      syncBuiltinESMExports();
    });
    for (const value of [
      `Basic ${base64('ann:secret')}`,
      `Basic ${base64('x')}`,
      `Basic ${base64('y'.repeat(500))}`,
      '',
    ]) {
      compare.mockClear();
      await answerFor({ users }, value);
      expect(compare).toHaveBeenCalledTimes(users.length);
      for (const [first, second] of compare.mock.calls) expect([first.byteLength, second.byteLength]).toEqual([32, 32]);
    }
  });

  it.each<[string, NonNullable<BasicAuthLayerOptions['verify']>]>([
    ['at once', ({ name, password }) => (password === 'x:y' ? { name, scopes: ['all'] } : undefined)],
    ['later', async ({ name, password }) => (password === 'x:y' ? { name, scopes: ['all'] } : undefined)],
  ])('takes a check that decides %s', async (_, verify) => {
    expect(await answerFor({ verify }, `Basic ${base64('zoë:x:y')}`)).toBe('200 zoë all');
    expect(await answerFor({ verify }, `Basic ${base64('zoë:x')}`)).toMatch(/^401/);
  });

  it('does not bother a check with what is malformed', async () => {
    const verify = vi.fn(() => ({ name: 'anybody' }));
    for (const value of [
      'Basic !!',
      `Basic ${base64('no colon')}`,
      `Basic ${Buffer.from([0xff, 0x3a]).toString('base64')}`,
    ]) {
      expect(await answerFor({ verify }, value)).toMatch(/^401/);
    }
    expect(verify).not.toHaveBeenCalled();
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
  ])('never lets in where the check %s', async (_, verify) => {
    await expect(answerFor({ verify }, `Basic ${base64('a:b')}`)).rejects.toThrow('no database');
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['false', false],
    ['true', true],
    ['a user without a name', {}],
    ['a text', 'ann'],
    ['a promise of null', Promise.resolve(null)],
    ['a promise of another realm, of nobody', runInNewContext('Promise.resolve()')],
  ])('never lets in where the check gives %s', async (_, given) => {
    const verify = () => given as undefined; // as from code without types
    expect(await answerFor({ verify }, `Basic ${base64('a:b')}`)).toMatch(/^401/);
  });

  it('waits for a promise of another realm', async () => {
    const verify = (): Promise<{ name: string }> => runInNewContext('Promise.resolve({ name: "zoe" })');
    expect(await answerFor({ verify }, `Basic ${base64('a:b')}`)).toBe('200 zoe');
  });

  it('lets in on a connection', async () => {
    const client = httpClientOn(basicAuthLayer({ users })(app));
    const ask = (headers: Record<string, string>) =>
      client.serve(HttpRequest.from({ target: 'http://app.test/', headers }));
    const refused = await ask({});
    expect([refused.status, await refused.body.text()]).toEqual([401, '401 Unauthorized\n']);
    expect(await (await ask(headers)).body.text()).toBe('ann');
    await client.close();
  });

  it.each<[string, unknown]>([
    ['neither users nor verify', {}],
    ['both', { users, verify: () => undefined }],
    ['no user', { users: [] }],
    ['an empty name', { users: [{ name: '', password: 'x' }] }],
    ['no password', { users: [{ name: 'a' }] }],
    ['a name with a colon', { users: [{ name: 'a:b', password: 'x' }] }],
    ['a realm with a quote', { users, realm: '"' }],
    ['a realm with a line break', { users, realm: 'a\r\nSet-Cookie: b' }],
    ['a verify that is no function', { verify: 1 }],
  ])('refuses %s', (_, options) => {
    expect(() => basicAuthLayer(options as never)).toThrow(UsageError);
  });
});

function wrongValues(): [string, ...string[]][] {
  return [
    ['none'],
    ['two fields', `Basic ${base64('ann:secret')}`, `Basic ${base64('ann:secret')}`],
    ['a wrong password', `Basic ${base64('ann:Secret')}`],
    ['a password and more', `Basic ${base64('ann:secret ')}`],
    ["somebody else's password", `Basic ${base64('ann:a:b:c')}`],
    ['an unknown name', `Basic ${base64('mallory:secret')}`],
    ['a name alone', `Basic ${base64('ann')}`],
    ['the right ones in Latin-1', `Basic ${Buffer.from('jörg:größe', 'latin1').toString('base64')}`],
    ['no base64', 'Basic ann:secret'],
    ['a list', `Basic ${base64('ann:secret')}, Basic ${base64('ann:secret')}`],
    ['no scheme', base64('ann:secret')],
    ['another scheme', `Bearer ${base64('ann:secret')}`],
    ['nothing', ''],
  ];
}

const app = serviceFn(({ extensions }: HttpRequest) => {
  const user = extensions.get(AuthUser);
  return HttpResponse.text([user?.name, ...(user?.scopes ?? [])].join(' '));
});

async function answerFor(options: BasicAuthLayerOptions, ...values: string[]): Promise<string> {
  const headers = values.map((value) => ['authorization', value] as const);
  const response = await basicAuthLayer(options)(app).serve(HttpRequest.from({ target: 'http://app.test/', headers }));
  if (response.status === 200) return `200 ${await response.body.text()}`;
  return `${response.status} ${response.headers.get('www-authenticate')}`;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
