import { data, frame, headers, PREFACE, ping, SETTINGS_ACK, settings } from '../../support/frames.ts';
import type { ServerCase } from '../support/server-case.ts';
import { connectionError, ECHO, echoed, GET, ok } from '../support/server-case.ts';

const GREETING = [
  'SETTINGS 1=4096 3=250 8=1 4=262144 5=16384 6=65536 9=1',
  'WINDOW_UPDATE 0 +16711681',
  'SETTINGS ACK',
];

/** Preface, and what holds for all frames. RFC 9113 sections 3.4, 4.1, 4.2 and 5.5. */
export const frameFormat: readonly ServerCase[] = [
  {
    section: 'RFC 9113 3.4',
    name: 'the server begins with SETTINGS',
    rule: 'The first frame of a server is SETTINGS, and the SETTINGS of the client are acknowledged.',
    greeting: [],
    showsUpdates: true,
    send: [PREFACE, settings()],
    answers: GREETING,
  },
  {
    section: 'RFC 9113 3.4',
    name: 'requests may follow the preface at once',
    rule: 'A client need not wait for the SETTINGS of the server.',
    greeting: [],
    send: [PREFACE, settings(), headers(1, GET, { end: true })],
    answers: [...GREETING.filter((line) => line.startsWith('S')), ...ok(1)],
  },
  {
    section: 'RFC 9113 3.4',
    name: 'another preface',
    rule: 'A client that does not begin with the preface is sent away.',
    greeting: [],
    send: [Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PREFACE'),
    answers: ['SETTINGS 1=4096 3=250 8=1 4=262144 5=16384 6=65536 9=1', 'GOAWAY 0 PROTOCOL_ERROR'],
  },
  {
    section: 'RFC 9113 3.4',
    name: 'a preface wrong in its last byte',
    rule: 'A client that does not begin with the preface is sent away.',
    greeting: [],
    send: [PREFACE.slice(0, 23), Buffer.from('\r'), settings()],
    ...connectionError('PROTOCOL_ERROR', 'BAD_PREFACE'),
    answers: ['SETTINGS 1=4096 3=250 8=1 4=262144 5=16384 6=65536 9=1', 'GOAWAY 0 PROTOCOL_ERROR'],
  },
  {
    section: 'RFC 9113 3.4',
    name: 'no SETTINGS behind the preface',
    rule: 'The preface of a client is followed by SETTINGS.',
    greeting: [PREFACE],
    send: [headers(1, GET, { end: true })],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME'),
  },
  {
    section: 'RFC 9113 3.4',
    name: 'an acknowledgement in place of the first SETTINGS',
    rule: 'The preface of a client is followed by SETTINGS.',
    greeting: [PREFACE],
    send: [SETTINGS_ACK],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME'),
  },
  {
    section: 'RFC 9113 4.1',
    name: 'a frame of an unknown type',
    rule: 'Frames of unknown types are ignored, for the connection, for a stream and for one that never was.',
    send: [frame(0x7a, 0xff, 0, Buffer.from('what?')), frame(0x7b, 0, 5, Buffer.alloc(100)), frame(0xff, 0, 0)],
    answers: [],
  },
  {
    section: 'RFC 9113 4.1',
    name: 'an unknown frame of the largest size',
    rule: 'Frames of unknown types are ignored, of whatever size is allowed.',
    send: [frame(0x7a, 0, 0, Buffer.alloc(16_384)), ping('abcdefgh')],
    answers: ['PING ACK abcdefgh'],
  },
  {
    section: 'RFC 9113 4.1',
    name: 'flags without a meaning',
    rule: 'Flags that mean nothing for the type of a frame are ignored.',
    send: [frame(0x6, 0xfe, 0, Buffer.from('abcdefgh')), headers(1, ECHO), frame(0x0, 0xf7, 1, Buffer.from('hello'))],
    answers: ['PING ACK abcdefgh', ...echoed(1, 'hello')],
  },
  {
    section: 'RFC 9113 4.1',
    name: 'the reserved bit',
    rule: 'The bit in front of a stream identifier is ignored.',
    send: [frame(0x6, 0, 0x8000_0000, Buffer.from('abcdefgh')), withReservedBit(headers(1, GET, { end: true }))],
    answers: ['PING ACK abcdefgh', ...ok(1)],
  },
  {
    section: 'RFC 9113 4.2',
    name: 'DATA of 16,384 bytes',
    rule: 'Frames of 16,384 bytes are taken by everybody.',
    send: [headers(1, ECHO), data(1, 'x'.repeat(16_384), { end: true })],
    answers: echoed(1, 'x'.repeat(16_384)),
  },
  {
    section: 'RFC 9113 4.2',
    name: 'DATA larger than allowed',
    rule: 'A frame larger than SETTINGS_MAX_FRAME_SIZE is a FRAME_SIZE_ERROR.',
    send: [headers(1, ECHO), data(1, 'x'.repeat(16_385), { end: true })],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE', 1),
  },
  {
    section: 'RFC 9113 4.2',
    name: 'HEADERS larger than allowed',
    rule: 'A frame with a field block that is larger than SETTINGS_MAX_FRAME_SIZE ends the connection.',
    send: [headers(1, [...GET, 'a', 'x'.repeat(16_384)], { end: true })],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE'),
  },
  {
    section: 'RFC 9113 4.2',
    name: 'an unknown frame larger than allowed',
    rule: 'A frame larger than SETTINGS_MAX_FRAME_SIZE is a FRAME_SIZE_ERROR, whatever it is.',
    send: [frame(0x7a, 0, 0, Buffer.alloc(16_385))],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE'),
  },
  {
    section: 'RFC 9113 4.2',
    name: 'larger frames where they were allowed',
    rule: 'A server that has allowed larger frames takes them.',
    limits: { maxFrameBytes: 20_000 },
    send: [headers(1, ECHO), data(1, 'x'.repeat(20_000), { end: true })],
    answers: [
      'HEADERS 1 :status=200 content-length=20000',
      `DATA 1 "${'x'.repeat(16_384)}"`,
      `DATA 1 "${'x'.repeat(3_616)}" END`,
    ],
  },
  {
    section: 'RFC 9113 4.2',
    name: 'frames larger than the larger ones that were allowed',
    rule: 'A frame larger than SETTINGS_MAX_FRAME_SIZE is a FRAME_SIZE_ERROR.',
    limits: { maxFrameBytes: 20_000 },
    send: [headers(1, ECHO), data(1, 'x'.repeat(20_001))],
    ...connectionError('FRAME_SIZE_ERROR', 'BAD_FRAME_SIZE', 1),
  },
  {
    section: 'RFC 9113 5.5',
    name: 'an unknown frame within a field section',
    rule: 'No extension frame may stand between HEADERS and CONTINUATION.',
    send: [headers(1, GET, { end: true, endHeaders: false }), frame(0x7a, 0, 1)],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME'),
  },
];

function withReservedBit(frame: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(frame);
  bytes[5] = 0x80;
  return bytes;
}
