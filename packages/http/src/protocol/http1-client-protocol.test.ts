import { describe, expect, it } from 'vitest';
import {
  ask,
  endRequest,
  playClient,
  requestHeadOf,
  sendContent,
  startRequest,
} from '../../test/support/client-playbook.ts';
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
import type { Http1ClientProtocol } from './http1-client-protocol.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const isOk: readonly Step<Http1ClientProtocol>[] = [
  expectEvent({ type: 'response', hasBody: true, hasSwitched: false, head: { status: 200 } }),
  expectEvent({ type: 'data', bytes: 'hi' }),
  expectEvent({ type: 'end', trailers: undefined }),
];
const isReady = expectState<Http1ClientProtocol>({ isIdle: true, isOver: false, hasSentRequest: true });
const isOver = expectState<Http1ClientProtocol>({ isIdle: false, isOver: true });

describe('Http1ClientProtocol', () => {
  it('asks one thing after the other on one connection', () => {
    playClient([
      isReady,
      ask({ method: 'POST', target: '/a?b', headers: { 'X-One': '1', 'x-one': '2' }, body: 'hello' }),
      expectOutput('POST /a?b HTTP/1.1\r\nHost: a.test\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 5\r\n\r\nhello'),
      expectState({ isIdle: false, hasSentRequest: true, isOver: false }),
      send('HTTP/1.1 201 Made \xe9\r\nx-two: 2\r\nX-Two:3\r\nContent-Length: 4\r\n\r\nmade'),
      expectEvent({
        type: 'response',
        hasBody: true,
        hasSwitched: false,
        head: {
          status: 201,
          reason: 'Made \xe9',
          version: '1.1',
          headers: [
            ['x-two', '2'],
            ['X-Two', '3'],
            ['Content-Length', '4'],
          ],
        },
      }),
      expectEvent({ type: 'data', bytes: 'made' }),
      expectEvent({ type: 'end', trailers: undefined }),
      isReady,
      ask(),
      expectOutput(GET),
      send(OK),
      ...isOk,
      isReady,
      end(),
      expectEvent({ type: 'closed' }),
      expectState({ isIdle: false, isOver: false }),
    ]);
  });

  it('leaves Host where it is given, and puts it first where it is not', () => {
    playClient([
      ask({ headers: { accept: '*/*', host: 'b.test' } }),
      expectOutput('GET / HTTP/1.1\r\naccept: */*\r\nhost: b.test\r\n\r\n'),
    ]);
    playClient([
      ask({ headers: { accept: '*/*' } }),
      expectOutput('GET / HTTP/1.1\r\nHost: a.test\r\naccept: */*\r\n\r\n'),
    ]);
  });

  it('knows how much of the request has been sent', () => {
    playClient([
      startRequest({ method: 'POST', size: 4 }),
      expectOutput('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\n'),
      expectState({ hasSentRequest: false, isIdle: false }),
      sendContent('ab'),
      expectOutput('ab'),
      expectState({ hasSentRequest: false }),
      command((protocol, nowMs) => protocol.sendData(Buffer.from('cd'), nowMs)),
      expectOutput('cd'),
      endRequest,
      expectState({ hasSentRequest: true, isIdle: false }),
    ]);
  });

  it('never has two requests under way: the next one has to wait for the end of the response', () => {
    const cannotAsk = refuses<Http1ClientProtocol>('LML_ERR_HTTP1_WRONG_STATE', (protocol, nowMs) =>
      protocol.sendHead(requestHeadOf({}), nowMs),
    );
    playClient([
      startRequest({ method: 'POST', size: 1 }),
      cannotAsk,
      sendContent('x'),
      endRequest,
      cannotAsk,
      send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh'),
      cannotAsk,
      send('i'),
      ...isOk,
      expectOutput('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\n\r\nx'),
      isReady,
    ]);
  });

  describe('interim responses', () => {
    it('come before the response, as many as they are', () => {
      playClient([
        ask(),
        expectOutput(GET),
        send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 \r\n\r\n'),
        expectEvent({ type: 'informational', head: { status: 103, headers: [['Link', '</a>']] } }),
        expectEvent({ type: 'informational', head: { status: 102, reason: '' } }),
        expectState({ isIdle: false }),
        send(OK),
        ...isOk,
        isReady,
      ]);
    });

    it('have neither content nor a say in the connection, whatever their fields are', () => {
      playClient([
        ask(),
        expectOutput(GET),
        send('HTTP/1.0 100 \r\nContent-Length: 5\r\nConnection: close\r\n\r\n'),
        expectEvent({ type: 'informational', head: { status: 100, contentLength: 5 } }),
        send('HTTP/1.1 199 \r\nTransfer-Encoding: chunked\r\n\r\n'),
        expectEvent({ type: 'informational', head: { status: 199 } }),
        send(OK),
        ...isOk,
        isReady,
      ]);
    });

    it('are bounded, per request', () => {
      const hint = 'HTTP/1.1 103 \r\n\r\n';
      const isHint = expectEvent({ type: 'informational' });
      playClient(
        [
          ask(),
          expectOutput(GET),
          send(hint + hint + OK),
          isHint,
          isHint,
          ...isOk,
          ask(),
          expectOutput(GET),
          send(hint + hint),
          isHint,
          isHint,
          send(hint + OK),
          expectEvent({ type: 'failed', error: { code: 'LML_ERR_HTTP1_TOO_MANY_INFORMATIONAL', origin: 'remote' } }),
          expectState({ isIdle: false }),
        ],
        { maxInformational: 2 },
      );
    });
  });

  describe('Expect', () => {
    const waits = (request: Parameters<typeof requestHeadOf>[0], expected: boolean): Step<Http1ClientProtocol> =>
      command((protocol, nowMs) => expect(protocol.sendHead(requestHeadOf(request), nowMs)).toBe(expected));
    const Expect = '100-Continue';

    it('waits for leave, then sends', () => {
      playClient([
        waits({ method: 'POST', headers: { Expect }, body: 'hi' }, true),
        expectOutput('POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n'),
        send('HTTP/1.1 100 Continue\r\n\r\n'),
        expectEvent({ type: 'informational', head: { status: 100 } }),
        sendContent('hi'),
        expectOutput('hi'),
        endRequest,
        send(OK),
        ...isOk,
        isReady,
      ]);
    });

    it('waits for leave of an unknown size too', () => {
      playClient([
        waits({ method: 'POST', headers: { Expect }, size: undefined }, true),
        expectOutput(/\r\nTransfer-Encoding: chunked\r\n\r\n$/),
      ]);
    });

    it('waits for nothing where there is nothing to send, or nothing is expected', () => {
      playClient([waits({ method: 'POST', headers: { Expect } }, false), expectOutput(/POST/)]);
      playClient([waits({ headers: { Expect } }, false), expectOutput(/GET/)]);
      playClient([waits({ method: 'POST', body: 'hi' }, false), expectOutput(/POST/)]);
      playClient([waits({ method: 'POST', headers: { Expect: 'x' }, body: 'hi' }, false), expectOutput(/POST/)]);
    });

    it('may be answered at once; the body that nobody wants is given up, and the connection with it', () => {
      playClient([
        waits({ method: 'POST', headers: { Expect }, body: 'hi' }, true),
        expectOutput(/POST/),
        send('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n'),
        expectEvent({ type: 'response', hasBody: false, head: { status: 417 } }),
        expectState({ isIdle: false, isOver: false }),
        command((protocol) => protocol.abandonRequest()),
        isOver,
        expectState<Http1ClientProtocol>({ hasSentRequest: true }),
      ]);
    });
  });

  describe('an early response', () => {
    it('leaves the rest of the request to be sent', () => {
      playClient([
        startRequest({ method: 'POST', size: 4 }),
        sendContent('ab'),
        send(OK),
        ...isOk,
        expectState({ isIdle: false, isOver: false, hasSentRequest: false }),
        sendContent('cd'),
        endRequest,
        expectOutput('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nabcd'),
        isReady,
      ]);
    });

    it('can be read to its end after the request was given up', () => {
      playClient([
        startRequest({ method: 'POST', size: undefined }),
        sendContent('ab'),
        expectOutput(/2\r\nab\r\n$/),
        send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nh'),
        expectEvent({ type: 'response', hasBody: true }),
        command((protocol) => protocol.abandonRequest()),
        refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol, nowMs) => protocol.sendData('cd', nowMs)),
        expectState({ isOver: false }),
        send('i'),
        expectEvent({ type: 'data', bytes: 'hi' }),
        expectEvent({ type: 'end' }),
        isOver,
        expectNothing(),
      ]);
    });
  });

  describe('keeps the connection', () => {
    /** A response without content, and whether the connection is kept after it. */
    it.each<[keeps: boolean, version: string, connection: string]>([
      [true, '1.1', ''],
      [true, '1.1', 'Connection: keep-alive\r\n'],
      [true, '1.1', 'Connection: x\r\nConnection: y\r\n'],
      [false, '1.1', 'Connection: close\r\n'],
      [false, '1.1', 'connection: CLOSE\r\n'],
      [false, '1.1', 'Connection: x\r\nConnection: y, close, z\r\n'],
      [false, '1.1', 'Connection: keep-alive, close\r\n'],
      [false, '1.0', ''],
      [true, '1.0', 'Connection: Keep-Alive\r\n'],
      [true, '1.0', 'Connection: x, keep-alive\r\n'],
      [false, '1.0', 'Connection: keep-alive, close\r\n'],
      [false, '1.0', 'Proxy-Connection: keep-alive\r\n'],
    ])('%j after HTTP/%s with %j', (keeps, version, connection) => {
      for (const status of [200, 204, 304, 404]) {
        playClient([
          ask(),
          expectOutput(GET),
          send(
            `HTTP/${version} ${status} \r\n${connection}${status < 204 || status > 304 ? 'Content-Length: 0\r\n' : ''}\r\n`,
          ),
          expectEvent({ type: 'response', hasBody: false, head: { status } }),
          keeps ? isReady : isOver,
        ]);
      }
    });

    it('not after a request that said close, whatever the response says', () => {
      playClient([
        ask({ headers: { Connection: 'x, close' } }),
        expectOutput('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: x, close\r\n\r\n'),
        send(`HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi`),
        ...isOk,
        isOver,
        refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol, nowMs) => protocol.sendHead(requestHeadOf({}), nowMs)),
      ]);
    });

    it('not after a body that ends with it', () => {
      playClient([
        ask(),
        expectOutput(GET),
        send('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nhi'),
        expectState({ isIdle: false, isOver: false }),
        end(),
        ...isOk,
        isOver,
      ]);
    });
  });
});
