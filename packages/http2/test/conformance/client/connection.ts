import {
  data,
  frame,
  goaway,
  headers,
  ping,
  priorityUpdate,
  SETTINGS_ACK,
  settings,
  windowUpdate,
} from '../../support/frames.ts';
import type { ClientCase, ClientCaseRest } from '../support/client-case.ts';
import { clientCasesOf, connectionError } from '../support/client-case.ts';

const preface = clientCasesOf('RFC 9113 3.4');
const format = clientCasesOf('RFC 9113 4.1');
const sizes = clientCasesOf('RFC 9113 4.2');
const settingsFrames = clientCasesOf('RFC 9113 6.5');
const values = clientCasesOf('RFC 9113 6.5.2');
const pings = clientCasesOf('RFC 9113 6.7');
const goaways = clientCasesOf('RFC 9113 6.8');
const windows = clientCasesOf('RFC 9113 6.9');
const flow = clientCasesOf('RFC 9113 6.9.1');
const initial = clientCasesOf('RFC 9113 6.9.2');

const OK = [headers(1, [':status', '200']), data(1, 'ok', { end: true })];
const badSize: ClientCaseRest = connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE');
const badStream: ClientCaseRest = connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID');
const badSetting: ClientCaseRest = connectionError('PROTOCOL_ERROR', 'BAD_SETTING');
const GREETING = ['SETTINGS 1=4096 2=0 4=262144 5=16384 6=65536 9=1'];
const SENT = 'HEADERS 1 :method=GET :scheme=http :authority=a.test :path=/ END';
const POST = { method: 'POST', body: 'x'.repeat(5) };
const POSTED = 'HEADERS 1 :method=POST :scheme=http :authority=a.test :path=/ content-length=5';

/** What holds for the connection. RFC 9113 sections 3.4, 4, 6.5 to 6.9. */
export const connection: readonly ClientCase[] = [
  preface(
    'preface and SETTINGS',
    'A client begins with the preface and SETTINGS, and need not wait for those of the server.',
    {
      greeting: [],
      turns: [
        { requests: [{}], answers: [...GREETING, SENT] },
        { send: [settings()], answers: ['SETTINGS ACK'] },
        { send: [SETTINGS_ACK, ...OK], answers: [] },
      ],
      results: ['200 ok'],
    },
  ),
  preface('another frame than SETTINGS first', 'A server begins with SETTINGS.', {
    greeting: [],
    turns: [
      { requests: [{}], answers: [...GREETING, SENT] },
      { send: [ping('abcdefgh')], answers: ['GOAWAY 0 PROTOCOL_ERROR'] },
    ],
    end: 'closed',
    results: ['LML_ERR_HTTP2_UNEXPECTED_FRAME'],
  }),
  preface('an answer of HTTP/1.1', 'A server begins with SETTINGS.', {
    greeting: [],
    turns: [
      { requests: [{}], answers: [...GREETING, SENT] },
      { send: [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], answers: ['GOAWAY 0 PROTOCOL_ERROR'] },
    ],
    end: 'closed',
    results: ['LML_ERR_HTTP2_ANSWERED_BY_HTTP1'],
  }),
  preface('no SETTINGS', 'A server that does not send SETTINGS in time is given up.', {
    greeting: [],
    turns: [
      { requests: [{}], answers: [...GREETING, SENT] },
      { waitMs: 10_000, answers: ['GOAWAY 0 SETTINGS_TIMEOUT'] },
    ],
    end: 'closed',
    results: ['LML_ERR_TIMEOUT'],
  }),
  format('frames of unknown types', 'Frames of unknown types are ignored.', {
    send: [frame(0x7a, 0xff, 0, Buffer.alloc(9)), frame(0x7b, 0, 1), ...OK],
    results: ['200 ok'],
  }),
  format('flags without a meaning, and the reserved bit', 'What has no meaning is ignored.', {
    send: [frame(6, 0xfe, 0x8000_0000, Buffer.from('abcdefgh')), ...OK],
    answers: ['PING ACK abcdefgh'],
    results: ['200 ok'],
  }),
  sizes('a frame larger than allowed', 'A frame larger than SETTINGS_MAX_FRAME_SIZE is a FRAME_SIZE_ERROR.', {
    send: [headers(1, [':status', '200']), data(1, 'x'.repeat(16_385))],
    ...badSize,
  }),
  sizes('a frame of the largest size', 'Frames of 16,384 bytes are taken.', {
    send: [headers(1, [':status', '200']), data(1, 'x'.repeat(16_384), { end: true })],
    results: [`200 ${'x'.repeat(16_384)}`],
  }),
  settingsFrames('for a stream', 'SETTINGS belong to the connection.', { send: [frame(4, 0, 1)], ...badStream }),
  settingsFrames('of 5 bytes', 'SETTINGS have 6 bytes for each setting.', {
    send: [frame(4, 0, 0, Buffer.alloc(5))],
    ...badSize,
  }),
  settingsFrames('an acknowledgement that says something', 'An acknowledgement is empty.', {
    send: [frame(4, 1, 0, Buffer.alloc(6))],
    ...badSize,
  }),
  settingsFrames('each is acknowledged', 'All SETTINGS are acknowledged.', {
    send: [settings(), settings([0x99, 1]), ...OK],
    answers: ['SETTINGS ACK', 'SETTINGS ACK'],
    results: ['200 ok'],
  }),
  values('ENABLE_PUSH of 1', 'A server never sets ENABLE_PUSH to 1.', { send: [settings([2, 1])], ...badSetting }),
  values('ENABLE_PUSH of 0', 'A server may set ENABLE_PUSH to 0.', {
    send: [settings([2, 0]), ...OK],
    answers: ['SETTINGS ACK'],
    results: ['200 ok'],
  }),
  values('INITIAL_WINDOW_SIZE of 2^31', 'INITIAL_WINDOW_SIZE is below 2^31.', {
    send: [settings([4, 0x8000_0000])],
    ...connectionError('FLOW_CONTROL_ERROR', 'BAD_SETTING'),
  }),
  values('MAX_FRAME_SIZE of 16,383', 'MAX_FRAME_SIZE is 2^14 to 2^24 - 1.', {
    send: [settings([5, 16_383])],
    ...badSetting,
  }),
  values('MAX_FRAME_SIZE of 2^24', 'MAX_FRAME_SIZE is 2^14 to 2^24 - 1.', {
    send: [settings([5, 0x100_0000])],
    ...badSetting,
  }),
  values('MAX_CONCURRENT_STREAMS', 'A client opens no more streams than the server allows.', {
    turns: [
      { send: [settings([3, 1])], answers: ['SETTINGS ACK'] },
      { requests: [{}, {}], answers: [SENT] },
      { send: OK, answers: [] },
    ],
    results: ['200 ok', 'LML_ERR_USAGE'],
  }),
  clientCasesOf('RFC 8441 3')(
    'ENABLE_CONNECT_PROTOCOL taken back',
    'A server that has allowed extended CONNECT can not take it back.',
    {
      send: [settings([8, 1], [8, 0])],
      ...badSetting,
    },
  ),
  pings('an answer', 'PING is answered with its own content.', {
    send: [ping('abcdefgh'), ping('ABCDEFGH', true), ...OK],
    answers: ['PING ACK abcdefgh'],
    results: ['200 ok'],
  }),
  pings('for a stream', 'PING belongs to the connection.', { send: [frame(6, 0, 1, Buffer.alloc(8))], ...badStream }),
  pings('of 7 bytes', 'PING has 8 bytes.', { send: [frame(6, 0, 0, Buffer.alloc(7))], ...badSize }),
  goaways('for a stream', 'GOAWAY belongs to the connection.', {
    send: [frame(7, 0, 1, Buffer.alloc(8))],
    ...badStream,
  }),
  goaways('of 7 bytes', 'GOAWAY has 8 bytes at least.', { send: [frame(7, 0, 0, Buffer.alloc(7))], ...badSize }),
  goaways(
    'requests that were not looked at',
    'Requests beyond the last that GOAWAY names were not processed; others go on.',
    {
      requests: [{}, {}],
      send: [goaway(1, 0), ...OK],
      answers: ['GOAWAY 0 NO_ERROR'],
      end: 'closed',
      results: ['200 ok', 'LML_ERR_HTTP_CONNECTION_CLOSED'],
    },
  ),
  goaways('in two steps', 'A server may say first that it leaves, and then which request was the last.', {
    requests: [{}],
    send: [goaway(0x7fff_ffff, 0), goaway(1, 0), ...OK],
    answers: ['GOAWAY 0 NO_ERROR'],
    end: 'closed',
    results: ['200 ok'],
  }),
  goaways('no new requests', 'Behind GOAWAY no new streams are opened.', {
    turns: [
      { requests: [{}], answers: [SENT] },
      { send: [goaway(1, 0)], answers: [] },
      { requests: [{}], answers: [] },
      { send: OK, answers: ['GOAWAY 0 NO_ERROR'] },
    ],
    end: 'closed',
    results: ['200 ok', 'LML_ERR_CLOSED'],
  }),
  windows('by 0, for the connection', 'WINDOW_UPDATE gives at least 1 byte.', {
    send: [windowUpdate(0, 0)],
    ...connectionError('PROTOCOL_ERROR', 'BAD_WINDOW'),
  }),
  windows('by 0, for a stream', 'WINDOW_UPDATE gives at least 1 byte.', {
    send: [windowUpdate(1, 0)],
    answers: ['RST_STREAM 1 PROTOCOL_ERROR'],
    results: ['LML_ERR_HTTP2_BAD_WINDOW'],
  }),
  windows('of 5 bytes', 'WINDOW_UPDATE has 4 bytes.', { send: [frame(8, 0, 0, Buffer.alloc(5))], ...badSize }),
  flow('a window of 2^31 bytes, of the connection', 'A window that grows beyond 2^31 - 1 ends the connection.', {
    send: [windowUpdate(0, 0x7fff_ffff)],
    ...connectionError('FLOW_CONTROL_ERROR', 'BAD_WINDOW'),
  }),
  flow('a window of 2^31 bytes, of a stream', 'A window of a stream that grows beyond 2^31 - 1 ends the stream.', {
    send: [windowUpdate(1, 0x7fff_ffff)],
    answers: ['RST_STREAM 1 FLOW_CONTROL_ERROR'],
    results: ['LML_ERR_HTTP2_BAD_WINDOW'],
  }),
  flow('a stream with room for a byte at a time', 'No more is sent on a stream than its window allows.', {
    turns: [
      { send: [settings([4, 1])], answers: ['SETTINGS ACK'] },
      { requests: [POST], answers: [POSTED, 'DATA 1 "x"'] },
      { send: [windowUpdate(1, 3)], answers: ['DATA 1 "xxx"'] },
      { send: [windowUpdate(1, 3)], answers: ['DATA 1 "x" END'] },
      { send: OK, answers: [] },
    ],
    results: ['200 ok'],
  }),
  flow('a connection without room', 'No more is sent on all streams than the window of the connection allows.', {
    turns: [
      { send: [settings([4, 100_000])], answers: ['SETTINGS ACK'] },
      {
        requests: [{ method: 'POST', body: 'x'.repeat(65_536) }],
        answers: [
          POSTED.replace('=5', '=65536'),
          ...[16_384, 16_384, 16_384, 16_383].map((length) => `DATA 1 "${'x'.repeat(length)}"`),
        ],
      },
      { send: [windowUpdate(1, 1)], answers: [] },
      { send: [windowUpdate(0, 1)], answers: ['DATA 1 "x" END'] },
      { send: OK, answers: [] },
    ],
    results: ['200 ok'],
  }),
  flow('more than the window of a stream', 'More than was allowed for a stream ends it.', {
    limits: { initialStreamWindowBytes: 100, maxStreamWindowBytes: 100 },
    send: [headers(1, [':status', '200']), data(1, 'x'.repeat(101))],
    answers: ['RST_STREAM 1 FLOW_CONTROL_ERROR'],
    results: ['LML_ERR_HTTP2_BAD_WINDOW'],
  }),
  initial('a size that makes a window negative', 'A window may fall below 0, and nothing is sent until it is above.', {
    turns: [
      { send: [settings([4, 3])], answers: ['SETTINGS ACK'] },
      { requests: [POST], answers: [POSTED, 'DATA 1 "xxx"'] },
      { send: [settings([4, 1])], answers: ['SETTINGS ACK'] },
      { send: [windowUpdate(1, 2)], answers: [] },
      { send: [windowUpdate(1, 1)], answers: ['DATA 1 "x"'] },
      { send: [windowUpdate(1, 9)], answers: ['DATA 1 "x" END'] },
      { send: OK, answers: [] },
    ],
    results: ['200 ok'],
  }),
  initial(
    'a size that makes a window too large',
    'A size by which a window grows beyond 2^31 - 1 ends the connection.',
    {
      send: [windowUpdate(1, 0x7fff_ffff - 65_535), settings([4, 65_536])],
      ...connectionError('FLOW_CONTROL_ERROR', 'BAD_WINDOW'),
    },
  ),
  clientCasesOf('RFC 9218 7.1')('PRIORITY_UPDATE from a server', 'Servers send no PRIORITY_UPDATE.', {
    send: [priorityUpdate(1, 'u=1')],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME'),
  }),
];
