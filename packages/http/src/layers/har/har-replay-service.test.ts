import { describe, expect, it } from 'vitest';
import type { HttpRequestInit } from '../../message/http-request.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { harRecordLayer } from './har-record-layer.ts';
import type { HarReplayServiceOptions } from './har-replay-service.ts';
import { harReplayService } from './har-replay-service.ts';

describe('harReplayService', () => {
  it('answers with what harRecordLayer has recorded, byte for byte', async () => {
    const recorder = harRecordLayer();
    const bytes = Uint8Array.of(0xff, 0x00, 0x0a);
    const live = recorder({
      serve: async () =>
        HttpResponse.from({
          status: 203,
          reason: 'Fine',
          headers: [
            ['Content-Encoding', 'x'],
            ['X-A', '1'],
            ['X-A', '2'],
          ],
          body: [bytes],
        }),
    });
    await (await live.serve(HttpRequest.from({ target: 'http://a.test/' }))).body.bytes();
    const replay = harReplayService(JSON.stringify(recorder.har()));
    const response = await replay.serve(HttpRequest.from({ target: 'http://a.test/' }));
    expect([response.status, response.reason, response.headers.get('content-encoding')]).toEqual([203, 'Fine', 'x']);
    expect(response.headers.getAll('x-a')).toEqual(['1', '2']);
    expect(await response.body.bytes()).toEqual(Buffer.from(bytes));
  });

  it('answers several of the same in order, and stays with the last one; or always with the first', async () => {
    const har = harOf(entry({ text: 'one' }), entry({ text: 'two' }));
    const inOrder = harReplayService(har);
    expect([await textOf(inOrder), await textOf(inOrder), await textOf(inOrder)]).toEqual(['one', 'two', 'two']);
    const first = harReplayService(har, { repeat: 'first' });
    expect([await textOf(first), await textOf(first)]).toEqual(['one', 'one']);
  });

  it.each<[HttpRequestInit, HarReplayServiceOptions, boolean]>([
    [{ target: 'http://a.test/x?q' }, {}, true],
    [{ target: '/x?q', headers: { Host: 'a.test' } }, {}, true],
    [{ target: 'http://a.test:80/x?q' }, {}, true],
    [{ target: 'http://a.test/x?q', method: 'HEAD' }, {}, false],
    [{ target: 'http://b.test/x?q' }, {}, false],
    [{ target: 'http://a.test/y?q' }, {}, false],
    [{ target: 'http://a.test/x?r' }, {}, false],
    [{ target: 'http://a.test/x' }, {}, false],
    [{ target: 'http://b.test/x?r', method: 'PUT' }, { matchOn: ['path'] }, true],
    [{ target: 'http://a.test/x?q', body: 'other' }, {}, true],
    [{ target: 'http://a.test/x?q', body: 'other' }, { matchOn: ['body'] }, false],
    [{ target: 'http://z.test/', body: ['con', 'tent'] }, { matchOn: ['body'] }, true],
  ])('%o with %o matches: %s', async (init, options, matches) => {
    const recorded = entry({ url: 'http://a.test/x?q#part', postData: { mimeType: '', text: 'content' } });
    const answer = harReplayService(harOf(recorded), options).serve(HttpRequest.from(init));
    if (matches) expect((await answer).status).toBe(200);
    else await expect(answer).rejects.toMatchObject({ code: 'LML_ERR_HAR_NO_MATCH' });
  });

  it('hands a miss on, with its body', async () => {
    const onMiss = { serve: async ({ body }: HttpRequest) => HttpResponse.text(await body.text()) };
    const replay = harReplayService(harOf(), { onMiss, matchOn: ['body'] });
    const response = await replay.serve(HttpRequest.from({ method: 'POST', target: 'http://a.test/', body: ['x'] }));
    expect(await response.body.text()).toBe('x');
  });

  it('bounds the body that it compares', async () => {
    const replay = harReplayService(harOf(), { matchOn: ['body'], maxBodyBytes: 3 });
    const ask = (body: string) =>
      replay.serve(HttpRequest.from({ method: 'POST', target: 'http://a.test/', body: [body] }));
    await expect(ask('1234')).rejects.toMatchObject({ code: 'LML_ERR_LIMIT' });
    await expect(ask('123')).rejects.toMatchObject({ code: 'LML_ERR_HAR_NO_MATCH' });
  });

  it('reads what browsers write: pseudo fields, decoded content, cookies in lines', async () => {
    const headers = [
      { name: ':status', value: '200' },
      { name: 'content-encoding', value: 'br' },
      { name: 'content-length', value: '999' },
      { name: 'transfer-encoding', value: 'chunked' },
      { name: 'set-cookie', value: 'a=1\nb=2' },
    ];
    const response = await harReplayService(harOf(entry({ headers }))).serve(
      HttpRequest.from({ target: 'http://a.test/' }),
    );
    expect(response.headers.toJSON()).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
  });

  it.each([
    ['no answer', entry({ status: 0 })],
    ['an interim answer', entry({ status: 101 })],
    ['content that is cut', entry({ content: { size: 9, text: 'x', _truncated: true } })],
    ['content that was not recorded', entry({ content: { size: 9 } })],
  ])('leaves %s out', async (_name, recorded) => {
    await expect(textOf(harReplayService(harOf(recorded)))).rejects.toMatchObject({ code: 'LML_ERR_HAR_NO_MATCH' });
  });

  it.each<[string, string, string]>([
    ['no JSON', '{', 'the file is no JSON'],
    ['no object', '[]', 'log is no object'],
    ['no entries', '{"log":{}}', 'log.entries is no list'],
    ['an entry of nothing', '{"log":{"entries":[null]}}', 'log.entries[0] is no object'],
    ['a method with a line break', harOf(entry({ method: 'GET\r\nX: y' })), 'log.entries[0].request.method'],
    ['no URL', harOf(entry({ url: 'nonsense' })), 'log.entries[0].request.url'],
    ['no status', harOf(entry({ status: '200' })), 'log.entries[0].response.status'],
    ['a reason with a line break', harOf(entry({ statusText: 'OK\r\nEvil: 1' })), 'log.entries[0].response.statusText'],
    ['fields that are no list', harOf(entry({ headers: {} })), 'log.entries[0].response.headers is no list'],
    ['a field of a number', harOf(entry({ headers: [{ name: 'a', value: 1 }] })), 'headers[0] is no pair'],
    [
      'an injected field',
      harOf(entry({ headers: [{ name: 'A', value: 'b\r\nEvil: 1' }] })),
      'headers[0] may not stand',
    ],
    ['a name with a blank', harOf(entry({ headers: [{ name: 'A B', value: '' }] })), 'headers[0] may not stand'],
    [
      'an injected cookie',
      harOf(entry({ headers: [{ name: 'Set-Cookie', value: 'a=b\r\nEvil: 1' }] })),
      'may not stand',
    ],
  ])('refuses a file with %s', (_name, text, message) => {
    const replay = () => harReplayService(text);
    expect(replay).toThrow(message);
    expect(replay).toThrow(expect.objectContaining({ code: 'LML_ERR_HAR_BAD_FILE' }));
  });

  it.each<[HarReplayServiceOptions, string]>([
    [{ matchOn: [] }, 'matchOn'],
    [{ maxBodyBytes: -1 }, 'maxBodyBytes'],
  ])('refuses %o', (options, message) => {
    expect(() => harReplayService(harOf(), options)).toThrow(message);
  });
});

interface Changes {
  readonly method?: string;
  readonly url?: string;
  readonly postData?: object;
  readonly status?: unknown;
  readonly statusText?: string;
  readonly headers?: unknown;
  readonly content?: object;
  readonly text?: string;
}

function entry(changes: Changes): object {
  const { method = 'GET', url = 'http://a.test/', postData, status = 200, statusText = 'OK', headers = [] } = changes;
  const content = changes.content ?? { size: 1, mimeType: '', text: changes.text ?? 'x' };
  return {
    request: { method, url, ...(postData && { postData }) },
    response: { status, statusText, headers, content },
  };
}

function harOf(...entries: object[]): string {
  return JSON.stringify({ log: { version: '1.2', entries } });
}

async function textOf(service: ReturnType<typeof harReplayService>): Promise<string> {
  return (await service.serve(HttpRequest.from({ target: 'http://a.test/' }))).body.text();
}
