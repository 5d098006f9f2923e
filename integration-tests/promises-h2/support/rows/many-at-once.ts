import {
  endStream,
  exchangeRow,
  gatewayAnswer,
  h1Refusal,
  h1Request,
  h1Response,
  h2Request,
  h2Response,
  stepsRow,
} from '../exchange-rows.ts';
import type { TranslationRow } from '../translation-row.ts';

const VIA = 'Via: @v p';
const H2_VIA = 'via: @v p';
const NONE = 'content-length: 0';
const LARGE = Array.from({ length: 5 }, (_, index) => `f${index}: ${'v'.repeat(5_000)}`);
const TOO_LARGE = Array.from({ length: 10 }, (_, index) => `f${index}: ${'v'.repeat(8_000)}`);
const TOO_MANY = Array.from({ length: 140 }, (_, index) => `f${index}: v`);

/** Large heads, and requests that share a connection. */
export const manyAtOnceRows: readonly TranslationRow[] = [
  exchangeRow({
    rule: 'a head that is larger than a frame goes in several of them (RFC 9113 section 6.10)',
    sends: { h1: h1Request('GET /', ...LARGE), h2: endStream(h2Request('GET /', ...LARGE)) },
    reaches: { h1: h1Request('GET /', ...LARGE, VIA), h2: endStream(h2Request('GET /', ...LARGE, H2_VIA)) },
  }),
  exchangeRow({
    rule: 'a head of a response that is larger than a frame goes in several of them (RFC 9113 section 6.10)',
    answers: { h1: h1Response('200 OK', NONE, ...LARGE), h2: endStream(h2Response(200, ...LARGE, NONE)) },
    gets: {
      'h1-h1': h1Response('200 OK', NONE, ...LARGE, VIA),
      'h1-h2': h1Response('200 OK', ...LARGE, NONE, VIA),
      h2: endStream(h2Response(200, ...LARGE, H2_VIA, NONE)),
    },
  }),
  exchangeRow({
    rule: 'a head of too many fields is answered with 431 (RFC 6585 section 5, RFC 9113 section 10.5.1)',
    sends: { h1: h1Request('GET /', ...TOO_MANY), h2: endStream(h2Request('GET /', ...TOO_MANY)) },
    refused: {
      h1: h1Refusal('431 Request Header Fields Too Large'),
      h2: ['HEADERS END', ':status: 431'],
    },
    ended: { h1: { client: 'ended' } },
  }),
  exchangeRow({
    rule: 'a head too large to be looked at ends its connection (RFC 6585 section 5, RFC 9113 section 10.5.1)',
    sends: { h1: h1Request('GET /', ...TOO_LARGE), h2: endStream(h2Request('GET /', ...TOO_LARGE)) },
    refused: { h1: h1Refusal('431 Request Header Fields Too Large'), h2: ['GOAWAY 0 ENHANCE_YOUR_CALM'] },
    ended: { all: { client: 'ended' } },
  }),
  exchangeRow({
    rule: 'a head of a response that is too large is none (RFC 9110 section 15.6.3)',
    answers: { h1: h1Response('200 OK', NONE, ...TOO_LARGE), h2: endStream(h2Response(200, NONE, ...TOO_LARGE)) },
    gets: gatewayAnswer('502 Bad Gateway', 'http_protocol_error'),
    stops: { h2: ['GOAWAY 0 ENHANCE_YOUR_CALM'] },
    ended: { 'h1-h1': { origin: 'reset' }, 'h2-h1': { origin: 'reset' }, all: { origin: 'ended' } },
  }),
  stepsRow('a request that is refused harms no other one of its connection (RFC 9113 section 5.4.2)', {
    'h2-h1': {
      steps: [
        { by: 'client', sends: endStream(h2Request('GET /', 'a: 1\r\nb: 2')), client: ['RST_STREAM PROTOCOL_ERROR'] },
        { by: 'client', sends: onStream(3, endStream(h2Request('GET /'))), origin: h1Request('GET /', VIA) },
        {
          by: 'origin',
          sends: h1Response('200 OK', NONE),
          client: onStream(3, endStream(h2Response(200, H2_VIA, NONE))),
        },
      ],
    },
    'h2-h2': {
      steps: [
        {
          by: 'client',
          sends: endStream(h2Request('GET /', 'transfer-encoding: chunked')),
          client: ['RST_STREAM PROTOCOL_ERROR'],
        },
        {
          by: 'client',
          sends: onStream(3, endStream(h2Request('GET /'))),
          origin: endStream(h2Request('GET /', H2_VIA)),
        },
        {
          by: 'origin',
          sends: endStream(h2Response(200, NONE)),
          client: onStream(3, endStream(h2Response(200, H2_VIA, NONE))),
        },
      ],
    },
  }),
  stepsRow(
    'requests of one connection share one to the origin, and are answered as the answers come (RFC 9113 section 5)',
    {
      'h2-h2': {
        steps: [
          {
            by: 'client',
            sends: [...endStream(h2Request('GET /a')), ...onStream(3, endStream(h2Request('GET /b')))],
            origin: [...endStream(h2Request('GET /a', H2_VIA)), ...onStream(3, endStream(h2Request('GET /b', H2_VIA)))],
          },
          {
            by: 'origin',
            sends: onStream(3, endStream(h2Response(203, NONE))),
            client: onStream(3, endStream(h2Response(203, H2_VIA, NONE))),
          },
          { by: 'origin', sends: endStream(h2Response(200, NONE)), client: endStream(h2Response(200, H2_VIA, NONE)) },
        ],
      },
    },
  ),
  stepsRow('requests that wait in one connection of HTTP/1.1 are answered in their order (RFC 9112 section 9.3.2)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: `${h1Request('GET /a')}${h1Request('GET /b')}`, origin: h1Request('GET /a', VIA) },
        {
          by: 'origin',
          sends: h1Response('200 OK', NONE),
          client: h1Response('200 OK', NONE, VIA),
          origin: h1Request('GET /b', VIA),
        },
        { by: 'origin', sends: h1Response('203 OK', NONE), client: h1Response('203 OK', NONE, VIA) },
      ],
    },
    'h1-h2': {
      steps: [
        {
          by: 'client',
          sends: `${h1Request('GET /a')}${h1Request('GET /b')}`,
          origin: endStream(h2Request('GET /a', H2_VIA)),
        },
        {
          by: 'origin',
          sends: endStream(h2Response(200, NONE)),
          client: h1Response('200 OK', NONE, VIA),
          origin: onStream(3, endStream(h2Request('GET /b', H2_VIA))),
        },
        {
          by: 'origin',
          sends: onStream(3, endStream(h2Response(404, NONE))),
          client: h1Response('404 Not Found', NONE, VIA),
        },
      ],
    },
  }),
  stepsRow('Connection: close is between the client and the proxy (RFC 9112 section 9.6)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: h1Request('GET /', 'connection: close'), origin: h1Request('GET /', VIA) },
        {
          by: 'origin',
          sends: h1Response('200 OK', NONE),
          client: h1Response('200 OK', NONE, VIA, 'Connection: close'),
        },
      ],
      ended: { client: 'ended' },
    },
    'h1-h2': {
      steps: [
        { by: 'client', sends: h1Request('GET /', 'connection: close'), origin: endStream(h2Request('GET /', H2_VIA)) },
        {
          by: 'origin',
          sends: endStream(h2Response(200, NONE)),
          client: h1Response('200 OK', NONE, VIA, 'Connection: close'),
        },
      ],
      ended: { client: 'ended' },
    },
  }),
  stepsRow('an origin that closes its connection closes none of a client (RFC 9112 section 9.6)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: h1Request('GET /'), origin: h1Request('GET /', VIA) },
        {
          by: 'origin',
          sends: h1Response('200 OK', 'connection: close', NONE),
          client: h1Response('200 OK', NONE, VIA),
        },
        { by: 'client', sends: h1Request('GET /'), origin: h1Request('GET /', VIA) },
      ],
    },
    'h2-h1': {
      steps: [
        { by: 'client', sends: endStream(h2Request('GET /')), origin: h1Request('GET /', VIA) },
        {
          by: 'origin',
          sends: h1Response('200 OK', 'connection: close', NONE),
          client: endStream(h2Response(200, H2_VIA, NONE)),
        },
        { by: 'client', sends: onStream(3, endStream(h2Request('GET /'))), origin: h1Request('GET /', VIA) },
      ],
    },
    'h2-h2': {
      steps: [
        { by: 'client', sends: endStream(h2Request('GET /')), origin: endStream(h2Request('GET /', H2_VIA)) },
        {
          by: 'origin',
          sends: [...endStream(h2Response(200, NONE)), 'GOAWAY 1 NO_ERROR'],
          client: endStream(h2Response(200, H2_VIA, NONE)),
          origin: ['GOAWAY 0 NO_ERROR'],
        },
        {
          by: 'client',
          sends: onStream(3, endStream(h2Request('GET /'))),
          origin: endStream(h2Request('GET /', H2_VIA)),
        },
      ],
    },
  }),
  stepsRow('a client that says GOAWAY still gets what it has asked for (RFC 9113 section 6.8)', {
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: [...endStream(h2Request('GET /')), 'GOAWAY 0 NO_ERROR'],
          origin: h1Request('GET /', VIA),
        },
        {
          by: 'origin',
          sends: h1Response('200 OK', NONE),
          client: [...endStream(h2Response(200, H2_VIA, NONE)), 'GOAWAY 1 NO_ERROR'],
        },
      ],
      ended: { client: 'ended' },
    },
  }),
  exchangeRow({
    rule: 'an expectation that nobody can meet is answered with 417, or left to the origin (RFC 9110 section 10.1.1)',
    sends: { h1: h1Request('GET /', 'expect: wonders'), h2: endStream(h2Request('GET /', 'expect: wonders')) },
    reaches: {
      'h2-h1': h1Request('GET /', 'expect: wonders', VIA),
      'h2-h2': endStream(h2Request('GET /', 'expect: wonders', H2_VIA)),
    },
    refused: { h1: h1Refusal('417 Expectation Failed') },
    ended: { h1: { client: 'ended' } },
  }),
];

/** The same on another stream. */
function onStream(number: number, [first = '', ...fields]: readonly string[]): string[] {
  return [`${number} ${first}`, ...fields];
}
