import { AbortScope } from '@lamella/service-core';
import { expect, it } from 'vitest';
import { parseDomain } from '../address/domain.ts';
import { parseIp } from '../address/ip-address.ts';
import { resolveRequest } from '../connection/resolver.ts';
import { overrideResolver } from './override-resolver.ts';

it.each([
  ['api.test', 4, '192.0.2.7'],
  ['API.test', 6, ''],
  ['shop.dev.test', 4, '127.0.0.1'],
  ['shop.dev.test', 6, '::1'],
  ['a.b.dev.test', 4, '127.0.0.1'],
  ['a.deep.dev.test', 4, '127.0.0.2'],
  ['own.dev.test', 4, '127.0.0.3'],
  ['dev.test', 4, 'asked for dev.test'],
  ['alias.test', 4, 'asked for api.test'],
  ['other.test', 4, 'asked for other.test'],
] as const)('answers %s, IPv%d, with %s', async (name, family, expected) => {
  expect(await ask(name, family)).toBe(expected);
});

it('rejects with the reason of who has left already, and what is malformed at once', async () => {
  const scope = new AbortScope();
  scope.abort(new Error('left'));
  await expect(ask('api.test', 4, scope)).rejects.toThrow('left');
  expect(() => overrideResolver({ serve: async () => [] }, { 'a b': ['127.0.0.1'] })).toThrow('a b');
  expect(() => overrideResolver({ serve: async () => [] }, { 'a.test': ['127.1'] })).toThrow('127.1');
});

async function ask(name: string, family: 4 | 6, scope = new AbortScope()): Promise<string> {
  let asked = '';
  const inner = {
    serve: async ({ domain }: { readonly domain: { readonly name: string } }) => {
      asked = `asked for ${domain.name}`;
      return [parseIp('198.51.100.1')];
    },
  };
  const resolver = overrideResolver(inner, {
    'api.test': ['192.0.2.7'],
    '*.dev.test': ['127.0.0.1', '::1'],
    '*.deep.dev.test': ['127.0.0.2'],
    'own.dev.test': ['127.0.0.3'],
    'alias.test': 'api.test',
  });
  const addresses = await resolver.serve(resolveRequest(parseDomain(name), family, { scope }));
  return asked || addresses.join();
}
