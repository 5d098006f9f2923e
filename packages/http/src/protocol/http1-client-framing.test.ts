import { describe, it } from 'vitest';
import type { TestRequest } from '../../test/support/client-playbook.ts';
import {
  ask,
  endRequest,
  playClient,
  requestHeadOf,
  sendContent,
  startRequest,
} from '../../test/support/client-playbook.ts';
import {
  end,
  expectEvent,
  expectNothing,
  expectOutput,
  expectState,
  refuses,
  send,
} from '../../test/support/playbook.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import type { Http1ClientProtocol } from './http1-client-protocol.ts';

const NEXT = 'HTTP/1.1 201 Next\r\nContent-Length: 0\r\n\r\n';

describe('Http1ClientProtocol frames requests', () => {
  it.each<[string, TestRequest, string]>([
    ['without content', { method: 'GET' }, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['without content, DELETE', { method: 'DELETE' }, 'DELETE / HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ['that expect content, POST', { method: 'POST' }, 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n'],
    ['that expect content, PUT', { method: 'PUT' }, 'PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n'],
    [
      'that expect content, PATCH',
      { method: 'PATCH' },
      'PATCH / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n',
    ],
    ['of a known size', { method: 'GET', body: 'hi' }, 'GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi'],
    [
      'with an equal Content-Length, which stays where it stands',
      { method: 'PUT', headers: { 'content-length': '2', a: 'b' }, body: 'hi' },
      'PUT / HTTP/1.1\r\nHost: a.test\r\ncontent-length: 2\r\na: b\r\n\r\nhi',
    ],
    [
      'with a Content-Length of zero, where it is given',
      { method: 'GET', headers: { 'Content-Length': '0' } },
      'GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n',
    ],
    [
      'with a Content-Length for a body that says no size',
      { method: 'PUT', headers: { 'Content-Length': '2' }, body: 'hi', size: undefined },
      'PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'of an unknown size in chunks, with trailers',
      { method: 'PUT', body: 'hello, there, you', size: undefined, trailers: { 'X-Sum': '1', Host: 'b' } },
      'PUT / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n11\r\nhello, there, you\r\n0\r\nX-Sum: 1\r\n\r\n',
    ],
    [
      'of an unknown size and no content',
      { method: 'GET', size: undefined },
      'GET / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'without a Transfer-Encoding that is not the engine`s own',
      { method: 'PUT', headers: { 'transfer-encoding': 'gzip, chunked', a: 'b' }, body: 'hi' },
      'PUT / HTTP/1.1\r\nHost: a.test\r\na: b\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'with trailers nowhere but behind chunks',
      { method: 'PUT', body: 'hi', trailers: { a: 'b' } },
      'PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'CONNECT, without a length even of zero',
      { method: 'CONNECT', target: 'a.test:1', headers: { 'Content-Length': '0' } },
      'CONNECT a.test:1 HTTP/1.1\r\nHost: a.test\r\n\r\n',
    ],
  ])('%s', (_what, request, output) => {
    playClient([ask(request), expectOutput(output)]);
  });

  it.each<[string, TestRequest, string]>([
    ['a length that differs', { body: 'hi', headers: { 'Content-Length': '3' } }, 'LML_ERR_HTTP1_BODY_LENGTH_MISMATCH'],
    ['a length that is none', { headers: { 'Content-Length': '1, 1' } }, 'LML_ERR_HTTP1_BAD_CONTENT_LENGTH'],
    ['CONNECT with content', { method: 'CONNECT', body: 'hi' }, 'LML_ERR_HTTP1_FORBIDDEN_FIELD'],
    ['CONNECT that may have content', { method: 'CONNECT', size: undefined }, 'LML_ERR_HTTP1_FORBIDDEN_FIELD'],
    [
      'CONNECT with a length',
      { method: 'CONNECT', headers: { 'Content-Length': '5' }, size: undefined },
      'LML_ERR_HTTP1_FORBIDDEN_FIELD',
    ],
  ])('but not %s; another request can go instead', (_what, request, code) => {
    playClient([
      refuses(code, (protocol, nowMs) => protocol.sendHead(requestHeadOf(request), nowMs)),
      expectNothing(),
      expectState({ isIdle: true }),
      ask(),
      expectOutput('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'),
    ]);
  });

  it.each([
    ['lengths', 'Content-Length', '2', 'LML_ERR_HTTP1_BAD_CONTENT_LENGTH'],
    ['hosts', 'Host', 'a.test', 'LML_ERR_HTTP1_BAD_HOST'],
  ])('but not with two %s', (_what, name, value, code) => {
    const headers = HttpHeaders.from([
      [name, value],
      [name.toLowerCase(), value],
    ]);
    playClient([
      refuses(code, (protocol, nowMs) => protocol.sendHead({ ...requestHeadOf({ body: 'hi' }), headers }, nowMs)),
      expectState({ isIdle: true }),
    ]);
  });

  it('but neither longer nor shorter than their length', () => {
    playClient([
      startRequest({ method: 'PUT', size: 3 }),
      sendContent('ab'),
      expectOutput('PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nab'),
      refuses('LML_ERR_HTTP1_BODY_LENGTH_MISMATCH', (protocol) => protocol.sendEnd(undefined)),
      refuses('LML_ERR_HTTP1_BODY_LENGTH_MISMATCH', (protocol, nowMs) => protocol.sendData('cd', nowMs)),
      expectNothing(),
      expectState({ hasSentRequest: false }),
      sendContent('c'),
      expectOutput('c'),
      endRequest,
      expectState({ hasSentRequest: true }),
    ]);
  });
});

describe('Http1ClientProtocol finds the end of responses', () => {
  const trailers = [['X-Sum', '1']];

  it.each<[string, string, string, string, unknown]>([
    ['by their length', 'GET', '200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello', undefined],
    [
      'by chunks',
      'GET',
      '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
      'hello',
      undefined,
    ],
    [
      'by chunks, with trailers',
      'GET',
      '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n',
      'a',
      trailers,
    ],
    ['by chunks of nothing', 'GET', '200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n', '', trailers],
    ['of CONNECT that failed', 'CONNECT', '407 No\r\nContent-Length: 2\r\n\r\nno', 'no', undefined],
  ])('%s', (_what, method, response, content, expected) => {
    playClient([
      ask({ method }),
      expectOutput(/^[A-Z]+ \/ HTTP/),
      send(`HTTP/1.1 ${response}`),
      expectEvent({ type: 'response', hasBody: true, hasSwitched: false }),
      ...(content === '' ? [] : [expectEvent({ type: 'data', bytes: content })]),
      expectEvent({ type: 'end', trailers: expected }),
      expectState<Http1ClientProtocol>({ isIdle: true }),
      ask(),
      expectOutput(/GET/),
      send(NEXT),
      expectEvent({ type: 'response', head: { status: 201 } }),
    ]);
  });

  it.each<[string, string, string]>([
    ['of no length', 'GET', '200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['to HEAD with a length', 'HEAD', '200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['to HEAD with chunks', 'HEAD', '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['to HEAD with neither', 'HEAD', '200 OK\r\n\r\n'],
    ['to HEAD that failed', 'HEAD', '404 Not Found\r\nContent-Length: 5\r\n\r\n'],
    ['of 204', 'GET', '204 No Content\r\n\r\n'],
    ['of 204 with a length', 'GET', '204 No Content\r\nContent-Length: 5\r\n\r\n'],
    ['of 304 with a length', 'GET', '304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['of 304 with chunks', 'GET', '304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['of 304 with neither', 'GET', '304 Not Modified\r\n\r\n'],
  ])('%s, behind the head', (_what, method, response) => {
    playClient([
      ask({ method }),
      expectOutput(/^[A-Z]+ \/ HTTP/),
      send(`HTTP/1.1 ${response}`),
      expectEvent({ type: 'response', hasBody: false, hasSwitched: false }),
      expectState<Http1ClientProtocol>({ isIdle: true }),
      ask(),
      expectOutput(/GET/),
      send(NEXT),
      expectEvent({ type: 'response', head: { status: 201 } }),
    ]);
  });

  it.each(['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n', 'HTTP/1.1 500 \r\n\r\n'])(
    'by the end of the connection: %j',
    (head) => {
      playClient([
        ask(),
        expectOutput(/GET/),
        send(head),
        expectEvent({ type: 'response', hasBody: true, head: { contentLength: -1, isChunked: false } }),
        send('some\r\nHTTP/1.1 200 OK\r\n\r\n'),
        end(),
        expectEvent({ type: 'data', bytes: 'some\r\nHTTP/1.1 200 OK\r\n\r\n' }),
        expectEvent({ type: 'end', trailers: undefined }),
        expectState<Http1ClientProtocol>({ isOver: true, isIdle: false }),
      ]);
    },
  );

  it('of no content by the end of the connection', () => {
    playClient([
      ask(),
      expectOutput(/GET/),
      send('HTTP/1.0 200 OK\r\n\r\n'),
      end(),
      expectEvent({ type: 'response', hasBody: true }),
      expectEvent({ type: 'end' }),
      expectState<Http1ClientProtocol>({ isOver: true }),
    ]);
  });
});
