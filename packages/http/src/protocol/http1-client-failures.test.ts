import { describe, expect, it } from 'vitest';
import { ask, playClient, requestHeadOf, sendContent, startRequest } from '../../test/support/client-playbook.ts';
import {
  advance,
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
import { fullLimits } from './http1-limits.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const isGet = expectOutput('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
const isResponse = expectEvent({ type: 'response', hasBody: true });

/** The connection is of no use any more, and nothing is waited for. */
const isUseless: readonly Step<Http1ClientProtocol>[] = [
  expectState<Http1ClientProtocol>({ isIdle: false }),
  command((protocol) => expect(protocol.nextTimeoutMs()).toBe(Number.POSITIVE_INFINITY)),
  refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol, nowMs) => protocol.sendHead(requestHeadOf({}), nowMs)),
  send(OK),
  end(),
  advance(10_000_000),
  expectNothing(),
];

function failsBy(code: string): Step<Http1ClientProtocol> {
  return expectEvent({ type: 'failed', error: { code, origin: 'remote' } });
}

describe('Http1ClientProtocol refuses', () => {
  it.each<[code: string, input: string]>([
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'HTTP/1.1 200 \x01\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_STATUS_LINE', 'SSH-2.0-x\r\n'],
    ['LML_ERR_HTTP1_UNSUPPORTED_VERSION', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_LINE_END', 'HTTP/1.1 200 OK\n\n'],
    ['LML_ERR_HTTP1_BAD_FIELD_NAME', 'HTTP/1.1 200 OK\r\na : b\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_FIELD_VALUE', 'HTTP/1.1 200 OK\r\na: \0\r\n\r\n'],
    ['LML_ERR_HTTP1_OBS_FOLD', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_CONTENT_LENGTH', 'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n'],
    ['LML_ERR_HTTP1_DUPLICATE_CONTENT_LENGTH', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    [
      'LML_ERR_HTTP1_LENGTH_AND_TRANSFER_ENCODING',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n',
    ],
    ['LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['LML_ERR_HTTP1_BAD_SWITCH', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
  ])('a head by %s: %j', (code, input) => {
    playClient([ask(), isGet, send(input), failsBy(code), ...isUseless]);
  });

  it.each<[code: string, input: string]>([
    ['LML_ERR_HTTP1_BAD_CHUNK_SIZE', 'x\r\n'],
    ['LML_ERR_HTTP1_BAD_CHUNK_END', '2\r\nhiX'],
    ['LML_ERR_HTTP1_BAD_TRAILER', '2\r\nhi\r\n0\r\nHost: x\r\n\r\n'],
    ['LML_ERR_HTTP1_TRAILERS_TOO_LARGE', `2\r\nhi\r\n0\r\n${'a: b\r\n'.repeat(65)}\r\n`],
  ])('a body by %s: %j', (code, input) => {
    const hasContent = input.startsWith('2');
    playClient([
      ask(),
      isGet,
      send(CHUNKED + input),
      isResponse,
      ...(hasContent ? [expectEvent({ type: 'data', bytes: 'hi' })] : []),
      failsBy(code),
      ...isUseless,
    ]);
  });

  it.each<[string, string, boolean]>([
    ['before a response', '', false],
    ['behind an interim response', 'HTTP/1.1 100 \r\n\r\n', false],
    ['in a status line', 'HTTP/1.1 2', false],
    ['in a head', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n', false],
    ['in a body of a length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi', true],
    ['in a chunk', `${CHUNKED}3\r\nhi`, true],
    ['behind a chunk', `${CHUNKED}2\r\nhi\r\n`, true],
    ['in trailers', `${CHUNKED}2\r\nhi\r\n0\r\na: b\r\n`, true],
  ])('the end of the connection %s', (_where, input, hasBody) => {
    playClient([
      ask(),
      isGet,
      send(input),
      end(),
      ...(input.startsWith('HTTP/1.1 100') ? [expectEvent({ type: 'informational' })] : []),
      ...(hasBody ? [isResponse, expectEvent({ type: 'data', bytes: 'hi' })] : []),
      failsBy('LML_ERR_HTTP1_UNEXPECTED_END'),
      ...isUseless,
    ]);
  });

  it('the end of the connection in the middle of a request', () => {
    playClient([
      startRequest({ method: 'PUT', size: 4 }),
      sendContent('ab'),
      end(),
      failsBy('LML_ERR_HTTP1_UNEXPECTED_END'),
      expectOutput('PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nab'),
      refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol, nowMs) => protocol.sendData('cd', nowMs)),
      ...isUseless,
    ]);
  });

  it('bytes that come before anything was asked', () => {
    playClient([send('H'), failsBy('LML_ERR_HTTP1_UNEXPECTED_BYTES'), ...isUseless]);
  });

  it('bytes behind a response: they are the answer to nothing', () => {
    for (const input of [`${OK}HTTP/1.1 200 OK\r\n\r\n`, `${OK}\r\n`, `${OK}\0`]) {
      playClient([
        ask(),
        isGet,
        send(input),
        isResponse,
        expectEvent({ type: 'data', bytes: 'hi' }),
        expectEvent({ type: 'end' }),
        failsBy('LML_ERR_HTTP1_UNEXPECTED_BYTES'),
        ...isUseless,
      ]);
    }
  });

  it('bytes behind a response while the request is still being sent', () => {
    playClient([
      startRequest({ method: 'PUT', size: 4 }),
      send(`HTTP/1.1 204 No Content\r\n\r\nx`),
      expectEvent({ type: 'response', hasBody: false }),
      failsBy('LML_ERR_HTTP1_UNEXPECTED_BYTES'),
      expectOutput(/PUT/),
      ...isUseless,
    ]);
  });

  it('what limits say, exactly', () => {
    const limits = fullLimits({ maxStartLineBytes: 64, maxHeadBytes: 128, maxHeaders: 2 });
    const head = (length: number): string =>
      `HTTP/1.1 200 OK\r\nContent-Length: 0\r\na: ${'b'.repeat(length - 43)}\r\n\r\n`;
    const line = (length: number): string => `HTTP/1.1 204 ${'x'.repeat(length - 15)}\r\n\r\n`;
    const fields = (count: number): string => `HTTP/1.1 204 \r\n${'a:\r\n'.repeat(count)}\r\n`;
    const isWhole = expectEvent({ type: 'response', hasBody: false });
    playClient([ask(), isGet, send(head(128)), isWhole], { limits });
    playClient([ask(), isGet, send(head(129)), failsBy('LML_ERR_HTTP1_HEADERS_TOO_LARGE')], { limits });
    playClient([ask(), isGet, send(line(64)), isWhole], { limits });
    playClient([ask(), isGet, send(line(65)), failsBy('LML_ERR_HTTP1_START_LINE_TOO_LONG')], { limits });
    playClient([ask(), isGet, send(fields(2)), isWhole], { limits });
    playClient([ask(), isGet, send(fields(3)), failsBy('LML_ERR_HTTP1_TOO_MANY_HEADERS')], { limits });
  });

  it('nothing of a connection that the peer ends in time', () => {
    playClient([
      ask(),
      isGet,
      send(OK),
      isResponse,
      expectEvent({ type: 'data' }),
      expectEvent({ type: 'end' }),
      end(),
      expectEvent({ type: 'closed' }),
      ...isUseless,
    ]);
    playClient([end(), expectEvent({ type: 'closed' }), ...isUseless]);
  });

  it('nothing of a complete response, where the peer ends the connection while the request is being sent', () => {
    playClient([
      startRequest({ method: 'PUT', size: 2 }),
      send(OK),
      end(),
      isResponse,
      expectEvent({ type: 'data' }),
      expectEvent({ type: 'end' }),
      sendContent('ab'),
      command((protocol) => protocol.sendEnd(undefined)),
      expectOutput('PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nab'),
      expectEvent({ type: 'closed' }),
      ...isUseless,
    ]);
  });
});
