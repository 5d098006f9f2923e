import { memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENT_TIMEOUTS, newClient } from '../../test/support/client-playbook.ts';
import { StepsAndText } from '../../test/support/steps-and-text.ts';
import { HttpBody } from '../message/http-body.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import type { HttpRequestInit } from '../message/http-request.ts';
import { HttpRequest } from '../message/http-request.ts';
import { fullClientTimeouts } from '../protocol/http1-client-deadlines.ts';
import { ClientExchange } from './client-exchange.ts';
import { ClientRequests } from './client-requests.ts';
import { Outbox } from './outbox.ts';

checkLedger({ beforeEach, afterEach });
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** The requests of a connection whose other parts are written down as they are called. */
function setup(isToProxy = false) {
  const clock = new FakeClock();
  const [stream, far] = memoryPipe({ clock });
  ends.push(() => {
    stream.destroy();
    far.destroy();
  });
  const protocol = newClient();
  const outbox = new Outbox(stream, protocol, clock, { onRoom: nothing, onBlocked: nothing, onFailed: nothing });
  const seen = new StepsAndText(far);
  const terms = { clock, isToProxy, timeouts: fullClientTimeouts(CLIENT_TIMEOUTS) };
  const requests = new ClientRequests(protocol, outbox, terms, {
    onSent: ({ sentMs }) => seen.note(`sent at ${sentMs}`),
    breakOff: (error) => seen.note(error instanceof Error ? error.message : String(error)),
  });
  return {
    clock,
    protocol,
    requests,
    exchangeOf: (init: Partial<HttpRequestInit>) =>
      new ClientExchange(HttpRequest.from({ target: 'http://a.test/x', method: 'PUT', ...init }), 0, clock.nowMs()),
    /** Sends a request, as far as it does not wait. */
    send(exchange: ClientExchange) {
      const waits = requests.sendHead(exchange, clock.nowMs());
      if (waits) requests.awaitContinue(exchange);
      else requests.sendBody(exchange);
      void outbox.flush();
      return waits;
    },
    /** What has been called since the last look, and what was written. */
    async seen() {
      await settle(8);
      return seen.take();
    },
  };
}

describe('ClientRequests', () => {
  it.each([
    ['an origin', false, 'PUT /x HTTP/1.1|Host: a.test|'],
    ['a proxy', true, 'PUT http://a.test/x HTTP/1.1|Host: a.test|'],
  ])('sends %s what is at hand at once, without a word', async (_who, isToProxy, start) => {
    const { clock, send, exchangeOf, seen } = setup(isToProxy);
    clock.advance(5);
    const exchange = exchangeOf({ body: 'grün' });
    expect(send(exchange)).toBe(false);
    expect(exchange.sentMs).toBe(5);
    expect(await seen()).toEqual([`${start}Content-Length: 5||gr\xc3\xbcn`]);
  });

  it('says when a body that takes its time is sent', async () => {
    const { clock, send, exchangeOf, seen } = setup();
    const go = Promise.withResolvers<void>();
    async function* body(): AsyncGenerator<string> {
      yield 'a';
      await go.promise;
      yield 'bc';
    }
    const trailers = (): HttpHeaders => HttpHeaders.from({ 'X-Sum': '1' });
    const exchange = exchangeOf({ body: HttpBody.from(body(), { trailers }) });
    send(exchange);
    expect(await seen()).toEqual([expect.stringMatching(/\|\|1\|a\|$/)]);
    clock.advance(7);
    go.resolve();
    expect(await seen()).toEqual(['sent at 7', '2|bc|0|X-Sum: 1||']);
  });

  it.each([
    ['is shorter than it says', () => ['ab'], 'less bytes'],
    ['fails', () => failingAfter('ab'), 'broken'],
  ])('breaks off a request whose body %s', async (_how, chunks, message) => {
    const { send, exchangeOf, seen } = setup();
    const exchange = exchangeOf({ body: HttpBody.from(chunks(), { size: 3 }) });
    send(exchange);
    expect(await seen()).toEqual([expect.stringContaining(message), expect.stringMatching(/\|\|ab$/)]);
  });

  it('sends nothing behind a response that has come before, and asks the source for no more', async () => {
    const { protocol, requests, send, exchangeOf, seen } = setup();
    const { promise, reject } = Promise.withResolvers<undefined>();
    const exchange = exchangeOf({ body: HttpBody.fromSource({ read: () => promise, cancel: reject }) });
    send(exchange);
    await seen();
    requests.abandon(exchange);
    await expect(promise).rejects.toMatchObject({ code: 'LML_ERR_CLOSED' });
    expect(protocol.hasSentRequest).toBe(true);
    expect(await seen()).toEqual([]);
  });
});

describe('a body that waits for leave', () => {
  /** A request that waits. */
  async function setupWaiting() {
    const all = setup();
    const exchange = all.exchangeOf({ headers: { Expect: '100-continue' }, body: 'content' });
    expect(all.send(exchange)).toBe(true);
    expect(await all.seen()).toEqual([expect.stringMatching(/\|\|$/)]);
    return { ...all, exchange };
  }

  it('is sent when that is given, once', async () => {
    const { clock, requests, exchange, seen } = await setupWaiting();
    clock.advance(400);
    requests.sendWaiting();
    requests.sendWaiting();
    expect(await seen()).toEqual(['content']);
    expect([exchange.sentMs, clock.pendingTimers]).toEqual([400, 0]);
  });

  it('is sent after expectContinueTimeoutMs, without it', async () => {
    const { clock, requests, seen } = await setupWaiting();
    clock.advance(999);
    expect(await seen()).toEqual([]);
    clock.advance(1);
    expect(await seen()).toEqual(['content']);
    requests.sendWaiting();
    expect(await seen()).toEqual([]);
  });

  it('is never sent when it is not wanted', async () => {
    const { clock, requests, seen } = await setupWaiting();
    requests.stopWaiting();
    requests.sendWaiting();
    expect(clock.pendingTimers).toBe(0);
    expect(await seen()).toEqual([]);
  });
});

const nothing = (): void => {};

function* failingAfter(chunk: string): Generator<string> {
  yield chunk;
  throw new Error('broken');
}
