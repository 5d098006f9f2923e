import type { Duplex } from 'node:stream';
import { PassThrough } from 'node:stream';
import { settle } from '@lamella/service-core/testing';
import { MockAgent } from 'undici';
import { describe, expect, it } from 'vitest';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpRequestInit } from '../../message/http-request.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { DispatchController, DispatchHandler, DispatchOptions, LegacyDispatchHandler } from './dispatch-types.ts';
import { undiciService } from './undici-service.ts';

describe.each(['modern', 'legacy'] as const)('undiciService on a dispatcher of %s manners', (manner) => {
  it('sends what the request says, and no fields that are the business of undici', async () => {
    const { options, send } = setup(manner);
    void send({
      method: 'POST',
      target: 'http://a.test:81/p?q=1',
      headers: [
        ['X-Case', 'kept'],
        ['x-case', 'twice'],
        ['Connection', 'close'],
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', '2'],
        ['Expect', '100-continue'],
      ],
      body: 'ab',
    });
    await settle();
    expect(options()).toEqual({
      origin: 'http://a.test:81',
      path: '/p?q=1',
      method: 'POST',
      headers: ['X-Case', 'kept', 'x-case', 'twice'],
      body: 'ab',
    });
    void send({ target: 'https://a.test', body: HttpBody.from(['ab'], { size: 2 }), method: 'PUT' });
    await settle();
    expect(options()).toMatchObject({ origin: 'https://a.test', path: '/', headers: ['Content-Length', '2'] });
    void send({ target: 'a.test:443', method: 'CONNECT' });
    await settle();
    expect(options()).toMatchObject({ path: 'a.test:443', method: 'CONNECT', body: null });
  });

  it('gives head, body and trailers as they come, and tells of interim responses', async () => {
    const { peer, send } = setup(manner);
    const interim: number[] = [];
    const answer = send({ onInformational: ({ status }) => void interim.push(status) });
    await settle();
    peer.start();
    peer.head(103, []);
    peer.head(200, ['X-Case', 'a', 'Set-Cookie', '1', 'Set-Cookie', '2', 'Content-Length', '2'], 'Fine');
    const { status, reason, headers, body } = await answer;
    expect([status, reason, [...headers].length, body.size, interim]).toEqual([200, 'Fine', 4, 2, [103]]);
    expect(headers.getAll('set-cookie')).toEqual(['1', '2']);
    peer.data('a');
    peer.data('b');
    peer.end(['X-Sum', '2']);
    expect(await body.text()).toBe('ab');
    expect(body.trailers?.get('x-sum')).toBe('2');
  });

  it('holds the dispatcher up while nobody reads', async () => {
    const { peer, send } = setup(manner);
    const answer = send({});
    await settle();
    peer.start();
    peer.head(200, []);
    const { body } = await answer;
    expect(peer.data('a')).toBe('paused');
    expect(Buffer.from((await body.read()) ?? []).toString()).toBe('a');
    const next = body.read();
    expect(peer.resumed()).toBe(true);
    expect(peer.data('b')).toBe('flowing');
    expect(Buffer.from((await next) ?? []).toString()).toBe('b');
    peer.end([]);
    expect(await body.read()).toBeUndefined();
  });

  it('aborts with the reason of the request, and leaves no listener', async () => {
    for (const moment of ['before the start', 'before the head', 'in the body'] as const) {
      const controller = new AbortController();
      const { peer, send } = setup(manner);
      const answer = send({ signal: controller.signal });
      await settle();
      if (moment !== 'before the start') peer.start();
      if (moment === 'in the body') {
        peer.head(200, []);
        const { body } = await answer;
        const failed = expect(body.read()).rejects.toBe('enough');
        controller.abort('enough');
        peer.error(peer.aborted());
        await failed;
      } else {
        const failed = expect(answer).rejects.toBe('enough');
        controller.abort('enough');
        if (moment === 'before the start') {
          await failed; // a dispatcher may be busy for long
          peer.start();
        }
        peer.error(peer.aborted());
        await failed;
      }
      expect(peer.aborted()).toMatchObject({ message: 'enough' });
    }
  });

  it('aborts when the body is cancelled', async () => {
    const { peer, send } = setup(manner);
    const answer = send({});
    await settle();
    peer.start();
    peer.head(200, []);
    (await answer).body.cancel(new Error('no need'));
    expect(peer.aborted()).toMatchObject({ message: 'no need' });
  });

  it('rejects with what the dispatcher fails with, and gives the body of the request up', async () => {
    const cancelled: unknown[] = [];
    const body = HttpBody.fromSource({
      read: () => new Promise(() => {}),
      cancel: (reason) => void cancelled.push(reason),
    });
    const { peer, send } = setup(manner);
    const answer = send({ method: 'POST', body });
    const failed = expect(answer).rejects.toThrow('other side closed');
    await settle();
    peer.start();
    peer.error(new Error('other side closed'));
    await failed;
    expect(cancelled).toHaveLength(1);
  });

  it('gives the connection of an upgrade', async () => {
    const { peer, options, send } = setup(manner);
    const answer = send({ headers: { Connection: 'Upgrade', Upgrade: 'shout' } });
    await settle();
    expect(options()).toMatchObject({ upgrade: 'shout', headers: [] });
    peer.start();
    const socket = new PassThrough();
    socket.write('hello');
    peer.upgrade(101, ['Upgrade', 'shout'], socket);
    const { status, headers, upgraded } = await answer;
    expect([status, headers.get('upgrade')]).toEqual([101, 'shout']);
    expect(Buffer.from((await upgraded?.stream.read()) ?? []).toString()).toBe('hello');
    upgraded?.stream.destroy();
  });

  it('closes the connection of an upgrade that comes when the caller has gone', async () => {
    const { peer, send } = setup(manner);
    const controller = new AbortController();
    const answer = send({ headers: { Connection: 'Upgrade', Upgrade: 'shout' }, signal: controller.signal });
    answer.catch(() => {});
    await settle();
    controller.abort('enough');
    peer.start();
    const socket = new PassThrough();
    peer.upgrade(101, ['Upgrade', 'shout'], socket);
    await expect(answer).rejects.toBe('enough');
    expect(socket.destroyed).toBe(true);
  });

  it.each([
    ['http://a.test', 'OPTIONS', 'http://a.test'],
    ['http://a.test/', 'OPTIONS', '/'],
    ['http://a.test?q', 'OPTIONS', '/?q'],
    ['http://a.test', 'GET', '/'],
  ])('asks %s by %s for %s', async (target, method, path) => {
    const { options, send } = setup(manner);
    send({ target, method }).catch(() => {});
    await settle();
    expect(options()).toMatchObject({ origin: 'http://a.test', path });
  });
});

describe('undiciService', () => {
  it('works on a MockAgent', async () => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    agent
      .get('http://a.test')
      .intercept({ path: '/x' })
      .reply(201, { ok: true }, { trailers: { 'x-t': '1' } });
    const response = await undiciService(agent).serve(HttpRequest.from({ target: 'http://a.test/x' }));
    expect([response.status, await response.body.json()]).toEqual([201, { ok: true }]);
    await agent.close();
  });

  it('rejects if dispatch throws, or the request says no host', async () => {
    const service = undiciService({
      dispatch() {
        throw new Error('closed');
      },
    });
    await expect(service.serve(HttpRequest.from({ target: 'http://a.test/x' }))).rejects.toThrow('closed');
    await expect(service.serve(HttpRequest.from({ target: '/x' }))).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

/** A dispatcher that does what the test says, speaking to its handler in one of the two manners. */
function setup(manner: 'modern' | 'legacy') {
  let given: DispatchOptions | undefined;
  let handler: DispatchHandler & LegacyDispatchHandler = {};
  let aborted: unknown;
  let isPaused = false;
  const service = undiciService({
    dispatch(options, hearer) {
      given = options as DispatchOptions; // what the service gives
      handler = hearer as DispatchHandler & LegacyDispatchHandler; // the same
      return true;
    },
  });
  const controller: DispatchController = {
    aborted: false,
    paused: false,
    reason: null,
    abort(reason) {
      aborted = reason;
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
    },
  };
  const raw = (fields: readonly string[]): Buffer[] => fields.map((text) => Buffer.from(text, 'latin1'));
  const isModern = manner === 'modern';
  const peer = {
    start() {
      if (isModern) handler.onRequestStart?.(controller, {});
      else handler.onConnect?.((reason) => controller.abort(reason));
    },
    head(status: number, fields: readonly string[], reason = '') {
      controller.rawHeaders = raw(fields);
      if (isModern) handler.onResponseStart?.(controller, status, {}, reason);
      else handler.onHeaders?.(status, raw(fields), () => controller.resume(), reason);
    },
    data(text: string) {
      if (isModern) handler.onResponseData?.(controller, Buffer.from(text));
      else if (handler.onData?.(Buffer.from(text)) === false) controller.pause();
      return isPaused ? 'paused' : 'flowing';
    },
    resumed: () => !isPaused,
    end(fields: readonly string[]) {
      const trailers = Object.fromEntries(fields.length === 0 ? [] : [fields]);
      if (isModern) handler.onResponseEnd?.(controller, trailers);
      else handler.onComplete?.(raw(fields));
    },
    error(error: unknown) {
      const told = error instanceof Error ? error : new Error('aborted');
      if (isModern) handler.onResponseError?.(controller, told);
      else handler.onError?.(told);
    },
    upgrade(status: number, fields: readonly string[], socket: Duplex) {
      controller.rawHeaders = raw(fields);
      if (isModern) handler.onRequestUpgrade?.(controller, status, {}, socket);
      else handler.onUpgrade?.(status, raw(fields), socket);
    },
    aborted: () => aborted,
  };
  const send = (init: Partial<HttpRequestInit>) => {
    const answer = service.serve(HttpRequest.from({ target: 'http://a.test/', ...init }));
    answer.catch(() => {});
    return answer;
  };
  return { options: () => given, peer, send };
}
