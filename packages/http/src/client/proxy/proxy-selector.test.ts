import { parseAddress } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { HttpRequest } from '../../message/http-request.ts';
import { proxySelector } from './proxy-selector.ts';
import type { ProxyTarget } from './via.ts';
import { via } from './via.ts';

describe('the proxy of a client', () => {
  it('is a way through proxies, a function that chooses one, or an address', () => {
    const way = via('http://p.test:3128');
    const request = HttpRequest.from({ target: 'http://a.test/' });
    const target = { scheme: 'http' } as ProxyTarget; // nobody looks at more here
    expect(proxySelector(way)(target, request)).toBe(way);
    expect(proxySelector(() => way)(target, request)).toBe(way);
    expect(proxySelector(parseAddress('p.test:3128'))(target, request)?.names).toEqual(['p.test:3128']);
  });

  it.each<[string, unknown]>([
    ['a URL as text', 'http://user:secret@p.test:3128'],
    ['a URL', new URL('http://user:secret@p.test:3128')],
    ['a list', ['http://user:secret@p.test:3128']],
    ['parts, as others have them', { host: 'p.test', port: 3128, auth: { password: 'secret' } }],
    ['nothing', null],
    ['a switch', false],
  ])('is refused when the client is made if it is %s, without repeating it', (_, proxy) => {
    const select = (): unknown => Reflect.apply(proxySelector, undefined, [proxy]);
    expect(select).toThrow(UsageError);
    expect(select).toThrow(/^(?!.*secret).*via\('http:\/\/host:3128'\)/);
  });
});
