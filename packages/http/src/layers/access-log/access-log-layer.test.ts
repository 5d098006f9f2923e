import { LimitError, stack, UsageError } from '@lamella/service-core';
import { FakeClock, layerCases } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { bodyOf } from '../../../test/support/coding-tools.ts';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { directClientOn, httpClientOn } from '../../testing/http-client-on.ts';
import { basicAuthLayer } from '../auth/basic-auth-layer.ts';
import { requestIdLayer } from '../request-id/request-id-layer.ts';
import { sensitiveHeadersLayer } from '../sensitive-headers/sensitive-headers-layer.ts';
import type { AccessLogLayerOptions } from './access-log-layer.ts';
import { accessLogLayer } from './access-log-layer.ts';

const HEADERS = { Referer: 'http://ref.test/', 'User-Agent': 'curl/8' };

describe('accessLogLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(accessLogLayer({ write: () => {} }))));

  it.each<[NonNullable<AccessLogLayerOptions['format']>, string]>([
    ['common', '192.0.2.1 - - [23/Nov/2026:01:02:03 +0000] "GET /a?b=c HTTP/1.1" 200 5'],
    ['combined', '192.0.2.1 - - [23/Nov/2026:01:02:03 +0000] "GET /a?b=c HTTP/1.1" 200 5 "http://ref.test/" "curl/8"'],
    [
      'json',
      '{"time":"2026-11-23T01:02:03.000Z","client":"192.0.2.1","method":"GET","target":"/a?b=c","version":"1.1","status":200,"bytes":5,"durationMs":0,"outcome":"complete"}',
    ],
  ])('writes a line as %s', async (format, line) => {
    expect(await linesOf({ format }, '/a?b=c', HEADERS)).toEqual([line]);
  });

  it.each([
    ['trailers', () => HttpResponse.from({ body: messages('5') }), 'NOT_FOUND'],
    ['no message', () => HttpResponse.from({ headers: { 'grpc-status': '5' } }), 'NOT_FOUND'],
    ['no status', () => HttpResponse.text('messages'), undefined],
  ])('says in JSON how a call of gRPC with %s has ended', async (_, answer, name) => {
    const { lines, client } = setup({}, async () => answer());
    await (await client.serve(HttpRequest.from({ target: 'http://app.test/' }))).body.bytes();
    expect(lines.map((line) => JSON.parse(line)['rpc.status_code'])).toEqual([name]);
    const common = setup({ format: 'common' }, async () => answer());
    await (await common.client.serve(HttpRequest.from({ target: 'http://app.test/' }))).body.bytes();
    expect(common.lines[0]).toMatch(/" 200 (?:8|-)$/);
  });

  it('says nothing of the end of a call that the client gives up', async () => {
    const { lines, service } = setup({}, async () => HttpResponse.from({ body: messages('0') }));
    const response = await service.serve(HttpRequest.from({ target: 'http://app.test/' }));
    response.body.cancel();
    const line: unknown = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({ status: 200, outcome: 'aborted' });
    expect(line).not.toHaveProperty(['rpc.status_code']);
  });

  it('writes after the last byte, with the time that it took', async () => {
    const { lines, clock, client } = setup({}, async () =>
      HttpResponse.from({ body: bodyOf([Buffer.alloc(2), Buffer.alloc(3)]).body }),
    );
    const response = await client.serve(HttpRequest.from({ target: 'http://app.test/' }));
    await response.body.read();
    clock.advance(1_500);
    await response.body.read();
    expect(lines).toEqual([]);
    await response.body.read();
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ bytes: 5, durationMs: 1_500 });
  });

  it('names the user and the id', async () => {
    const lines: string[] = [];
    const service = stack(
      accessLogLayer({ write: (line) => void lines.push(line) }),
      requestIdLayer({ makeId: () => 'id-1' }),
      basicAuthLayer({ verify: ({ name }) => ({ name }) }),
      { serve: async () => HttpResponse.from() },
    );
    const headers = { Authorization: `Basic ${Buffer.from('ann:x').toString('base64')}` };
    await service.serve(HttpRequest.from({ target: 'http://app.test/', headers }));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ user: 'ann', id: 'id-1' });
  });

  it.each<[string, unknown, object]>([
    ['an error', new TypeError('hunter2'), { status: 500, outcome: 'error', error: 'TypeError' }],
    [
      'a limit',
      new LimitError({ limit: 'maxBytes', maximum: 1, observed: 2 }),
      { status: 413, error: 'LML_ERR_LIMIT' },
    ],
    ['something thrown', 'hunter2', { status: 500, error: 'string' }],
  ])('writes a line for %s, without its message', async (_, error, expected) => {
    const { lines, client } = setup({}, () => Promise.reject(error));
    await expect(client.serve(HttpRequest.from({ target: 'http://app.test/' }))).rejects.toBe(error);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject(expected);
    expect(lines.join()).not.toContain('hunter2');
  });

  it('writes a line for a client that is gone before the response, and within it', async () => {
    const request = HttpRequest.from({ target: 'http://app.test/' });
    request.scope.abort('gone');
    const first = setup({ format: 'common' }, () => Promise.reject('gone'));
    await expect(first.service.serve(request)).rejects.toBe('gone');
    expect(first.lines).toEqual(['- - - [23/Nov/2026:01:02:03 +0000] "GET http://app.test/ HTTP/1.1" - -']);

    const second = setup({}, async () => HttpResponse.from({ body: bodyOf([Buffer.alloc(2), Buffer.alloc(3)]).body }));
    const response = await second.client.serve(HttpRequest.from({ target: 'http://app.test/' }));
    await response.body.read();
    response.body.cancel();
    expect(JSON.parse(second.lines[0] ?? '')).toMatchObject({ status: 200, bytes: 2, outcome: 'aborted' });
  });

  it('writes one line for HEAD and for every request of a connection', async () => {
    const { lines, service } = setup({ format: 'common' });
    const client = httpClientOn(service);
    for (const method of ['HEAD', 'GET', 'GET']) {
      await (await client.serve(HttpRequest.from({ method, target: 'http://app.test/' }))).body.bytes();
    }
    await client.close();
    expect(lines.map((line) => line.replace(/^.*\] /, ''))).toEqual([
      '"HEAD / HTTP/1.1" 200 -',
      '"GET / HTTP/1.1" 200 5',
      '"GET / HTTP/1.1" 200 5',
    ]);
  });

  it.each(['common', 'combined', 'json'] as const)('lets nobody forge a line of %s', async (format) => {
    const evil = 'x"\\\t\x7f\u009b31m\u00e9" 200 1';
    const { lines, client } = setup({ format, headers: ['x-evil', 'user-agent'] });
    const target = 'http://app.test/"%0a\\';
    const headers = { 'User-Agent': evil.replace(/[\x7f]/g, ''), Referer: 'a"b', 'X-Evil': 'a"b\u0085c' };
    await (await client.serve(HttpRequest.from({ target, headers }))).body.bytes();
    const [line = ''] = lines;
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    if (format === 'json') expect(JSON.parse(line)).toMatchObject({ headers: { 'x-evil': 'a"b\u0085c' } });
    else expect(line.match(/(?<!\\)"/g)?.length).toBe(format === 'common' ? 2 : 6);
    expect(line).not.toMatch(/(?<!\\)" 200 1/);
  });

  it.each(['combined', 'json'] as const)('leaves secrets of the query of a Referer out of %s', async (format) => {
    const { lines, client } = setup({ format, headers: ['Referer'] });
    const headers = { Referer: 'http://ref.test/?token=hunter2&page=1' };
    await (await client.serve(HttpRequest.from({ target: 'http://app.test/', headers }))).body.bytes();
    expect(lines.join()).toContain('"http://ref.test/?token=[redacted]&page=1"');
  });

  it('lets a user name forge nothing', async () => {
    const lines: string[] = [];
    const service = stack(
      accessLogLayer({ format: 'common', write: (line) => void lines.push(line) }),
      basicAuthLayer({ verify: ({ name }) => ({ name }) }),
      { serve: async () => HttpResponse.from() },
    );
    const headers = { Authorization: `Basic ${Buffer.from('a b\n"€[x]:x').toString('base64')}` };
    await service.serve(HttpRequest.from({ target: 'http://app.test/', headers }));
    expect(lines[0]).toContain('- - a\\x20b\\x0a\\x22\\u20ac[x] [');
  });

  it('leaves secrets of the query out, however their names are spelt', async () => {
    const target = '/cb?code=1&CODE=2&c%6fde=3&x=4&token&access_token=5=6&Password=&a=code=7#'.replace('#', '');
    const [line = ''] = await linesOf({}, target);
    expect(JSON.parse(line).target).toBe(
      '/cb?code=[redacted]&CODE=[redacted]&c%6fde=[redacted]&x=4&token&access_token=[redacted]&Password=[redacted]&a=code=7',
    );
    const [own = ''] = await linesOf({ redactQuery: ['X'] }, '/?x=1&code=2');
    expect(JSON.parse(own).target).toBe('/?x=[redacted]&code=2');
    const [none = ''] = await linesOf({ redactQuery: [] }, '/?code=2');
    expect(JSON.parse(none).target).toBe('/?code=2');
  });

  it('leaves values of sensitive headers out', async () => {
    const lines: string[] = [];
    const log = (format: 'json' | 'combined') =>
      stack(
        accessLogLayer({
          format,
          headers: ['Cookie', 'X-Own', 'X-Free', 'X-None'],
          write: (line) => void lines.push(line),
        }),
        {
          serve: async () => HttpResponse.from(),
        },
      );
    const headers = { Cookie: 'secret', 'X-Own': 'secret', 'X-Free': 'y', Referer: 'secret' };
    for (const format of ['json', 'combined'] as const) {
      const service = stack(sensitiveHeadersLayer({ names: ['x-own', 'Referer'] }), log(format));
      await service.serve(HttpRequest.from({ target: 'http://app.test/', headers }));
    }
    expect(JSON.parse(lines[0] ?? '').headers).toEqual({ cookie: '[redacted]', 'x-own': '[redacted]', 'x-free': 'y' });
    expect(lines.join()).not.toContain('secret');
  });

  it('keeps what write throws away from the exchange', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const error = new Error('full');
    const write = () => {
      throw error;
    };
    const service = accessLogLayer({ write })({ serve: async () => HttpResponse.text('fine') });
    const response = await service.serve(HttpRequest.from({ target: 'http://app.test/' }));
    expect(await response.body.text()).toBe('fine');
    expect(log).toHaveBeenCalledWith('lamella: writing an access log failed:', error);
    log.mockRestore();
  });

  it.each<[unknown]>([
    [{ format: 'xml' }],
    [{ write: 1 }],
    [{ headers: ['a b'] }],
    [{ headers: 'a' }],
    [{ redactQuery: 'a' }],
  ])('refuses %o', (options) => {
    expect(() => accessLogLayer(options as never)).toThrow(UsageError);
  });
});

/** Content of a call that ends with a status. */
function messages(status: string): HttpBody {
  return HttpBody.from('messages', { trailers: () => HttpHeaders.from({ 'grpc-status': status }) });
}

function setup(
  options: AccessLogLayerOptions,
  serve: () => Promise<HttpResponse> = async () => HttpResponse.text('hello'),
) {
  const clock = new FakeClock({ epochMs: Date.UTC(2026, 10, 23, 1, 2, 3) });
  const lines: string[] = [];
  const service = accessLogLayer({ clock, write: (line) => void lines.push(line), ...options })({ serve });
  return { clock, lines, service, client: directClientOn(service) };
}

async function linesOf(
  options: AccessLogLayerOptions,
  path: string,
  headers: Record<string, string> = {},
): Promise<string[]> {
  const { lines, client } = setup(options);
  await (await client.serve(HttpRequest.from({ target: `http://app.test${path}`, headers }))).body.bytes();
  return lines;
}
