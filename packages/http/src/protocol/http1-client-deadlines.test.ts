import { describe, expect, it } from 'vitest';
import {
  ask,
  CLIENT_TIMEOUTS,
  endRequest,
  playClient,
  requestHeadOf,
  sendContent,
  startRequest,
  wantContent,
} from '../../test/support/client-playbook.ts';
import {
  advance,
  command,
  expectEvent,
  expectNothing,
  expectOutput,
  expectState,
  refuses,
  type Step,
  send,
} from '../../test/support/playbook.ts';
import { fullClientTimeouts } from './http1-client-deadlines.ts';
import type { Http1ClientProtocol } from './http1-client-protocol.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const isGet = expectOutput('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
const hasNoDeadline: Step<Http1ClientProtocol> = command((protocol) =>
  expect(protocol.nextTimeoutMs()).toBe(Number.POSITIVE_INFINITY),
);
const block = (isBlocked: boolean): Step<Http1ClientProtocol> =>
  command((protocol, nowMs) => protocol.blockWrite(isBlocked, nowMs));

/** The connection is of no use any more, and nothing else strikes. */
function timesOut(limit: string, timeoutMs: number, phase: string): Step<Http1ClientProtocol> {
  const steps: readonly Step<Http1ClientProtocol>[] = [
    expectEvent({ type: 'timeout', error: { code: 'LML_ERR_TIMEOUT', limit, timeoutMs, facts: { phase } } }),
    hasNoDeadline,
    expectState<Http1ClientProtocol>({ isIdle: false, isOver: false }),
    refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol, nowMs) => protocol.sendHead(requestHeadOf({}), nowMs)),
    send(OK),
    advance(10_000_000),
    expectNothing(),
  ];
  return (stage) => {
    for (const step of steps) step(stage);
  };
}

describe('Http1ClientProtocol', () => {
  it('waits for nothing while nothing is asked', () => {
    playClient([hasNoDeadline, ask(), isGet, send(OK), ...isWhole(), hasNoDeadline, advance(1e9), expectNothing()]);
  });

  describe('responseHeadTimeoutMs', () => {
    const strikes = timesOut('responseHeadTimeoutMs', 120_000, 'response-head');

    it('runs from the request to the end of the head', () => {
      playClient([ask(), isGet, advance(119_999), expectNothing(), advance(1), strikes]);
      playClient([
        ask(),
        isGet,
        send('HTTP/1.1 200 OK\r\nA: b\r\n'),
        advance(119_999),
        expectNothing(),
        advance(1),
        strikes,
      ]);
      playClient([ask(), isGet, advance(119_999), send(OK), ...isWhole(), hasNoDeadline]);
    });

    it('runs anew from everything that is sent of the request', () => {
      playClient([
        startRequest({ method: 'PUT', size: 2 }),
        advance(119_999),
        sendContent('a'),
        advance(119_999),
        sendContent('b'),
        endRequest,
        expectOutput(/ab$/),
        advance(119_999),
        expectNothing(),
        advance(1),
        strikes,
      ]);
    });

    it('runs anew from each interim response', () => {
      playClient([
        ask(),
        isGet,
        advance(119_999),
        send('HTTP/1.1 102 \r\n\r\n'),
        expectEvent({ type: 'informational' }),
        advance(119_999),
        expectNothing(),
        advance(1),
        strikes,
      ]);
    });

    it('does not run behind an early response', () => {
      playClient([
        startRequest({ method: 'PUT', size: 2 }),
        send(OK),
        ...isWhole(),
        sendContent('a'),
        hasNoDeadline,
        expectOutput(/a$/),
        advance(1e9),
        expectNothing(),
      ]);
    });
  });

  describe('bodyTimeoutMs', () => {
    const strikes = timesOut('bodyTimeoutMs', 40_000, 'response-body');
    const isStarted: readonly Step<Http1ClientProtocol>[] = [
      ask(),
      isGet,
      send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab'),
      expectEvent({ type: 'response' }),
      expectEvent({ type: 'data', bytes: 'ab' }),
    ];

    it('runs while somebody waits for the body, anew from each piece of it', () => {
      playClient([
        ...isStarted,
        wantContent(true),
        advance(39_999),
        send('c'),
        expectEvent({ type: 'data', bytes: 'c' }),
        advance(39_999),
        expectNothing(),
        advance(1),
        strikes,
      ]);
    });

    it('does not run while nobody waits', () => {
      playClient([
        ...isStarted,
        hasNoDeadline,
        advance(1e9),
        wantContent(true),
        advance(39_999),
        wantContent(false),
        hasNoDeadline,
        send('c'),
        expectEvent({ type: 'data', bytes: 'c' }),
        hasNoDeadline,
        advance(1e9),
        expectNothing(),
        wantContent(true),
        advance(40_000),
        strikes,
      ]);
    });

    it('ends with the body, wanted or not', () => {
      playClient([
        ...isStarted,
        wantContent(true),
        send('cdefghi'),
        expectEvent({ type: 'data' }),
        expectEvent({ type: 'end' }),
        hasNoDeadline,
        wantContent(true),
        wantContent(false),
        hasNoDeadline,
      ]);
    });

    it('says nothing about a response that has not begun', () => {
      playClient([
        ask(),
        isGet,
        wantContent(true),
        advance(40_000),
        expectNothing(),
        wantContent(false),
        advance(80_000),
        expectEvent({ type: 'timeout', error: { limit: 'responseHeadTimeoutMs' } }),
      ]);
    });
  });

  describe('writeTimeoutMs', () => {
    const strikes = timesOut('writeTimeoutMs', 60_000, 'request');

    it('runs while the peer takes nothing', () => {
      playClient([ask(), isGet, block(true), advance(59_999), expectNothing(), advance(1), strikes]);
    });

    it('does not run when it takes something; then the response has its time anew', () => {
      playClient([
        ask(),
        isGet,
        block(true),
        advance(59_999),
        block(false),
        advance(119_999),
        expectNothing(),
        advance(1),
        timesOut('responseHeadTimeoutMs', 120_000, 'response-head'),
      ]);
    });

    it('leaves no other deadline behind: not on an idle connection, not where the response has come', () => {
      playClient([block(true), block(false), hasNoDeadline]);
      playClient([
        startRequest({ method: 'PUT', size: 2 }),
        expectOutput(/PUT/),
        block(true),
        send(OK),
        ...isWhole(),
        block(false),
        hasNoDeadline,
      ]);
    });

    it('comes first where several deadlines have passed', () => {
      playClient([
        ask(),
        isGet,
        advance(60_000),
        block(true),
        command((protocol, nowMs) => protocol.handleTimeout(nowMs + 1e6)),
        timesOut('writeTimeoutMs', 60_000, 'request'),
      ]);
    });

    it('ends with HTTP', () => {
      playClient([
        ask({ method: 'CONNECT', target: 'a.test:1' }),
        expectOutput(/CONNECT/),
        block(true),
        send('HTTP/1.1 200 OK\r\n\r\n'),
        expectEvent({ type: 'response', hasSwitched: true }),
        hasNoDeadline,
      ]);
    });
  });

  it('forgets its deadlines with a failure', () => {
    playClient([ask(), isGet, block(true), send('\0'), send('\r\n'), expectEvent({ type: 'failed' }), hasNoDeadline]);
  });

  it('does not mind being asked too early', () => {
    playClient([
      ask(),
      isGet,
      advance(60_000),
      command((protocol, nowMs) => {
        protocol.handleTimeout(nowMs);
        expect(protocol.nextTimeoutMs()).toBe(nowMs + 60_000);
      }),
      expectNothing(),
      send(OK),
      ...isWhole(),
    ]);
  });

  it('keeps to a timeout that it has been told, though there is another', () => {
    playClient([
      ask(),
      isGet,
      command((protocol, nowMs) => {
        protocol.handleTimeout(nowMs + 120_000);
        protocol.blockWrite(true, nowMs);
        protocol.handleTimeout(nowMs + 120_000);
      }),
      timesOut('responseHeadTimeoutMs', 120_000, 'response-head'),
    ]);
  });
});

describe('fullClientTimeouts', () => {
  it('fills in defaults', () => {
    expect(fullClientTimeouts()).toEqual({
      responseHeadTimeoutMs: 120_000,
      bodyTimeoutMs: 120_000,
      writeTimeoutMs: 60_000,
      expectContinueTimeoutMs: 1_000,
    });
    expect(fullClientTimeouts(CLIENT_TIMEOUTS)).toEqual(CLIENT_TIMEOUTS);
  });

  it.each(Object.keys(CLIENT_TIMEOUTS))('takes %s to be more than 0, and Infinity for none', (name) => {
    for (const value of [0, -1, Number.NaN]) {
      expect(() => fullClientTimeouts({ [name]: value })).toThrow(`${name} must be > 0, got ${value}`);
    }
    for (const value of [0.001, Number.POSITIVE_INFINITY]) {
      expect(fullClientTimeouts({ [name]: value })).toMatchObject({ [name]: value });
    }
  });
});

function isWhole(): Step<Http1ClientProtocol>[] {
  return [
    expectEvent({ type: 'response', hasBody: true }),
    expectEvent({ type: 'data', bytes: 'hi' }),
    expectEvent({ type: 'end' }),
  ];
}
