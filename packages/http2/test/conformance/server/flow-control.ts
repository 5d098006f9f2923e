import { data, frame, headers, PREFACE, SETTINGS_ACK, settings, windowUpdate } from '../../support/frames.ts';
import type { CaseRest, ServerCase } from '../support/server-case.ts';
import { casesOf, connectionError, ECHO, HOLD, request, streamError } from '../support/server-case.ts';

const windows = casesOf('RFC 9113 6.9');
const flow = casesOf('RFC 9113 6.9.1');
const initial = casesOf('RFC 9113 6.9.2');
const reducing = casesOf('RFC 9113 6.9.3');
const badSize: CaseRest = connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE');
const SIZE_OF_UPDATE = 'WINDOW_UPDATE has 4 bytes.';

/** Flow control. RFC 9113 section 6.9. */
export const flowControl: readonly ServerCase[] = [
  windows('by 0, for the connection', 'WINDOW_UPDATE gives at least 1 byte.', {
    send: [windowUpdate(0, 0)],
    ...connectionError('PROTOCOL_ERROR', 'BAD_WINDOW'),
  }),
  windows('by 0, for a stream', 'WINDOW_UPDATE gives at least 1 byte.', {
    send: [headers(1, HOLD, { end: true }), windowUpdate(1, 0)],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  windows('of 3 bytes', SIZE_OF_UPDATE, { send: [frame(8, 0, 0, Buffer.of(0, 0, 1))], ...badSize }),
  windows('of 5 bytes', SIZE_OF_UPDATE, { send: [frame(8, 0, 0, Buffer.of(0, 0, 0, 1, 0))], ...badSize }),
  windows('the reserved bit', 'The bit in front of the increment is ignored.', {
    send: [settings([4, 0]), headers(1, request('GET', '/large?3'), { end: true }), windowUpdate(1, 0x8000_0002)],
    answers: ['SETTINGS ACK', 'HEADERS 1 :status=200 content-length=3', 'DATA 1 "xx"'],
    isLast: true,
  }),
  flow('a stream with room for a byte at a time', 'No more is sent on a stream than its window allows.', {
    turns: [
      {
        send: [settings([4, 1]), headers(1, request('GET', '/large?3'), { end: true })],
        answers: ['SETTINGS ACK', 'HEADERS 1 :status=200 content-length=3', 'DATA 1 "x"'],
      },
      { send: [windowUpdate(1, 1)], answers: ['DATA 1 "x"'] },
      { send: [windowUpdate(1, 100)], answers: ['DATA 1 "x" END'] },
      { send: [settings([4, 100])], answers: ['SETTINGS ACK'] },
    ],
  }),
  flow('a connection without room', 'No more is sent on all streams than the window of the connection allows.', {
    turns: [
      {
        send: [headers(1, request('GET', '/large?65535'), { end: true })],
        answers: [
          'HEADERS 1 :status=200 content-length=65535',
          ...[16_384, 16_384, 16_384].map((length) => `DATA 1 "${'x'.repeat(length)}"`),
          `DATA 1 "${'x'.repeat(16_383)}" END`,
        ],
      },
      {
        send: [headers(3, request('GET', '/large?2'), { end: true })],
        answers: ['HEADERS 3 :status=200 content-length=2'],
      },
      { send: [windowUpdate(0, 1)], answers: ['DATA 3 "x"'] },
      { send: [windowUpdate(3, 100)], answers: [] },
      { send: [windowUpdate(0, 1_000)], answers: ['DATA 3 "x" END'] },
    ],
  }),
  flow('an end needs no room', 'A frame without content may be sent without room.', {
    send: [settings([4, 0]), headers(1, request('GET', '/empty-stream'), { end: true })],
    answers: ['SETTINGS ACK', 'HEADERS 1 :status=200', 'DATA 1 "" END'],
    isLast: true,
  }),
  flow('a window of 2^31 bytes, of the connection', 'A window that grows beyond 2^31 - 1 ends the connection.', {
    send: [windowUpdate(0, 0x7fff_ffff - 65_535), windowUpdate(0, 1)],
    ...connectionError('FLOW_CONTROL_ERROR', 'BAD_WINDOW'),
  }),
  flow('a window of 2^31 - 1 bytes, of the connection', 'A window may grow to 2^31 - 1.', {
    send: [windowUpdate(0, 0x7fff_ffff - 65_535)],
    answers: [],
  }),
  flow('a window of 2^31 bytes, of a stream', 'A window of a stream that grows beyond 2^31 - 1 ends the stream.', {
    send: [headers(1, HOLD, { end: true }), windowUpdate(1, 0x7fff_ffff - 65_535), windowUpdate(1, 1)],
    ...streamError(1, 'FLOW_CONTROL_ERROR'),
  }),
  flow('a window of 2^31 - 1 bytes, of a stream', 'A window may grow to 2^31 - 1.', {
    send: [headers(1, HOLD, { end: true }), windowUpdate(1, 0x7fff_ffff - 65_535)],
    answers: [],
  }),
  flow('as much as the window of a stream', 'As much may come as was allowed.', {
    limits: { initialStreamWindowBytes: 100, maxStreamWindowBytes: 100 },
    send: [headers(1, request('POST', '/hold')), data(1, 'x'.repeat(100)), data(1, '', { end: true })],
    answers: [],
  }),
  flow('more than the window of a stream', 'More than was allowed for a stream ends it.', {
    limits: { initialStreamWindowBytes: 100, maxStreamWindowBytes: 100 },
    send: [headers(1, request('POST', '/hold')), data(1, 'x'.repeat(101))],
    ...streamError(1, 'FLOW_CONTROL_ERROR'),
  }),
  flow('more than the window of the connection', 'More than was allowed for all streams ends the connection.', {
    limits: { connectionWindowBytes: 65_535 },
    send: [
      ...[1, 3, 5, 7, 9].map((id) => headers(id, request('POST', '/hold'))),
      ...[1, 3, 5, 7].map((id) => data(id, 'x'.repeat(16_383))),
      data(9, 'xxx'),
      data(9, 'x'),
    ],
    ...connectionError('FLOW_CONTROL_ERROR', 'BAD_WINDOW', 9),
  }),
  flow('what is read is given back', 'Who takes content gives room for more, on its stream and on the connection.', {
    limits: { initialStreamWindowBytes: 100, maxStreamWindowBytes: 100, connectionWindowBytes: 65_535 },
    turns: [
      { send: [headers(1, ECHO), data(1, 'x'.repeat(60))], answers: ['PING measures'] },
      { send: [data(1, 'x'.repeat(60))], answers: [] },
      {
        send: [data(1, 'x'.repeat(60), { end: true })],
        answers: ['HEADERS 1 :status=200 content-length=180', `DATA 1 "${'x'.repeat(180)}" END`],
      },
    ],
  }),
  flow(
    'what is thrown away is given back to the connection',
    'DATA for a stream that is gone counts, and is given back.',
    {
      limits: { connectionWindowBytes: 65_535 },
      send: [1, 3, 5, 7].flatMap((id) => [
        headers(id, request('GET', '/', 'Upper', 'case')),
        ...Array.from({ length: 2 }, () => data(id, 'x'.repeat(16_384))),
      ]),
      answers: [1, 3, 5, 7].map((id) => `RST_STREAM ${id} PROTOCOL_ERROR`),
    },
  ),
  initial('a larger size', 'Streams that are open get what a larger size gives.', {
    turns: [
      {
        send: [settings([4, 1]), headers(1, request('GET', '/large?5'), { end: true })],
        answers: ['SETTINGS ACK', 'HEADERS 1 :status=200 content-length=5', 'DATA 1 "x"'],
      },
      { send: [settings([4, 3])], answers: ['SETTINGS ACK', 'DATA 1 "xx"'] },
      { send: [windowUpdate(1, 2)], answers: ['DATA 1 "xx" END'] },
    ],
    isLast: true,
  }),
  initial('a size that makes a window negative', 'A window may fall below 0, and nothing is sent until it is above.', {
    turns: [
      {
        send: [settings([4, 3]), headers(1, request('GET', '/large?10'), { end: true })],
        answers: ['SETTINGS ACK', 'HEADERS 1 :status=200 content-length=10', 'DATA 1 "xxx"'],
      },
      { send: [settings([4, 1])], answers: ['SETTINGS ACK'] }, // -2
      { send: [windowUpdate(1, 2)], answers: [] }, // 0
      { send: [windowUpdate(1, 1)], answers: ['DATA 1 "x"'] },
      { send: [settings([4, 4])], answers: ['SETTINGS ACK', 'DATA 1 "xxx"'] },
      { send: [settings([4, 100])], answers: ['SETTINGS ACK', 'DATA 1 "xxx" END'] },
    ],
  }),
  initial(
    'a size that makes a window too large',
    'A size by which a window grows beyond 2^31 - 1 ends the connection.',
    {
      send: [headers(1, HOLD, { end: true }), windowUpdate(1, 0x7fff_ffff - 65_535), settings([4, 65_536])],
      ...connectionError('FLOW_CONTROL_ERROR', 'BAD_WINDOW', 1),
    },
  ),
  initial(
    'a size that makes a window too large, taken back at once',
    'Sizes of one frame hold one after the other: each must fit every window.',
    {
      send: [
        headers(1, HOLD, { end: true }),
        headers(3, HOLD, { end: true }),
        windowUpdate(3, 0x7fff_ffff - 65_535),
        settings([4, 65_536], [4, 65_535]),
      ],
      ...connectionError('FLOW_CONTROL_ERROR', 'BAD_WINDOW', 3),
    },
  ),
  initial(
    'sizes that fit every window, the last of them small',
    'Sizes of one frame hold one after the other: each must fit every window.',
    {
      send: [
        settings([4, 0]),
        headers(1, request('GET', '/large?3'), { end: true }),
        windowUpdate(1, 1),
        settings([4, 0x7fff_fffe], [4, 0], [4, 0x7fff_fffe], [4, 1]),
      ],
      answers: ['SETTINGS ACK', 'HEADERS 1 :status=200 content-length=3', 'SETTINGS ACK', 'DATA 1 "xx"'],
      isLast: true,
    },
  ),
  initial('the connection keeps its window', 'Only WINDOW_UPDATE changes the window of the connection.', {
    turns: [
      {
        send: [settings([4, 70_000]), headers(1, request('GET', '/large?65536'), { end: true })],
        answers: [
          'SETTINGS ACK',
          'HEADERS 1 :status=200 content-length=65536',
          ...[16_384, 16_384, 16_384, 16_383].map((length) => `DATA 1 "${'x'.repeat(length)}"`),
        ],
      },
      { send: [windowUpdate(0, 1_000)], answers: ['DATA 1 "x" END'] },
    ],
  }),
  reducing(
    'a small window that the client does not know of',
    'Until SETTINGS are acknowledged, the default window holds.',
    {
      limits: { initialStreamWindowBytes: 100, maxStreamWindowBytes: 100 },
      greeting: [PREFACE, settings()],
      turns: [
        { send: [headers(1, request('POST', '/hold')), data(1, 'x'.repeat(16_384))], answers: [] },
        { send: [SETTINGS_ACK, data(1, 'x')], ...streamError(1, 'FLOW_CONTROL_ERROR') },
      ],
    },
  ),
];
