import { endStream, exchangeRow, h1Request, h1Response, h2Request, stepsRow } from '../exchange-rows.ts';
import type { TranslationRow } from '../translation-row.ts';

const CHUNKED = 'transfer-encoding: chunked';
const LENGTH = 'content-length: 5';
const VIA = 'Via: @v p';
const H2_VIA = 'via: @v p';
const HELLO = 'DATA "hello" END';
const OK = h1Response('200 OK', 'content-length: 0');

/** How content of requests begins and ends. */
export const requestContentRows: readonly TranslationRow[] = [
  exchangeRow({
    rule: 'content of a stated length keeps its length (RFC 9113 section 8.1.1)',
    sends: { h1: `${h1Request('POST /', LENGTH)}hello`, h2: [...h2Request('POST /', LENGTH), HELLO] },
    reaches: {
      h1: `${h1Request('POST /', LENGTH, VIA)}hello`,
      h2: [...h2Request('POST /', H2_VIA, LENGTH), HELLO],
    },
  }),
  exchangeRow({
    rule: 'content without a stated length that is here whole gets one (RFC 9110 section 8.6)',
    sends: {
      h1: `${h1Request('POST /', CHUNKED)}5;ext=1\r\nhello\r\n0\r\n\r\n`,
      h2: [...h2Request('POST /'), HELLO],
    },
    reaches: {
      h1: `${h1Request('POST /', VIA, 'Content-Length: 5')}hello`,
      h2: [...h2Request('POST /', H2_VIA, LENGTH), HELLO],
    },
  }),
  stepsRow(
    'content without a stated length that comes bit by bit goes on so: chunks, or frames to END_STREAM (RFC 9112 section 7.1)',
    {
      'h1-h1': {
        steps: [
          {
            by: 'client',
            sends: h1Request('POST /', CHUNKED),
            origin: h1Request('POST /', VIA, 'Transfer-Encoding: chunked'),
          },
          { by: 'client', sends: '3\r\nabc\r\n', origin: '3\r\nabc\r\n' },
          { by: 'client', sends: '0\r\n\r\n', origin: '0\r\n\r\n' },
          { by: 'origin', sends: OK, client: h1Response('200 OK', 'content-length: 0', VIA) },
        ],
      },
      'h1-h2': {
        steps: [
          { by: 'client', sends: h1Request('POST /', CHUNKED), origin: h2Request('POST /', H2_VIA) },
          { by: 'client', sends: '3\r\nabc\r\n', origin: ['DATA "abc"'] },
          { by: 'client', sends: '0\r\n\r\n', origin: ['DATA "" END'] },
        ],
      },
      'h2-h1': {
        steps: [
          { by: 'client', sends: h2Request('POST /'), origin: h1Request('POST /', VIA, 'Transfer-Encoding: chunked') },
          { by: 'client', sends: ['DATA "abc"'], origin: '3\r\nabc\r\n' },
          { by: 'client', sends: ['DATA "" END'], origin: '0\r\n\r\n' },
        ],
      },
      'h2-h2': {
        steps: [
          { by: 'client', sends: h2Request('POST /'), origin: h2Request('POST /', H2_VIA) },
          { by: 'client', sends: ['DATA "abc"'], origin: ['DATA "abc"'] },
          { by: 'client', sends: ['DATA "" END'], origin: ['DATA "" END'] },
        ],
      },
    },
  ),
  stepsRow('content of a stated length that comes bit by bit is announced at once (RFC 9110 section 8.6)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: `${h1Request('PUT /', LENGTH)}he`, origin: `${h1Request('PUT /', LENGTH, VIA)}he` },
        { by: 'client', sends: 'llo', origin: 'llo' },
      ],
    },
    'h1-h2': {
      steps: [
        {
          by: 'client',
          sends: `${h1Request('PUT /', LENGTH)}he`,
          origin: [...h2Request('PUT /', H2_VIA, LENGTH), 'DATA "he"'],
        },
        { by: 'client', sends: 'llo', origin: ['DATA "llo"', 'DATA "" END'] },
      ],
    },
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /', LENGTH), 'DATA "he"'],
          origin: `${h1Request('PUT /', LENGTH, VIA)}he`,
        },
        { by: 'client', sends: ['DATA "llo" END'], origin: 'llo' },
      ],
    },
    'h2-h2': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /', LENGTH), 'DATA "he"'],
          origin: [...h2Request('PUT /', H2_VIA, LENGTH), 'DATA "he"'],
        },
        { by: 'client', sends: ['DATA "llo" END'], origin: ['DATA "llo"', 'DATA "" END'] },
      ],
    },
  }),
  exchangeRow({
    rule: 'no content is told by END_STREAM with the head, and by a length of 0 where content is usual (RFC 9110 section 8.6)',
    sends: { h1: h1Request('POST /'), h2: endStream(h2Request('POST /')) },
    reaches: {
      h1: h1Request('POST /', VIA, 'Content-Length: 0'),
      h2: endStream(h2Request('POST /', H2_VIA, 'content-length: 0')),
    },
  }),
  exchangeRow({
    rule: 'a stated length of 0 stays, and the stream ends with the head (RFC 9113 section 8.1.1)',
    sends: { h1: h1Request('PUT /', 'content-length: 0'), h2: endStream(h2Request('PUT /', 'content-length: 0')) },
    reaches: {
      h1: h1Request('PUT /', 'content-length: 0', VIA),
      h2: endStream(h2Request('PUT /', H2_VIA, 'content-length: 0')),
    },
  }),
  exchangeRow({
    rule: 'a method without content gets no length (RFC 9110 section 8.6)',
    sends: { h1: h1Request('DELETE /'), h2: endStream(h2Request('DELETE /')) },
    reaches: { h1: h1Request('DELETE /', VIA), h2: endStream(h2Request('DELETE /', H2_VIA)) },
  }),
  exchangeRow({
    rule: 'content of a GET is content (RFC 9110 section 9.3.1)',
    sends: { h1: `${h1Request('GET /', LENGTH)}hello`, h2: [...h2Request('GET /', LENGTH), HELLO] },
    reaches: {
      h1: `${h1Request('GET /', LENGTH, VIA)}hello`,
      h2: [...h2Request('GET /', H2_VIA, LENGTH), HELLO],
    },
  }),
  exchangeRow({
    rule: 'a length that is said twice is one length (RFC 9110 section 8.6)',
    sends: { h2: [...h2Request('POST /', LENGTH, 'a: 1', LENGTH), HELLO] },
    reaches: {
      h1: `${h1Request('POST /', LENGTH, 'a: 1', VIA)}hello`,
      h2: [...h2Request('POST /', 'a: 1', H2_VIA, LENGTH), HELLO],
    },
  }),
  exchangeRow({
    rule: 'content that might have been some, and is none, has a length of 0 where content is expected (RFC 9110 section 8.6)',
    sends: { h2: [...h2Request('POST /'), 'DATA "" END'] },
    reaches: {
      h1: h1Request('POST /', VIA, 'Content-Length: 0'),
      h2: endStream(h2Request('POST /', H2_VIA, 'content-length: 0')),
    },
  }),
  exchangeRow({
    rule: 'a length of 0 that a client has stated for a GET stays (RFC 9110 section 8.6)',
    sends: { h1: h1Request('GET /', 'content-length: 0'), h2: endStream(h2Request('GET /', 'content-length: 0')) },
    reaches: {
      h1: h1Request('GET /', 'content-length: 0', VIA),
      h2: endStream(h2Request('GET /', H2_VIA, 'content-length: 0')),
    },
  }),
  // ---- trailers of requests
  exchangeRow({
    rule: 'trailers of a request go on, their END_STREAM with them (RFC 9113 section 8.1)',
    sends: {
      h1: `${h1Request('POST /', CHUNKED)}5\r\nhello\r\n0\r\nx-sum: 1\r\nx-b: \r\n\r\n`,
      h2: [...h2Request('POST /'), 'DATA "hello"', 'HEADERS END', 'x-sum: 1', 'x-b: '],
    },
    reaches: {
      h1: `${h1Request('POST /', VIA, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nx-sum: 1\r\nx-b: \r\n\r\n`,
      h2: [...h2Request('POST /', H2_VIA), 'DATA "hello"', 'HEADERS END', 'x-sum: 1', 'x-b: '],
    },
  }),
  exchangeRow({
    rule: 'trailers that must enter no table on the way stay so (RFC 7541 section 7.1.3)',
    sends: { h2: [...h2Request('POST /'), 'DATA "hello"', 'HEADERS END', 'never x-sum: 1', 'a: 2'] },
    reaches: {
      h1: `${h1Request('POST /', VIA, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nx-sum: 1\r\na: 2\r\n\r\n`,
      h2: [...h2Request('POST /', H2_VIA), 'DATA "hello"', 'HEADERS END', 'never x-sum: 1', 'a: 2'],
    },
  }),
  exchangeRow({
    rule: 'trailers go on without those that mean something to the whole message (RFC 9110 section 6.5.1)',
    sends: {
      h1: `${h1Request('POST /', CHUNKED)}5\r\nhello\r\n0\r\nx-sum: 1\r\nauthorization: x\r\ncookie: a\r\nvia: 1.1 x\r\nexpect: y\r\n\r\n`,
      h2: [
        ...h2Request('POST /'),
        'DATA "hello"',
        'HEADERS END',
        'x-sum: 1',
        'authorization: x',
        'cookie: a',
        'via: 1.1 x',
        'expect: y',
      ],
    },
    reaches: {
      h1: `${h1Request('POST /', VIA, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n`,
      h2: [...h2Request('POST /', H2_VIA), 'DATA "hello"', 'HEADERS END', 'x-sum: 1'],
    },
  }),
  exchangeRow({
    rule: 'trailers that are for one hop end there, those that Connection names too (RFC 9110 section 7.6.1)',
    sends: {
      h1: `${h1Request('POST /', 'connection: x-a', CHUNKED)}5\r\nhello\r\n0\r\nx-a: 1\r\nkeep-alive: 2\r\nx-b: 3\r\n\r\n`,
    },
    reaches: {
      h1: `${h1Request('POST /', VIA, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nx-b: 3\r\n\r\n`,
      h2: [...h2Request('POST /', H2_VIA), 'DATA "hello"', 'HEADERS END', 'x-b: 3'],
    },
  }),
  exchangeRow({
    rule: 'trailers without content need chunks all the same (RFC 9112 section 7.1.2)',
    sends: { h2: [...h2Request('POST /'), 'HEADERS END', 'x-sum: 1'] },
    reaches: {
      h1: `${h1Request('POST /', VIA, 'Transfer-Encoding: chunked')}0\r\nx-sum: 1\r\n\r\n`,
      h2: [...h2Request('POST /', H2_VIA), 'HEADERS END', 'x-sum: 1'],
    },
  }),
  stepsRow(
    'trailers behind a stated length go on where there is a place for them, and only those that may (RFC 9113 section 8.1)',
    {
      'h2-h1': {
        steps: [
          {
            by: 'client',
            sends: [...h2Request('POST /', LENGTH), 'DATA "he"'],
            origin: `${h1Request('POST /', LENGTH, VIA)}he`,
          },
          { by: 'client', sends: ['DATA "llo"', 'HEADERS END', 'x-sum: 1', 'authorization: x'], origin: 'llo' },
        ],
      },
      'h2-h2': {
        steps: [
          {
            by: 'client',
            sends: [...h2Request('POST /', LENGTH), 'DATA "he"'],
            origin: [...h2Request('POST /', H2_VIA, LENGTH), 'DATA "he"'],
          },
          {
            by: 'client',
            sends: ['DATA "llo"', 'HEADERS END', 'x-sum: 1', 'authorization: x'],
            origin: ['DATA "llo"', 'HEADERS END', 'x-sum: 1'],
          },
        ],
      },
    },
  ),
];
