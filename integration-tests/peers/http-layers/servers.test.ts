import type { HttpRequest } from '@lamella/http';
import {
  accessLogLayer,
  bodyLimitLayer,
  catchErrorLayer,
  HttpResponse,
  hopByHopLayer,
  httpTimeoutLayer,
  httpTraceLayer,
  normalizePathLayer,
  requestHeadersLayer,
  requestIdLayer,
  responseHeadersLayer,
  sensitiveHeadersLayer,
} from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';

usePeers('curl');
useLedger();

const STATUS = ['-o', '/dev/null', '-w', '%{http_code}'];

describe('layers of a server and curl', () => {
  it('headers are set, removed and hidden on both ways', async () => {
    const service = stack(
      responseHeadersLayer({ set: { 'X-Frame-Options': 'DENY' }, remove: ['X-Inner'] }),
      hopByHopLayer(),
      requestHeadersLayer({ set: { 'X-Set': ({ path }) => path }, remove: ['User-Agent'] }),
      serviceFn(({ headers }: HttpRequest) =>
        HttpResponse.text(
          Array.from(headers, ([name]) => name.toLowerCase())
            .sort()
            .join(' '),
          { headers: { 'X-Inner': '1' } },
        ),
      ),
    );
    const { url } = await serveHttp(service);
    const { stdout } = await curl('-i', '-H', 'Connection: X-Private', '-H', 'X-Private: 1', `${url}/a`);
    expect(stdout).toContain('X-Frame-Options: DENY\r\n');
    expect(stdout).not.toContain('X-Inner');
    expect(stdout.split('\r\n\r\n')[1]).toBe('accept host x-set');
  });

  it('an id is made, or taken from whoever is trusted', async () => {
    const { url } = await serveHttp(requestIdLayer({ acceptFrom: ['127.0.0.0/8'] })(hello));
    const idOf = async (...args: string[]) =>
      /^X-Request-Id: (.*)\r$/m.exec((await curl('-i', ...args, url)).stdout)?.[1];
    expect(await idOf('-H', 'X-Request-Id: from-a-proxy')).toBe('from-a-proxy');
    expect(await idOf('-H', 'X-Request-Id: "forged"')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['announced', ['-H', 'Expect:', '--data-binary', '@-']],
    ['announced, waiting for 100 (Continue)', ['-H', 'Expect: 100-continue', '--data-binary', '@-']],
    ['not announced', ['-H', 'Expect:', '-H', 'Transfer-Encoding: chunked', '--data-binary', '@-']],
  ])('content that is %s is limited', async (_, args) => {
    const { url } = await serveHttp(
      bodyLimitLayer({ maxBytes: 100_000 })(
        serviceFn(async ({ body }: HttpRequest) => HttpResponse.text(`${(await body.bytes()).length}`)),
      ),
    );
    const post = (length: number) =>
      run('curl', ['-q', '-s', '--max-time', '30', ...STATUS, ...args, url], { input: Buffer.alloc(length) });
    expect((await post(100_000)).stdout).toBe('200');
    expect((await post(100_001)).stdout).toBe('413');
    expect((await post(10_000_000)).stdout).toBe('413');
  });

  it('what is too slow is answered with 504', async () => {
    const never = { serve: () => new Promise<HttpResponse>(() => {}) };
    const { url } = await serveHttp(httpTimeoutLayer({ timeoutMs: 50 })(never));
    expect((await curl(...STATUS, url)).stdout).toBe('504');
  });

  it('what fails is answered without a word about it', async () => {
    const service = stack(catchErrorLayer({ onError: () => {} }), {
      serve: () => Promise.reject(new Error('hunter2')),
    });
    const { url } = await serveHttp(service);
    const { stdout } = await curl('-i', url);
    expect(stdout).toContain('HTTP/1.1 500 Internal Server Error');
    expect(stdout).toContain('{"title":"Internal Server Error","status":500}');
    expect(stdout).not.toContain('hunter2');
  });

  it.each([
    ['/a/../admin', '/admin'],
    ['/%2e%2e/%61dmin', '/admin'],
    ['/a%2F..%2Fadmin', '/a%2F..%2Fadmin'],
    ['//admin', '/admin'],
    ['/a/%252e%252e/admin', '/a/%252e%252e/admin'],
  ])('the path %s is %s', async (path, expected) => {
    const { url } = await serveHttp(
      normalizePathLayer()(serviceFn((request: HttpRequest) => HttpResponse.text(request.path))),
    );
    expect((await curl('--path-as-is', `${url}${path}`)).stdout).toBe(expected);
  });

  it('every exchange is logged and traced, also one that curl gives up', async () => {
    const lines: string[] = [];
    const traced: string[] = [];
    const service = stack(
      accessLogLayer({ headers: ['X-Secret', 'User-Agent'], write: (line) => void lines.push(line) }),
      sensitiveHeadersLayer({ names: ['X-Secret'] }),
      httpTraceLayer({
        onStart: ({ path }) => path,
        onEnd: (path, { outcome }) => void traced.push(`${path} ${outcome}`),
      }),
      serviceFn(({ path }: HttpRequest) =>
        path === '/endless' ? HttpResponse.from({ body: endless() }) : HttpResponse.text('hello'),
      ),
    );
    const { url } = await serveHttp(service);
    await curl('-A', 'peer"\\', '-H', 'X-Secret: hunter2', `${url}/a?token=hunter2`);
    await run('sh', ['-c', `curl -q -sS --noproxy '*' ${url}/endless | head -c 100000 > /dev/null`]);
    await expect.poll(() => lines.length).toBe(2);
    const [first = '', second = ''] = lines;
    expect(JSON.parse(first)).toMatchObject({
      client: '127.0.0.1',
      target: '/a?token=[redacted]',
      status: 200,
      bytes: 5,
      outcome: 'complete',
      headers: { 'user-agent': 'peer"\\', 'x-secret': '[redacted]' },
    });
    expect(JSON.parse(second)).toMatchObject({ target: '/endless', outcome: 'aborted' });
    expect(traced).toEqual(['/a complete', '/endless aborted']);
  });
});

const hello = serviceFn((_: HttpRequest) => HttpResponse.text('hello'));

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.alloc(10_000);
}
