import { memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newServer } from '../../test/support/server-playbook.ts';
import { StepsAndText } from '../../test/support/steps-and-text.ts';
import { DateLine } from '../codec/head-encoder.ts';
import { HttpBody } from '../message/http-body.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import { HttpResponse } from '../message/http-response.ts';
import { RequestContext } from '../message/request-context.ts';
import { Outbox } from './outbox.ts';
import { ServerExchange } from './server-exchange.ts';
import { ServerResponses } from './server-responses.ts';

checkLedger({ beforeEach, afterEach });
const streams: Disposable[] = [];
afterEach(() => {
  for (const stream of streams.splice(0)) stream[Symbol.dispose]();
});

/** The responses of a connection whose other parts are written down as they are called. */
function setup({ endOfAgeMs = Number.POSITIVE_INFINITY, graceMs = Number.POSITIVE_INFINITY } = {}) {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const [stream, far] = memoryPipe({ clock });
  streams.push({ [Symbol.dispose]: () => void [stream.destroy(), far.destroy()] });
  const protocol = newServer(clock.nowMs());
  const outbox = new Outbox(stream, protocol, clock, { onRoom: nothing, onBlocked: nothing, onFailed: nothing });
  const seen = new StepsAndText(far);
  const terms = {
    clock,
    lifecycle,
    dateLine: new DateLine(),
    connectionAgeGraceMs: graceMs,
    onError: (error: unknown) => seen.note(`error ${messageOf(error)}`),
  };
  const responses = new ServerResponses(protocol, outbox, terms, endOfAgeMs, {
    onResponded: () => seen.note('responded'),
    acceptUpgrade: (_exchange, { status }) => {
      seen.note(`upgrade ${status}`);
      throw new Error('it does not fit');
    },
    startDrain: () => seen.note('drain'),
    destroy: (reason) => seen.note(`destroy ${messageOf(reason)}`),
  });
  return {
    clock,
    lifecycle,
    responses,
    /** A request that has come. */
    ask(fields = '') {
      protocol.receiveBytes(Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`));
      const event = protocol.nextEvent(clock.nowMs());
      if (event?.type !== 'request') throw new Error(`a request was expected, not ${event?.type}`);
      const exchange = new ServerExchange(event.head, undefined, new RequestContext({}));
      return { exchange, request: exchange.start(nothing) };
    },
    /** What has been called since the last look, and what was written, without the date. */
    async seen() {
      await settle();
      outbox.release();
      await settle();
      return seen.take();
    },
  };
}

describe('ServerResponses', () => {
  it('sends a response, then says so', async () => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask();
    responses.respond(exchange, HttpResponse.text('grün'), request);
    expect(exchange.isOver).toBe(true);
    expect(await seen()).toEqual(['responded', expect.stringMatching(/^HTTP\/1\.1 200 OK\|.*\|\|gr\xc3\xbcn$/)]);
  });

  it('says that the connection ends, from its age on and while the server leaves', async () => {
    for (const [nowMs, leaves, isLast] of [
      [999, false, false],
      [1_000, false, true],
      [0, true, true],
    ] as const) {
      const { clock, lifecycle, responses, ask, seen } = setup({ endOfAgeMs: 1_000 });
      clock.advance(nowMs);
      const drained = leaves ? lifecycle.drain({ preDrainMs: 1 }) : undefined;
      const { exchange, request } = ask();
      responses.respond(exchange, HttpResponse.from({ status: 204 }), request);
      expect(await seen()).toEqual(['responded', `HTTP/1.1 204 No Content|${isLast ? 'Connection: close|' : ''}|`]);
      await clock.advanceAsync(10);
      await drained;
    }
  });

  it.each([
    ['that is none', Response.json({}), 'the service gave no HttpResponse'],
    ['whose upgrade does not fit', HttpResponse.upgrade({ status: 101 }, { serve: async () => {} }), 'it does not fit'],
    [
      'that can not be sent',
      HttpResponse.from({ status: 200, headers: { 'Content-Length': '1, 2' } }),
      'content-length',
    ],
  ])('has 500 for a response %s', async (_what, response, message) => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask();
    // What a service gives that was not checked.
    responses.respond(exchange, response as HttpResponse, request);
    const steps = await seen();
    expect(steps.at(-3)).toMatch(`error ${message}`);
    expect(steps.slice(-2)).toEqual(['responded', expect.stringMatching(/^HTTP\/1\.1 500 /)]);
  });

  it('gives up a response whose exchange is over', async () => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask();
    const gone = new Error('gone');
    exchange.abandon(gone);
    const reasons: unknown[] = [];
    const body = HttpBody.fromSource({ read: forever, cancel: (reason) => reasons.push(reason) });
    responses.respond(exchange, HttpResponse.from({ body }), request);
    responses.fail(exchange, gone, request); // what it was broken off with is no failure of the service
    responses.sendInformational(exchange, { status: 103, reason: '', headers: new HttpHeaders() });
    expect(reasons).toHaveLength(1);
    expect(await seen()).toEqual([]);
    responses.fail(exchange, new Error('another'), request);
    expect(await seen()).toEqual(['error another']);
  });

  it('never ends a response whose body fails: the connection does', async () => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask();
    responses.respond(exchange, HttpResponse.from({ body: failingAfter('half') }), request);
    const steps = await seen();
    expect(steps.slice(0, 2)).toEqual(['error broken', 'destroy broken']);
    expect(steps[2]).toMatch(/\|\|4\|half\|$/);
  });

  it('sends interim responses until the response begins', async () => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask();
    const early = { status: 103, reason: 'Early Hints', headers: HttpHeaders.from({ Link: 'x' }) };
    responses.sendInformational(exchange, early);
    expect(await seen()).toEqual(['HTTP/1.1 103 Early Hints|Link: x||']);
    responses.respond(
      exchange,
      HttpResponse.from({ body: HttpBody.fromSource({ read: forever, cancel: nothing }) }),
      request,
    );
    await seen();
    responses.sendInformational(exchange, early);
    expect(await seen()).toEqual([]);
  });

  it('waits for the first chunk where the client waits for leave to send its body', async () => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask('Expect: 100-continue\r\nContent-Length: 2\r\n');
    const go = Promise.withResolvers<void>();
    const body = async function* () {
      await go.promise;
      yield 'late';
    };
    responses.respond(exchange, HttpResponse.from({ body: body() }), request);
    expect(await seen()).toEqual([]);
    go.resolve();
    expect(await seen()).toEqual(['responded', expect.stringMatching(/\|\|4\|late\|0\|\|$/)]);
  });

  it('says that its last response is the last one', async () => {
    const { responses, ask, seen } = setup();
    ask();
    responses.sendLast(HttpResponse.from({ status: 400 }));
    expect(await seen()).toEqual([expect.stringMatching(/^HTTP\/1\.1 400 .*Connection: close\|\|$/)]);
  });
});

describe('an event stream', () => {
  const endless = (type = 'text/event-stream') => {
    const { promise, reject } = Promise.withResolvers<undefined>();
    promise.catch(nothing); // not every body is read
    const body = HttpBody.fromSource({ read: () => promise, cancel: reject });
    return HttpResponse.from({ headers: { 'Content-Type': type }, body });
  };

  it.each(['before its response begins', 'later'])('ends with a drain that starts %s', async (when) => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask();
    if (when !== 'later') responses.drain(exchange);
    responses.respond(exchange, endless(), request);
    if (when === 'later') {
      await seen();
      responses.drain(exchange);
    }
    expect(await seen()).toEqual(['responded', expect.stringMatching(/0\|\|$/)]);
  });

  it.each([false, true])('ends though what gives it throws when it hears of that, coded: %s', async (isCoded) => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask();
    const fail = (): never => {
      throw new Error('it breaks the rule');
    };
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const endEarly = (): never => {
      resolve(undefined);
      return fail();
    };
    const body = HttpBody.fromSource({ read: () => promise, cancel: fail, ...(isCoded && { endEarly }) });
    responses.respond(exchange, HttpResponse.from({ headers: { 'Content-Type': 'text/event-stream' }, body }), request);
    await seen();
    responses.drain(exchange);
    const steps = await seen();
    expect(steps.slice(0, 2).toSorted()).toEqual(['error it breaks the rule', 'responded']);
    expect(steps.slice(2)).toEqual(['0||']);
  });

  it('is no other body, which a drain leaves alone', async () => {
    const { responses, ask, seen } = setup();
    const { exchange, request } = ask();
    responses.respond(exchange, endless('text/plain'), request);
    await seen();
    responses.drain(exchange);
    expect([await seen(), exchange.isOver]).toEqual([[], false]);
  });

  it('hears of the age of its connection, and of the end of the grace behind it', async () => {
    const { clock, responses, ask, seen } = setup({ endOfAgeMs: 1_000, graceMs: 500 });
    const { exchange, request } = ask();
    responses.respond(exchange, endless(), request);
    await seen();
    clock.advance(999);
    expect(await seen()).toEqual([]);
    clock.advance(1);
    expect(await seen()).toEqual(['drain']);
    clock.advance(499);
    expect(await seen()).toEqual([]);
    clock.advance(1);
    expect(await seen()).toEqual([expect.stringMatching(/^destroy the connection has reached its age/)]);
  });

  it('leaves no timer to a connection that has ended', async () => {
    const { clock, responses, ask } = setup({ endOfAgeMs: 1_000 });
    const { exchange, request } = ask();
    const timers = clock.pendingTimers;
    responses.respond(exchange, endless(), request);
    expect(clock.pendingTimers).toBe(timers + 1);
    responses.stop();
    expect(clock.pendingTimers).toBe(timers);
  });
});

const nothing = (): void => {};
const forever = (): Promise<undefined> => new Promise(nothing);

function* failingAfter(chunk: string): Generator<string> {
  yield chunk;
  throw new Error('broken');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
