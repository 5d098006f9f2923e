import { continuation, data, headers, literalBlock, priority, reset, windowUpdate } from '../../support/frames.ts';
import type { ServerCase } from '../support/server-case.ts';
import { casesOf, connectionError, ECHO, echoed, GET, HOLD, ok, request, streamError } from '../support/server-case.ts';

const states = casesOf('RFC 9113 5.1');
const ids = casesOf('RFC 9113 5.1.1');
const concurrency = casesOf('RFC 9113 5.1.2');
const streamErrors = casesOf('RFC 9113 5.4.2');

const IDLE = 'A stream that was never opened takes nothing but HEADERS and PRIORITY.';
const HALF_CLOSED = 'A stream whose client has ended it takes no more DATA and HEADERS.';
const HALF_CLOSED_TAKES = 'A stream whose client has ended it takes WINDOW_UPDATE, PRIORITY and RST_STREAM.';
const ENDED = 'A stream that both sides have ended takes no more DATA and HEADERS.';
const ENDED_TAKES =
  'A stream that both sides have ended takes what was on its way: WINDOW_UPDATE, PRIORITY, RST_STREAM.';
const RESET_BY_SERVER = 'Frames on their way to a stream that the server has reset are ignored.';
const RESET_BY_CLIENT = 'A client that has reset a stream must not send on it.';
const BAD_HEAD = request('GET', '/', 'Upper', 'case');

/** The life of a stream. RFC 9113 sections 5.1 and 5.4. */
export const streamStates: readonly ServerCase[] = [
  states('idle: DATA', IDLE, { send: [data(1, 'x')], ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID') }),
  states('idle: RST_STREAM', IDLE, { send: [reset(1, 8)], ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID') }),
  states('idle: WINDOW_UPDATE', IDLE, {
    send: [windowUpdate(1, 1)],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID'),
  }),
  states('idle: CONTINUATION', IDLE, {
    send: [continuation(1, literalBlock(GET), true)],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME'),
  }),
  states('idle: DATA, beside open streams', IDLE, {
    send: [headers(1, HOLD, { end: true }), headers(3, ECHO), data(5, 'x')],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID', 3),
  }),
  states('idle: DATA on a stream of the server', IDLE, {
    send: [headers(3, HOLD, { end: true }), data(2, 'x')],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID', 3),
  }),
  states('idle: PRIORITY', IDLE, { send: [priority(1, 0), headers(1, GET, { end: true })], answers: ok(1) }),
  states('open: DATA and HEADERS', 'An open stream takes all frames.', {
    send: [
      headers(1, ECHO),
      data(1, 'abc'),
      windowUpdate(1, 5),
      priority(1, 0),
      data(1, 'd'),
      headers(1, ['a', 'b'], { end: true }),
    ],
    answers: echoed(1, 'abcd'),
  }),
  states('half-closed: DATA', HALF_CLOSED, {
    send: [headers(1, HOLD, { end: true }), data(1, 'x')],
    ...streamError(1, 'STREAM_CLOSED'),
  }),
  states('half-closed: DATA behind DATA that has ended it', HALF_CLOSED, {
    send: [headers(1, request('POST', '/hold')), data(1, 'x', { end: true }), data(1, 'y', { end: true })],
    ...streamError(1, 'STREAM_CLOSED'),
  }),
  states('half-closed: HEADERS', HALF_CLOSED, {
    send: [headers(1, HOLD, { end: true }), headers(1, ['a', 'b'], { end: true })],
    ...streamError(1, 'STREAM_CLOSED'),
  }),
  states('half-closed: HEADERS and CONTINUATION', HALF_CLOSED, {
    send: [
      headers(1, HOLD, { end: true }),
      headers(1, ['a', 'b'], { end: true, endHeaders: false }),
      continuation(1, literalBlock(['c', 'd']), true),
    ],
    ...streamError(1, 'STREAM_CLOSED'),
  }),
  states('half-closed: WINDOW_UPDATE', HALF_CLOSED_TAKES, {
    send: [headers(1, HOLD, { end: true }), windowUpdate(1, 1)],
    answers: [],
  }),
  states('half-closed: PRIORITY', HALF_CLOSED_TAKES, {
    send: [headers(1, HOLD, { end: true }), priority(1, 0)],
    answers: [],
  }),
  states('half-closed: RST_STREAM', HALF_CLOSED_TAKES, {
    send: [headers(1, HOLD, { end: true }), reset(1, 8)],
    answers: [],
  }),
  states('ended: DATA', ENDED, {
    turns: [
      { send: [headers(1, GET, { end: true })], answers: ok(1) },
      { send: [data(1, 'x')], answers: ['GOAWAY 1 STREAM_CLOSED'] },
    ],
    end: 'closed',
    code: 'LML_ERR_HTTP2_STREAM_CLOSED',
  }),
  states('ended: HEADERS', ENDED, {
    turns: [
      { send: [headers(1, GET, { end: true })], answers: ok(1) },
      { send: [headers(1, GET, { end: true })], answers: ['GOAWAY 1 STREAM_CLOSED'] },
    ],
    end: 'closed',
    code: 'LML_ERR_HTTP2_STREAM_CLOSED',
  }),
  states('ended: CONTINUATION', ENDED, {
    turns: [
      { send: [headers(1, GET, { end: true })], answers: ok(1) },
      { send: [continuation(1, literalBlock(GET), true)], answers: ['GOAWAY 1 PROTOCOL_ERROR'] },
    ],
    end: 'closed',
    code: 'LML_ERR_HTTP2_UNEXPECTED_FRAME',
  }),
  states('ended: WINDOW_UPDATE, PRIORITY and RST_STREAM', ENDED_TAKES, {
    turns: [
      { send: [headers(1, GET, { end: true })], answers: ok(1) },
      {
        send: [windowUpdate(1, 5), priority(1, 0), reset(1, 8), reset(1, 0), windowUpdate(1, 0x7fff_ffff)],
        answers: [],
      },
    ],
  }),
  states('reset by the server: DATA', RESET_BY_SERVER, {
    send: [headers(1, BAD_HEAD), data(1, 'abc'), data(1, 'd', { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  states('reset by the server: HEADERS', RESET_BY_SERVER, {
    send: [headers(1, BAD_HEAD), headers(1, ['a', 'b'], { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  states('reset by the server: WINDOW_UPDATE, PRIORITY and RST_STREAM', RESET_BY_SERVER, {
    send: [headers(1, BAD_HEAD), windowUpdate(1, 1), priority(1, 0), reset(1, 8)],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  states('refused by the server: DATA and HEADERS', RESET_BY_SERVER, {
    limits: { maxConcurrentStreams: 1 },
    turns: [
      {
        send: [
          headers(1, HOLD, { end: true }),
          headers(3, ECHO),
          data(3, 'abc'),
          headers(3, ['a', 'b'], { end: true }),
        ],
        ...streamError(3, 'REFUSED_STREAM'),
      },
      { send: [reset(1, 8)], answers: [] },
    ],
  }),
  states('reset by the client: DATA', RESET_BY_CLIENT, {
    send: [headers(1, ECHO), reset(1, 8), data(1, 'x')],
    ...streamError(1, 'STREAM_CLOSED'),
  }),
  states('reset by the client: HEADERS', RESET_BY_CLIENT, {
    send: [headers(1, ECHO), reset(1, 8), headers(1, ['a', 'b'], { end: true })],
    ...streamError(1, 'STREAM_CLOSED'),
  }),
  states('reset by the client: HEADERS and CONTINUATION', RESET_BY_CLIENT, {
    send: [
      headers(1, ECHO),
      reset(1, 8),
      headers(1, ['a', 'b'], { end: true, endHeaders: false }),
      continuation(1, literalBlock(['c', 'd']), true),
    ],
    ...streamError(1, 'STREAM_CLOSED'),
  }),
  states(
    'reset by the client: WINDOW_UPDATE and PRIORITY',
    'A stream that the client has reset takes what was on its way.',
    {
      send: [headers(1, ECHO), reset(1, 8), windowUpdate(1, 1), priority(1, 0)],
      answers: [],
    },
  ),
  streamErrors('no answer to RST_STREAM', 'RST_STREAM is never answered by RST_STREAM.', {
    send: [headers(1, ECHO), reset(1, 8), reset(1, 8), reset(1, 0)],
    answers: [],
  }),
  streamErrors('others are not disturbed', 'An error of a stream leaves the other streams alone.', {
    send: [headers(1, ECHO), headers(3, BAD_HEAD, { end: true }), data(1, 'abc', { end: true })],
    answers: ['RST_STREAM 3 PROTOCOL_ERROR', ...echoed(1, 'abc')],
  }),
  ids('an even identifier', 'Clients open streams of odd identifiers only.', {
    send: [headers(2, GET, { end: true })],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID'),
  }),
  ids('an identifier below the last one, never used', 'Each new stream has a higher identifier than those before.', {
    send: [headers(5, HOLD, { end: true }), headers(3, GET, { end: true })],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID', 5),
  }),
  ids('DATA on an identifier that was left out', 'A later stream closes those that were never opened before it.', {
    send: [headers(5, HOLD, { end: true }), data(3, 'x')],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID', 5),
  }),
  ids('identifiers may be left out', 'A client need not use every identifier.', {
    send: [headers(3, GET, { end: true }), headers(9, GET, { end: true })],
    answers: [...ok(3), ...ok(9)],
  }),
  ids('the highest identifier', 'Identifiers have 31 bits.', {
    send: [headers(0x7fff_ffff, GET, { end: true })],
    answers: ok(0x7fff_ffff),
    isLast: true,
  }),
  concurrency('as many streams as allowed', 'As many streams as announced may be open.', {
    limits: { maxConcurrentStreams: 2 },
    turns: [
      { send: [headers(1, HOLD, { end: true }), headers(3, ECHO)], answers: [] },
      { send: [data(3, 'x', { end: true })], answers: echoed(3, 'x') },
    ],
  }),
  concurrency(
    'one stream more than allowed',
    'A stream beyond the announced number is refused, and safe to send again.',
    {
      limits: { maxConcurrentStreams: 2 },
      turns: [
        {
          send: [headers(1, HOLD, { end: true }), headers(3, ECHO), headers(5, GET, { end: true })],
          ...streamError(5, 'REFUSED_STREAM'),
        },
        { send: [data(3, 'x', { end: true })], answers: echoed(3, 'x') },
      ],
    },
  ),
  concurrency('room again', 'Streams that are over do not count.', {
    limits: { maxConcurrentStreams: 1 },
    send: [headers(1, HOLD, { end: true }), reset(1, 8), headers(3, GET, { end: true })],
    answers: ok(3),
  }),
];
