import { HttpRequest, HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { hostRouter } from './host-router.ts';

const named = (name: string) => ({ serve: async () => HttpResponse.text(name) });

describe('hostRouter', () => {
  const hosts = {
    'API.example.test': named('api'),
    '*.example.test': named('wild'),
    '*.deep.example.test': named('deep'),
    '192.0.2.1': named('ip'),
    '[2001:db8::1]': named('ip6'),
  };
  const service = hostRouter({ hosts });

  it.each([
    ['api.example.test', 'api'],
    ['Api.Example.TEST:8080', 'api'],
    ['www.example.test', 'wild'],
    ['a.b.example.test', 'wild'],
    ['a.deep.example.test', 'deep'],
    ['192.0.2.1:80', 'ip'],
    ['[2001:DB8:0::1]', 'ip6'],
  ])('finds %s', async (host, name) => {
    const response = await service.serve(HttpRequest.from({ target: '/', headers: { Host: host } }));
    expect(await response.body.text()).toBe(name);
    const absolute = HttpRequest.from({ target: `http://${host}/`, headers: { Host: 'other.test' } });
    expect(await (await service.serve(absolute)).body.text()).toBe(name);
  });

  it.each(['example.test', 'xexample.test', 'api.example.test.evil.test', 'a b', '', '__proto__'])(
    'answers 421 for %j',
    async (host) => {
      const request = HttpRequest.from({ target: '/', headers: { Host: host } });
      expect((await service.serve(request)).status).toBe(421);
      const other = hostRouter({ hosts, fallback: named('fallback') });
      expect(await (await other.serve(request)).body.text()).toBe('fallback');
    },
  );

  it('answers 421 without a host', async () => {
    expect((await service.serve(HttpRequest.from({ target: '/' }))).status).toBe(421);
  });

  it.each(['', 'a b', 'a.test:80', '*', '*.', 'a.*.test'])('refuses %j', (host) => {
    expect(() => hostRouter({ hosts: { [host]: named('') } })).toThrow(
      expect.objectContaining({ code: 'LML_ERR_USAGE' }),
    );
  });
});
