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
const CHUNKED = 'transfer-encoding: chunked';
const NONE = 'content-length: 0';

/** What comes of responses that are broken off, or never begin. */
export const brokenResponseRows: readonly TranslationRow[] = [
  exchangeRow({
    rule: 'a response that ends short of its length is broken off for the client too (RFC 9113 section 8.1.1)',
    answers: { h1: `${h1Response('200 OK', LENGTH)}he`, h2: [...h2Response(200, LENGTH), 'DATA "he" END'] },
    originEnding: 'end',
    gets: {
      h1: `${h1Response('200 OK', LENGTH, VIA)}he`,
      h2: [...h2Response(200, H2_VIA, LENGTH), 'DATA "he"', 'RST_STREAM INTERNAL_ERROR'],
    },
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR', 'GOAWAY 0 NO_ERROR'] },
    ended: {
      'h1-h1': { client: 'reset', origin: 'reset' },
      'h1-h2': { client: 'reset', origin: 'ended' },
      'h2-h1': { origin: 'reset' },
      'h2-h2': { origin: 'ended' },
    },
  }),
  exchangeRow({
    rule: 'a response in chunks without the last one is broken off for the client too (RFC 9112 section 8)',
    answers: { h1: `${h1Response('200 OK', CHUNKED)}2\r\nhe\r\n` },
    originEnding: 'end',
    gets: {
      h1: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
      h2: [...h2Response(200, H2_VIA), 'DATA "he"', 'RST_STREAM INTERNAL_ERROR'],
    },
    ended: { h1: { client: 'reset', origin: 'reset' }, h2: { origin: 'reset' } },
  }),
  stepsRow('a response up to the end of the connection is not whole if that is reset (RFC 9112 section 8)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: h1Request('GET /'), origin: h1Request('GET /', VIA) },
        {
          by: 'origin',
          sends: `${h1Response('200 OK')}he`,
          client: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
        },
        { by: 'origin', ending: 'reset' },
      ],
      ended: { client: 'reset', origin: 'reset' },
    },
    'h2-h1': {
      steps: [
        { by: 'client', sends: endStream(h2Request('GET /')), origin: h1Request('GET /', VIA) },
        { by: 'origin', sends: `${h1Response('200 OK')}he`, client: [...h2Response(200, H2_VIA), 'DATA "he"'] },
        { by: 'origin', ending: 'reset', client: ['RST_STREAM INTERNAL_ERROR'] },
      ],
      ended: { origin: 'reset' },
    },
  }),
  ...[
    ['CANCEL', 'RFC 9113 section 7'],
    ['INTERNAL_ERROR', 'RFC 9113 section 7'],
    ['NO_ERROR', 'RFC 9113 section 8.1'],
  ].map(([code, section]) =>
    exchangeRow({
      rule: `a response that its origin resets with ${code} is broken off for the client too (${section})`,
      answers: { h2: [...h2Response(200), 'DATA "he"', `RST_STREAM ${code}`] },
      gets: {
        h1: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
        // What says something to the client goes on; the rest is a matter of the other connection.
        h2: [...h2Response(200, H2_VIA), 'DATA "he"', `RST_STREAM ${code === 'CANCEL' ? code : 'INTERNAL_ERROR'}`],
      },
      ended: { h1: { client: 'reset' } },
    }),
  ),
  exchangeRow({
    rule: 'more content than announced breaks a response off (RFC 9113 section 8.1.1)',
    answers: { h2: [...h2Response(200, LENGTH), 'DATA "hello, world" END'] },
    gets: {
      h1: '',
      h2: [...h2Response(200, H2_VIA, LENGTH), 'RST_STREAM INTERNAL_ERROR'],
    },
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
    ended: { h1: { client: 'reset' } },
  }),
  exchangeRow({
    rule: 'a response with content that GOAWAY allows comes whole (RFC 9113 section 6.8)',
    answers: { h2: [...h2Response(200, LENGTH), 'DATA "he"', 'GOAWAY 1 NO_ERROR', 'DATA "llo" END'] },
    gets: {
      h1: `${h1Response('200 OK', LENGTH, VIA)}hello`,
      h2: [...h2Response(200, H2_VIA, LENGTH), 'DATA "hello" END'],
    },
    stops: { h2: ['GOAWAY 0 NO_ERROR'] },
    ended: { all: { origin: 'ended' } },
  }),
  // ---- no response
  exchangeRow({
    rule: 'an origin that closes without an answer is told to the client as 502 (RFC 9110 section 15.6.3)',
    sends: { h1: h1Request('POST /', NONE), h2: endStream(h2Request('POST /', NONE)) },
    reaches: { h1: h1Request('POST /', NONE, VIA), h2: endStream(h2Request('POST /', H2_VIA, NONE)) },
    originEnding: 'end',
    gets: gatewayAnswer('502 Bad Gateway', 'connection_terminated'),
    stops: { h2: ['GOAWAY 0 NO_ERROR'] },
    ended: { 'h1-h1': { origin: 'reset' }, 'h2-h1': { origin: 'reset' }, all: { origin: 'ended' } },
  }),
  exchangeRow({
    rule: 'a stream that is reset without an answer is told to the client as 502 (RFC 9110 section 15.6.3)',
    sends: { h1: h1Request('POST /', NONE), h2: endStream(h2Request('POST /', NONE)) },
    reaches: { h2: endStream(h2Request('POST /', H2_VIA, NONE)) },
    answers: { h2: ['RST_STREAM INTERNAL_ERROR'] },
    gets: gatewayAnswer('502 Bad Gateway', 'connection_terminated'),
  }),
  stepsRow('a request that the origin has not looked at is sent again, on a stream of its own (RFC 9113 section 8.7)', {
    'h1-h2': {
      steps: [
        { by: 'client', sends: h1Request('POST /', NONE), origin: endStream(h2Request('POST /', H2_VIA, NONE)) },
        {
          by: 'origin',
          sends: ['RST_STREAM REFUSED_STREAM'],
          origin: endStream(h2Request('POST /', H2_VIA, NONE)).map((line, at) => (at === 0 ? `3 ${line}` : line)),
        },
        {
          by: 'origin',
          sends: endStream(h2Response(200, NONE)).map((line, at) => (at === 0 ? `3 ${line}` : line)),
          client: h1Response('200 OK', NONE, VIA),
        },
      ],
    },
    'h2-h2': {
      steps: [
        {
          by: 'client',
          sends: endStream(h2Request('POST /', NONE)),
          origin: endStream(h2Request('POST /', H2_VIA, NONE)),
        },
        {
          by: 'origin',
          sends: ['RST_STREAM REFUSED_STREAM'],
          origin: endStream(h2Request('POST /', H2_VIA, NONE)).map((line, at) => (at === 0 ? `3 ${line}` : line)),
        },
        {
          by: 'origin',
          sends: endStream(h2Response(200, NONE)).map((line, at) => (at === 0 ? `3 ${line}` : line)),
          client: endStream(h2Response(200, H2_VIA, NONE)),
        },
      ],
    },
  }),
  stepsRow('a request that GOAWAY leaves out is sent again, on another connection (RFC 9113 section 6.8)', {
    'h1-h2': {
      steps: [
        { by: 'client', sends: h1Request('POST /', NONE), origin: endStream(h2Request('POST /', H2_VIA, NONE)) },
        { by: 'origin', sends: ['GOAWAY 0 NO_ERROR'], origin: endStream(h2Request('POST /', H2_VIA, NONE)) },
        { by: 'origin', sends: endStream(h2Response(200, NONE)), client: h1Response('200 OK', NONE, VIA) },
      ],
    },
    'h2-h2': {
      steps: [
        {
          by: 'client',
          sends: endStream(h2Request('POST /', NONE)),
          origin: endStream(h2Request('POST /', H2_VIA, NONE)),
        },
        { by: 'origin', sends: ['GOAWAY 0 NO_ERROR'], origin: endStream(h2Request('POST /', H2_VIA, NONE)) },
        { by: 'origin', sends: endStream(h2Response(200, NONE)), client: endStream(h2Response(200, H2_VIA, NONE)) },
      ],
    },
  }),
  exchangeRow({
    rule: 'what is no HTTP is told to the client as 502 (RFC 9110 section 15.6.3)',
    answers: { h1: 'SSH-2.0-OpenSSH_9.6\r\n', h2: ['HEADERS', 'status: 200'] },
    gets: gatewayAnswer('502 Bad Gateway', 'http_protocol_error'),
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
    ended: { 'h1-h1': { origin: 'reset' }, 'h2-h1': { origin: 'reset' } },
  }),
  ...[
    ['content-length: 5, 6', 'lengths that contradict each other'],
    ['content-length: +5', 'a length that is no number'],
    ['x y: 1', 'a name with a blank'],
  ].map(([field = '', what]) =>
    exchangeRow({
      rule: `${what} of an origin: nothing of it reaches the client (RFC 9112 section 6.3, RFC 9113 section 8.2.1)`,
      answers: { h1: `${h1Response('200 OK', field)}hello`, h2: [...h2Response(200, field), 'DATA "hello" END'] },
      gets: gatewayAnswer('502 Bad Gateway', 'http_protocol_error'),
      stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
      ended: { 'h1-h1': { origin: 'reset' }, 'h2-h1': { origin: 'reset' } },
    }),
  ),
  ...[
    ['connection: close', 'fields of a connection'],
    ['transfer-encoding: chunked', 'Transfer-Encoding'],
    [':path: /', 'a pseudo-header field of requests'],
    ['X-Upper: 1', 'a name in capitals'],
    ['a: 1\r\nset-cookie: b', 'a line end in a value'],
    ['a: 1\x00', 'a NUL in a value'],
  ].map(([field = '', what]) =>
    exchangeRow({
      rule: `${what} in a response of HTTP/2: nothing of it reaches the client (RFC 9113 sections 8.2 and 8.3)`,
      answers: { h2: endStream(h2Response(200, field)) },
      gets: gatewayAnswer('502 Bad Gateway', 'http_protocol_error'),
      stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
    }),
  ),
  exchangeRow({
    rule: 'a second head behind the first is no trailer section (RFC 9113 section 8.1)',
    answers: { h2: [...h2Response(200), 'DATA "he"', 'HEADERS', ':status: 200'] },
    gets: {
      h2: [...h2Response(200, H2_VIA), 'DATA "he"', 'RST_STREAM INTERNAL_ERROR'],
      h1: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
    },
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
    ended: { h1: { client: 'reset' } },
  }),
  exchangeRow({
    rule: 'a length where the stream has ended with the head is a broken promise (RFC 9113 section 8.1.1)',
    answers: { h2: endStream(h2Response(200, LENGTH)) },
    gets: gatewayAnswer('502 Bad Gateway', 'http_protocol_error'),
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
  }),
  exchangeRow({
    rule: 'content of a 204 is none, and nothing of it can be taken for a response (RFC 9110 section 15.3.5)',
    answers: { h2: [...h2Response(204), 'DATA "HTTP/1.1 200 OK" END'] },
    gets: { h1: h1Response('204 No Content', VIA), h2: endStream(h2Response(204, H2_VIA)) },
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
  }),
  exchangeRow({
    rule: 'content in answer to HEAD is none, and nothing of it can be taken for a response (RFC 9110 section 9.3.2)',
    sends: { h1: h1Request('HEAD /'), h2: endStream(h2Request('HEAD /')) },
    reaches: { h1: h1Request('HEAD /', VIA), h2: endStream(h2Request('HEAD /', H2_VIA)) },
    answers: { h2: [...h2Response(200, LENGTH), 'DATA "hello" END'] },
    gets: { h1: h1Response('200 OK', LENGTH, VIA), h2: endStream(h2Response(200, H2_VIA, LENGTH)) },
    stops: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
  }),
];
