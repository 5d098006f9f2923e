import { describe, it } from 'vitest';
import {
  command,
  expectEvent,
  expectNothing,
  expectOutput,
  expectState,
  refuses,
  send,
} from '../../test/support/playbook.ts';
import type { TestResponse } from '../../test/support/server-playbook.ts';
import { endResponse, headOf, playServer, respond, startResponse } from '../../test/support/server-playbook.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import type { Http1ServerProtocol } from './http1-server-protocol.ts';

const request = (method: string, version = '1.1'): string => `${method} / HTTP/${version}\r\nHost: a.test\r\n\r\n`;
const isRequest = expectEvent({ type: 'request', hasBody: false });

describe('Http1ServerProtocol frames responses', () => {
  it.each<[string, string, TestResponse, string]>([
    ['of a known size', request('GET'), { body: 'hi' }, '200 OK\r\nContent-Length: 2\r\n\r\nhi'],
    ['of no size', request('GET'), {}, '200 OK\r\nContent-Length: 0\r\n\r\n'],
    [
      'of an unknown size in chunks',
      request('GET'),
      { body: 'hello, there, you', size: undefined },
      '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\nhello, there, you\r\n0\r\n\r\n',
    ],
    [
      'of an unknown size and no content',
      request('GET'),
      { size: undefined },
      '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'with trailers behind chunks',
      request('GET'),
      { body: 'hi', size: undefined, trailers: { 'X-Sum': '1' } },
      '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n',
    ],
    [
      'without trailers behind a length',
      request('GET'),
      { body: 'hi', trailers: { a: 'b' } },
      '200 OK\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'to HEAD, with the length of what GET would give',
      request('HEAD'),
      { body: 'hi' },
      '200 OK\r\nContent-Length: 2\r\n\r\n',
    ],
    ['to HEAD, of an unknown size', request('HEAD'), { body: 'hi', size: undefined }, '200 OK\r\n\r\n'],
    ['to HEAD, when nobody made a body', request('HEAD'), {}, '200 OK\r\n\r\n'],
    [
      'to HEAD, with a length in the headers',
      request('HEAD'),
      { headers: { 'content-length': '1234' } },
      '200 OK\r\ncontent-length: 1234\r\n\r\n',
    ],
    ['204', request('GET'), { status: 204, body: 'hi' }, '204 No Content\r\n\r\n'],
    [
      '204 with a length in the headers',
      request('GET'),
      { status: 204, headers: { 'Content-Length': '0' } },
      '204 No Content\r\n\r\n',
    ],
    ['204 to HEAD', request('HEAD'), { status: 204, body: 'hi' }, '204 No Content\r\n\r\n'],
    ['304', request('GET'), { status: 304, body: 'hi' }, '304 Not Modified\r\n\r\n'],
    [
      '304 with a length in the headers',
      request('GET'),
      { status: 304, headers: { 'Content-Length': '7' } },
      '304 Not Modified\r\nContent-Length: 7\r\n\r\n',
    ],
    ['304 in chunks', request('GET'), { status: 304, size: undefined, body: 'hi' }, '304 Not Modified\r\n\r\n'],
    [
      'with an equal Content-Length, which stays where it stands',
      request('GET'),
      { headers: { a: '1', 'content-length': '2', b: '2' }, body: 'hi' },
      '200 OK\r\na: 1\r\ncontent-length: 2\r\nb: 2\r\n\r\nhi',
    ],
    [
      'with a Content-Length for a body that says no size',
      request('GET'),
      { headers: { 'Content-Length': '2' }, body: 'hi', size: undefined },
      '200 OK\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'without a Transfer-Encoding that is not the engine`s own',
      request('GET'),
      { headers: { 'Transfer-Encoding': 'chunked', a: 'b' }, body: 'hi' },
      '200 OK\r\na: b\r\nContent-Length: 2\r\n\r\nhi',
    ],
    [
      'with one Transfer-Encoding, its own',
      request('GET'),
      { headers: { 'transfer-encoding': 'gzip, chunked' }, body: 'hi', size: undefined },
      '200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
    [
      'without Transfer-Encoding to HEAD',
      request('HEAD'),
      { headers: { 'transfer-encoding': 'chunked' }, size: undefined },
      '200 OK\r\n\r\n',
    ],
  ])('%s', (_what, head, response, output) => {
    playServer([
      send(head),
      isRequest,
      respond(response),
      expectOutput(`HTTP/1.1 ${output}`),
      expectState({ isIdle: true }),
    ]);
  });

  it('of an unknown size to HTTP/1.0 by the end of the connection, even if it would be kept', () => {
    playServer([
      send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'),
      isRequest,
      respond({ body: 'hi', size: undefined, trailers: { a: 'b' } }),
      expectOutput('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi'),
      expectState<Http1ServerProtocol>({ isOver: true }),
    ]);
  });

  it('with the date it is given, unless there is one', () => {
    const withDate = (headers: Record<string, string>) =>
      command<Http1ServerProtocol>((protocol, nowMs) => {
        protocol.sendHead({ ...headOf({ headers }), dateLine: 'Date: today\r\n' });
        protocol.sendEnd(undefined, nowMs);
      });
    playServer([
      send(request('GET')),
      isRequest,
      withDate({}),
      expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate: today\r\n\r\n'),
      send(request('GET')),
      isRequest,
      withDate({ date: 'tomorrow' }),
      expectOutput('HTTP/1.1 200 OK\r\ndate: tomorrow\r\nContent-Length: 0\r\n\r\n'),
    ]);
  });

  it('chunk by chunk, and no empty chunk, which would be the last', () => {
    playServer([
      send(request('GET')),
      isRequest,
      startResponse({ size: undefined }),
      expectState({ sendsBody: true }),
      expectOutput('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
      command((protocol) => protocol.sendData('')),
      command((protocol) => protocol.sendData(new Uint8Array(0))),
      expectNothing(),
      command((protocol) => protocol.sendData(Buffer.from('ab'))),
      expectOutput('2\r\nab\r\n'),
      command((protocol) => protocol.sendData('c\xff')),
      expectOutput('2\r\nc\xff\r\n'),
      endResponse,
      expectOutput('0\r\n\r\n'),
    ]);
  });

  it('and says when nothing of the body is sent', () => {
    playServer([
      send(request('HEAD')),
      isRequest,
      startResponse({ size: 5 }),
      expectState({ sendsBody: false }),
      command((protocol) => protocol.sendData('hello')),
      expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'),
    ]);
  });

  it.each<[string, TestResponse, string]>([
    [
      'a Content-Length that differs',
      { headers: { 'Content-Length': '3' }, body: 'hi' },
      'LML_ERR_HTTP1_BODY_LENGTH_MISMATCH',
    ],
    [
      'a Content-Length that is no number',
      { headers: { 'Content-Length': '2x' }, body: 'hi' },
      'LML_ERR_HTTP1_BAD_CONTENT_LENGTH',
    ],
    ['a status of an interim response', { status: 100 }, 'LML_ERR_HTTP1_BAD_SWITCH'],
    ['101, which is for upgrades', { status: 101 }, 'LML_ERR_HTTP1_BAD_SWITCH'],
  ])('but not with %s; another response can go instead', (_what, response, code) => {
    playServer([
      send(request('GET')),
      isRequest,
      refuses(code, (protocol) => protocol.sendHead(headOf(response))),
      expectNothing(),
      expectState({ awaitsResponse: true }),
      respond({ status: 500 }),
      expectOutput('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n'),
      expectState({ isIdle: true }),
    ]);
  });

  it('but neither longer nor shorter than their length', () => {
    playServer([
      send(request('GET')),
      isRequest,
      startResponse({ size: 3 }),
      command((protocol) => protocol.sendData('ab')),
      expectOutput('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab'),
      refuses('LML_ERR_HTTP1_BODY_LENGTH_MISMATCH', (protocol, nowMs) => protocol.sendEnd(undefined, nowMs)),
      refuses('LML_ERR_HTTP1_BODY_LENGTH_MISMATCH', (protocol) => protocol.sendData('cd')),
      expectNothing(),
      expectState({ isOver: false, isIdle: false }),
    ]);
  });

  it('with several Set-Cookie lines, and everything else as it was given', () => {
    const headers = HttpHeaders.from([
      ['Set-Cookie', 'a=1'],
      ['x-odd CASE'.replace(' ', '-'), ' \xe9 '],
      ['set-cookie', 'b=2'],
    ]);
    playServer([
      send(request('GET')),
      isRequest,
      command((protocol) => protocol.sendHead({ ...headOf({}), reason: '', headers })),
      endResponse,
      expectOutput(
        'HTTP/1.1 200 \r\nSet-Cookie: a=1\r\nx-odd-CASE: \xe9\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n',
      ),
    ]);
  });
});
