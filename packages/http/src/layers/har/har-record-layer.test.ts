import { FakeClock, layerCases } from '@lamella/service-core/testing';
import type { Har as StandardHar } from 'har-format';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import type { HttpRequestInit } from '../../message/http-request.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponseInit } from '../../message/http-response.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { HarRecordLayerOptions } from './har-record-layer.ts';
import { harRecordLayer } from './har-record-layer.ts';

describe('harRecordLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(harRecordLayer())));

  it('writes down what was asked and answered, as HAR 1.2', async () => {
    const { exchange, recorder } = setUp();
    await exchange(
      {
        method: 'POST',
        target: 'http://a.test/items?a=1&b=%20',
        headers: { 'Content-Type': 'text/plain', 'X-A': 'b' },
        body: 'question',
      },
      { status: 201, headers: { 'Content-Type': 'text/html', Location: '/items/1' }, body: 'answer' },
      25,
    );
    expect(recorder.har()).toEqual({
      log: {
        version: '1.2',
        creator: { name: 'Lamella', version: '1' },
        entries: [
          {
            startedDateTime: new Date(new FakeClock().epochMs()).toISOString(),
            time: 25,
            request: {
              method: 'POST',
              url: 'http://a.test/items?a=1&b=%20',
              httpVersion: 'HTTP/1.1',
              cookies: [],
              headers: [
                { name: 'Content-Type', value: 'text/plain' },
                { name: 'X-A', value: 'b' },
              ],
              queryString: [
                { name: 'a', value: '1' },
                { name: 'b', value: ' ' },
              ],
              postData: { mimeType: 'text/plain', text: 'question' },
              headersSize: -1,
              bodySize: 8,
            },
            response: {
              status: 201,
              statusText: 'Created',
              httpVersion: 'HTTP/1.1',
              cookies: [],
              headers: [
                { name: 'Content-Type', value: 'text/html' },
                { name: 'Location', value: '/items/1' },
              ],
              content: { size: 6, mimeType: 'text/html', text: 'answer' },
              redirectURL: '/items/1',
              headersSize: -1,
              bodySize: 6,
            },
            cache: {},
            timings: { blocked: -1, dns: -1, connect: -1, send: 0, wait: 25, receive: 0, ssl: -1 },
          },
        ],
      },
    });
  });

  it.each([
    ['a client', '1.1', '2'],
    ['a server', '2', '1.1'],
  ] as const)('of %s by HTTP/2, of which only one message says so, tells so of both', async (_, request, response) => {
    const { recorder, exchange } = setUp();
    await exchange({ target: 'http://a.test/', version: request }, { version: response });
    expect(recorder.har().log.entries).toMatchObject([
      { request: { httpVersion: 'HTTP/2' }, response: { httpVersion: 'HTTP/2' } },
    ]);
  });

  it('writes what tools that know the format take', () => {
    const standard: StandardHar = harRecordLayer().har(); // compiles
    expect(standard.log.version).toBe('1.2');
  });

  it('passes bodies on as they are, and keeps what is at hand at hand', async () => {
    const { service, seen } = setUp();
    const response = await service.serve(HttpRequest.from({ method: 'POST', target: 'http://a.test/', body: 'x' }));
    expect([seen[0]?.body.isAtHand, response.body.isAtHand]).toEqual([true, true]);
    const stream = HttpRequest.from({ method: 'POST', target: 'http://a.test/', body: ['a', 'b'] });
    await service.serve(stream);
    expect(await seen[1]?.body.text()).toBe('ab');
  });

  it('is done with an exchange when its body has ended', async () => {
    const { service, recorder } = setUp({ body: ['one ', 'two'] });
    const response = await service.serve(HttpRequest.from({ target: 'http://a.test/' }));
    expect(recorder.entryCount).toBe(0);
    expect(await response.body.text()).toBe('one two');
    expect(recorder.har().log.entries[0]?.response.content.text).toBe('one two');
  });

  it('says that a body was given up, or broke off', async () => {
    const given = setUp({ body: ['one ', 'two'] });
    const response = await given.service.serve(HttpRequest.from({ target: 'http://a.test/' }));
    await response.body.read();
    response.body.cancel();
    expect(given.recorder.har().log.entries[0]?.response.content).toMatchObject({ text: 'one ', _truncated: true });
    const broken = setUp({ body: failing() });
    const failed = await broken.service.serve(HttpRequest.from({ target: 'http://a.test/' }));
    await expect(failed.body.text()).rejects.toThrow('broke off');
    expect(broken.recorder.har().log.entries[0]?.response).toMatchObject({ _error: 'broke off' });
  });

  it('keeps maxBodyBytes of a body and not one more, at hand or streamed', async () => {
    for (const [body, text, truncated] of [
      ['1234', '1234', undefined],
      ['12345', '1234', true],
      [['12', '34'], '1234', undefined],
      [['123', '45'], '1234', true],
    ] as const) {
      const { exchange, recorder } = setUp({}, { maxBodyBytes: 4 });
      await exchange({ method: 'PUT', target: 'http://a.test/', body }, { body });
      const [entry] = recorder.har().log.entries;
      expect([entry?.request.postData?.text, entry?.request.postData?._truncated]).toEqual([text, truncated]);
      expect([entry?.response.content.text, entry?.response.content._truncated]).toEqual([text, truncated]);
      expect(entry?.response.content.size).toBe(typeof body === 'string' ? body.length : body.join('').length);
    }
  });

  it('writes bytes that are no text as base64, and says how they are coded', async () => {
    const { exchange, recorder } = setUp();
    const body = Uint8Array.of(0xff, 0x00);
    await exchange(
      { method: 'PUT', target: 'http://a.test/', body },
      { headers: { 'Content-Encoding': 'gzip' }, body },
    );
    const [entry] = recorder.har().log.entries;
    expect(entry?.request.postData).toEqual({ mimeType: '', text: '/wA=', _encoding: 'base64' });
    expect(entry?.response.content).toEqual({
      size: 2,
      mimeType: '',
      text: '/wA=',
      encoding: 'base64',
      _contentEncoding: 'gzip',
    });
  });

  it('leaves secrets out, cookies twice, unless asked for', async () => {
    const request = { target: 'http://a.test/', headers: { Authorization: 'Basic x', Cookie: 'a=1; b=2' } };
    const answer = { headers: { 'Set-Cookie': 'c=3; Path=/' } };
    const safe = setUp();
    await safe.exchange(request, answer);
    expect(JSON.stringify(safe.recorder.har())).not.toMatch(/Basic x|a=1|c=3|"3"/);
    const open = setUp({}, { includesSensitive: true });
    await open.exchange(request, answer);
    const [entry] = open.recorder.har().log.entries;
    expect(entry?.request.cookies).toEqual([
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ]);
    expect(entry?.response.cookies).toEqual([{ name: 'c', value: '3' }]);
    expect(entry?.request.headers[0]).toEqual({ name: 'Authorization', value: 'Basic x' });
  });

  it('writes a call that failed with status 0', async () => {
    const recorder = harRecordLayer();
    const service = recorder({ serve: () => Promise.reject(new Error('refused')) });
    await expect(service.serve(HttpRequest.from({ target: 'http://a.test/' }))).rejects.toThrow('refused');
    expect(recorder.har().log.entries[0]?.response).toMatchObject({ status: 0, _error: 'refused' });
  });

  it('drops the oldest beyond maxEntries, sorts by the begin, and forgets on demand', async () => {
    const { exchange, recorder } = setUp({}, { maxEntries: 2 });
    for (const name of ['a', 'b', 'c']) await exchange({ target: `http://${name}.test/` }, {}, 1);
    expect([recorder.entryCount, recorder.droppedCount]).toEqual([2, 1]);
    expect(recorder.har().log.entries.map(({ request }) => request.url)).toEqual(['http://b.test/', 'http://c.test/']);
    recorder.clear();
    expect(recorder.har().log.entries).toEqual([]);
  });

  it('records only what it should, and tells onEntry', async () => {
    const told: string[] = [];
    const { exchange, recorder } = setUp(
      {},
      { shouldRecord: ({ path }) => path !== '/health', onEntry: ({ request }) => told.push(request.url) },
    );
    await exchange({ target: 'http://a.test/health' }, {});
    await exchange({ target: 'http://a.test/x' }, {});
    expect([recorder.entryCount, told]).toEqual([1, ['http://a.test/x']]);
  });

  it('takes timings and the address from the client, where there is one', async () => {
    const recorder = harRecordLayer();
    const client = httpClientOn({ serve: async () => HttpResponse.text('hello') });
    const response = await recorder(client).serve(HttpRequest.from({ target: 'http://a.test/' }));
    await response.body.text();
    await client.close();
    const [entry] = recorder.har().log.entries;
    expect(entry?.serverIPAddress).toMatch(/^192\.0\.2\./);
    expect(entry?.timings.blocked).toBeGreaterThanOrEqual(0);
    expect(entry?.timings.connect).toBeGreaterThanOrEqual(0);
  });

  it.each<[HarRecordLayerOptions, string]>([
    [{ maxEntries: 0 }, 'maxEntries'],
    [{ maxBodyBytes: -1 }, 'maxBodyBytes'],
  ])('refuses %o', (options, message) => {
    expect(() => harRecordLayer(options)).toThrow(message);
  });
});

function setUp(answer: HttpResponseInit = {}, options: HarRecordLayerOptions = {}) {
  const clock = new FakeClock();
  const recorder = harRecordLayer({ clock, ...options });
  const seen: HttpRequest[] = [];
  let next: HttpResponseInit = answer;
  let delayMs = 0;
  const service = recorder({
    async serve(request) {
      seen.push(request);
      clock.advance(delayMs);
      return HttpResponse.from(next);
    },
  });
  const exchange = async (init: HttpRequestInit, response: HttpResponseInit, takesMs = 0): Promise<void> => {
    next = response;
    delayMs = takesMs;
    const output = await service.serve(HttpRequest.from(init));
    await seen.at(-1)?.body.bytes();
    await output.body.bytes();
  };
  return { recorder, service, seen, exchange };
}

function* failing(): Generator<string> {
  yield 'one';
  throw new Error('broke off');
}
