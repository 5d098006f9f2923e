import { data, frame, headers, literalBlock, priority, reset } from '../../support/frames.ts';
import type { ServerCase } from '../support/server-case.ts';
import { casesOf, connectionError, ECHO, echoed, GET, HOLD, ok, request } from '../support/server-case.ts';

const dataFrames = casesOf('RFC 9113 6.1');
const headersFrames = casesOf('RFC 9113 6.2');
const priorityFrames = casesOf('RFC 9113 6.3');
const resetFrames = casesOf('RFC 9113 6.4');
const pushFrames = casesOf('RFC 9113 6.6');

const DATA_PADDING = 'Padding as long as the payload of its DATA frame, or longer, ends the connection.';
const HEADERS_PADDING = 'Padding as long as the payload of its HEADERS frame, or longer, ends the connection.';
const BLOCK = literalBlock(GET);

/** What each frame of a stream must look like. RFC 9113 sections 6.1 to 6.4 and 6.6. */
export const payloads: readonly ServerCase[] = [
  dataFrames('for the connection', 'DATA belongs to a stream.', {
    send: [data(0, 'x')],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID'),
  }),
  dataFrames('padding', 'Padding is no content.', {
    send: [
      headers(1, ECHO),
      data(1, 'abc', { pad: 0 }),
      data(1, 'def', { pad: 200 }),
      data(1, 'g', { pad: 255, end: true }),
    ],
    answers: echoed(1, 'abcdefg'),
  }),
  dataFrames('padding and nothing else', 'A frame may be all padding.', {
    send: [headers(1, ECHO), data(1, '', { pad: 0 }), data(1, '', { pad: 9 }), data(1, '', { pad: 1, end: true })],
    answers: ['HEADERS 1 :status=200 content-length=0 END'],
  }),
  dataFrames('padding that is not zero', 'A receiver need not look at padding.', {
    send: [headers(1, ECHO), frame(0, 0x9, 1, Buffer.from('\x03abc\xff\xff\xff', 'latin1'))],
    answers: echoed(1, 'abc'),
  }),
  dataFrames('padding as long as the payload', DATA_PADDING, {
    send: [headers(1, ECHO), frame(0, 0x8, 1, Buffer.from('\x04abc'))],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PADDING', 1),
  }),
  dataFrames('padding longer than the payload', DATA_PADDING, {
    send: [headers(1, ECHO), frame(0, 0x9, 1, Buffer.from('\xffabc', 'latin1'))],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PADDING', 1),
  }),
  dataFrames('padding of 1 in a frame of 1 byte', DATA_PADDING, {
    send: [headers(1, ECHO), frame(0, 0x8, 1, Buffer.from('\x01'))],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PADDING', 1),
  }),
  dataFrames('no byte for the padding', 'A frame too small for what it must have is a FRAME_SIZE_ERROR.', {
    send: [headers(1, ECHO), frame(0, 0x8, 1)],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE', 1),
  }),
  dataFrames('padding counts for the window', 'The whole payload of DATA counts for flow control, padding included.', {
    limits: { initialStreamWindowBytes: 100, maxStreamWindowBytes: 100 },
    turns: [
      { send: [headers(1, request('POST', '/hold')), data(1, 'x'.repeat(59), { pad: 40 })], answers: [] },
      { send: [data(1, 'y')], answers: ['RST_STREAM 1 FLOW_CONTROL_ERROR'] },
    ],
  }),
  headersFrames('for the connection', 'HEADERS belong to a stream.', {
    send: [headers(0, GET, { end: true })],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID'),
  }),
  headersFrames('padding', 'Padding does not belong to the block.', {
    send: [headers(1, GET, { end: true, pad: 0 }), headers(3, GET, { end: true, pad: 255 })],
    answers: [...ok(1), ...ok(3)],
  }),
  headersFrames('a priority', 'HEADERS may have a priority in front, which means nothing.', {
    send: [headers(1, GET, { end: true, dependsOn: 0 }), headers(3, GET, { end: true, dependsOn: 0x8000_0001 })],
    answers: [...ok(1), ...ok(3)],
  }),
  headersFrames('padding and a priority', 'HEADERS may have both.', {
    send: [headers(1, GET, { end: true, pad: 7, dependsOn: 3 })],
    answers: ok(1),
  }),
  headersFrames('padding longer than the payload', HEADERS_PADDING, {
    send: [frame(1, 0xd, 1, Buffer.concat([Buffer.of(BLOCK.length + 1), BLOCK]))],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PADDING'),
  }),
  headersFrames('padding that leaves no room for the priority', HEADERS_PADDING, {
    send: [frame(1, 0x2d, 1, Buffer.from('\x04\0\0\0\0\x10abc'))],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PADDING'),
  }),
  headersFrames('no byte for the padding', 'A frame too small for what it must have is a FRAME_SIZE_ERROR.', {
    send: [frame(1, 0xd, 1)],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE'),
  }),
  headersFrames('no room for the priority', 'A frame too small for what it must have is a FRAME_SIZE_ERROR.', {
    send: [frame(1, 0x25, 1, Buffer.alloc(4))],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE'),
  }),
  headersFrames(
    'padding that takes all of the block',
    'A request of no fields is malformed, and its stream fails alone.',
    {
      send: [frame(1, 0xd, 1, Buffer.concat([Buffer.of(3), Buffer.alloc(3)]))],
      answers: ['RST_STREAM 1 PROTOCOL_ERROR'],
    },
  ),
  headersFrames('on itself dependent', 'A stream must not depend on itself. RFC 7540 section 5.3.1.', {
    send: [headers(1, GET, { end: true, dependsOn: 1 })],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PRIORITY'),
  }),
  priorityFrames('for the connection', 'PRIORITY belongs to a stream.', {
    send: [priority(0, 1)],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID'),
  }),
  priorityFrames(
    'of 4 bytes',
    'PRIORITY has 5 bytes; the error of the stream may end the connection (section 5.4.1).',
    {
      send: [headers(1, HOLD, { end: true }), frame(2, 0, 1, Buffer.alloc(4))],
      ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE', 1),
    },
  ),
  priorityFrames(
    'of 6 bytes',
    'PRIORITY has 5 bytes; the error of the stream may end the connection (section 5.4.1).',
    {
      send: [headers(1, HOLD, { end: true }), frame(2, 0, 1, Buffer.alloc(6))],
      ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE', 1),
    },
  ),
  priorityFrames('on any stream', 'PRIORITY may come for every stream at any time, and opens and closes none.', {
    send: [priority(9, 0x8000_0000), priority(1, 9), headers(1, GET, { end: true }), priority(1, 3), priority(2, 1)],
    answers: ok(1),
  }),
  priorityFrames('on itself dependent', 'A stream must not depend on itself. RFC 7540 section 5.3.1.', {
    send: [priority(1, 1)],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PRIORITY'),
  }),
  resetFrames('for the connection', 'RST_STREAM belongs to a stream.', {
    send: [reset(0, 8)],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID'),
  }),
  resetFrames('of 3 bytes', 'RST_STREAM has 4 bytes.', {
    send: [headers(1, HOLD, { end: true }), frame(3, 0, 1, Buffer.alloc(3))],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE', 1),
  }),
  resetFrames('of 5 bytes', 'RST_STREAM has 4 bytes.', {
    send: [headers(1, HOLD, { end: true }), frame(3, 0, 1, Buffer.alloc(5))],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE', 1),
  }),
  resetFrames('nothing more is sent', 'Nothing is sent on a stream that the client has reset.', {
    turns: [
      {
        send: [headers(1, request('GET', '/large?65537'), { end: true })],
        answers: [
          'HEADERS 1 :status=200 content-length=65537',
          ...[16_384, 16_384, 16_384, 16_383].map((length) => `DATA 1 "${'x'.repeat(length)}"`),
        ],
      },
      {
        send: [reset(1, 8), frame(8, 0, 0, Buffer.from('0000ffff', 'hex')), headers(3, GET, { end: true })],
        answers: ok(3),
      },
    ],
  }),
  pushFrames('from a client', 'Clients promise nothing.', {
    send: [headers(1, HOLD, { end: true }), frame(5, 0x4, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), BLOCK]))],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME', 1),
  }),
  pushFrames('for the connection', 'PUSH_PROMISE belongs to a stream, and not to clients.', {
    send: [frame(5, 0x4, 0, Buffer.concat([Buffer.from([0, 0, 0, 2]), BLOCK]))],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME'),
  }),
];
