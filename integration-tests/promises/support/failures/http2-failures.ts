import type { Http2Options } from '@lamella/http2';
import { rawFrame } from '@lamella/http2/testing';
import type { ByteStream } from '@lamella/net-core';
import { patternBytes } from '@lamella/net-core/testing';
import { framesOf, settingsFrame } from '../../../promises-h2/support/h2-script.ts';
import type { Failure } from './failure-world.ts';
import { breakOff } from './failure-world.ts';
import { askByHttp2, say } from './http2-origin.ts';

const base = { layer: 'h2', tells: 'origin.test:82' } as const;
const inHead = { ...base, phase: 'response-head' } as const;
const inBody = { ...base, phase: 'response-body' } as const;
const OK = framesOf(['HEADERS', ':status: 200']);

/** Greetings of servers that are none of HTTP/2. */
const badGreetings: readonly Failure[] = (
  [
    ['HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ANSWERED_BY_HTTP1'],
    ['another protocol', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'), 'UNEXPECTED_FRAME'],
    ['another frame than SETTINGS', rawFrame(6, 0, 0, new Uint8Array(8)), 'UNEXPECTED_FRAME'],
    ['a setting that servers may not make', settingsFrame([2, 1]), 'BAD_SETTING'],
  ] as const
).map(([name, greeting, condition]) => ({
  ...base,
  layer: 'http-pool', // it has spoken first: nothing was sent
  phase: 'connect',
  name: `a server of HTTP/2 greets by ${name}`,
  code: `LML_ERR_HTTP2_${condition}`,
  retryable: false,
  induce: (world) => askByHttp2(world, { greeting }),
}));

/** Responses that break a rule of HTTP/2. */
const brokenRules: readonly Failure[] = (
  [
    ['a frame that is too large', rawFrame(0, 0, 1, new Uint8Array(16_385)), 'BAD_FRAME_SIZE'],
    ['a stream that servers can not open', framesOf(['2 HEADERS END', ':status: 200']), 'BAD_STREAM_ID'],
    ['more padding than content', rawFrame(1, 0x0c, 1, Uint8Array.of(200, 0x88)), 'BAD_PADDING'],
    ['fields that can not be decoded', rawFrame(1, 4, 1, Uint8Array.of(0xff, 0xff, 0xff)), 'BAD_COMPRESSION'],
    ['a push, which is off', rawFrame(5, 4, 1, Uint8Array.of(0, 0, 0, 2, 0x82)), 'UNEXPECTED_FRAME'],
    ['room for nothing', rawFrame(8, 0, 0, new Uint8Array(4)), 'BAD_WINDOW'],
    ['no status', framesOf(['HEADERS END', 'a: b']), 'MALFORMED_MESSAGE'],
    ['a field of HTTP/1.1', framesOf(['HEADERS END', ':status: 200', 'connection: close']), 'MALFORMED_MESSAGE'],
    [
      'fields that are too many',
      framesOf(['HEADERS', ':status: 200', ...Array(200).fill('a: b')]),
      'HEADERS_TOO_LARGE',
    ],
    ['too many interim responses', framesOf(Array(33).fill(['HEADERS', ':status: 103']).flat()), 'TOO_MUCH_OF_A_KIND'],
    [
      'less content than it says',
      framesOf(['HEADERS', ':status: 200', 'content-length: 9', 'DATA "hello" END']),
      'CONTENT_LENGTH_MISMATCH',
      'response-body',
    ],
    [
      'a frame too large behind a head',
      Buffer.concat([OK, rawFrame(0, 0, 1, new Uint8Array(16_385))]),
      'BAD_FRAME_SIZE',
      'response-body',
    ],
    ['a flood of PING', Buffer.concat(Array(3_000).fill(rawFrame(6, 0, 0, new Uint8Array(8)))), 'TOO_MUCH_OF_A_KIND'],
  ] as const
).map(([name, bytes, condition, phase = 'response-head']) => ({
  ...base,
  name: `a response of HTTP/2 has ${name}`,
  code: `LML_ERR_HTTP2_${condition}`,
  phase,
  retryable: false,
  induce: (world) => askByHttp2(world, { onRequest: (stream) => say(stream, bytes) }),
}));

const onStream = (lines: readonly string[]) => ({
  onRequest: (stream: ByteStream): void => say(stream, framesOf(lines)),
});
const post = { method: 'POST', body: 'x' } as const;
const CONTENT = ['HEADERS', ':status: 200', 'DATA "ab"'];

/** Streams and connections that end under a request. */
const brokenOff: readonly Failure[] = [
  ...(['reset', 'end'] as const).flatMap((how): Failure[] => [
    {
      ...inHead,
      name: `a GET by HTTP/2 meets ${how === 'end' ? 'an end' : 'a reset'}`,
      code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
      retryable: true,
      induce: (world) => askByHttp2(world, { onRequest: (stream) => breakOff('', how)(stream) }),
    },
    {
      ...inBody,
      name: `a response of HTTP/2 to a POST is cut by ${how === 'end' ? 'an end' : 'a reset'}`,
      code: 'LML_ERR_HTTP_RESPONSE_INCOMPLETE',
      retryable: false,
      induce(world) {
        const onRequest = (stream: ByteStream): void => {
          say(stream, framesOf(CONTENT));
          breakOff('', how)(stream);
        };
        return askByHttp2(world, { onRequest }, post);
      },
    },
  ]),
  {
    ...inHead,
    name: 'a stream is refused',
    code: 'LML_ERR_HTTP_STREAM_RESET',
    retryable: true, // it was not looked at, so even a POST may be sent again
    induce(world) {
      const onRequest = (stream: ByteStream, streamId: number): void =>
        say(stream, framesOf([`${streamId} RST_STREAM REFUSED_STREAM`]));
      return askByHttp2(world, { onRequest }, post);
    },
  },
  {
    ...inHead,
    name: 'the stream of a POST is reset',
    code: 'LML_ERR_HTTP_STREAM_RESET',
    retryable: false,
    induce: (world) => askByHttp2(world, onStream(['RST_STREAM INTERNAL_ERROR']), post),
  },
  {
    ...inBody,
    name: 'the stream of a GET is reset in the response',
    code: 'LML_ERR_HTTP_STREAM_RESET',
    retryable: true,
    induce: (world) => askByHttp2(world, onStream([...CONTENT, 'RST_STREAM CANCEL'])),
  },
  {
    ...inHead,
    name: 'GOAWAY says that a POST was not looked at',
    code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
    retryable: true,
    induce: (world) => askByHttp2(world, onStream(['GOAWAY 0 NO_ERROR']), post),
  },
  {
    ...inHead,
    name: 'GOAWAY ends a POST that may have been looked at',
    code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
    retryable: false,
    induce(world) {
      const onRequest = (stream: ByteStream): void => {
        say(stream, framesOf(['GOAWAY 1 INTERNAL_ERROR']));
        breakOff('', 'end')(stream);
      };
      return askByHttp2(world, { onRequest }, post);
    },
  },
];

const quick: Http2Options = {
  timeouts: { responseHeadTimeoutMs: 50, bodyProgressTimeoutMs: 50, writeTimeoutMs: 50, settingsTimeoutMs: 50 },
};
const timeout = { ...base, code: 'LML_ERR_TIMEOUT' } as const;

/** Servers that are too slow. */
const tooSlow: readonly Failure[] = [
  {
    ...timeout,
    name: 'the settings of a server do not come',
    phase: 'settings',
    retryable: true,
    induce: (world) => askByHttp2(world, { greeting: new Uint8Array(0) }, {}, quick),
  },
  {
    ...timeout,
    name: 'no answer comes by HTTP/2 to a POST',
    phase: 'response-head',
    retryable: false,
    induce: (world) => askByHttp2(world, {}, post, quick),
  },
  {
    ...timeout,
    name: 'a body stops by HTTP/2',
    phase: 'response-body',
    retryable: true,
    induce: (world) => askByHttp2(world, onStream(CONTENT), {}, quick),
  },
  {
    ...timeout,
    name: 'a server of HTTP/2 gives a request no room',
    phase: 'request',
    retryable: true,
    induce: (world) => askByHttp2(world, {}, { method: 'PUT', body: patternBytes(1_000_000) }, quick),
  },
  {
    ...timeout,
    name: 'a server of HTTP/2 gives no sign of life',
    phase: 'ping',
    retryable: true,
    induce: (world) => askByHttp2(world, {}, {}, { timeouts: { keepAliveMs: 50, pingTimeoutMs: 50 } }),
  },
];

/** Calls by HTTP/2 whose response is not what it should be. */
export const http2Failures: readonly Failure[] = [...badGreetings, ...brokenRules, ...brokenOff, ...tooSlow];
