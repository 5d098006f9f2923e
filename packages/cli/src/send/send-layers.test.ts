import { gzipSync } from 'node:zlib';
import { HttpBody, HttpRequest, HttpResponse, harRecordLayer } from '@lamella/http';
import { cookieJarLayer, createCookieJar } from '@lamella/http-cookies';
import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { ResponseHeads } from './response-heads.ts';
import type { SendLayersInit } from './send-layers.ts';
import { sendLayers } from './send-layers.ts';
import { SendRetries } from './send-retries.ts';

describe('sendLayers', () => {
  it('send what a failed attempt has set, and record each attempt with its cookies', async () => {
    const { ask, sent, recorder, clock } = setup([
      HttpResponse.from({ status: 503, headers: [['Set-Cookie', 'a=1']] }),
      HttpResponse.text('here'),
    ]);
    const response = ask();
    await clock.advanceAsync(1_000);
    expect(await (await response).body.text()).toBe('here');
    expect(sent.map(({ headers }) => headers.get('cookie'))).toEqual([undefined, 'a=1']);
    const cookies = recorder
      .har()
      .log.entries.map(({ request, response: { status } }) => [
        status,
        request.headers.find(({ name }) => name === 'Cookie')?.value,
      ]);
    expect(cookies).toEqual([
      [503, undefined],
      [200, 'a=1'],
    ]);
  });

  it('repeat what can be sent only once, cookies and all', async () => {
    const { ask, sent, clock } = setup([HttpResponse.from({ status: 503 }), HttpResponse.text('here')]);
    let isRead = false;
    const body = HttpBody.fromSource({
      async read() {
        if (isRead) return undefined;
        isRead = true;
        return Buffer.from('once');
      },
      cancel() {},
    });
    const response = ask({ method: 'POST', body });
    await clock.advanceAsync(1_000);
    expect((await response).status).toBe(200);
    expect(sent.map(({ text }) => text)).toEqual(['once', 'once']);
  });

  it('record decoded content, and tell heads as they came', async () => {
    const coded = () =>
      HttpResponse.from({ headers: [['Content-Encoding', 'gzip']], body: HttpBody.from(gzipSync('hello')) });
    const { ask, recorder, heads, told } = setup([coded()]);
    expect(await (await ask()).body.text()).toBe('hello');
    const [entry] = recorder.har().log.entries;
    expect(entry?.response.content.text).toBe('hello');
    expect(told).toEqual(['gzip']);
    expect(heads.bytes).toBeUndefined(); // those are for whoever hears of them
  });

  it('are none but that which is asked for', async () => {
    const answer = HttpResponse.from({
      status: 503,
      headers: [
        ['Set-Cookie', 'a=1'],
        ['Content-Encoding', 'gzip'],
      ],
    });
    const { ask, sent } = setup([answer], { retries: undefined, cookies: undefined, recording: undefined }, false);
    const response = await ask();
    expect([response, sent.length]).toEqual([answer, 1]);
  });
});

interface Sent {
  readonly headers: HttpRequest['headers'];
  readonly text: string;
}

function setup(answers: readonly HttpResponse[], changes: Partial<SendLayersInit> = {}, isCompressed = true) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const told: (string | undefined)[] = [];
  const heads = new ResponseHeads();
  const recorder = harRecordLayer({ clock, includesSensitive: true });
  const retries = new SendRetries({
    count: 2,
    delayMs: 1_000,
    hasAllErrors: false,
    isFailing: false,
    onRetry() {},
    onStuck() {},
    clock,
  });
  const client = serviceFn(async ({ headers, body }: HttpRequest) => {
    const answer = answers[sent.length] ?? HttpResponse.text('no more');
    sent.push({ headers, text: await body.text() });
    return answer;
  });
  const service = sendLayers(client, {
    plan: { method: 'POST', isCompressed, onHead: ({ headers }) => void told.push(headers.get('content-encoding')) },
    heads,
    retries,
    cookies: cookieJarLayer({ jar: createCookieJar() }),
    recording: recorder,
    ...changes,
  });
  const ask = (init: { readonly method?: string; readonly body?: HttpBody } = {}) =>
    service.serve(HttpRequest.from({ target: 'http://h.test/', ...init }));
  return { ask, sent, told, heads, recorder, clock };
}
