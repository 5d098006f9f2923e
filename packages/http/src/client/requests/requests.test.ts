import { inspect } from 'node:util';
import { serviceFn, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { RequestBuilder } from './request-builder.ts';
import type { Requests, RequestsOptions } from './requests.ts';
import { requests } from './requests.ts';

describe('requests', () => {
  it('send what was said, and read what comes', async () => {
    const api = echo({ baseUrl: 'http://api.test/v1/', headers: { Accept: 'application/json' } });
    const builder = api.post('/items').query({ draft: true }).header('X-Case', 'kept').json({ name: 'tea' });
    expect(await builder.asJson()).toEqual({
      method: 'POST',
      target: 'http://api.test/v1/items?draft=true',
      headers: [
        ['Accept', 'application/json'],
        ['X-Case', 'kept'],
        ['Content-Type', 'application/json'],
      ],
      body: '{"name":"tea"}',
    });
  });

  it.each<[keyof Requests & string, string]>([
    ['get', 'GET'],
    ['head', 'HEAD'],
    ['post', 'POST'],
    ['put', 'PUT'],
    ['patch', 'PATCH'],
    ['delete', 'DELETE'],
  ])('%s has the method %s', async (name, method) => {
    const start = echo()[name] as (url: string) => RequestBuilder; // all of them but `request` have this type
    expect(await start('http://a.test/').asJson()).toMatchObject({ method });
    expect(await echo().request('PURGE', 'http://a.test/').asJson()).toMatchObject({ method: 'PURGE' });
  });

  it('never change a request that was started: each method gives a new one, which can be sent again', async () => {
    const base = echo({ headers: { A: '1' } }).post('http://a.test/');
    const json = base.header('a', '2').json(1);
    const form = base.form({ x: 'y' });
    for (let time = 0; time < 2; time++) {
      expect(await json.asJson()).toMatchObject({ body: '1', headers: [['a', '2'], JSON_TYPE] });
      expect(await form.asJson()).toMatchObject({ body: 'x=y', headers: [['A', '1'], FORM_TYPE] });
      expect(await base.asJson()).toMatchObject({ body: '', headers: [['A', '1']] });
    }
  });

  it('replace fields of a name by all that are given', async () => {
    const builder = echo({ headers: { A: '1' } }).get('http://a.test/');
    const headers = [
      ['a', '2'],
      ['B', '3'],
      ['A', '4'],
    ] as const;
    expect(await builder.headers(headers).asJson()).toMatchObject({ headers });
  });

  it('say who we are', async () => {
    const get = echo().get('http://a.test/');
    const basic = `Basic ${Buffer.from('Jörg:p:w', 'utf8').toString('base64')}`;
    expect(await get.basic('Jörg', 'p:w').asJson()).toMatchObject({ headers: [['Authorization', basic]] });
    expect(await get.basic('x', 'y').bearer('a.b-c_d~e+f/g==').asJson()).toMatchObject({
      headers: [['Authorization', 'Bearer a.b-c_d~e+f/g==']],
    });
  });

  it('append to queries, and encode what they hold', async () => {
    const get = echo().get('http://a.test/p?x=1');
    const built = get.query({ 'a&b': 'c=d e+f#ü', n: 0, no: undefined, list: [1, 'two', false] }).query([['x', '2']]);
    expect(await built.asJson()).toMatchObject({
      target: 'http://a.test/p?x=1&a%26b=c%3Dd%20e%2Bf%23%C3%BC&n=0&list=1&list=two&list=false&x=2',
    });
    expect(await echo().get('http://a.test/?').query({ a: 1 }).asJson()).toMatchObject({
      target: 'http://a.test/?a=1',
    });
    expect(await echo().get('http://a.test').query({}).asJson()).toMatchObject({ target: 'http://a.test' });
  });

  it.each([
    ['/x', 'http://api.test/v1/x'],
    ['', 'http://api.test/v1'],
    ['?q', 'http://api.test/v1?q'],
    ['//evil.test/x', 'http://api.test/v1//evil.test/x'],
    ['/@evil.test', 'http://api.test/v1/@evil.test'],
    ['/ä b', 'http://api.test/v1/%C3%A4%20b'],
    ['/\u{1f600}', 'http://api.test/v1/%F0%9F%98%80'],
    ['/.../.a/b./..c/%2e%2ex', 'http://api.test/v1/.../.a/b./..c/%2e%2ex'],
    ['/%252e%252e/x', 'http://api.test/v1/%252e%252e/x'],
    // What somebody has encoded as one segment stays one.
    ['/..%2Fx', 'http://api.test/v1/..%2Fx'],
    ['/x?/../y', 'http://api.test/v1/x?/../y'],
    ['?/../y', 'http://api.test/v1?/../y'],
  ])('keep %s below the base', async (path, target) => {
    for (const baseUrl of ['http://api.test/v1', 'http://api.test/v1/']) {
      expect(await echo({ baseUrl }).get(path).asJson()).toMatchObject({ target });
    }
  });

  it.each([
    '/..',
    '/.',
    '/../x',
    '/a/./b',
    '/a/..?q',
    '/%2e%2E/x',
    '/.%2e',
    '/%2e/x',
    '//../x',
    '/..;a=b/x',
    '/..\\x',
    '/a\\..\\x',
  ])('let %s lead to nothing outside of a base that has a path', async (path) => {
    for (const baseUrl of ['http://api.test/v1', 'http://api.test/v1/', 'https://api.test:81/a/b']) {
      expect(() => echo({ baseUrl }).get(path)).toThrow(UsageError);
      expect(() => echo({ baseUrl }).get(path)).toThrow(`got ${JSON.stringify(path)}`);
    }
    // There is nothing outside of a whole host.
    const { target } = (await echo({ baseUrl: 'http://api.test/' }).get(path).asJson()) as { target: string };
    expect(target).toBe(`http://api.test${path}`);
  });

  it('encode forms as browsers do', async () => {
    const post = echo()
      .post('http://a.test/')
      .form({ a: 'b c&d', list: ['1', '2'], ü: '=' });
    expect(await post.asJson()).toMatchObject({ body: 'a=b+c%26d&list=1&list=2&%C3%BC=%3D', headers: [FORM_TYPE] });
  });

  it('give JSON to whoever knows its type, and texts and bytes as they are', async () => {
    const post = echoBody().post('http://a.test/').body('7');
    const number: number = await post.asJson((value) => {
      if (typeof value !== 'number') throw new Error('no number');
      return value;
    });
    expect([number, await post.asText(), [...(await post.asBytes())]]).toEqual([7, '7', [55]]);
    const broken = post.asJson(() => {
      throw new Error('not that type');
    });
    await expect(broken).rejects.toThrow('not that type');
  });

  it('read no body that is longer than allowed', async () => {
    const api = echoBody({ maxBytes: 3 });
    expect(await api.post('http://a.test/').body('abc').asText()).toBe('abc');
    await expect(api.post('http://a.test/').body('abcd').asText()).rejects.toMatchObject({ code: 'LML_ERR_LIMIT' });
  });

  it('take any status, unless they are told which', async () => {
    const status = (code: number) => requests(answering(code, 'why'), {}).get('http://a.test/');
    expect((await status(500).send()).status).toBe(500);
    expect(await status(404).asText()).toBe('why');
    expect(await status(299).expectStatus().asText()).toBe('why');
    expect(await status(404).expectStatus(200, 404).asText()).toBe('why');
    await expect(status(300).expectStatus().send()).rejects.toMatchObject({ status: 300 });
    await expect(status(200).expectStatus(201).send()).rejects.toMatchObject({ status: 200 });
  });

  it('tell of a wrong status, the beginning of its body, and nothing secret', async () => {
    const inner = answering(503, `${'x'.repeat(1_000)}${'y'.repeat(100)}`);
    const api = requests(inner, { expectSuccess: true, headers: { Authorization: 'Bearer secret' } });
    const error = await api
      .get('http://a.test/path?token=secret')
      .asText()
      .then(never, (reason) => reason);
    expect(error).toMatchObject({
      name: 'HttpStatusError',
      code: 'LML_ERR_HTTP_UNEXPECTED_STATUS',
      message: 'GET a.test/path was answered with 503 Service Unavailable',
      status: 503,
      contentType: 'text/plain; charset=utf-8',
      excerpt: 'x'.repeat(1_000) + 'y'.repeat(24),
      facts: { retryable: true, protocolCode: 503 },
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('secret');
    await expect(api.post('http://a.test/').asText()).rejects.toMatchObject({ facts: { retryable: false } });
  });

  it('leave the connection free after a wrong status, and read no endless body for it', async () => {
    let isCancelled = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(700, 'z');
      } finally {
        isCancelled = true;
      }
    }
    const api = requests(serviceFn(() => HttpResponse.from({ status: 500, body: endless() })));
    const error = await api
      .get('http://a.test/')
      .expectStatus()
      .send()
      .then(never, (reason) => reason);
    expect(error.excerpt).toBe('z'.repeat(1_024));
    await settle();
    expect(isCancelled).toBe(true);
  });

  it('give up in time: on the head, and on a body that is read here', async () => {
    const clock = new FakeClock();
    const silent = requests(
      serviceFn(() => new Promise<HttpResponse>(() => {})),
      { timeoutMs: 100, clock },
    );
    const noHead = expect(silent.get('http://a.test/').timeoutMs(50).send()).rejects.toMatchObject(TIMEOUT);
    clock.advance(49);
    await settle();
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    await noHead;

    const cancelled: unknown[] = [];
    const stuck = serviceFn(() => HttpResponse.from({ body: neverEnding(cancelled) }));
    const noEnd = expect(requests(stuck, { timeoutMs: 50, clock }).get('http://a.test/').asText()).rejects;
    await settle();
    clock.advance(50);
    await noEnd.toMatchObject(TIMEOUT);
    expect(cancelled).toHaveLength(1);
    const { body } = await requests(stuck, { timeoutMs: 50, clock }).get('http://a.test/').send();
    clock.advance(1_000); // the body of `send` is the caller's
    expect(Buffer.from((await body.read()) ?? []).toString()).toBe('a');
    expect(clock.pendingTimers).toBe(0);
  });

  it('fail with the reason of the signal, before and while', async () => {
    const controller = new AbortController();
    const inner = serviceFn(() => new Promise<HttpResponse>(() => {}));
    const get = requests(inner).get('http://a.test/').signal(controller.signal);
    const failed = expect(get.send()).rejects.toBe('changed my mind');
    controller.abort('changed my mind');
    await failed;
    await expect(get.send()).rejects.toBe('changed my mind');
  });

  it('work by a real client, and keep its connection', async () => {
    const client = httpClientOn(serviceFn(async ({ body }) => HttpResponse.text(await body.text())));
    const api = requests(client, { baseUrl: 'http://a.test', expectSuccess: true });
    const file = { name: 'file', fileName: 'a.txt', body: HttpBody.from(['x'.repeat(3)]), size: 3 };
    expect(await api.post('/').multipart([file]).asText()).toContain('\r\n\r\nxxx\r\n');
    expect(await api.put('/').json([1]).asJson()).toEqual([1]);
    expect(client.counters()).toMatchObject([{ dials: 1, reuses: 1 }]);
    await client.close();
  });
});

describe('what requests refuse', () => {
  const get = echo().get('http://a.test/');
  const evil = 'a\r\nX-Injected: 1';
  it.each<[string, () => unknown]>([
    ['a field value', () => get.header('X', evil)],
    ['a field name', () => get.header(evil, 'x')],
    ['fields', () => get.headers({ X: evil })],
    ['default fields', () => requests(answering(200, ''), { headers: { X: evil } })],
    ['a user', () => get.basic(evil, 'x')],
    ['a user with a colon', () => get.basic('a:b', 'x')],
    ['a password', () => get.basic('x', evil)],
    ['a token', () => get.bearer(evil)],
    ['a token with a blank', () => get.bearer('a b')],
    ['an empty token', () => get.bearer('')],
    ['a type', () => get.body('', evil)],
    ['a path', () => echo().get(`http://a.test/${evil}`)],
    ['a path below a base', () => echo({ baseUrl: 'http://a.test' }).get(`/${evil}`)],
    ['a method', () => echo().request(evil, 'http://a.test/')],
    ['the name of a part', () => get.multipart({ [evil]: 'x' })],
    ['the name of a file', () => get.multipart([{ name: 'x', fileName: evil, body: 'x' }])],
    ['the type of a part', () => get.multipart([{ name: 'x', contentType: evil, body: 'x' }])],
    ['half a character in a query', () => get.query({ a: '\ud800' })],
    ['half a character in a form', () => get.form({ '\ud800': 'a' })],
    ['half a character in a path', () => echo().get('http://a.test/\ud800')],
    ['what has no JSON', () => get.json(undefined)],
    ['a user in a URL', () => echo().get('http://user:secret@a.test/')],
    ['a URL that is no text', () => Reflect.apply(echo().get, undefined, [new URL('http://a.test/')])],
    ['another host than that of the base', () => echo({ baseUrl: 'http://a.test' }).get('http://b.test/')],
    ['a path without a slash', () => echo({ baseUrl: 'http://a.test' }).get('.evil.test/')],
    ['a base with a query', () => echo({ baseUrl: 'http://a.test/?a' })],
    ['a base with a user', () => echo({ baseUrl: 'http://user:secret@a.test/' })],
    ['a base of another scheme', () => echo({ baseUrl: 'ftp://a.test/' })],
    ['a timeout of 0', () => get.timeoutMs(0)],
    ['a default timeout of 0', () => echo({ timeoutMs: 0 })],
    ['a negative maxBytes', () => echo({ maxBytes: -1 })],
  ])('%s, and don’t repeat it where it is secret', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    expect(make).not.toThrow(/secret/);
  });

  it('a fragment, when it is sent', async () => {
    await expect(echo().get('http://a.test/#a').send()).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

/** Tells what was sent. */
function echo(options: RequestsOptions = {}): Requests {
  const inner = serviceFn(async ({ method, target, headers, body }: HttpRequest) =>
    HttpResponse.json({ method, target, headers: [...headers], body: await body.text() }),
  );
  return requests(inner, options);
}

function echoBody(options: RequestsOptions = {}): Requests {
  return requests(
    serviceFn(({ body }: HttpRequest) => HttpResponse.from({ body })),
    options,
  );
}

function answering(status: number, text: string) {
  return serviceFn((_request: HttpRequest) => HttpResponse.text(text, { status }));
}

/** Gives one byte, and nothing more. */
function neverEnding(cancelled: unknown[]): HttpBody {
  let count = 0;
  return HttpBody.fromSource({
    read: () => (count++ === 0 ? Promise.resolve(Buffer.from('a')) : new Promise(() => {})),
    cancel: (reason) => void cancelled.push(reason),
  });
}

function never(): never {
  throw new Error('it should have failed');
}

const JSON_TYPE = ['Content-Type', 'application/json'];
const FORM_TYPE = ['Content-Type', 'application/x-www-form-urlencoded'];
const TIMEOUT = { code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs', timeoutMs: 50 };
