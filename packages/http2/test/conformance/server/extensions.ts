import { data, frame, headers, priorityUpdate, reset, settings } from '../../support/frames.ts';
import type { ServerCase } from '../support/server-case.ts';
import { casesOf, connectionError, GET, HOLD, ok, request, streamError } from '../support/server-case.ts';

const connects = casesOf('RFC 9113 8.5');
const extended = casesOf('RFC 8441 4');
const fieldValues = casesOf('RFC 9218 4');
const updates = casesOf('RFC 9218 7.1');

const CONNECT = [':method', 'CONNECT', ':authority', 'b.test:443'];
const WEBSOCKET = [':method', 'CONNECT', ':protocol', 'websocket', ...request('GET', '/chat').slice(2)];
const ACCEPTED = 'HEADERS 1 :status=200';
const NO_TARGET = 'CONNECT has :authority, and neither :scheme nor :path.';
const NEEDED = 'Extended CONNECT has :scheme, :path and :authority like any request.';

function malformed(section: readonly string[]): { send: Uint8Array[]; answers: readonly string[] } {
  return { send: [headers(1, section)], ...streamError(1, 'PROTOCOL_ERROR') };
}

const LARGE = 'HEADERS _ :status=200 content-length=5';

/** Tunnels and priorities. RFC 9113 section 8.5, RFC 8441, RFC 9218. */
export const extensions: readonly ServerCase[] = [
  connects('a tunnel', 'DATA of an accepted CONNECT is the tunnel, and END_STREAM the end of a direction.', {
    turns: [
      { send: [headers(1, CONNECT), data(1, 'a')], answers: [ACCEPTED, 'DATA 1 "a"'] },
      { send: [data(1, 'b')], answers: ['DATA 1 "b"'] },
      { send: [data(1, '', { end: true })], answers: ['DATA 1 "" END'] },
    ],
  }),
  connects('with :scheme', NO_TARGET, malformed([...CONNECT, ':scheme', 'https'])),
  connects('with :path', NO_TARGET, malformed([...CONNECT, ':path', '/'])),
  connects('without :authority', NO_TARGET, malformed([':method', 'CONNECT', 'host', 'b.test:443'])),
  connects('HEADERS in a tunnel', 'A tunnel takes nothing but DATA and frames that manage its stream.', {
    turns: [
      { send: [headers(1, CONNECT)], answers: [ACCEPTED] },
      { send: [headers(1, ['a', 'b'], { end: true })], ...streamError(1, 'PROTOCOL_ERROR') },
    ],
    code: 'LML_ERR_STREAM_RESET', // which the handler of the tunnel does not catch
  }),
  connects('a tunnel that the client resets', 'RST_STREAM breaks a tunnel off.', {
    turns: [
      { send: [headers(1, CONNECT)], answers: [ACCEPTED] },
      { send: [reset(1, 10)], answers: [] },
    ],
    code: 'LML_ERR_STREAM_RESET', // which the handler of the tunnel does not catch
  }),
  extended('a WebSocket', 'An extended CONNECT that is accepted is a tunnel.', {
    turns: [
      { send: [headers(1, WEBSOCKET)], answers: [ACCEPTED] },
      { send: [data(1, 'a')], answers: ['DATA 1 "a"'] },
      { send: [data(1, '', { end: true })], answers: ['DATA 1 "" END'] },
    ],
  }),
  extended(':protocol without CONNECT', 'Only CONNECT has :protocol.', malformed([...GET, ':protocol', 'websocket'])),
  extended('without :scheme', NEEDED, malformed(WEBSOCKET.filter((_, at) => at !== 4 && at !== 5))),
  extended('without :path', NEEDED, malformed(WEBSOCKET.slice(0, -2))),
  extended(
    ':protocol twice',
    'No pseudo-header field stands there twice.',
    malformed([...WEBSOCKET, ':protocol', 'websocket']),
  ),
  fieldValues('the more urgent first', 'Content of more urgent responses is sent first.', {
    turns: [
      {
        send: [
          settings([4, 0]),
          headers(1, request('GET', '/large?5', 'priority', 'u=5'), { end: true }),
          headers(3, request('GET', '/large?5', 'priority', 'u=1'), { end: true }),
        ],
        answers: ['SETTINGS ACK', LARGE.replace('_', '1'), LARGE.replace('_', '3')],
      },
      { send: [settings([4, 5])], answers: ['SETTINGS ACK', 'DATA 3 "xxxxx" END', 'DATA 1 "xxxxx" END'] },
    ],
    keepsOrder: true,
  }),
  fieldValues('a value that is none', 'A priority that can not be read is as if there were none.', {
    send: [headers(1, request('GET', '/', 'priority', 'urgency=high;'), { end: true })],
    answers: ok(1),
  }),
  updates('the urgency changes', 'PRIORITY_UPDATE changes the urgency of a response that is under way.', {
    turns: [
      {
        send: [
          settings([4, 0]),
          headers(1, request('GET', '/large?5'), { end: true }),
          headers(3, request('GET', '/large?5'), { end: true }),
        ],
        answers: ['SETTINGS ACK', LARGE.replace('_', '1'), LARGE.replace('_', '3')],
      },
      {
        send: [priorityUpdate(3, 'u=0'), settings([4, 5])],
        answers: ['SETTINGS ACK', 'DATA 3 "xxxxx" END', 'DATA 1 "xxxxx" END'],
      },
    ],
    keepsOrder: true,
  }),
  updates('ahead of its request', 'PRIORITY_UPDATE may come before the request, and counts more than its own field.', {
    turns: [
      {
        send: [
          priorityUpdate(3, 'u=0'),
          settings([4, 0]),
          headers(1, request('GET', '/large?5'), { end: true }),
          headers(3, request('GET', '/large?5', 'priority', 'u=6'), { end: true }),
        ],
        answers: ['SETTINGS ACK', LARGE.replace('_', '1'), LARGE.replace('_', '3')],
      },
      { send: [settings([4, 5])], answers: ['SETTINGS ACK', 'DATA 3 "xxxxx" END', 'DATA 1 "xxxxx" END'] },
    ],
    keepsOrder: true,
  }),
  updates('for a stream that is over, or with a value that is none', 'Late and unreadable updates are ignored.', {
    turns: [
      { send: [headers(1, GET, { end: true })], answers: ok(1) },
      { send: [priorityUpdate(1, 'u=0'), priorityUpdate(5, '\xff'), priorityUpdate(7, '')], answers: [] },
    ],
  }),
  updates('on a stream', 'PRIORITY_UPDATE belongs to the connection.', {
    send: [headers(1, HOLD, { end: true }), frame(0x10, 0, 1, Buffer.from('\0\0\0\x01u=1'))],
    ...connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID', 1),
  }),
  updates('of 3 bytes', 'PRIORITY_UPDATE names a stream, which takes 4 bytes.', {
    send: [frame(0x10, 0, 0, Buffer.alloc(3))],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE'),
  }),
  updates('for stream 0', 'PRIORITY_UPDATE is about a stream.', {
    send: [priorityUpdate(0, 'u=1')],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PRIORITY'),
  }),
  updates('for a stream of the server', 'The server opens no streams that could have a priority.', {
    send: [priorityUpdate(2, 'u=1')],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PRIORITY'),
  }),
];
