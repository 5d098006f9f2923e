import {
  continuation,
  data,
  frame,
  headers,
  literalBlock,
  ping,
  priority,
  reset,
  settings,
  windowUpdate,
} from '../../support/frames.ts';
import type { CaseRest, ServerCase } from '../support/server-case.ts';
import { casesOf, connectionError, GET, ok, request } from '../support/server-case.ts';

const sections = casesOf('RFC 9113 6.10');
const compression = casesOf('RFC 9113 4.3');
const limits = casesOf('RFC 9113 10.5.1');

const CONTIGUOUS = 'Between HEADERS and the last CONTINUATION stands no other frame, of whatever stream.';
const BLOCK = literalBlock(GET);
/** Size of its fields, as RFC 7541 section 4.1 counts it. */
const LIST_BYTES = GET.join('').length + 32 * 4;

/** Cuts the block of the small request into frames. */
function cutAt(...cuts: readonly number[]): Uint8Array[] {
  const pieces = [0, ...cuts].map((from, index) => BLOCK.subarray(from, cuts[index] ?? BLOCK.length));
  return pieces.map((piece, index) => {
    const isLast = index === pieces.length - 1;
    return index === 0 ? headers(1, piece, { end: true, endHeaders: isLast }) : continuation(1, piece, isLast);
  });
}

const begun = headers(1, BLOCK.subarray(0, 9), { end: true, endHeaders: false });
const unexpected: CaseRest = connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME');

/** CONTINUATION, and how large a section may be. RFC 9113 sections 4.3, 6.10 and 10.5.1. */
export const fieldSections: readonly ServerCase[] = [
  sections('two frames', 'A section may go on in CONTINUATION.', { send: cutAt(9), answers: ok(1) }),
  sections('frames cut anywhere', 'A section may be cut within a field.', {
    send: cutAt(1, 2, 5, 6, 7, 20, 21),
    answers: ok(1),
  }),
  sections('empty frames', 'Frames of a section may be empty.', { send: cutAt(0, 0, 9, 9), answers: ok(1) }),
  sections('padding and a priority in the first', 'Only the first frame has them.', {
    send: [
      headers(1, BLOCK.subarray(0, 9), { end: true, endHeaders: false, pad: 3, dependsOn: 0 }),
      continuation(1, BLOCK.subarray(9), true),
    ],
    answers: ok(1),
  }),
  sections('for the connection', 'CONTINUATION belongs to a stream.', {
    send: [begun, continuation(0, BLOCK.subarray(9), true)],
    ...unexpected,
  }),
  sections('for another stream', CONTIGUOUS, {
    send: [begun, continuation(3, BLOCK.subarray(9), true)],
    ...unexpected,
  }),
  sections('behind a whole section', 'CONTINUATION stands behind HEADERS that are not whole.', {
    send: [headers(1, request('GET', '/hold'), { end: true }), continuation(1, BLOCK, true)],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME', 1),
  }),
  sections('behind the last CONTINUATION', 'CONTINUATION stands behind HEADERS that are not whole.', {
    send: [
      headers(1, literalBlock(request('GET', '/hold')), { end: true, endHeaders: false }),
      continuation(1, new Uint8Array(0), true),
      continuation(1, BLOCK, true),
    ],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME', 1),
  }),
  sections('behind DATA', 'CONTINUATION stands behind HEADERS that are not whole.', {
    send: [headers(1, request('POST', '/hold')), data(1, 'x'), continuation(1, BLOCK, true)],
    ...connectionError('PROTOCOL_ERROR', 'UNEXPECTED_FRAME', 1),
  }),
  sections('DATA within', CONTIGUOUS, { send: [begun, data(1, 'x')], ...unexpected }),
  sections('HEADERS within', CONTIGUOUS, { send: [begun, headers(1, GET, { end: true })], ...unexpected }),
  sections('HEADERS of another stream within', CONTIGUOUS, {
    send: [begun, headers(3, GET, { end: true })],
    ...unexpected,
  }),
  sections('PRIORITY within', CONTIGUOUS, { send: [begun, priority(1, 0)], ...unexpected }),
  sections('RST_STREAM within', CONTIGUOUS, { send: [begun, reset(1, 8)], ...unexpected }),
  sections('SETTINGS within', CONTIGUOUS, { send: [begun, settings()], ...unexpected }),
  sections('PING within', CONTIGUOUS, { send: [begun, ping('12345678')], ...unexpected }),
  sections('GOAWAY within', CONTIGUOUS, { send: [begun, frame(7, 0, 0, Buffer.alloc(8))], ...unexpected }),
  sections('WINDOW_UPDATE within', CONTIGUOUS, { send: [begun, windowUpdate(1, 1)], ...unexpected }),
  compression('no whole block', 'A block that can not be decoded ends the connection.', {
    send: [headers(1, BLOCK.subarray(0, BLOCK.length - 1), { end: true })],
    ...connectionError('COMPRESSION_ERROR', 'BAD_COMPRESSION'),
  }),
  compression('no whole block in trailers', 'A block that can not be decoded ends the connection.', {
    send: [headers(1, request('POST', '/hold')), headers(1, Buffer.from('00', 'hex'), { end: true })],
    ...connectionError('COMPRESSION_ERROR', 'BAD_COMPRESSION', 1),
  }),
  compression(
    'a block for a refused stream',
    'Blocks are decoded even if nobody wants them, as later ones build on them.',
    {
      limits: { maxConcurrentStreams: 1 },
      turns: [
        {
          send: [
            headers(1, request('GET', '/hold'), { end: true }),
            headers(3, Buffer.concat([BLOCK, Buffer.from('40016103626364', 'hex')]), { end: true }),
          ],
          answers: ['RST_STREAM 3 REFUSED_STREAM'],
        },
        { send: [reset(1, 8)], answers: [] },
        {
          send: [
            headers(5, Buffer.concat([literalBlock(request('GET', '/headers')), Buffer.from('be', 'hex')]), {
              end: true,
            }),
          ],
          answers: ['HEADERS 5 :status=200 content-length=17', 'DATA 5 "host|a.test|a|bcd" END'],
        },
      ],
    },
  ),
  limits('a section too large', 'A request whose fields are too large is answered by 431.', {
    limits: { maxHeaderListBytes: 1_024 },
    send: [headers(1, [...GET, 'a', 'x'.repeat(900)], { end: true })],
    answers: ['HEADERS 1 :status=431 END'],
  }),
  limits(
    'a section of the largest size',
    'A section of the announced size is taken: each field counts 32 bytes more.',
    {
      limits: { maxHeaderListBytes: 1_024 },
      send: [headers(1, [...GET, 'a', 'x'.repeat(1_024 - LIST_BYTES - 33)], { end: true })],
      answers: ok(1),
    },
  ),
  limits('one byte more than the largest size', 'A request whose fields are too large is answered by 431.', {
    limits: { maxHeaderListBytes: 1_024 },
    send: [headers(1, [...GET, 'a', 'x'.repeat(1_024 - LIST_BYTES - 32)], { end: true })],
    answers: ['HEADERS 1 :status=431 END'],
  }),
  limits('too many fields', 'A request of too many fields is answered by 431.', {
    limits: { maxHeaders: 4 },
    send: [headers(1, [...GET, ...Array.from({ length: 6 }, (_, index) => [`a${index}`, '']).flat()], { end: true })],
    answers: ['HEADERS 1 :status=431 END'],
  }),
  limits('too many fields, and content behind them', 'A request of too many fields is answered by 431.', {
    limits: { maxHeaders: 4 },
    send: [headers(1, [...GET, ...Array.from({ length: 6 }, (_, index) => [`a${index}`, '']).flat()])],
    answers: ['HEADERS 1 :status=431 END', 'RST_STREAM 1 NO_ERROR'], // who has ended its direction needs no reset, RFC 9113 section 5.1
  }),
  limits('trailers too large', 'Trailers that are too large end their stream.', {
    limits: { maxHeaderListBytes: 1_024 },
    send: [headers(1, request('POST', '/echo')), headers(1, ['a', 'x'.repeat(1_000)], { end: true })],
    answers: ['RST_STREAM 1 ENHANCE_YOUR_CALM'],
  }),
  limits('what stood in a section too large', 'A section that is too large is decoded all the same.', {
    limits: { maxHeaderListBytes: 1_024 },
    turns: [
      {
        send: [
          headers(
            1,
            Buffer.concat([literalBlock([...GET, 'a', 'x'.repeat(1_000)]), Buffer.from('40016103626364', 'hex')]),
            { end: true },
          ),
        ],
        answers: ['HEADERS 1 :status=431 END'],
      },
      {
        send: [
          headers(3, Buffer.concat([literalBlock(request('GET', '/headers')), Buffer.from('be', 'hex')]), {
            end: true,
          }),
        ],
        answers: ['HEADERS 3 :status=200 content-length=17', 'DATA 3 "host|a.test|a|bcd" END'],
      },
    ],
  }),
];
