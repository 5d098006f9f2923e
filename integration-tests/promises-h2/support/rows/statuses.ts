import type { OwnAnswer } from '../exchange-rows.ts';
import {
  endStream,
  exchangeRow,
  gatewayAnswer,
  h1Request,
  h1Response,
  h2Request,
  h2Response,
  stepsRow,
} from '../exchange-rows.ts';
import type { TranslationRow } from '../translation-row.ts';

const VIA = 'Via: @v p';
const H2_VIA = 'via: @v p';
const LENGTH = 'content-length: 5';
const EXPECT = 'expect: 100-continue';
const NONE = 'content-length: 0';
const BROKEN: OwnAnswer = gatewayAnswer('502 Bad Gateway', 'http_protocol_error');

/** Statuses, their reasons, and interim responses. */
export const statusRows: readonly TranslationRow[] = [
  // ---- reason phrases
  exchangeRow({
    rule: 'a reason of the origin is kept by HTTP/1.1, and has no place in HTTP/2 (RFC 9113 section 8.3.2)',
    answers: { h1: h1Response('404 Gone fishing', NONE) },
    gets: { h1: h1Response('404 Gone fishing', NONE, VIA), h2: endStream(h2Response(404, H2_VIA, NONE)) },
  }),
  exchangeRow({
    rule: 'a status without a reason gets the usual one (RFC 9110 section 15)',
    answers: { h2: endStream(h2Response(404, NONE)) },
    gets: { 'h1-h2': h1Response('404 Not Found', NONE, VIA), 'h2-h2': endStream(h2Response(404, H2_VIA, NONE)) },
  }),
  exchangeRow({
    rule: 'a status that nobody knows goes on as it is, without a reason (RFC 9110 section 15)',
    answers: { h1: h1Response('299 ', NONE), h2: endStream(h2Response(299, NONE)) },
    gets: { h1: h1Response('299 ', NONE, VIA), h2: endStream(h2Response(299, H2_VIA, NONE)) },
  }),
  ...[
    ['421 Misdirected Request', 'RFC 9110 section 15.5.20'],
    ['505 HTTP Version Not Supported', 'RFC 9110 section 15.6.6'],
    ['407 Proxy Authentication Required', 'RFC 9110 section 15.5.8'],
    ['304 Not Modified', 'RFC 9110 section 15.4.5'],
    ['999 ', 'RFC 9110 section 15'],
  ].map(([status = '', section]) =>
    exchangeRow({
      rule: `a ${status} of the origin is no answer of ours, and goes on (${section})`,
      answers: {
        h1: h1Response(status, 'content-length: 0'),
        h2: endStream(h2Response(Number(status.slice(0, 3)), NONE)),
      },
      gets: { h1: h1Response(status, NONE, VIA), h2: endStream(h2Response(Number(status.slice(0, 3)), H2_VIA, NONE)) },
    }),
  ),
  exchangeRow({
    rule: '426 says by Upgrade what to ask for, which HTTP/2 can not (RFC 9110 section 15.5.22, RFC 9113 section 8.6)',
    answers: { h1: h1Response('426 Upgrade Required', 'connection: Upgrade', 'upgrade: foo/1', NONE) },
    gets: {
      h1: h1Response('426 Upgrade Required', 'upgrade: foo/1', NONE, 'Connection: Upgrade', VIA),
      h2: endStream(h2Response(426, H2_VIA, NONE)),
    },
  }),
  exchangeRow({
    rule: 'an origin without a clock gets a Date from us (RFC 9110 section 6.6.1)',
    answers: { h1: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', h2: ['HEADERS END', ':status: 200', NONE] },
    gets: {
      h1: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nVia: @v p\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\r\n',
      h2: ['HEADERS END', ':status: 200', H2_VIA, NONE, 'date: Wed, 01 Jan 2020 00:00:00 GMT'],
    },
  }),
  exchangeRow({
    rule: 'a response of HTTP/1.0 is told as one in Via, and answered in the version of the client (RFC 9110 section 2.5)',
    answers: { h1: 'HTTP/1.0 200 OK\r\ndate: Mon, 01 Jan 2001 00:00:00 GMT\r\ncontent-length: 0\r\n\r\n' },
    gets: { h1: h1Response('200 OK', NONE, 'Via: 1.0 p'), h2: endStream(h2Response(200, 'via: 1.0 p', NONE)) },
    ended: { all: { origin: 'ended' } },
  }),
  // ---- interim responses
  exchangeRow({
    rule: '103 goes on at once, its fields with it (RFC 8297)',
    answers: {
      h1: 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nlink: </b>\r\n\r\n',
      h2: ['HEADERS', ':status: 103', 'link: </a>', 'link: </b>'],
    },
    gets: {
      h1: 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nlink: </b>\r\n\r\n',
      h2: ['HEADERS', ':status: 103', 'link: </a>', 'link: </b>'],
    },
  }),
  exchangeRow({
    rule: 'several interim responses keep their order, in front of the one that counts (RFC 9110 section 15.2)',
    answers: {
      h1: `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </b>\r\n\r\n${h1Response('200 OK', NONE)}`,
      h2: [
        'HEADERS',
        ':status: 102',
        'HEADERS',
        ':status: 103',
        'link: </a>',
        'HEADERS',
        ':status: 103',
        'link: </b>',
        ...endStream(h2Response(200, NONE)),
      ],
    },
    gets: {
      h1: `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </b>\r\n\r\n${h1Response('200 OK', NONE, VIA)}`,
      h2: [
        'HEADERS',
        ':status: 102',
        'HEADERS',
        ':status: 103',
        'link: </a>',
        'HEADERS',
        ':status: 103',
        'link: </b>',
        ...endStream(h2Response(200, H2_VIA, NONE)),
      ],
    },
  }),
  exchangeRow({
    rule: 'what an interim response says of the connection ends at it (RFC 9110 section 7.6.1)',
    answers: { h1: 'HTTP/1.1 103 Early Hints\r\nconnection: x-a\r\nx-a: 1\r\nkeep-alive: 2\r\nlink: </a>\r\n\r\n' },
    gets: { h1: 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', h2: ['HEADERS', ':status: 103', 'link: </a>'] },
  }),
  exchangeRow({
    rule: 'an interim response that nobody knows goes on (RFC 9110 section 15.2)',
    answers: { h1: 'HTTP/1.1 199 \r\na: 1\r\n\r\n', h2: ['HEADERS', ':status: 199', 'a: 1'] },
    gets: { h1: 'HTTP/1.1 199 \r\na: 1\r\n\r\n', h2: ['HEADERS', ':status: 199', 'a: 1'] },
  }),
  exchangeRow({
    rule: 'a client of HTTP/1.0 gets no interim response (RFC 9110 section 15.2)',
    sends: { h1: 'GET / HTTP/1.0\r\nhost: origin.test\r\n\r\n' },
    reaches: { h1: h1Request('GET /', 'Via: 1.0 p'), h2: endStream(h2Request('GET /', 'via: 1.0 p')) },
    answers: {
      h1: `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${h1Response('200 OK', NONE)}`,
      h2: ['HEADERS', ':status: 103', 'link: </a>', ...endStream(h2Response(200, NONE))],
    },
    gets: { h1: h1Response('200 OK', NONE, VIA, 'Connection: close') },
    ended: { all: { client: 'ended' } },
  }),
  exchangeRow({
    rule: '101 that nobody has asked for is no response (RFC 9113 section 8.6)',
    answers: {
      h1: h1Response('101 Switching Protocols', 'connection: Upgrade', 'upgrade: foo'),
      h2: h2Response(101, 'a: 1'),
    },
    gets: BROKEN,
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
    ended: { 'h1-h1': { origin: 'reset' }, 'h2-h1': { origin: 'reset' } },
  }),
  exchangeRow({
    rule: 'an interim response can not be the end (RFC 9113 section 8.1)',
    answers: { h2: ['HEADERS END', ':status: 103', 'a: 1'] },
    gets: BROKEN,
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
  }),
  // ---- Expect: 100-continue
  stepsRow('a client that waits for leave to send its content gets it from the origin (RFC 9110 section 10.1.1)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: h1Request('PUT /', EXPECT, LENGTH), origin: h1Request('PUT /', EXPECT, LENGTH, VIA) },
        { by: 'origin', sends: 'HTTP/1.1 100 Continue\r\n\r\n', client: 'HTTP/1.1 100 Continue\r\n\r\n' },
        { by: 'client', sends: 'hello', origin: 'hello' },
        { by: 'origin', sends: h1Response('200 OK', NONE), client: h1Response('200 OK', NONE, VIA) },
      ],
    },
    'h1-h2': {
      steps: [
        { by: 'client', sends: h1Request('PUT /', EXPECT, LENGTH), origin: h2Request('PUT /', EXPECT, H2_VIA, LENGTH) },
        { by: 'origin', sends: ['HEADERS', ':status: 100'], client: 'HTTP/1.1 100 Continue\r\n\r\n' },
        { by: 'client', sends: 'hello', origin: ['DATA "hello"', 'DATA "" END'] },
        { by: 'origin', sends: endStream(h2Response(200, NONE)), client: h1Response('200 OK', NONE, VIA) },
      ],
    },
    'h2-h1': {
      steps: [
        { by: 'client', sends: h2Request('PUT /', EXPECT, LENGTH), origin: h1Request('PUT /', EXPECT, LENGTH, VIA) },
        { by: 'origin', sends: 'HTTP/1.1 100 Continue\r\n\r\n', client: ['HEADERS', ':status: 100'] },
        { by: 'client', sends: ['DATA "hello" END'], origin: 'hello' },
        { by: 'origin', sends: h1Response('200 OK', NONE), client: endStream(h2Response(200, H2_VIA, NONE)) },
      ],
    },
    'h2-h2': {
      steps: [
        { by: 'client', sends: h2Request('PUT /', EXPECT, LENGTH), origin: h2Request('PUT /', EXPECT, H2_VIA, LENGTH) },
        { by: 'origin', sends: ['HEADERS', ':status: 100'], client: ['HEADERS', ':status: 100'] },
        { by: 'client', sends: ['DATA "hello" END'], origin: ['DATA "hello"', 'DATA "" END'] },
        { by: 'origin', sends: endStream(h2Response(200, NONE)), client: endStream(h2Response(200, H2_VIA, NONE)) },
      ],
    },
  }),
  stepsRow('an origin that gives no leave, but a final answer, gets no content (RFC 9110 section 10.1.1)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: h1Request('PUT /', EXPECT, LENGTH), origin: h1Request('PUT /', EXPECT, LENGTH, VIA) },
        {
          by: 'origin',
          sends: h1Response('413 Content Too Large', NONE),
          client: h1Response('413 Content Too Large', NONE, VIA, 'Connection: close'),
        },
      ],
      ended: { client: 'ended', origin: 'ended' },
    },
    'h1-h2': {
      steps: [
        { by: 'client', sends: h1Request('PUT /', EXPECT, LENGTH), origin: h2Request('PUT /', EXPECT, H2_VIA, LENGTH) },
        {
          by: 'origin',
          sends: endStream(h2Response(413, NONE)),
          client: h1Response('413 Content Too Large', NONE, VIA, 'Connection: close'),
          origin: ['RST_STREAM CANCEL'],
        },
      ],
      ended: { client: 'ended' },
    },
    'h2-h1': {
      steps: [
        { by: 'client', sends: h2Request('PUT /', EXPECT, LENGTH), origin: h1Request('PUT /', EXPECT, LENGTH, VIA) },
        {
          by: 'origin',
          sends: h1Response('413 Content Too Large', NONE),
          client: [...endStream(h2Response(413, H2_VIA, NONE)), 'RST_STREAM NO_ERROR'],
        },
      ],
      ended: { origin: 'ended' },
    },
    'h2-h2': {
      steps: [
        { by: 'client', sends: h2Request('PUT /', EXPECT, LENGTH), origin: h2Request('PUT /', EXPECT, H2_VIA, LENGTH) },
        {
          by: 'origin',
          sends: endStream(h2Response(413, NONE)),
          client: [...endStream(h2Response(413, H2_VIA, NONE)), 'RST_STREAM NO_ERROR'],
          origin: ['RST_STREAM CANCEL'],
        },
      ],
    },
  }),
  stepsRow('an origin that knows nothing of leave is waited for a moment, and no longer (RFC 9110 section 10.1.1)', {
    'h1-h2': {
      steps: [
        { by: 'client', sends: h1Request('PUT /', EXPECT, LENGTH), origin: h2Request('PUT /', EXPECT, H2_VIA, LENGTH) },
        { by: 'clock', ms: 1_000, client: 'HTTP/1.1 100 Continue\r\n\r\n' },
        { by: 'client', sends: 'hello', origin: ['DATA "hello"', 'DATA "" END'] },
      ],
    },
    'h2-h1': {
      steps: [
        { by: 'client', sends: h2Request('PUT /', EXPECT, LENGTH), origin: h1Request('PUT /', EXPECT, LENGTH, VIA) },
        { by: 'clock', ms: 1_000, client: ['HEADERS', ':status: 100'] },
        { by: 'client', sends: ['DATA "hello" END'], origin: 'hello' },
      ],
    },
  }),
  stepsRow('a client that does not wait for leave gets none (RFC 9110 section 10.1.1)', {
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /', EXPECT, LENGTH), 'DATA "hello" END'],
          origin: h1Request('PUT /', EXPECT, LENGTH, VIA),
        },
        { by: 'origin', sends: 'HTTP/1.1 100 Continue\r\n\r\n', origin: 'hello', client: ['HEADERS', ':status: 100'] },
        { by: 'origin', sends: h1Response('200 OK', NONE), client: endStream(h2Response(200, H2_VIA, NONE)) },
      ],
    },
  }),
];
