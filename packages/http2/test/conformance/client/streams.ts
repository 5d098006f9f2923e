import {
  continuation,
  data,
  frame,
  headers,
  literalBlock,
  ping,
  priority,
  pushPromise,
  reset,
  windowUpdate,
} from '../../support/frames.ts';
import type { ClientCase, ClientCaseRest } from '../support/client-case.ts';
import { clientCasesOf, connectionError, streamError } from '../support/client-case.ts';

const states = clientCasesOf('RFC 9113 5.1');
const ids = clientCasesOf('RFC 9113 5.1.1');
const errors = clientCasesOf('RFC 9113 5.4.2');
const dataFrames = clientCasesOf('RFC 9113 6.1');
const headersFrames = clientCasesOf('RFC 9113 6.2');
const priorityFrames = clientCasesOf('RFC 9113 6.3');
const resetFrames = clientCasesOf('RFC 9113 6.4');
const pushFrames = clientCasesOf('RFC 9113 6.6');
const sections = clientCasesOf('RFC 9113 6.10');
const compression = clientCasesOf('RFC 9113 4.3');

const OK = [headers(1, [':status', '200']), data(1, 'ok', { end: true })];
const IDLE = 'A stream that was never opened takes no frames of a server but PRIORITY.';
const ENDED = 'A stream that both sides have ended takes no more DATA and HEADERS.';
const BLOCK = literalBlock([':status', '200', 'a', 'b']);
const begun = headers(1, BLOCK.subarray(0, 5), { end: true, endHeaders: false });
const badStream: ClientCaseRest = connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID');
const unexpected: ClientCaseRest = connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME');
const SENT = 'HEADERS 1 :method=GET :scheme=http :authority=a.test :path=/ END';

/** What holds for streams. RFC 9113 sections 4.3, 5 and 6. */
export const streams: readonly ClientCase[] = [
  states('idle: DATA', IDLE, { send: [data(3, 'x')], ...badStream }),
  states('idle: HEADERS', IDLE, { send: [headers(3, [':status', '200'], { end: true })], ...badStream }),
  states('idle: RST_STREAM', IDLE, { send: [reset(3, 8)], ...badStream }),
  states('idle: WINDOW_UPDATE', IDLE, { send: [windowUpdate(3, 1)], ...badStream }),
  states('idle: PRIORITY', IDLE, { send: [priority(3, 0), ...OK], results: ['200 ok'] }),
  states('ended: DATA', ENDED, {
    send: [...OK, data(1, 'x')],
    answers: ['GOAWAY 0 STREAM_CLOSED'],
    end: 'closed',
    results: ['200 ok'],
  }),
  states('ended: HEADERS', ENDED, {
    send: [...OK, headers(1, ['a', 'b'], { end: true })],
    answers: ['GOAWAY 0 STREAM_CLOSED'],
    end: 'closed',
    results: ['200 ok'],
  }),
  states('ended: WINDOW_UPDATE, PRIORITY and RST_STREAM', 'A stream that has ended takes what was on its way.', {
    send: [...OK, windowUpdate(1, 1), priority(1, 0), reset(1, 0)],
    results: ['200 ok'],
  }),
  states('half-closed by the server: DATA', 'A stream that the server has ended takes no more DATA.', {
    turns: [
      {
        requests: [{ method: 'CONNECT', target: 'b.test:443' }],
        answers: ['HEADERS 1 :method=CONNECT :authority=b.test:443'],
      },
      { send: [headers(1, [':status', '403'], { end: true })], answers: ['DATA 1 "" END'] },
    ],
    results: ['403'],
  }),
  states(
    'reset by the client: what was on its way',
    'Frames on their way to a stream that the client has reset are ignored.',
    {
      send: [
        headers(1, [':status', '200', 'Upper', 'case']),
        data(1, 'abc'),
        headers(1, ['a', 'b'], { end: true }),
        windowUpdate(1, 1),
        reset(1, 0),
      ],
      ...streamError('PROTOCOL_ERROR', 'MALFORMED_MESSAGE'),
    },
  ),
  states('reset by the server: DATA', 'A server that has reset a stream must not send on it.', {
    send: [reset(1, 8), data(1, 'x')],
    answers: ['RST_STREAM 1 STREAM_CLOSED'],
    results: ['LML_ERR_HTTP_STREAM_RESET'],
  }),
  ids('HEADERS on an even stream', 'Without push, servers open no streams.', {
    send: [headers(2, [':status', '200'], { end: true })],
    ...badStream,
  }),
  ids('streams that are opened', 'Clients open streams of odd identifiers, each higher than the last.', {
    turns: [
      { requests: [{}, {}, {}], answers: [SENT, SENT.replace('1', '3'), SENT.replace('1', '5')] },
      { send: [headers(3, [':status', '204'], { end: true })], answers: [] },
    ],
    results: ['pending', '204', 'pending'],
    isLast: true,
  }),
  errors('no answer to RST_STREAM', 'RST_STREAM is never answered by RST_STREAM.', {
    send: [reset(1, 8), reset(1, 8)],
    results: ['LML_ERR_HTTP_STREAM_RESET'],
  }),
  errors('others are not disturbed', 'An error of a stream leaves the other streams alone.', {
    requests: [{}, {}],
    send: [headers(3, ['a', 'b'], { end: true }), ...OK],
    answers: ['RST_STREAM 3 PROTOCOL_ERROR'],
    results: ['200 ok', 'LML_ERR_HTTP2_MALFORMED_MESSAGE'],
  }),
  dataFrames('for the connection', 'DATA belongs to a stream.', { send: [data(0, 'x')], ...badStream }),
  dataFrames('padding', 'Padding is no content.', {
    send: [headers(1, [':status', '200']), data(1, 'ok', { pad: 100 }), data(1, '', { pad: 0, end: true })],
    results: ['200 ok'],
  }),
  dataFrames('padding as long as the payload', 'Padding as long as the payload ends the connection.', {
    send: [headers(1, [':status', '200']), frame(0, 8, 1, Buffer.from('\x04abc'))],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PADDING'),
  }),
  headersFrames('for the connection', 'HEADERS belong to a stream.', {
    send: [headers(0, [':status', '200'])],
    ...badStream,
  }),
  headersFrames('padding and a priority', 'HEADERS may have both.', {
    send: [headers(1, [':status', '200'], { pad: 3, dependsOn: 0, end: true })],
    results: ['200'],
  }),
  headersFrames('padding longer than the payload', 'Padding as long as the payload ends the connection.', {
    send: [frame(1, 0xd, 1, Buffer.from('\x05abcd'))],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PADDING'),
  }),
  priorityFrames(
    'of 4 bytes',
    'PRIORITY has 5 bytes; the error of the stream may end the connection (section 5.4.1).',
    {
      send: [frame(2, 0, 1, Buffer.alloc(4))],
      ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE'),
    },
  ),
  priorityFrames('for the connection', 'PRIORITY belongs to a stream.', { send: [priority(0, 1)], ...badStream }),
  resetFrames('for the connection', 'RST_STREAM belongs to a stream.', { send: [reset(0, 8)], ...badStream }),
  resetFrames('of 5 bytes', 'RST_STREAM has 4 bytes.', {
    send: [frame(3, 0, 1, Buffer.alloc(5))],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE'),
  }),
  resetFrames('with an unknown code', 'Unknown error codes are like any other.', {
    send: [reset(1, 0xffff)],
    results: ['LML_ERR_HTTP_STREAM_RESET'],
  }),
  pushFrames('a promise', 'A client that allows no push takes no promise.', {
    send: [pushPromise(1, 2, [':method', 'GET', ':scheme', 'http', ':authority', 'a.test', ':path', '/'])],
    ...unexpected,
  }),
  pushFrames('a promise for the connection', 'A client that allows no push takes no promise.', {
    send: [pushPromise(0, 2, [])],
    ...unexpected,
  }),
  sections('several frames', 'A section may go on in CONTINUATION.', {
    send: [begun, continuation(1, BLOCK.subarray(5, 6), false), continuation(1, BLOCK.subarray(6), true)],
    results: ['200'],
  }),
  sections('PING within', 'Between HEADERS and the last CONTINUATION stands no other frame.', {
    send: [begun, ping('abcdefgh')],
    ...unexpected,
  }),
  sections('another stream within', 'Between HEADERS and the last CONTINUATION stands no other frame.', {
    requests: [{}, {}],
    send: [begun, continuation(3, BLOCK.subarray(5), true)],
    answers: ['GOAWAY 0 PROTOCOL_ERROR'],
    end: 'closed',
    results: ['LML_ERR_HTTP2_UNEXPECTED_FRAME', 'LML_ERR_HTTP2_UNEXPECTED_FRAME'],
  }),
  sections('behind a whole section', 'CONTINUATION stands behind HEADERS that are not whole.', {
    send: [headers(1, [':status', '200']), continuation(1, BLOCK, true)],
    ...unexpected,
  }),
  compression('a block that is none', 'A block that can not be decoded ends the connection.', {
    send: [headers(1, Buffer.from('be', 'hex'))],
    ...connectionError('COMPRESSION_ERROR', 'BAD_COMPRESSION'),
  }),
  compression('a block for a stream that is gone', 'Blocks are decoded even if nobody wants them.', {
    requests: [{}, {}],
    send: [
      headers(1, ['a', 'b']), // malformed
      headers(1, Buffer.from('40016101 62'.replace(' ', ''), 'hex'), { end: true }),
      headers(3, Buffer.from('88be', 'hex'), { end: true }),
    ],
    answers: ['RST_STREAM 1 PROTOCOL_ERROR'],
    results: ['LML_ERR_HTTP2_MALFORMED_MESSAGE', '200'],
  }),
];
