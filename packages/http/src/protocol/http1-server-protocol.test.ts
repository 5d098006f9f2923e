import { describe, expect, it } from 'vitest';
import {
  command,
  end,
  expectEvent,
  expectNothing,
  expectOutput,
  expectState,
  refuses,
  type Step,
  send,
} from '../../test/support/playbook.ts';
import { endResponse, headOf, playServer, respond, startResponse, want } from '../../test/support/server-playbook.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import type { Http1ServerProtocol } from './http1-server-protocol.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const OK_CLOSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi';
const isRequest = expectEvent({ type: 'request', hasBody: false });
const isOver = expectState<Http1ServerProtocol>({ isOver: true });
const isReady = expectState<Http1ServerProtocol>({ isOver: false, isIdle: true, awaitsResponse: false });

describe('Http1ServerProtocol', () => {
  it('answers one request after the other on one connection', () => {
    playServer([
      isReady,
      send('POST /a?b HTTP/1.1\r\nhost: a.test\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 5\r\n\r\nhello'),
      expectEvent({
        type: 'request',
        hasBody: true,
        head: {
          method: 'POST',
          target: '/a?b',
          version: '1.1',
          headers: [
            ['host', 'a.test'],
            ['X-One', '1'],
            ['x-one', '2'],
            ['Content-Length', '5'],
          ],
        },
      }),
      expectEvent({ type: 'data', bytes: 'hello' }),
      expectEvent({ type: 'end', trailers: undefined }),
      expectState({ isOver: false, isIdle: false, awaitsResponse: true, isReceivingBody: false, requestCount: 1 }),
      respond({ status: 201, headers: { 'X-Two': '2' }, body: 'made' }),
      expectOutput('HTTP/1.1 201 Created\r\nX-Two: 2\r\nContent-Length: 4\r\n\r\nmade'),
      isReady,
      send(GET),
      isRequest,
      respond({ body: 'hi' }),
      expectOutput(OK),
      expectState({ requestCount: 2, isIdle: true }),
      end(),
      expectEvent({ type: 'closed' }),
      isOver,
    ]);
  });

  it('gives chunked bodies with their trailers', () => {
    playServer([
      send(
        'PUT / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n',
      ),
      expectEvent({ type: 'request', hasBody: true, head: { isChunked: true } }),
      expectEvent({ type: 'data', bytes: 'abcde' }),
      expectEvent({ type: 'end', trailers: [['X-Sum', '1']] }),
      respond({ body: 'hi' }),
      expectOutput(OK),
    ]);
  });

  it('takes a Content-Length of zero for no body, and an empty chunked body for one', () => {
    playServer([
      send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n'),
      isRequest,
      respond({ body: 'hi' }),
      expectOutput(OK),
      send('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
      expectEvent({ type: 'request', hasBody: true }),
      expectEvent({ type: 'end', trailers: undefined }),
      respond({ body: 'hi' }),
      expectOutput(OK),
    ]);
  });

  it('keeps pipelined requests waiting until the answer before them is complete', () => {
    playServer([
      send(`${GET.replace('/', '/1')}${GET.replace('/', '/2')}${GET.replace('/', '/3')}`),
      expectEvent({ type: 'request', head: { target: '/1' } }),
      expectNothing(),
      expectState({ bytesWaiting: 2 * (GET.length + 1), isIdle: false }),
      startResponse({ size: 2 }),
      expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'),
      command((protocol) => protocol.sendData('hi')),
      expectOutput('hi'),
      endResponse,
      expectEvent({ type: 'request', head: { target: '/2' } }),
      expectNothing(),
      respond({ body: 'hi' }),
      expectEvent({ type: 'request', head: { target: '/3' } }),
      end(),
      expectOutput(OK),
      respond({ body: 'hi' }),
      expectOutput(OK),
      expectEvent({ type: 'closed' }),
      isOver,
    ]);
  });

  it('keeps a pipelined request waiting behind a body that comes after the answer', () => {
    playServer([
      send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n01234'),
      expectEvent({ type: 'request' }),
      expectEvent({ type: 'data', bytes: '01234' }),
      respond({ body: 'hi' }),
      expectOutput(OK),
      expectState({ isOver: false, isIdle: false, isReceivingBody: true }),
      send(`56789${GET}`),
      expectEvent({ type: 'data', bytes: '56789' }),
      expectEvent({ type: 'end' }),
      isRequest,
      respond({ body: 'hi' }),
      expectOutput(OK),
      isReady,
    ]);
  });

  it('does not borrow input after hold()', () => {
    playServer([
      command((protocol, nowMs) => {
        const bytes = Buffer.from(GET + GET.replace('/', '/next'));
        protocol.receiveBytes(bytes);
        expect(protocol.nextEvent(nowMs)?.type).toBe('request');
        protocol.hold();
        bytes.fill(0xaa);
      }),
      respond({ body: 'hi' }),
      expectOutput(OK),
      expectEvent({ type: 'request', head: { target: '/next' } }),
    ]);
  });

  it('answers what was asked before the client ended its direction', () => {
    playServer([
      send(GET),
      end(),
      isRequest,
      expectNothing(),
      respond({ body: 'hi' }),
      expectOutput(OK),
      expectEvent({ type: 'closed' }),
      isOver,
    ]);
  });

  describe('ends the connection', () => {
    it.each([
      ['the request says so', 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'],
      ['the request says so in a list', 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: foo, Close\r\n\r\n'],
      ['the request says both', 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, close\r\n\r\n'],
      ['HTTP/1.0 says nothing', 'GET / HTTP/1.0\r\n\r\n'],
      ['HTTP/1.0 says both', 'GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n'],
    ])('when %s', (_when, request) => {
      playServer([
        send(request),
        isRequest,
        respond({ body: 'hi' }),
        expectOutput(OK_CLOSE),
        isOver,
        send(GET),
        expectNothing(),
      ]);
    });

    it.each<[string, Step<Http1ServerProtocol>, string]>([
      ['by command', respond({ body: 'hi', close: true }), OK_CLOSE],
      [
        'when the response says so, in its own words',
        respond({ body: 'hi', headers: { connection: 'x, Close' } }),
        'HTTP/1.1 200 OK\r\nconnection: x, Close\r\nContent-Length: 2\r\n\r\nhi',
      ],
      [
        'when the response says something else and the command says so',
        respond({ body: 'hi', close: true, headers: { Connection: 'keep-alive' } }),
        'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi',
      ],
    ])('%s', (_when, step, output) => {
      playServer([send(GET + GET), isRequest, step, expectOutput(output), isOver, expectNothing()]);
    });

    it('when keep-alive was stopped, before or after the request came', () => {
      playServer([
        send(GET),
        isRequest,
        command((protocol) => protocol.stopKeepAlive()),
        respond({ body: 'hi' }),
        expectOutput(OK_CLOSE),
        isOver,
      ]);
      playServer([
        send(GET),
        isRequest,
        startResponse({ size: 2 }),
        command((protocol) => protocol.stopKeepAlive()),
        command((protocol) => protocol.sendData('hi')),
        endResponse,
        expectOutput(OK),
        isOver,
      ]);
    });

    it('after maxRequests', () => {
      playServer(
        [
          send(GET + GET + GET),
          isRequest,
          respond({ body: 'hi' }),
          expectOutput(OK),
          isRequest,
          respond({ body: 'hi' }),
          expectOutput(OK_CLOSE),
          isOver,
          expectState({ requestCount: 2 }),
        ],
        { maxRequests: 2 },
      );
    });
  });

  describe('with HTTP/1.0', () => {
    it('keeps the connection if asked to, and says so', () => {
      playServer([
        send('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n'),
        isRequest,
        respond({ body: 'hi' }),
        expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi'),
        isReady,
        send('HEAD / HTTP/1.0\r\nHost: a.test\r\n\r\n'),
        isRequest,
        respond({ body: 'hi' }),
        expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n'),
        isOver,
      ]);
    });

    it('needs no Host, but a good one if there is one', () => {
      playServer([
        send('GET / HTTP/1.0\r\nHost: a b\r\n\r\n'),
        expectEvent({ type: 'failed', canRespond: true, error: { code: 'LML_ERR_HTTP1_BAD_HOST' } }),
      ]);
    });

    it('sends no interim response, and ignores Expect', () => {
      playServer([
        send('POST / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'),
        expectEvent({ type: 'request', hasBody: true }),
        want(true),
        command((protocol) => protocol.sendInformational(103, 'Early Hints', HttpHeaders.from({ link: '</a>' }))),
        expectNothing(),
        send('ab'),
        expectEvent({ type: 'data', bytes: 'ab' }),
        expectEvent({ type: 'end' }),
        respond({ body: 'hi' }),
        expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi'),
        isReady,
      ]);
    });
  });

  describe('with Expect: 100-continue', () => {
    const EXPECT = 'POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n';
    const CHUNKED = EXPECT.replace('Content-Length: 2', 'Transfer-Encoding: chunked');
    const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
    const isExpecting = expectEvent({ type: 'request', hasBody: true });

    it('sends 100 when the body is wanted, once, and not before', () => {
      playServer([
        send(EXPECT),
        isExpecting,
        expectState({ owesContinue: true }),
        expectNothing(),
        want(false),
        expectNothing(),
        want(true),
        expectOutput(CONTINUE),
        expectState({ owesContinue: false }),
        want(false),
        want(true),
        expectNothing(),
        send('ab'),
        expectEvent({ type: 'data', bytes: 'ab' }),
        expectEvent({ type: 'end' }),
        respond({ body: 'hi' }),
        expectOutput(OK),
        isReady,
      ]);
    });

    it('sends no second 100 if one was sent by command', () => {
      playServer([
        send(EXPECT),
        isExpecting,
        command((protocol) => protocol.sendInformational(100, 'Continue', HttpHeaders.from())),
        expectOutput(CONTINUE),
        want(true),
        expectNothing(),
        send('ab'),
        expectEvent({ type: 'data' }),
        expectEvent({ type: 'end' }),
        respond({ body: 'hi' }),
        expectOutput(OK),
        isReady,
      ]);
    });

    it('closes if it answers instead: nobody can tell whether the body comes', () => {
      playServer([
        send(EXPECT),
        isExpecting,
        respond({ status: 403, body: 'no' }),
        expectOutput('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
        isOver,
      ]);
    });

    it.each([
      ['some of the content', EXPECT, 'a', [expectEvent({ type: 'data', bytes: 'a' })], 'b'],
      [
        'all of the content',
        EXPECT,
        'ab',
        [expectEvent({ type: 'data', bytes: 'ab' }), expectEvent({ type: 'end' })],
        '',
      ],
      ['an empty body', CHUNKED, '0\r\n\r\n', [expectEvent({ type: 'end' })], ''],
    ])('sends no 100, and keeps the connection, when %s came without waiting', (_what, head, first, events, rest) => {
      playServer([
        send(head + first),
        isExpecting,
        ...events,
        want(true),
        expectNothing(),
        respond({ body: 'hi' }),
        expectOutput(OK),
        send(rest),
        ...(rest === '' ? [] : [expectEvent({ type: 'data', bytes: rest }), expectEvent({ type: 'end' })]),
        isReady,
      ]);
    });

    it('sends no 100 behind the head of the response', () => {
      playServer([
        send(EXPECT),
        isExpecting,
        startResponse({ size: 2, close: false }),
        want(true),
        expectOutput(OK_CLOSE.slice(0, -2)),
      ]);
    });

    it('expects nothing of a request without a body', () => {
      playServer([
        send('GET / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\n\r\n'),
        isRequest,
        want(true),
        expectNothing(),
        respond({ body: 'hi' }),
        expectOutput(OK),
        isReady,
      ]);
    });

    it('refuses any other expectation with 417', () => {
      playServer([
        send(EXPECT.replace('100-Continue', '100-continue, x')),
        expectEvent({
          type: 'failed',
          canRespond: true,
          error: { code: 'LML_ERR_HTTP1_BAD_EXPECT', message: 'the only expectation that can be met is 100-continue' },
        }),
        respond({ status: 417 }),
        expectOutput('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
        isOver,
      ]);
    });
  });

  describe('with interim responses', () => {
    const hints = HttpHeaders.from([
      ['Link', '</a.css>'],
      ['Content-Length', '5'],
      ['link', '</b.css>'],
      ['Transfer-Encoding', 'chunked'],
    ]);

    it('sends them as they come, without framing', () => {
      playServer([
        send(GET),
        isRequest,
        command((protocol) => protocol.sendInformational(103, 'Early Hints', hints)),
        command((protocol) => protocol.sendInformational(199, '', HttpHeaders.from())),
        expectOutput('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nlink: </b.css>\r\n\r\nHTTP/1.1 199 \r\n\r\n'),
        respond({ body: 'hi' }),
        expectOutput(OK),
        isReady,
      ]);
    });

    it.each([99, 101, 200, 204, 600, 100.5, Number.NaN])('refuses %d as the status of one', (status) => {
      playServer([
        send(GET),
        isRequest,
        refuses('LML_ERR_USAGE', (protocol) => protocol.sendInformational(status, '', HttpHeaders.from())),
      ]);
    });

    it('refuses a reason that would be more than a reason', () => {
      playServer([
        send(GET),
        isRequest,
        refuses('LML_ERR_USAGE', (protocol) => protocol.sendInformational(103, 'a\r\nb: c', HttpHeaders.from())),
      ]);
    });
  });

  it.each<[string, readonly Step<Http1ServerProtocol>[]]>([
    ['before a request', []],
    ['when a response is under way', [send(GET), isRequest, startResponse({ size: 2 }), expectOutput(OK.slice(0, -2))]],
    ['between two exchanges', [send(GET), isRequest, respond({ body: 'hi' }), expectOutput(OK)]],
    ['after the last', [send(GET), isRequest, respond({ body: 'hi', close: true }), expectOutput(OK_CLOSE)]],
  ])('refuses heads %s', (_when, steps) => {
    playServer([
      ...steps,
      refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol) => protocol.sendHead(headOf({}))),
      refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol) => protocol.sendInformational(103, '', HttpHeaders.from())),
      expectNothing(),
    ]);
  });
});
