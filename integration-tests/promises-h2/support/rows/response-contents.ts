import { endStream, exchangeRow, h1Request, h1Response, h2Request, h2Response, stepsRow } from '../exchange-rows.ts';
import type { TranslationRow } from '../translation-row.ts';

const CHUNKED = 'transfer-encoding: chunked';
const LENGTH = 'content-length: 5';
const VIA = 'Via: @v p';
const H2_VIA = 'via: @v p';
const HELLO = 'DATA "hello" END';
/** Content that was not whole when its head went on. */
const CODED = ['content-encoding: gzip', 'content-range: bytes 0-4/9'];
const BYTES = '\x1f\x8b\x00\xff\n';

/** How content of responses begins and ends. */
export const responseContentRows: readonly TranslationRow[] = [
  exchangeRow({
    rule: 'the length of a response is kept (RFC 9110 section 8.6)',
    answers: { h1: `${h1Response('200 OK', LENGTH)}hello`, h2: [...h2Response(200, LENGTH), HELLO] },
    gets: {
      h1: `${h1Response('200 OK', LENGTH, VIA)}hello`,
      h2: [...h2Response(200, H2_VIA, LENGTH), HELLO],
    },
  }),
  exchangeRow({
    rule: 'content that is coded stays coded (RFC 9110 section 8.4)',
    answers: {
      h1: `${h1Response('206 Partial Content', ...CODED, LENGTH)}${BYTES}`,
      h2: [...h2Response(206, ...CODED, LENGTH), `DATA ${JSON.stringify(BYTES)} END`],
    },
    gets: {
      h1: `${h1Response('206 Partial Content', ...CODED, LENGTH, VIA)}${BYTES}`,
      h2: [...h2Response(206, ...CODED, H2_VIA, LENGTH), `DATA ${JSON.stringify(BYTES)} END`],
    },
  }),
  stepsRow(
    'a response without a stated length that comes bit by bit: chunks, or frames to END_STREAM (RFC 9112 section 7.1)',
    {
      'h1-h1': {
        steps: [
          { by: 'client', sends: h1Request('GET /'), origin: h1Request('GET /', VIA) },
          {
            by: 'origin',
            sends: h1Response('200 OK', CHUNKED),
            client: h1Response('200 OK', VIA, 'Transfer-Encoding: chunked'),
          },
          { by: 'origin', sends: '3\r\nabc\r\n', client: '3\r\nabc\r\n' },
          { by: 'origin', sends: '0\r\n\r\n', client: '0\r\n\r\n' },
        ],
      },
      'h1-h2': {
        steps: [
          { by: 'client', sends: h1Request('GET /'), origin: endStream(h2Request('GET /', H2_VIA)) },
          { by: 'origin', sends: h2Response(200), client: h1Response('200 OK', VIA, 'Transfer-Encoding: chunked') },
          { by: 'origin', sends: ['DATA "abc"'], client: '3\r\nabc\r\n' },
          { by: 'origin', sends: ['DATA "" END'], client: '0\r\n\r\n' },
        ],
      },
      'h2-h1': {
        steps: [
          { by: 'client', sends: endStream(h2Request('GET /')), origin: h1Request('GET /', VIA) },
          { by: 'origin', sends: h1Response('200 OK', CHUNKED), client: h2Response(200, H2_VIA) },
          { by: 'origin', sends: '3\r\nabc\r\n', client: ['DATA "abc"'] },
          { by: 'origin', sends: '0\r\n\r\n', client: ['DATA "" END'] },
        ],
      },
      'h2-h2': {
        steps: [
          { by: 'client', sends: endStream(h2Request('GET /')), origin: endStream(h2Request('GET /', H2_VIA)) },
          { by: 'origin', sends: h2Response(200), client: h2Response(200, H2_VIA) },
          { by: 'origin', sends: ['DATA "abc"'], client: ['DATA "abc"'] },
          { by: 'origin', sends: ['DATA "" END'], client: ['DATA "" END'] },
        ],
      },
    },
  ),
  stepsRow('a response up to the end of the connection ends there, and is whole (RFC 9112 section 6.3)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: h1Request('GET /'), origin: h1Request('GET /', VIA) },
        {
          by: 'origin',
          sends: `${h1Response('200 OK')}abc`,
          client: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}3\r\nabc\r\n`,
        },
        { by: 'origin', ending: 'end', client: '0\r\n\r\n' },
      ],
      ended: { origin: 'ended' },
    },
    'h2-h1': {
      steps: [
        { by: 'client', sends: endStream(h2Request('GET /')), origin: h1Request('GET /', VIA) },
        { by: 'origin', sends: `${h1Response('200 OK')}abc`, client: [...h2Response(200, H2_VIA), 'DATA "abc"'] },
        { by: 'origin', ending: 'end', client: ['DATA "" END'] },
      ],
      ended: { origin: 'ended' },
    },
  }),
  stepsRow('a client of HTTP/1.0 gets content up to the end of the connection (RFC 9112 section 6.1)', {
    'h1-h1': {
      steps: [
        {
          by: 'client',
          sends: 'GET / HTTP/1.0\r\nhost: origin.test\r\n\r\n',
          origin: h1Request('GET /', 'Via: 1.0 p'),
        },
        {
          by: 'origin',
          sends: `${h1Response('200 OK', CHUNKED)}3\r\nabc\r\n`,
          client: `${h1Response('200 OK', VIA, 'Connection: close')}abc`,
        },
        { by: 'origin', sends: '0\r\nx-sum: 1\r\n\r\n' },
      ],
      ended: { client: 'ended' },
    },
    'h1-h2': {
      steps: [
        {
          by: 'client',
          sends: 'GET / HTTP/1.0\r\nhost: origin.test\r\n\r\n',
          origin: endStream(h2Request('GET /', 'via: 1.0 p')),
        },
        {
          by: 'origin',
          sends: [...h2Response(200), 'DATA "abc"'],
          client: `${h1Response('200 OK', VIA, 'Connection: close')}abc`,
        },
        { by: 'origin', sends: ['HEADERS END', 'x-sum: 1'] },
      ],
      ended: { client: 'ended' },
    },
  }),
  exchangeRow({
    rule: 'no content of a response is told by END_STREAM with the head, and by a length of 0 (RFC 9112 section 6.3)',
    answers: { h2: endStream(h2Response(200)) },
    gets: {
      h1: h1Response('200 OK', VIA, 'Content-Length: 0'),
      h2: endStream(h2Response(200, H2_VIA, 'content-length: 0')),
    },
  }),
  exchangeRow({
    rule: 'a stated length of 0 ends the stream with the head (RFC 9113 section 8.1.1)',
    answers: {
      h1: h1Response('200 OK', 'content-length: 0'),
      h2: [...h2Response(200, 'content-length: 0'), 'DATA "" END'],
    },
    gets: {
      h1: h1Response('200 OK', 'content-length: 0', VIA),
      h2: endStream(h2Response(200, H2_VIA, 'content-length: 0')),
    },
  }),
  exchangeRow({
    rule: 'HEAD is answered with the length that GET would have, and no content (RFC 9110 section 9.3.2)',
    sends: { h1: h1Request('HEAD /'), h2: endStream(h2Request('HEAD /')) },
    reaches: { h1: h1Request('HEAD /', VIA), h2: endStream(h2Request('HEAD /', H2_VIA)) },
    answers: { h1: h1Response('200 OK', LENGTH), h2: endStream(h2Response(200, LENGTH)) },
    gets: { h1: h1Response('200 OK', LENGTH, VIA), h2: endStream(h2Response(200, H2_VIA, LENGTH)) },
  }),
  exchangeRow({
    rule: 'HEAD whose GET has no stated length gets none made up (RFC 9110 section 8.6)',
    sends: { h1: h1Request('HEAD /'), h2: endStream(h2Request('HEAD /')) },
    reaches: { h1: h1Request('HEAD /', VIA), h2: endStream(h2Request('HEAD /', H2_VIA)) },
    answers: { h1: h1Response('200 OK', CHUNKED), h2: endStream(h2Response(200)) },
    gets: { h1: h1Response('200 OK', VIA), h2: endStream(h2Response(200, H2_VIA)) },
  }),
  exchangeRow({
    rule: '304 keeps the length that it tells of, and has no content (RFC 9110 section 15.4.5)',
    answers: {
      h1: h1Response('304 Not Modified', 'etag: "a"', LENGTH),
      h2: endStream(h2Response(304, 'etag: "a"', LENGTH)),
    },
    gets: {
      h1: h1Response('304 Not Modified', 'etag: "a"', LENGTH, VIA),
      h2: endStream(h2Response(304, 'etag: "a"', H2_VIA, LENGTH)),
    },
  }),
  exchangeRow({
    rule: '204 has neither content nor a length (RFC 9110 section 8.6)',
    answers: { h1: h1Response('204 No Content', 'content-length: 0'), h2: endStream(h2Response(204)) },
    gets: { h1: h1Response('204 No Content', VIA), h2: endStream(h2Response(204, H2_VIA)) },
  }),
  exchangeRow({
    rule: 'a length that an origin says twice is one length (RFC 9110 section 8.6)',
    answers: { h2: [...h2Response(200, LENGTH, LENGTH), HELLO] },
    gets: {
      h1: `${h1Response('200 OK', LENGTH, VIA)}hello`,
      h2: [...h2Response(200, H2_VIA, LENGTH), HELLO],
    },
  }),
  // ---- trailers of responses
  exchangeRow({
    rule: 'trailers of a response go on, and END_STREAM with them (RFC 9113 section 8.1)',
    answers: {
      h1: `${h1Response('200 OK', CHUNKED)}5\r\nhello\r\n0\r\ngrpc-status: 0\r\nx-b: \r\n\r\n`,
      h2: [...h2Response(200), 'DATA "hello"', 'HEADERS END', 'grpc-status: 0', 'x-b: '],
    },
    gets: {
      h1: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\ngrpc-status: 0\r\nx-b: \r\n\r\n`,
      h2: [...h2Response(200, H2_VIA), 'DATA "hello"', 'HEADERS END', 'grpc-status: 0', 'x-b: '],
    },
  }),
  exchangeRow({
    rule: 'trailers of a response go on without those that mean something to the whole message (RFC 9110 section 6.5.1)',
    answers: {
      h1: `${h1Response('200 OK', CHUNKED)}5\r\nhello\r\n0\r\nset-cookie: a=1\r\nlocation: /x\r\nx-sum: 1\r\ncontent-type: x\r\n\r\n`,
      h2: [
        ...h2Response(200),
        'DATA "hello"',
        'HEADERS END',
        'set-cookie: a=1',
        'location: /x',
        'x-sum: 1',
        'content-type: x',
      ],
    },
    gets: {
      h1: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n`,
      h2: [...h2Response(200, H2_VIA), 'DATA "hello"', 'HEADERS END', 'x-sum: 1'],
    },
  }),
  exchangeRow({
    rule: 'trailers that must enter no table on the way stay so (RFC 7541 section 7.1.3)',
    answers: { h2: [...h2Response(200), 'DATA "hello"', 'HEADERS END', 'never x-sum: 1', 'a: 2'] },
    gets: {
      h1: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nx-sum: 1\r\na: 2\r\n\r\n`,
      h2: [...h2Response(200, H2_VIA), 'DATA "hello"', 'HEADERS END', 'never x-sum: 1', 'a: 2'],
    },
  }),
  exchangeRow({
    rule: 'trailers that must not go on leave a whole message behind (RFC 9110 section 6.5.1)',
    answers: {
      h1: `${h1Response('200 OK', CHUNKED)}5\r\nhello\r\n0\r\nset-cookie: a=1\r\n\r\n`,
      h2: [...h2Response(200), 'DATA "hello"', 'HEADERS END', 'set-cookie: a=1'],
    },
    gets: {
      h1: `${h1Response('200 OK', VIA, 'Content-Length: 5')}hello`,
      h2: [...h2Response(200, H2_VIA, LENGTH), HELLO],
    },
  }),
  exchangeRow({
    rule: 'a response of nothing but trailers behind its head stays one (RFC 9113 section 8.1)',
    answers: { h2: [...h2Response(200), 'HEADERS END', 'grpc-status: 5'] },
    gets: {
      h1: `${h1Response('200 OK', VIA, 'Transfer-Encoding: chunked')}0\r\ngrpc-status: 5\r\n\r\n`,
      h2: [...h2Response(200, H2_VIA), 'HEADERS END', 'grpc-status: 5'],
    },
  }),
];
