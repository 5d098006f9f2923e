import { data, frame, goaway, headers, PREFACE, ping, reset, SETTINGS_ACK, settings } from '../../support/frames.ts';
import type { CaseRest, ServerCase } from '../support/server-case.ts';
import { casesOf, connectionError, ECHO, echoed, GET, HOLD, request } from '../support/server-case.ts';

const settingsFrames = casesOf('RFC 9113 6.5');
const values = casesOf('RFC 9113 6.5.2');
const synchronization = casesOf('RFC 9113 6.5.3');
const pings = casesOf('RFC 9113 6.7');
const goaways = casesOf('RFC 9113 6.8');
const errorCodes = casesOf('RFC 9113 7');
const errors = casesOf('RFC 9113 5.4.1');

const SIZE_OF_SETTINGS = 'SETTINGS have 6 bytes for each setting.';
const SIZE_OF_PING = 'PING has 8 bytes.';
const badSize: CaseRest = connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE');
const badStream: CaseRest = connectionError('PROTOCOL_ERROR', 'BAD_STREAM_ID');
const badSetting: CaseRest = connectionError('PROTOCOL_ERROR', 'BAD_SETTING');

/** SETTINGS, PING and GOAWAY. RFC 9113 sections 6.5, 6.7, 6.8 and 7. */
export const connectionFrames: readonly ServerCase[] = [
  settingsFrames('for a stream', 'SETTINGS belong to the connection.', { send: [frame(4, 0, 1)], ...badStream }),
  settingsFrames('an acknowledgement for a stream', 'SETTINGS belong to the connection.', {
    send: [frame(4, 1, 1)],
    ...badStream,
  }),
  settingsFrames('an acknowledgement that says something', 'An acknowledgement is empty.', {
    send: [frame(4, 1, 0, Buffer.alloc(6))],
    ...badSize,
  }),
  settingsFrames('of 3 bytes', SIZE_OF_SETTINGS, { send: [frame(4, 0, 0, Buffer.alloc(3))], ...badSize }),
  settingsFrames('of 7 bytes', SIZE_OF_SETTINGS, { send: [frame(4, 0, 0, Buffer.alloc(7))], ...badSize }),
  settingsFrames('empty', 'SETTINGS may say nothing, and are acknowledged.', {
    send: [settings()],
    answers: ['SETTINGS ACK'],
  }),
  settingsFrames('at any time', 'SETTINGS may come at any time.', {
    send: [headers(1, ECHO), settings([3, 7]), data(1, 'a'), settings(), data(1, 'b', { end: true })],
    answers: ['SETTINGS ACK', 'SETTINGS ACK', ...echoed(1, 'ab')],
  }),
  settingsFrames('an acknowledgement too many', 'An acknowledgement of nothing changes nothing.', {
    send: [SETTINGS_ACK, SETTINGS_ACK],
    answers: [],
  }),
  values('ENABLE_PUSH of 0 and 1', 'ENABLE_PUSH is 0 or 1.', {
    send: [settings([2, 0]), settings([2, 1])],
    answers: ['SETTINGS ACK', 'SETTINGS ACK'],
  }),
  values('ENABLE_PUSH of 2', 'ENABLE_PUSH is 0 or 1.', { send: [settings([2, 2])], ...badSetting }),
  values('INITIAL_WINDOW_SIZE of 2^31', 'INITIAL_WINDOW_SIZE is below 2^31.', {
    send: [settings([4, 0x8000_0000])],
    ...connectionError('FLOW_CONTROL_ERROR', 'BAD_SETTING'),
  }),
  values('INITIAL_WINDOW_SIZE of 2^31 - 1', 'INITIAL_WINDOW_SIZE is below 2^31.', {
    send: [settings([4, 0x7fff_ffff])],
    answers: ['SETTINGS ACK'],
  }),
  values('MAX_FRAME_SIZE of 16,383', 'MAX_FRAME_SIZE is 2^14 to 2^24 - 1.', {
    send: [settings([5, 16_383])],
    ...badSetting,
  }),
  values('MAX_FRAME_SIZE of 2^24', 'MAX_FRAME_SIZE is 2^14 to 2^24 - 1.', {
    send: [settings([5, 16_777_216])],
    ...badSetting,
  }),
  values('MAX_FRAME_SIZE at its limits', 'MAX_FRAME_SIZE is 2^14 to 2^24 - 1.', {
    send: [settings([5, 16_384], [5, 16_777_215])],
    answers: ['SETTINGS ACK'],
  }),
  values('every other setting at its limits', 'All other settings take any value.', {
    send: [settings([1, 0xffff_ffff], [3, 0], [3, 0xffff_ffff], [6, 0], [6, 0xffff_ffff])],
    answers: ['SETTINGS ACK'],
  }),
  values('unknown settings', 'Unknown settings are ignored.', {
    send: [settings([0, 1], [7, 2], [0xffff, 0xffff_ffff], [0x0a0a, 5])],
    answers: ['SETTINGS ACK'],
  }),
  casesOf('RFC 8441 3')('ENABLE_CONNECT_PROTOCOL of 2', 'ENABLE_CONNECT_PROTOCOL is 0 or 1.', {
    send: [settings([8, 2])],
    ...badSetting,
  }),
  casesOf('RFC 8441 3')(
    'ENABLE_CONNECT_PROTOCOL taken back',
    'Who has allowed extended CONNECT can not take it back.',
    {
      send: [settings([8, 1]), settings([8, 0])],
      ...connectionError('PROTOCOL_ERROR', 'BAD_SETTING'),
      answers: ['SETTINGS ACK', 'GOAWAY 0 PROTOCOL_ERROR'],
    },
  ),
  casesOf('RFC 9218 2.1')('NO_RFC7540_PRIORITIES of 2', 'NO_RFC7540_PRIORITIES is 0 or 1.', {
    send: [settings([9, 2])],
    ...badSetting,
  }),
  synchronization('one after the other', 'Values are taken in the order in which they stand.', {
    send: [settings([4, 100], [4, 3]), headers(1, request('GET', '/large?5'), { end: true })],
    answers: ['SETTINGS ACK', 'HEADERS 1 :status=200 content-length=5', 'DATA 1 "xxx"'],
  }),
  synchronization('each is acknowledged', 'All SETTINGS are acknowledged, as soon as they hold.', {
    send: [settings([4, 1]), settings([4, 2]), settings([3, 1])],
    answers: ['SETTINGS ACK', 'SETTINGS ACK', 'SETTINGS ACK'],
  }),
  synchronization(
    'what follows the acknowledgement keeps to the settings',
    'Settings hold from their acknowledgement on.',
    {
      turns: [
        {
          send: [settings([4, 2]), headers(1, request('GET', '/large?5'), { end: true })],
          answers: ['SETTINGS ACK', 'HEADERS 1 :status=200 content-length=5', 'DATA 1 "xx"'],
        },
        { send: [settings([4, 4])], answers: ['SETTINGS ACK', 'DATA 1 "xx"'] },
        { send: [settings([4, 5])], answers: ['SETTINGS ACK', 'DATA 1 "x" END'] },
      ],
    },
  ),
  synchronization('no acknowledgement', 'Who does not acknowledge SETTINGS in time is sent away.', {
    greeting: [PREFACE, settings()],
    waitMs: 10_000,
    answers: ['GOAWAY 0 SETTINGS_TIMEOUT'],
    end: 'closed',
    code: 'LML_ERR_TIMEOUT',
  }),
  synchronization('an acknowledgement at the last moment', 'An acknowledgement in time is one.', {
    greeting: [PREFACE, settings()],
    turns: [
      { waitMs: 9_999, answers: [] },
      { send: [SETTINGS_ACK], waitMs: 1_000, answers: [] },
    ],
  }),
  synchronization('no SETTINGS', 'Who does not send SETTINGS in time is sent away.', {
    greeting: [PREFACE],
    waitMs: 10_000,
    answers: ['GOAWAY 0 SETTINGS_TIMEOUT'],
    end: 'closed',
    code: 'LML_ERR_TIMEOUT',
  }),
  pings('an answer', 'PING is answered with its own content.', {
    send: [ping('abcdefgh'), ping('\0\x01\x02\x03\xfc\xfd\xfe\xff')],
    answers: ['PING ACK abcdefgh', 'PING ACK \0\x01\x02\x03\xfc\xfd\xfe\xff'],
  }),
  pings('an answer that nobody asked for', 'An answer is not answered.', {
    send: [ping('abcdefgh', true)],
    answers: [],
  }),
  pings('for a stream', 'PING belongs to the connection.', { send: [frame(6, 0, 1, Buffer.alloc(8))], ...badStream }),
  pings('an answer for a stream', 'PING belongs to the connection.', {
    send: [frame(6, 1, 3, Buffer.alloc(8))],
    ...badStream,
  }),
  pings('of 6 bytes', SIZE_OF_PING, { send: [frame(6, 0, 0, Buffer.alloc(6))], ...badSize }),
  pings('of 9 bytes', SIZE_OF_PING, { send: [frame(6, 0, 0, Buffer.alloc(9))], ...badSize }),
  pings('of no bytes', SIZE_OF_PING, { send: [frame(6, 0, 0)], ...badSize }),
  goaways('for a stream', 'GOAWAY belongs to the connection.', {
    send: [frame(7, 0, 1, Buffer.alloc(8))],
    ...badStream,
  }),
  goaways('of 7 bytes', 'GOAWAY has 8 bytes at least.', { send: [frame(7, 0, 0, Buffer.alloc(7))], ...badSize }),
  goaways('with nothing under way', 'Who has nothing left to do behind GOAWAY closes.', {
    send: [goaway(0, 0, 'thank you')],
    answers: ['GOAWAY 0 NO_ERROR'],
    end: 'closed',
  }),
  goaways('with streams under way', 'Streams that are under way are finished behind GOAWAY.', {
    turns: [
      { send: [headers(1, ECHO), goaway(0, 0), data(1, 'abc')], answers: [] },
      { send: [data(1, 'd', { end: true })], answers: ['GOAWAY 1 NO_ERROR', ...echoed(1, 'abcd')] },
    ],
    end: 'closed',
  }),
  errorCodes('an unknown code in RST_STREAM', 'Unknown error codes are like any other.', {
    send: [headers(1, HOLD, { end: true }), reset(1, 0xffff_fff0)],
    answers: [],
  }),
  errorCodes('an unknown code in GOAWAY', 'Unknown error codes are like any other.', {
    turns: [
      { send: [headers(1, ECHO), goaway(0, 0xff, 'why not')], answers: [] },
      { send: [data(1, 'x', { end: true })], answers: ['GOAWAY 1 NO_ERROR', ...echoed(1, 'x')] },
    ],
    end: 'closed',
  }),
  errors(
    'GOAWAY names the last stream that was looked at',
    'A connection that ends with an error says so, and up to which stream it went.',
    {
      send: [headers(1, HOLD, { end: true }), headers(3, HOLD, { end: true }), frame(6, 0, 0, Buffer.alloc(6))],
      ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE', 3),
    },
  ),
  errors('nothing is done behind the error', 'Frames behind an error of the connection are not looked at.', {
    send: [frame(6, 0, 0, Buffer.alloc(6)), headers(1, GET, { end: true }), ping('abcdefgh')],
    ...badSize,
  }),
];
