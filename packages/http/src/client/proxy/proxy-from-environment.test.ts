import { inspect } from 'node:util';
import { parseHost } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { HttpRequest } from '../../message/http-request.ts';
import type { ProxyEnvironment } from './proxy-from-environment.ts';
import { proxyFromEnvironment } from './proxy-from-environment.ts';

describe('proxyFromEnvironment', () => {
  it.each<[string, ProxyEnvironment, string | undefined, string | undefined]>([
    ['nothing', {}, undefined, undefined],
    ['http_proxy', { http_proxy: 'http://p.test:1' }, 'p.test:1', undefined],
    ['HTTP_PROXY, which a CGI client can set', { HTTP_PROXY: 'http://p.test:1' }, undefined, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://p.test:1' }, undefined, 'p.test:1'],
    ['https_proxy before HTTPS_PROXY', { https_proxy: 'p.test:1', HTTPS_PROXY: 'q.test:1' }, undefined, 'p.test:1'],
    ['all_proxy', { all_proxy: 'p.test:1' }, 'p.test:1', 'p.test:1'],
    ['ALL_PROXY', { ALL_PROXY: 'p.test:1' }, 'p.test:1', 'p.test:1'],
    ['all_proxy before ALL_PROXY', { all_proxy: 'p.test:1', ALL_PROXY: 'q.test:1' }, 'p.test:1', 'p.test:1'],
    ['the scheme before all', { all_proxy: 'a.test:1', http_proxy: 'h.test:1' }, 'h.test:1', 'a.test:1'],
    ['an empty one as none', { http_proxy: '', all_proxy: 'a.test:1' }, 'a.test:1', 'a.test:1'],
    ['NO_PROXY', { all_proxy: 'p.test:1', NO_PROXY: 'example.com' }, undefined, undefined],
    ['no_proxy before NO_PROXY', { all_proxy: 'p.test:1', no_proxy: 'x.test', NO_PROXY: '*' }, 'p.test:1', 'p.test:1'],
    ['the port of curl', { all_proxy: 'http://p.test' }, 'p.test:1080', 'p.test:1080'],
    ['a path behind it', { all_proxy: 'http://p.test:1/path?q' }, 'p.test:1', 'p.test:1'],
  ])('understands %s', (_, environment, http, https) => {
    const select = proxyFromEnvironment(environment);
    const nameFor = (scheme: string): string | undefined => select(targetOf(scheme), REQUEST)?.names.join();
    expect([nameFor('http'), nameFor('https')]).toEqual([http, https]);
    expect([nameFor('ws'), nameFor('wss')]).toEqual([http, https]);
  });

  it('gives the same way each time, so that its connections are used again', () => {
    const select = proxyFromEnvironment({ all_proxy: 'http://p.test:1' });
    expect(select(targetOf('http'), REQUEST)).toBe(select(targetOf('http'), REQUEST));
  });

  it('says that a kind of proxy is not supported when it is needed, and not before', () => {
    const select = proxyFromEnvironment({ http_proxy: 'socks5://user:secret@p.test:1', no_proxy: 'direct.test' });
    expect(() => select(targetOf('http'), REQUEST)).toThrow('socks5 proxies are not supported yet');
    expect(select({ ...targetOf('http'), host: parseHost('direct.test') }, REQUEST)).toBeUndefined();
  });

  it('refuses wrong options at once, even if the environment names no proxy', () => {
    expect(() => proxyFromEnvironment({}, { handshakeTimeoutMs: -1 })).toThrow('handshakeTimeoutMs');
  });

  it('shows no credentials', () => {
    const chain = proxyFromEnvironment({ all_proxy: 'http://user:secret@p.test:1' })(targetOf('http'), REQUEST);
    const shown = inspect(chain, { showHidden: true, depth: 10 }) + JSON.stringify(chain) + String(chain);
    expect(shown).toContain('p.test:1');
    expect(shown).not.toMatch(/secret|c2VjcmV0|dXNlcjpzZWNyZXQ/);
  });
});

function targetOf(scheme: string) {
  return { scheme, host: parseHost('example.com'), port: 80 };
}

const REQUEST = HttpRequest.from({ target: 'http://example.com/' });
