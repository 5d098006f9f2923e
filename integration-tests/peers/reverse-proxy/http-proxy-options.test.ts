import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { request as startRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HttpProxyCompatOptions } from '@lamella/proxy/http-proxy';
import { httpProxyOptions } from '@lamella/proxy/http-proxy';
import httpProxy from 'http-proxy';
import { createProxyServer as createHttpProxy3 } from 'http-proxy-3';
import { createProxyServer as createHttpxy } from 'httpxy';
import { describe, expect, it } from 'vitest';
import { answerWithRequest, receivedRequest } from '../../support/echo-origin.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();

/** Options that both sides take by the same names; `target` is added. */
type Options = Omit<HttpProxyCompatOptions, 'client' | 'target' | 'forward' | 'headers'> & {
  readonly headers?: Record<string, string>;
};

/** Passes a request on as a library of others does; its errors end the response with 502. */
type PassOn = (options: object) => RequestListener;

const PEERS: Readonly<Record<string, PassOn>> = {
  'http-proxy': (options) => {
    const proxy = httpProxy.createProxyServer(options);
    return (request, response) => proxy.web(request, response, {}, () => broken(response));
  },
  'http-proxy-3': (options) => {
    const proxy = createHttpProxy3(options);
    return (request, response) => void proxy.web(request, response, {}, () => broken(response));
  },
  httpxy: (options) => {
    const proxy = createHttpxy(options);
    return (request, response) => void proxy.web(request, response).catch(() => broken(response));
  },
};

interface Row {
  readonly name: string;
  readonly options: Options;
  /** Path of the target, behind its origin. Default: none. */
  readonly at?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What reaches the target must be the same. */
const REQUESTS: readonly Row[] = [
  { name: 'no option at all', options: {}, path: '/a/b?c=d&e=%20?' },
  { name: 'a path in front', options: {}, at: '/base', path: '/a?b' },
  { name: 'a path with a slash in front', options: {}, at: '/base/', path: '/a' },
  { name: 'prependPath: false', options: { prependPath: false }, at: '/base', path: '/a?b' },
  { name: 'ignorePath', options: { ignorePath: true }, at: '/base/x', path: '/a' },
  { name: 'changeOrigin', options: { changeOrigin: true }, headers: { Host: 'shop.test' } },
  { name: 'the host that was asked for', options: {}, headers: { Host: 'shop.test' } },
  { name: 'headers', options: { headers: { 'X-Added': 'yes', 'X-Both': 'ours' } }, headers: { 'X-Both': 'theirs' } },
  { name: 'auth', options: { auth: 'me:pass' } },
  { name: 'auth behind the client’s own', options: { auth: 'me:pass' }, headers: { Authorization: 'Bearer x' } },
  { name: 'method', options: { method: 'PUT' }, method: 'POST', body: 'content' },
  { name: 'a body with a length', options: {}, method: 'POST', body: 'content', headers: { 'Content-Length': '7' } },
  { name: 'a body in chunks', options: {}, method: 'POST', body: 'content' },
];

/** Stands for the target's own URL, which is known only once it runs. */
const OWN = 'the target itself';

/** What reaches the client must be the same. */
const RESPONSES: readonly (Row & { readonly status: number; readonly sent: Record<string, string | string[]> })[] = [
  redirect('hostRewrite', { hostRewrite: 'new.test:81' }, 301),
  redirect('autoRewrite', { autoRewrite: true }, 302),
  redirect('protocolRewrite', { protocolRewrite: 'https' }, 307),
  redirect('autoRewrite and protocolRewrite', { autoRewrite: true, protocolRewrite: 'https' }, 308),
  redirect('autoRewrite of 201', { autoRewrite: true }, 201),
  redirect('a redirect without options', {}, 301),
  {
    name: 'a redirect to elsewhere',
    options: { autoRewrite: true },
    status: 301,
    sent: { Location: 'http://else.test/' },
  },
  { name: 'a redirect by a path', options: { hostRewrite: 'new.test' }, status: 302, sent: { Location: '/a' } },
  cookies('cookieDomainRewrite', { cookieDomainRewrite: 'new.test' }),
  cookies('cookieDomainRewrite that removes', { cookieDomainRewrite: '' }),
  cookies('cookieDomainRewrite by a table', { cookieDomainRewrite: { 'old.test': 'new.test', '*': '' } }),
  cookies('cookiePathRewrite', { cookiePathRewrite: '/new' }),
  cookies('cookiePathRewrite by a table', { cookiePathRewrite: { '/old': '/new' } }),
  cookies('both', { cookiePathRewrite: '/', cookieDomainRewrite: 'new.test' }),
  cookies('none', {}),
];

/** Where a descendant of http-proxy does otherwise than http-proxy itself does, and than we do: peer and row. */
const DIFFERENCES: ReadonlySet<string> = new Set([
  'http-proxy-3: auth behind the client’s own', // its `auth` replaces what the client says
  'httpxy: a redirect by a path', // it makes a whole URL of a path
  'httpxy: xfwd', // it leaves the fields of a client as they are
]);

function expectSame(peer: string, name: string, ours: unknown, theirs: unknown): void {
  if (DIFFERENCES.has(`${peer}: ${name}`)) expect(ours).not.toEqual(theirs);
  else expect(ours).toEqual(theirs);
}

describe.each(Object.entries(PEERS))('our options and those of %s', (peer, passOn) => {
  it.each(REQUESTS)('tell the target the same: $name', async (row) => {
    const origin = await nodeOrigin((request, response) => void answerWithRequest(request, response));
    const both = await bothWays(passOn, row, `${origin.url}${row.at ?? ''}`);
    const [ours, theirs] = both.map(({ body }) => {
      const { method, target, headers, body: content } = receivedRequest(body);
      return { method, target, content, fields: fieldsOf(headers) };
    });
    expectSame(peer, row.name, ours, theirs);
  });

  it.each(RESPONSES)('tell the client the same: $name', async (row) => {
    const origin = await nodeOrigin((_request, response) => {
      const location = row.sent['Location'];
      const sent = location === OWN ? { ...row.sent, Location: `${origin.url}/moved?a#b` } : row.sent;
      response.writeHead(row.status, sent).end('content');
    });
    const both = await bothWays(passOn, row, origin.url);
    const [ours, theirs] = both.map(({ status, body, headers: { location, 'set-cookie': lines } }) => {
      return { status, body, location, lines };
    });
    expectSame(peer, row.name, ours, theirs);
  });

  it('write X-Forwarded-For and -Host the same way by xfwd', async () => {
    const origin = await nodeOrigin((request, response) => void answerWithRequest(request, response));
    const row: Row = {
      name: '',
      options: { xfwd: true },
      headers: { Host: 'shop.test', 'X-Forwarded-For': '192.0.2.7' },
    };
    const [ours, theirs] = (await bothWays(passOn, row, origin.url)).map(({ body }) => {
      const find = (wanted: string) =>
        receivedRequest(body)
          .headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
          .replaceAll(' ', '');
      return { for: find('x-forwarded-for')?.replace('::ffff:', ''), host: find('x-forwarded-host') };
    });
    expectSame(peer, 'xfwd', ours, theirs);
    expect(ours?.for).toBe('192.0.2.7,127.0.0.1');
  });
});

function redirect(name: string, options: Options, status: number): (typeof RESPONSES)[number] {
  return { name, options, status, headers: { Host: 'shop.test:8080' }, sent: { Location: OWN } };
}

function cookies(name: string, options: Options): (typeof RESPONSES)[number] {
  const lines = ['a=1; Domain=old.test; Path=/old', 'b=2; path=/other; HttpOnly', 'c=3; Secure; domain=else.test'];
  return { name, options, status: 200, sent: { 'Set-Cookie': lines } };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Asks once through ours, once through theirs. */
async function bothWays(passOn: PassOn, row: Row, target: string): Promise<readonly [Answer, Answer]> {
  const ours = await serveHttp(httpProxyOptions({ ...row.options, target, client: testClient() }));
  const theirs = await nodeOrigin(passOn({ ...row.options, target }));
  return [await ask(ours.port, row), await ask(theirs.port, row)];
}

function ask(port: number, { method = 'GET', path = '/', headers = {}, body = '' }: Row): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const host = { Host: 'asked.test', ...headers };
    const sent = startRequest({ port, host: '127.0.0.1', method, path, headers: host, agent: false }, (response) => {
      text(response).then(
        (whole) => resolve({ status: response.statusCode, headers: response.headers, body: whole }),
        reject,
      );
    });
    sent.on('error', reject);
    if (body !== '' && headers['Content-Length'] === undefined) sent.write(body);
    sent.end(body !== '' && headers['Content-Length'] === undefined ? undefined : body);
  });
}

/** What means something from end to end: names in one case, in one order, without what each hop writes for itself. */
function fieldsOf(headers: readonly (readonly [string, string])[]): readonly string[] {
  const lines = headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
  return lines.filter((line) => !/^(?:connection|via|keep-alive|transfer-encoding|content-length): /.test(line)).sort();
}

function broken(response: ServerResponse | object): void {
  if ('writeHead' in response) response.writeHead(502).end();
}
