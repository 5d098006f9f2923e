import type { ProxyEnvironment } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import { parseHost } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import type { ProxyOptions } from './proxy-choice.ts';
import { proxyChoice } from './proxy-choice.ts';

describe('proxyChoice', () => {
  it.each<[what: string, options: ProxyOptions, environment: ProxyEnvironment, proxy: string | undefined]>([
    ['nothing', {}, {}, undefined],
    ['http_proxy', {}, { http_proxy: 'http://p.test:1', all_proxy: 'q.test:2' }, 'p.test:1'],
    ['HTTP_PROXY, which a CGI client could set', {}, { HTTP_PROXY: 'http://p.test:1' }, undefined],
    ['HTTPS_PROXY, for another scheme', {}, { HTTPS_PROXY: 'http://p.test:1' }, undefined],
    ['ALL_PROXY', {}, { ALL_PROXY: 'p.test' }, 'p.test:1080'],
    ['-x', { proxy: 'x.test:3' }, { http_proxy: 'p.test:1' }, 'x.test:3'],
    ["-x ''", { proxy: '' }, { http_proxy: 'p.test:1', ALL_PROXY: 'p.test:2' }, undefined],
    ['NO_PROXY', {}, { http_proxy: 'p.test:1', NO_PROXY: 'a.test,h.test' }, undefined],
    ['NO_PROXY of a part of the name', {}, { http_proxy: 'p.test:1', NO_PROXY: '.test' }, undefined],
    ['NO_PROXY of others', {}, { http_proxy: 'p.test:1', NO_PROXY: 'ah.test' }, 'p.test:1'],
    ['-x and NO_PROXY', { proxy: 'x.test:3' }, { no_proxy: 'h.test' }, undefined],
    ['--noproxy', { proxy: 'x.test:3', noproxy: 'h.test' }, {}, undefined],
    ['--noproxy *', { noproxy: '*' }, { http_proxy: 'p.test:1' }, undefined],
    ["--noproxy ''", { noproxy: '' }, { http_proxy: 'p.test:1', no_proxy: '*', NO_PROXY: '*' }, 'p.test:1'],
  ])('goes by %s', (_what, options, environment, proxy) => {
    const choice = proxyChoice(options, environment);
    const chain = choose(choice);
    expect(chain?.names[0]).toBe(proxy);
    expect(choice.isProxied).toBe(proxy !== undefined);
  });

  it.each([
    ['socks5://p.test', /socks5 proxies are not supported yet/],
    ['http://[p', /the address of a proxy is/],
  ])('refuses %s in the environment when a request needs it', (url, message) => {
    for (const proxyUser of [undefined, 'me:pw']) {
      const choice = proxyChoice(proxyUser === undefined ? {} : { proxyUser }, { http_proxy: url });
      expect(() => choose(choice)).toThrow(message);
      expect(() => choose(choice)).toThrow(expect.objectContaining({ exitCode: 5 }));
    }
    expect(choose(proxyChoice({ noproxy: '*' }, { http_proxy: url }))).toBeUndefined();
  });

  it('refuses -x that is none at once', () => {
    expect(() => proxyChoice({ proxy: 'socks5://p' }, {})).toThrow(/socks5 is not supported/);
  });
});

function choose(choice: ReturnType<typeof proxyChoice>) {
  const target = { scheme: 'http', host: parseHost('h.test'), port: 80 };
  return choice.select(target, HttpRequest.from({ target: 'http://h.test/' }));
}
