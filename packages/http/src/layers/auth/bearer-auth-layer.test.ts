import { serviceFn, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import { AuthUser } from './auth-user.ts';
import type { BearerAuthLayerOptions } from './bearer-auth-layer.ts';
import { bearerAuthLayer } from './bearer-auth-layer.ts';

const tokens = [
  { token: 'abc', name: 'ann' },
  { token: 'a-._~+/9==', name: 'bob' },
];

describe('bearerAuthLayer', () => {
  it.each(layerCases)('$name', ({ run }) =>
    run(httpLayerSubject(bearerAuthLayer({ tokens }), { headers: { Authorization: 'Bearer abc' } })),
  );

  it.each([
    ['Bearer abc', 'ann'],
    ['bEARER   abc', 'ann'],
    ['Bearer a-._~+/9==', 'bob'],
  ])('lets %s in', async (value, name) => {
    expect(await answerFor({ tokens }, value)).toBe(`200 ${name}`);
  });

  it.each([[[]], [['Basic YTpi']], [['']], [['Bearerabc']], [['abc']]])(
    'answers 401 without an error to %j',
    async (values) => {
      expect(await answerFor({ tokens }, ...values)).toBe('401 Bearer realm="restricted"');
    },
  );

  it.each(['Bearer abd', 'Bearer ABC', 'Bearer abc=', 'Bearer ab', 'Bearer abcd'])(
    'answers 401 to %s',
    async (value) => {
      expect(await answerFor({ tokens, realm: 'api' }, value)).toBe('401 Bearer realm="api", error="invalid_token"');
    },
  );

  it.each([
    [['Bearer']],
    [['Bearer a b']],
    [['Bearer a,Bearer abc']],
    [['Bearer a=b']],
    [['Bearer "abc"']],
    [['Bearer é']],
    [['Bearer abc', 'Bearer abc']],
  ])('answers 400 to %j', async (values) => {
    expect(await answerFor({ tokens }, ...values)).toBe('400 Bearer realm="restricted", error="invalid_request"');
  });

  it.each<[string, NonNullable<BearerAuthLayerOptions['verify']>]>([
    ['at once', (token) => (token === 'x' ? { name: 'zoe' } : undefined)],
    ['later', async (token) => (token === 'x' ? { name: 'zoe' } : undefined)],
  ])('takes a check that decides %s', async (_, verify) => {
    expect(await answerFor({ verify }, 'Bearer x')).toBe('200 zoe');
    expect(await answerFor({ verify }, 'Bearer y')).toMatch(/^401 .*invalid_token/);
  });

  it.each([
    [['read', 'write'], '200 zoe'],
    [['write', 'x', 'read'], '200 zoe'],
    [['read'], '403 Bearer realm="restricted", error="insufficient_scope", scope="read write"'],
    [['readwrite'], '403 Bearer realm="restricted", error="insufficient_scope", scope="read write"'],
    [undefined, '403 Bearer realm="restricted", error="insufficient_scope", scope="read write"'],
  ])('answers a user with the scopes %j with %s', async (scopes, expected) => {
    const user = { name: 'zoe', ...(scopes === undefined ? {} : { scopes }) };
    const requiredScopes = ['read', 'write'];
    expect(await answerFor({ verify: () => user, requiredScopes }, 'Bearer x')).toBe(expected);
    expect(await answerFor({ verify: async () => user, requiredScopes }, 'Bearer x')).toBe(expected);
    expect(await answerFor({ verify: () => undefined, requiredScopes }, 'Bearer x')).toMatch(/^401/);
  });

  it('does not find a scope within a text', async () => {
    const verify = () => ({ name: 'zoe', scopes: 'readonly' as never }); // as the claims of a token often have it
    expect(await answerFor({ verify, requiredScopes: ['read'] }, 'Bearer x')).toMatch(/^403/);
  });

  it.each([null, false, {}])('never lets in where the check gives %j', async (given) => {
    expect(await answerFor({ verify: () => given as never }, 'Bearer x')).toMatch(/^401/);
  });

  it('knows the scopes of a token in the list', async () => {
    const listed = [{ token: 'r', name: 'reader', scopes: ['read'] }, ...tokens];
    expect(await answerFor({ tokens: listed, requiredScopes: ['read'] }, 'Bearer r')).toBe('200 reader');
    expect(await answerFor({ tokens: listed, requiredScopes: ['read'] }, 'Bearer abc')).toMatch(/^403/);
  });

  it('never lets in where the check throws', async () => {
    const verify = () => {
      throw new Error('no keys');
    };
    await expect(answerFor({ verify }, 'Bearer x')).rejects.toThrow('no keys');
  });

  it('lets in on a connection', async () => {
    const client = httpClientOn(bearerAuthLayer({ tokens })(app));
    const headers = { Authorization: 'Bearer abc' };
    const response = await client.serve(HttpRequest.from({ target: 'http://app.test/', headers }));
    expect(await response.body.text()).toBe('ann');
    await client.close();
  });

  it.each<[string, unknown]>([
    ['neither tokens nor verify', {}],
    ['both', { tokens, verify: () => undefined }],
    ['no token', { tokens: [] }],
    ['a scope with a blank', { tokens, requiredScopes: ['a b'] }],
    ['a scope with a quote', { tokens, requiredScopes: ['"'] }],
    ['scopes that are no list', { tokens, requiredScopes: 'read' }],
    ['what is no token', { tokens: [{ token: 'a b', name: 'x' }] }],
    ['a realm with a quote', { tokens, realm: '"' }],
    ['a verify that is no function', { verify: 'x' }],
  ])('refuses %s', (_, options) => {
    expect(() => bearerAuthLayer(options as never)).toThrow(UsageError);
  });
});

const app = serviceFn(({ extensions }: HttpRequest) => HttpResponse.text(extensions.get(AuthUser)?.name ?? ''));

async function answerFor(options: BearerAuthLayerOptions, ...values: string[]): Promise<string> {
  const headers = values.map((value) => ['authorization', value] as const);
  const response = await bearerAuthLayer(options)(app).serve(HttpRequest.from({ target: 'http://app.test/', headers }));
  if (response.status === 200) return `200 ${await response.body.text()}`;
  return `${response.status} ${response.headers.get('www-authenticate')}`;
}
