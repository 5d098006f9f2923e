import { describe, expect, it } from 'vitest';
import {
  advance,
  command,
  end,
  expectEvent,
  expectNothing,
  expectOutput,
  expectState,
  type Step,
  send,
} from '../../test/support/playbook.ts';
import { endResponse, playServer, respond, startResponse } from '../../test/support/server-playbook.ts';
import { fullLimits } from './http1-limits.ts';
import type { Http1ServerProtocol } from './http1-server-protocol.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const isRequest = expectEvent({ type: 'request' });

/** What is refused, with which status, and what for. */
const BAD_HEADS: readonly (readonly [code: string, status: number, input: string])[] = [
  ['LML_ERR_HTTP1_BAD_METHOD', 400, 'BAD\0 / HTTP/1.1\r\n\r\n'],
  ['LML_ERR_HTTP1_BAD_TARGET', 400, 'GET /\x7f HTTP/1.1\r\n\r\n'],
  ['LML_ERR_HTTP1_BAD_VERSION', 400, 'GET / HTTQ/1.1\r\n\r\n'],
  ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['LML_ERR_HTTP1_BAD_LINE_END', 400, 'GET / HTTP/1.1\nHost: a\n\n'],
  ['LML_ERR_HTTP1_OBS_FOLD', 400, `GET / HTTP/1.1\r\nHost: a.test\r\n b: c\r\n\r\n`],
  ['LML_ERR_HTTP1_START_LINE_TOO_LONG', 414, `GET /${'a'.repeat(20_000)}`],
  ['LML_ERR_HTTP1_HEADERS_TOO_LARGE', 431, `${POST}a: ${'b'.repeat(70_000)}`],
  ['LML_ERR_HTTP1_TOO_MANY_HEADERS', 431, `${POST}${'a: b\r\n'.repeat(128)}\r\n`],
  ['LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING', 501, `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ['LML_ERR_HTTP1_BAD_HOST', 400, 'GET / HTTP/1.1\r\n\r\n'],
  ['LML_ERR_HTTP1_BAD_HOST', 400, `${POST}Host: a.test\r\n\r\n`],
  ['LML_ERR_HTTP1_BAD_HOST', 400, 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
  ['LML_ERR_HTTP1_LENGTH_AND_TRANSFER_ENCODING', 400, `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', 400, 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['LML_ERR_HTTP1_BAD_TARGET', 400, 'GET * HTTP/1.1\r\nHost: a.test\r\n\r\n'],
  ['LML_ERR_HTTP1_FORBIDDEN_FIELD', 400, 'CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\nContent-Length: 5\r\n\r\n'],
  ['LML_ERR_HTTP1_BAD_EXPECT', 417, `${POST}Expect: x\r\n\r\n`],
];

describe('Http1ServerProtocol refuses', () => {
  it.each(BAD_HEADS)('a head by %s, answers %d and ends', (code, status, input) => {
    playServer([
      send(input),
      expectEvent({ type: 'failed', canRespond: true, error: { code, origin: 'remote' } }),
      expectState<Http1ServerProtocol>({ awaitsResponse: true, isIdle: false, isOver: false, bytesWaiting: 0 }),
      command((protocol) => expect(protocol.nextTimeoutMs()).toBe(Number.POSITIVE_INFINITY)),
      send(GET),
      expectNothing(),
      respond({ status }),
      expectOutput(/^HTTP\/1\.1 \d{3} [\w ]+\r\n(Content-Length: 0\r\n)?Connection: close\r\n\r\n$/),
      expectState<Http1ServerProtocol>({ isOver: true, bytesWaiting: 0 }),
      end(),
      expectNothing(),
    ]);
  });

  it('a bad head that is pipelined only when it is its turn', () => {
    playServer([
      send(`${GET}BAD\r\n\r\n`),
      isRequest,
      expectNothing(),
      respond({ body: 'hi' }),
      expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
      expectEvent({ type: 'failed', canRespond: true, error: { code: 'LML_ERR_HTTP1_BAD_METHOD' } }),
      respond({ status: 400 }),
      expectOutput('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    ]);
  });

  it('a bad HEAD without sending a body', () => {
    playServer([
      send('HEAD / HTTP/1.1\r\n\r\n'),
      expectEvent({ type: 'failed', canRespond: true }),
      respond({ status: 400, body: 'bad' }),
      expectOutput('HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\n'),
    ]);
  });

  /** Where an exchange stands when the body turns out to be bad. */
  const places: readonly (readonly [
    where: string,
    steps: readonly Step<Http1ServerProtocol>[],
    canRespond: boolean,
  ])[] = [
    ['before the response', [], true],
    [
      'in the response',
      [startResponse({ size: 2 }), expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n')],
      false,
    ],
    [
      'after the response',
      [respond({ body: 'hi' }), expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')],
      false,
    ],
  ];

  it.each(places)('a bad body: %s', (_where, steps, canRespond) => {
    playServer([
      send(CHUNKED),
      isRequest,
      ...steps,
      send('2\r\nabX'),
      expectEvent({ type: 'data', bytes: 'ab' }),
      expectEvent({ type: 'failed', canRespond, error: { code: 'LML_ERR_HTTP1_BAD_CHUNK_END' } }),
      send(GET),
      expectNothing(),
      ...endOf(canRespond),
    ]);
  });

  it.each(places)('a body that ends with the connection: %s', (_where, steps, canRespond) => {
    playServer([
      send(`${POST}Content-Length: 5\r\n\r\nabc`),
      isRequest,
      ...steps,
      expectEvent({ type: 'data', bytes: 'abc' }),
      end(),
      expectEvent({ type: 'failed', canRespond, error: { code: 'LML_ERR_HTTP1_UNEXPECTED_END' } }),
      ...endOf(canRespond),
    ]);
  });

  it('the end of the connection in a head', () => {
    playServer([
      send('GET / HTT'),
      expectState<Http1ServerProtocol>({ isIdle: false }),
      end(),
      expectEvent({ type: 'failed', canRespond: true, error: { code: 'LML_ERR_HTTP1_UNEXPECTED_END' } }),
    ]);
  });

  it('nothing that is no head yet: an empty line, then the end', () => {
    playServer([
      send('\r\n'),
      expectState<Http1ServerProtocol>({ isIdle: true }),
      end(),
      expectEvent({ type: 'closed' }),
    ]);
  });

  it('what limits say, exactly', () => {
    const limits = fullLimits({ maxStartLineBytes: 64, maxHeadBytes: 128, maxHeaders: 2 });
    const head = (length: number): string => `GET / HTTP/1.1\r\nHost: a.test\r\na: ${'b'.repeat(length - 37)}\r\n\r\n`;
    playServer([send(head(128)), isRequest], { limits });
    playServer([send(head(129)), expectEvent({ type: 'failed', error: { code: 'LML_ERR_HTTP1_HEADERS_TOO_LARGE' } })], {
      limits,
    });
  });

  it('nothing that is not due: time that is told too early does no harm', () => {
    playServer([
      advance(15_000),
      command((protocol, nowMs) => {
        protocol.handleTimeout(nowMs);
        expect(protocol.nextTimeoutMs()).toBe(nowMs + 5_000);
      }),
      send(GET),
      isRequest,
    ]);
  });

  it('to wait beyond a deadline, and says so before the event is taken', () => {
    playServer([
      expectState<Http1ServerProtocol>({ hasTimedOut: false }),
      command((protocol, nowMs) => {
        protocol.handleTimeout(nowMs + 20_000);
        expect(protocol.hasTimedOut).toBe(true);
      }),
      expectEvent({ type: 'timeout', error: { limit: 'headerTimeoutMs' } }),
      expectState<Http1ServerProtocol>({ hasTimedOut: false }),
    ]);
  });

  it('nothing after the end: no deadline strikes, no byte counts', () => {
    playServer([
      end(),
      expectEvent({ type: 'closed' }),
      send(GET),
      advance(10_000_000),
      expectNothing(),
      expectState<Http1ServerProtocol>({ isOver: true, bytesWaiting: 0 }),
    ]);
  });
});

function endOf(canRespond: boolean): Step<Http1ServerProtocol>[] {
  const isOver = expectState<Http1ServerProtocol>({ isOver: true, isIdle: false, awaitsResponse: false });
  if (!canRespond) return [isOver];
  return [
    startResponse({ status: 400 }),
    endResponse,
    expectOutput('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    isOver,
  ];
}
