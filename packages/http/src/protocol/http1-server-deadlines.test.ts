import { describe, expect, it } from 'vitest';
import {
  advance,
  command,
  expectEvent,
  expectNothing,
  expectOutput,
  expectState,
  type Step,
  send,
} from '../../test/support/playbook.ts';
import {
  endResponse,
  playServer,
  respond,
  SERVER_TIMEOUTS,
  startResponse,
  want,
} from '../../test/support/server-playbook.ts';
import { fullServerTimeouts } from './http1-server-deadlines.ts';
import type { Http1ServerProtocol } from './http1-server-protocol.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const UPLOAD = 'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const isRequest = expectEvent({ type: 'request' });
const isExchange: readonly Step<Http1ServerProtocol>[] = [
  send(GET),
  isRequest,
  respond({ body: 'hi' }),
  expectOutput(OK),
];

describe('Http1ServerProtocol', () => {
  describe('headerTimeoutMs', () => {
    it('runs from the start of the connection for the first head; without a byte there is nobody to answer', () => {
      playServer([
        advance(19_999),
        expectNothing(),
        advance(1),
        timeout('headerTimeoutMs', 20_000, 'request-head', false),
        expectState<Http1ServerProtocol>({ isOver: true, isIdle: true }),
        send(GET),
        expectNothing(),
      ]);
    });

    it('runs from the start of the connection for the first head, whenever its first byte comes', () => {
      playServer([
        advance(15_000),
        send('GET / H'),
        advance(4_999),
        expectNothing(),
        advance(1),
        timeout('headerTimeoutMs', 20_000, 'request-head', true),
        respond({ status: 408 }),
        expectOutput('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
        expectState<Http1ServerProtocol>({ isOver: true }),
      ]);
    });

    it('ends with the head, at the last moment', () => {
      playServer([
        send(GET.slice(0, -1)),
        advance(19_999),
        send('\n'),
        isRequest,
        advance(10_000_000),
        expectNothing(),
      ]);
    });

    it('runs from the first byte for every later head', () => {
      playServer([
        ...isExchange,
        advance(90_000),
        send('GET /'),
        advance(19_998),
        send(' '),
        advance(1),
        expectNothing(),
        advance(1),
        timeout('headerTimeoutMs', 20_000, 'request-head', true),
      ]);
    });

    it('runs from when it is its turn for a head that was pipelined in part', () => {
      playServer([
        send(`${GET}GET / H`),
        isRequest,
        advance(1_000_000),
        respond({ body: 'hi' }),
        expectOutput(OK),
        advance(19_999),
        expectNothing(),
        advance(1),
        timeout('headerTimeoutMs', 20_000, 'request-head', true),
      ]);
    });

    it('is not started by an empty line', () => {
      playServer([
        ...isExchange,
        send('\r\n'),
        advance(94_999),
        expectNothing(),
        advance(1),
        timeout('idleTimeoutMs', 95_000, 'idle', false),
      ]);
    });
  });

  describe('idleTimeoutMs', () => {
    it('runs from the end of an exchange, and asks for no answer', () => {
      playServer([
        ...isExchange,
        advance(94_999),
        expectNothing(),
        advance(1),
        timeout('idleTimeoutMs', 95_000, 'idle', false),
        expectState<Http1ServerProtocol>({ isIdle: true, isOver: true }),
        expectNothing(),
      ]);
    });

    it('runs anew after each exchange', () => {
      playServer([
        ...isExchange,
        advance(94_999),
        ...isExchange,
        advance(94_999),
        expectNothing(),
        advance(1),
        timeout('idleTimeoutMs', 95_000, 'idle', false),
      ]);
    });

    it('does not run while an answer is being made', () => {
      playServer([
        send(GET),
        isRequest,
        advance(10_000_000),
        startResponse({ size: 2 }),
        advance(10_000_000),
        command((protocol) => protocol.sendData('hi')),
        endResponse,
        expectOutput(OK),
      ]);
    });

    it('runs from the end of the request, if that comes after the answer', () => {
      playServer([
        send(UPLOAD),
        isRequest,
        respond({ body: 'hi' }),
        expectOutput(OK),
        advance(50_000),
        send('0\r\n\r\n'),
        expectEvent({ type: 'end' }),
        advance(94_999),
        expectNothing(),
        advance(1),
        timeout('idleTimeoutMs', 95_000, 'idle', false),
      ]);
    });
  });

  describe('bodyProgressTimeoutMs', () => {
    it('does not run as long as nobody wants the body', () => {
      playServer([send(UPLOAD), isRequest, advance(10_000_000), expectNothing()]);
    });

    it('asks for something even if no rate is set', () => {
      const timeouts = fullServerTimeouts({ ...SERVER_TIMEOUTS, minBodyBytesPerSecond: 0 });
      playServer(
        [
          send(UPLOAD),
          isRequest,
          want(true),
          ...chunks(1, 29_999, 5),
          advance(4),
          expectNothing(),
          advance(1),
          timeout('bodyProgressTimeoutMs', 30_000, 'request-body', true),
        ],
        { timeouts },
      );
    });

    it('gives up when a window ends with a byte too few, and not with just enough', () => {
      playServer([
        send(UPLOAD),
        isRequest,
        want(true),
        ...chunk(1_500),
        advance(30_000),
        expectNothing(),
        ...chunk(1_499),
        advance(29_999),
        expectNothing(),
        advance(1),
        timeout('bodyProgressTimeoutMs', 30_000, 'request-body', true),
        respond({ status: 408 }),
        expectOutput('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
        expectState<Http1ServerProtocol>({ isOver: true, isReceivingBody: false }),
      ]);
    });

    it('lets a slow upload that comes on live for two hours', () => {
      const timeouts = fullServerTimeouts({ ...SERVER_TIMEOUTS, minBodyBytesPerSecond: 1 });
      playServer(
        [
          send(UPLOAD),
          isRequest,
          want(true),
          ...chunks(10, 10_000, 720),
          send('0\r\n\r\n'),
          expectEvent({ type: 'end' }),
          respond({ body: 'hi' }),
          expectOutput(OK),
          expectState({ isIdle: true }),
        ],
        { timeouts },
      );
    });

    it('ends an upload that drips, though each byte is read when it comes', () => {
      playServer([
        send(UPLOAD),
        isRequest,
        want(true),
        ...[1, 2].flatMap(() => [advance(14_999), ...chunk(1), want(false), want(true)]),
        expectNothing(),
        advance(1),
        expectNothing(),
        advance(1),
        timeout('bodyProgressTimeoutMs', 30_000, 'request-body', true),
      ]);
    });

    it('does not count the time in which nobody wants the body, and counts what came in it', () => {
      playServer([
        send(UPLOAD),
        isRequest,
        want(true),
        advance(10_000),
        want(false),
        advance(1_000_000),
        want(false),
        ...chunk(1_499),
        want(true),
        want(true),
        advance(19_999),
        expectNothing(),
        ...chunk(1),
        advance(1),
        expectNothing(),
        // The next window is a whole one, and starts at nothing.
        advance(29_999),
        expectNothing(),
        advance(1),
        timeout('bodyProgressTimeoutMs', 30_000, 'request-body', true),
      ]);
    });

    it('strikes late without harm', () => {
      playServer([
        send(UPLOAD),
        isRequest,
        want(true),
        ...chunk(1_500),
        command((protocol, nowMs) => {
          protocol.wantBody(false, nowMs + 40_000);
          protocol.wantBody(true, nowMs + 40_000);
          expect(protocol.nextTimeoutMs()).toBe(nowMs + 40_000);
          protocol.handleTimeout(nowMs + 40_000);
          expect(protocol.nextEvent(nowMs + 40_000)).toBeUndefined();
          expect(protocol.nextTimeoutMs()).toBe(nowMs + 70_000);
        }),
      ]);
    });

    it('starts anew with the body of the next request', () => {
      const upload = [
        send(UPLOAD),
        isRequest,
        want(true),
        advance(20_000),
        ...chunk(2_000),
        send('0\r\n\r\n'),
        expectEvent({ type: 'end' }),
        respond({ body: 'hi' }),
        expectOutput(OK),
      ];
      playServer([
        ...upload,
        ...upload,
        send(UPLOAD),
        isRequest,
        want(true),
        advance(29_999),
        expectNothing(),
        advance(1),
        timeout('bodyProgressTimeoutMs', 30_000, 'request-body', true),
      ]);
    });

    it('can answer no more when a response has begun', () => {
      playServer([
        send(UPLOAD),
        isRequest,
        want(true),
        startResponse({ size: 2 }),
        expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'),
        advance(30_000),
        timeout('bodyProgressTimeoutMs', 30_000, 'request-body', false),
        expectState<Http1ServerProtocol>({ isOver: true }),
      ]);
    });

    it('is of no matter when there is no body, or none any more', () => {
      playServer([send(GET), isRequest, want(true), advance(10_000_000), expectNothing()]);
      playServer([
        send(`${UPLOAD}0\r\n\r\n`),
        isRequest,
        expectEvent({ type: 'end' }),
        want(true),
        advance(10_000_000),
        expectNothing(),
      ]);
    });
  });

  describe('writeTimeoutMs', () => {
    it('runs from when the peer takes nothing, until it does', () => {
      playServer([
        send(GET),
        isRequest,
        startResponse({ size: 2 }),
        block(true),
        advance(59_999),
        block(false),
        advance(60_000),
        expectNothingButHead,
        block(true),
        advance(59_999),
        expectNothing(),
        advance(1),
        timeout('writeTimeoutMs', 60_000, 'write', false),
        expectState<Http1ServerProtocol>({ isOver: true, isIdle: false }),
      ]);
    });

    it('asks for no answer, even if there is none yet', () => {
      playServer([
        send(GET),
        isRequest,
        block(true),
        advance(60_000),
        timeout('writeTimeoutMs', 60_000, 'write', false),
        expectState<Http1ServerProtocol>({ isOver: true, awaitsResponse: false }),
      ]);
    });

    it('is told before another deadline that strikes at the same time', () => {
      playServer([
        block(true),
        command((protocol, nowMs) => protocol.handleTimeout(nowMs + 60_000)),
        timeout('writeTimeoutMs', 60_000, 'write', false),
      ]);
    });
  });

  it('tells one timeout, however often it is asked', () => {
    playServer([
      command((protocol, nowMs) => {
        protocol.handleTimeout(nowMs + 20_000);
        protocol.handleTimeout(nowMs + 20_001);
      }),
      timeout('headerTimeoutMs', 20_000, 'request-head', false),
      expectNothing(),
    ]);
  });
});

describe('fullServerTimeouts', () => {
  it('fills in defaults', () => {
    const defaults = {
      headerTimeoutMs: 20_000,
      idleTimeoutMs: 95_000,
      bodyProgressTimeoutMs: 30_000,
      minBodyBytesPerSecond: 50,
      writeTimeoutMs: 60_000,
      halfClosedTimeoutMs: 1_000,
    };
    expect(fullServerTimeouts()).toEqual(defaults);
    expect(
      fullServerTimeouts({ idleTimeoutMs: 1, minBodyBytesPerSecond: 0, writeTimeoutMs: Number.POSITIVE_INFINITY }),
    ).toEqual({
      ...defaults,
      idleTimeoutMs: 1,
      minBodyBytesPerSecond: 0,
      writeTimeoutMs: Number.POSITIVE_INFINITY,
      halfClosedTimeoutMs: 1_000,
    });
  });

  it.each(['headerTimeoutMs', 'idleTimeoutMs', 'bodyProgressTimeoutMs', 'writeTimeoutMs', 'halfClosedTimeoutMs'])(
    'refuses %s of 0 or less',
    (name) => {
      for (const value of [0, -1, Number.NaN]) {
        expect(() => fullServerTimeouts({ [name]: value })).toThrow(`${name} must be > 0, got ${value}`);
      }
    },
  );

  it('refuses a rate below 0', () => {
    for (const value of [-1, Number.NaN]) {
      expect(() => fullServerTimeouts({ minBodyBytesPerSecond: value })).toThrow(`must be >= 0, got ${value}`);
    }
  });
});

const expectNothingButHead = expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');

function timeout(limit: string, timeoutMs: number, phase: string, canRespond: boolean) {
  const error = { code: 'LML_ERR_TIMEOUT', limit, timeoutMs, facts: { layer: 'http/1.1', phase } };
  return expectEvent({ type: 'timeout', canRespond, error });
}

function block(isBlocked: boolean): Step<Http1ServerProtocol> {
  return command((protocol, nowMs) => protocol.blockWrite(isBlocked, nowMs));
}

/** One chunk of so many bytes. */
function chunk(size: number): Step<Http1ServerProtocol>[] {
  return [
    send(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`),
    expectEvent({ type: 'data', bytes: 'x'.repeat(size) }),
  ];
}

/** So many chunks, one each `everyMs`, the first one now. */
function chunks(size: number, everyMs: number, count: number): Step<Http1ServerProtocol>[] {
  return Array.from({ length: count }, () => [...chunk(size), advance(everyMs)]).flat();
}
