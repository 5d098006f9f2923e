import { HttpHeaders, HttpResponse } from '@lamella/http';
import { UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { HttpProxyCompatOptions, HttpProxyTarget } from '../src/http-proxy.ts';
import { httpProxyOptions } from '../src/http-proxy.ts';
import { GatewayFailure } from '../src/index.ts';
import { ask, FakeServers } from './support/fake-servers.ts';

type Options = Omit<HttpProxyCompatOptions, 'client'>;

describe('the path', () => {
  it.each<[string, HttpProxyTarget, Options, string, string]>([
    ['goes on as it came', 'http://t', {}, '/a/b?c=1?d', '/a/b?c=1?d'],
    ['stands behind that of the target', 'http://t/base', {}, '/a?b', '/base/a?b'],
    ['is joined by one slash', 'http://t/base/', {}, '/a', '/base/a'],
    ['keeps slashes that http-proxy takes for one', 'http://t/base', {}, '/a//b/http://c', '/base/a//b/http://c'],
    ['leaves out the target’s without prependPath', 'http://t/base', { prependPath: false }, '/a?b', '/a?b'],
    ['is left out by ignorePath', 'http://t/base', { ignorePath: true }, '/a?b', '/base'],
    ['is the target’s with its query by ignorePath', 'http://t/b?c=/d', { ignorePath: true }, '/a', '/b?c=/d'],
    ['is a slash if nothing is left', 'http://t/b', { ignorePath: true, prependPath: false }, '/a', '/'],
    ['of a URL object', new URL('http://t/base/'), {}, '/a', '/base/a'],
    ['of parts', { protocol: 'http:', host: 't', path: '/base' }, {}, '/a', '/base/a'],
    ['of a ws target', 'ws://t', {}, '/chat', '/chat'],
  ])('%s', async (_name, target, options, asked, expected) => {
    const { proxy, server } = setup({ target, ...options });
    expect((await ask(proxy, { target: asked })).status).toBe(200);
    expect(server.requests.map((request) => request.target)).toEqual([`http://t${expected}`]);
  });

  it.each<[HttpProxyTarget, string]>([
    [{ host: 'origin.test', port: 81 }, 'origin.test:81'],
    [{ hostname: 'origin.test', port: '81' }, 'origin.test:81'],
    [{ host: 'origin.test:81', port: 82 }, 'origin.test:81'],
    ['http://origin.test:81', 'origin.test:81'],
  ])('leads from %j to %s', async (target, name) => {
    const servers = new FakeServers();
    servers.add(name);
    expect(await ask(httpProxyOptions({ client: servers.client, target }), { target: '/' })).toMatchObject({
      body: name,
    });
  });

  it('is * for the server as a whole', async () => {
    const { proxy, server } = setup({ target: 'http://t/base' });
    await ask(proxy, { method: 'OPTIONS', target: '*' });
    expect(server.requests[0]?.target).toBe('http://t');
  });
});

describe('fields of requests', () => {
  it.each<[string, Options, Record<string, string>, Record<string, string | undefined>]>([
    ['keep the host that was asked for', {}, { Host: 'shop.test' }, { host: 'shop.test' }],
    ['have the target’s host by changeOrigin', { changeOrigin: true }, { Host: 'shop.test' }, { host: 't' }],
    ['get headers', { headers: { 'X-A': 'b', 'X-N': 7 } }, { 'x-a': 'c' }, { 'x-a': 'b', 'x-n': '7' }],
    ['get several of one name', { headers: { 'X-A': ['b', 'c'] } }, {}, { 'x-a': 'b, c' }],
    ['lose one that is to have no value', { headers: { 'X-A': [] } }, { 'X-A': 'b' }, { 'x-a': undefined }],
    ['get a host by headers', { headers: { host: 'h.test' } }, { Host: 'shop.test' }, { host: 'h.test' }],
    ['which changeOrigin overrules', { headers: { host: 'h' }, changeOrigin: true }, { Host: 's' }, { host: 't' }],
    ['get credentials by auth', { auth: 'me:pass' }, {}, { authorization: 'Basic bWU6cGFzcw==' }],
    ['but the client’s own come first', { auth: 'me:pass' }, { Authorization: 'X' }, { authorization: 'X' }],
    [
      'tell who asked by xfwd',
      { xfwd: true },
      { Host: 's' },
      { 'x-forwarded-for': 'unknown', 'x-forwarded-host': 's' },
    ],
    [
      'behind who asked before',
      { xfwd: true },
      { 'X-Forwarded-For': '9.9.9.9' },
      { 'x-forwarded-for': '9.9.9.9, unknown' },
    ],
    ['and as they came without it', {}, { 'X-Forwarded-For': '9.9.9.9' }, { 'x-forwarded-for': '9.9.9.9' }],
  ])('%s', async (_name, options, sent, expected) => {
    const { proxy, server } = setup(options);
    await ask(proxy, { target: '/', headers: sent });
    for (const [name, value] of Object.entries(expected)) expect(server.requests[0]?.headers.get(name)).toBe(value);
  });

  it('can’t be taken away by a client who names them in Connection', async () => {
    const { proxy, server } = setup({ headers: { 'X-User': 'ann' } });
    await ask(proxy, { target: '/', headers: { Connection: 'X-User, close', 'X-User': 'root' } });
    expect(server.requests[0]?.headers.getAll('x-user')).toEqual(['ann']);
    expect(server.requests[0]?.headers.has('connection')).toBe(false);
  });

  it('come to editRequest behind the options, and go on as that leaves them', async () => {
    const { proxy, server } = setup({
      headers: { 'X-A': 'b' },
      editRequest: (headers, { path }) => headers.set('X-A', `${headers.get('x-a')} ${path}`),
    });
    await ask(proxy, { target: '/p' });
    expect(server.requests[0]?.headers.get('x-a')).toBe('b /p');
  });

  it('have the method that was told', async () => {
    const { proxy, server } = setup({ method: 'PUT' });
    await ask(proxy, { method: 'POST', target: '/', body: 'x' });
    expect(server.requests[0]?.method).toBe('PUT');
  });
});

describe('redirects', () => {
  const AUTO: Options = { autoRewrite: true };
  it.each<[string, Options, number, string, string]>([
    [
      'get the host of hostRewrite',
      { hostRewrite: 'new.test:8080' },
      301,
      'http://t/a?b#c',
      'http://new.test:8080/a?b#c',
    ],
    ['get the host that was asked for by autoRewrite', AUTO, 302, 'http://t/', 'http://shop.test:81/'],
    ['get the former if both are there', { ...AUTO, hostRewrite: 'new.test' }, 307, 'http://t', 'http://new.test'],
    ['get another scheme', { protocolRewrite: 'https' }, 308, 'http://t/x', 'https://t/x'],
    ['get both', { ...AUTO, protocolRewrite: 'https' }, 201, 'http://t/x', 'https://shop.test:81/x'],
    ['with the port of the scheme written out', AUTO, 301, 'http://T:80/x', 'http://shop.test:81/x'],
    ['to somewhere else stay', AUTO, 301, 'http://other.test/', 'http://other.test/'],
    ['to another port stay', AUTO, 301, 'http://t:8080/', 'http://t:8080/'],
    ['that are relative stay', AUTO, 301, '/a', '/a'],
    ['with 303 stay, as in http-proxy', AUTO, 303, 'http://t/', 'http://t/'],
    ['that are none stay', AUTO, 200, 'http://t/', 'http://t/'],
    ['stay if nothing is said', {}, 301, 'http://t/', 'http://t/'],
  ])('%s', async (_name, options, status, location, expected) => {
    const { proxy, server } = setup(options);
    server.answer = () => HttpResponse.from({ status, headers: { Location: location } });
    const { response } = await ask(proxy, { target: '/', headers: { Host: 'shop.test:81' } });
    expect([response.status, response.headers.get('location')]).toEqual([status, expected]);
  });

  it('are followed if told so', async () => {
    const { proxy, server } = setup({ followRedirects: true });
    server.answer = ({ path }) =>
      path === '/to' ? HttpResponse.text('there') : HttpResponse.from({ status: 302, headers: { Location: '/to' } });
    expect(await ask(proxy, { target: '/from' })).toMatchObject({ status: 200, body: 'there' });
  });
});

describe('cookies', () => {
  it.each<[string, Options, string, string]>([
    [
      'get a domain',
      { cookieDomainRewrite: 'new.test' },
      'a=b; Domain=old.test; Path=/',
      'a=b; Domain=new.test; Path=/',
    ],
    ['lose it', { cookieDomainRewrite: '' }, 'a=b; domain=old.test; Path=/', 'a=b; Path=/'],
    ['get none where there was none', { cookieDomainRewrite: 'new.test' }, 'a=b; Path=/', 'a=b; Path=/'],
    [
      'by the domain that they have',
      { cookieDomainRewrite: { 'old.test': 'new.test' } },
      'a=b; Domain=old.test',
      'a=b; Domain=new.test',
    ],
    ['and no other', { cookieDomainRewrite: { 'old.test': 'new.test' } }, 'a=b; Domain=o.test', 'a=b; Domain=o.test'],
    [
      'but with a star for the rest',
      { cookieDomainRewrite: { 'old.test': 'old.test', '*': '' } },
      'a=b; Domain=o.test',
      'a=b',
    ],
    [
      'not by what every object has',
      { cookieDomainRewrite: { x: 'y' } },
      'a=b; Domain=constructor',
      'a=b; Domain=constructor',
    ],
    [
      'get a path',
      { cookiePathRewrite: '/new' },
      'a=b; Secure; Path=/old; HttpOnly',
      'a=b; Secure; Path=/new; HttpOnly',
    ],
    ['by the path that they have', { cookiePathRewrite: { '/old': '/new', '*': '/' } }, 'a=b; Path=/x', 'a=b; Path=/'],
    [
      'get both',
      { cookiePathRewrite: '/', cookieDomainRewrite: 'n.test' },
      'a=b; Path=/x; Domain=o',
      'a=b; Path=/; Domain=n.test',
    ],
    [
      'whose value looks like an attribute',
      { cookiePathRewrite: '/new' },
      'path=/old; Path=/old',
      'path=/old; Path=/new',
    ],
    [
      'stay',
      { cookieDomainRewrite: false, cookiePathRewrite: false },
      'a=b; Domain=c; Path=/',
      'a=b; Domain=c; Path=/',
    ],
  ])('%s', async (_name, options, sent, expected) => {
    const { proxy, server } = setup(options);
    server.answer = () => HttpResponse.from({ headers: [['Set-Cookie', sent]] });
    expect((await ask(proxy, { target: '/' })).response.headers.getAll('set-cookie')).toEqual([expected]);
  });

  it('are lines of their own, in the case of the target, and in order', async () => {
    const { proxy, server } = setup({ cookieDomainRewrite: 'n.test' });
    const lines = ['a=1; Domain=o', 'b=2', 'c=3; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=o'];
    server.answer = () => HttpResponse.from({ headers: lines.map((line) => ['sEt-CoOkIe', line] as const) });
    const { headers } = (await ask(proxy, { target: '/' })).response;
    expect([...headers].filter(([name]) => name.toLowerCase() === 'set-cookie')).toEqual([
      ['sEt-CoOkIe', 'a=1; Domain=n.test'],
      ['sEt-CoOkIe', 'b=2'],
      ['sEt-CoOkIe', 'c=3; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=n.test'],
    ]);
  });
});

describe('forward', () => {
  it('copies requests with their content, and throws the answers away', async () => {
    const { servers, server, proxy } = setup({ forward: 'http://copy/log' });
    const [copy] = servers.add('copy');
    const contents: string[] = [];
    for (const each of [server, copy]) {
      if (each === undefined) throw new Error('there is a server for copies');
      each.answer = async (request) => {
        contents.push(`${each.name} ${request.target} ${await request.body.text()}`);
        return HttpResponse.text(each.name);
      };
    }
    expect(await ask(proxy, { method: 'POST', target: '/a', body: ['str', 'eam'] })).toMatchObject({ body: 't' });
    await settle();
    expect(contents.sort()).toEqual(['copy http://copy/log/a stream', 't http://t/a stream']);
  });

  it('keeps interim responses to copies from the client', async () => {
    const { servers, server, proxy } = setup({ forward: 'http://copy/log' });
    const [copy] = servers.add('copy');
    for (const each of [server, copy]) {
      if (each === undefined) throw new Error('there is a server for copies');
      each.answer = ({ onInformational }) => {
        onInformational?.({ status: 103, reason: each.name, headers: HttpHeaders.from() });
        return HttpResponse.text(each.name);
      };
    }
    const interim: string[] = [];
    const onInformational = ({ reason }: { reason: string }): void => void interim.push(reason);
    await ask(proxy, { target: '/a', onInformational });
    await settle();
    expect(interim).toEqual(['t']);
  });

  it('harms nobody when nothing is there', async () => {
    const { proxy } = setup({ forward: 'http://nowhere' });
    expect(await ask(proxy, { method: 'POST', target: '/a', body: 'x' })).toMatchObject({ status: 200, body: 't' });
    await settle();
  });

  it('without a target answers 200 with nothing, whatever comes of it', async () => {
    const { proxy, server } = setup({ target: undefined, forward: 'http://t' });
    expect(await ask(proxy, { target: '/a' })).toMatchObject({ status: 200, body: '' });
    server.isDown = true;
    const { status, body, response } = await ask(proxy, { target: '/a' });
    expect([status, body, server.requests.length]).toEqual([200, '', 1]);
    expect(response.extensions.get(GatewayFailure)).toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' });
  });
});

it('proxyTimeout gives a target that says nothing up, with 504', async () => {
  const clock = new FakeClock();
  const { proxy, server } = setup({ proxyTimeout: 250, clock });
  server.answer = () => new Promise(() => {});
  const answer = ask(proxy, { target: '/' });
  let isOver = false;
  void answer.then(() => {
    isOver = true;
  });
  await clock.advanceAsync(249);
  expect(isOver).toBe(false);
  await clock.advanceAsync(1);
  expect((await answer).status).toBe(504);
  expect(clock.pendingTimers).toBe(0);
});

it('a target that nobody can connect to is 502, and the next request is served', async () => {
  const { proxy, server } = setup({});
  server.isDown = true;
  expect((await ask(proxy, { target: '/' })).status).toBe(502);
  server.isDown = false;
  expect((await ask(proxy, { target: '/' })).status).toBe(200);
});

describe('what can’t be taken over', () => {
  it.each<[string, object, string]>([
    ['no place at all', { target: undefined }, 'target or forward'],
    [
      'TLS parts for the client of somebody',
      { target: { host: 't', key: 'x' } },
      'target.key: TLS is that of the client',
    ],
    ['TLS parts for copies', { forward: { host: 't', ca: 'x' } }, 'forward.ca: TLS is that of the client'],
    ['a connector beside a client', { connector: {} }, 'client and connector are both given'],
    ['a lifecycle for the client of somebody', { lifecycle: {} }, 'createHttpClient({ lifecycle })'],
    ['another scheme', { target: 'ftp://t' }, 'http:, https:, ws: or wss:'],
    ['no URL', { target: 't:80' }, 'must be'],
    ['a path as target', { target: '/a' }, 'must be a URL'],
    ['a query', { target: 'http://t/?a' }, 'only ignorePath'],
    ['a user in the URL', { target: 'http://me:pass@t' }, 'use auth'],
    ['a Unix socket', { target: { socketPath: '/run/x' } }, 'unix:/run/x'],
    ['parts without a host', { target: { port: 80 } }, 'must name a host'],
    ['agent', { agent: {} }, 'createHttpClient'],
    ['buffer', { buffer: [] }, 'request.with({ body })'],
    ['ca', { ca: 'x' }, 'tlsConnectLayer({ roots })'],
    ['localAddress', { localAddress: '127.0.0.2' }, ': tcpConnector({ localAddress })'],
    ['secure', { secure: false }, 'TLS is that of the client'],
    ['selfHandleResponse', { selfHandleResponse: true }, 'a layer around'],
    ['ssl', { ssl: {} }, 'httpProxySsl(ssl)'],
    ['timeout', { timeout: 1 }, 'httpServerLayer({ timeouts })'],
    ['toProxy', { toProxy: true }, 'createHttpClient({ proxy })'],
    ['what does not exist', { tarjet: 'x' }, 'tarjet is no option'],
    ['what every object has', { constructor: 1 }, 'constructor is no option'],
    ['a field of the connection', { headers: { 'Transfer-Encoding': 'chunked' } }, 'Transfer-Encoding is computed'],
    ['a field that breaks the head', { headers: { 'X-A': 'b\r\nC: d' } }, ''],
    ['a method that is none', { method: 'A B' }, 'token'],
    ['a host that is none', { hostRewrite: 'a b' }, 'hostRewrite'],
    ['a scheme that is none', { protocolRewrite: 'javascript' }, 'protocolRewrite'],
    ['a domain with a semicolon', { cookieDomainRewrite: 'a; Secure' }, 'cookieDomainRewrite'],
    ['a path with a line break', { cookiePathRewrite: { '*': '/\r\n' } }, 'cookiePathRewrite'],
    ['a timeout of 0', { proxyTimeout: 0 }, 'timeoutMs'],
  ])('%s', (_name, options, message) => {
    expect(() => setup(options)).toThrow(UsageError);
    expect(() => setup(options)).toThrow(message);
  });

  it('but what is false or undefined says nothing', () => {
    const quiet: object = {
      agent: false,
      toProxy: false,
      selfHandleResponse: false,
      buffer: undefined,
      secure: undefined,
    };
    expect(() => setup(quiet)).not.toThrow();
  });
});

function setup(options: Options | object) {
  const servers = new FakeServers();
  const [server] = servers.add('t');
  if (server === undefined) throw new Error('there is a server');
  // Wrong ones are passed on purpose.
  const given = { target: 'http://t', ...options } as Options;
  return { servers, server, proxy: httpProxyOptions({ ...given, client: servers.client }) };
}
