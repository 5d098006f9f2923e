import { endStream, h1Refusal, h1Request, h1Response, h2Request, h2Response, stepsRow } from '../exchange-rows.ts';
import type { Step, TranslationRow } from '../translation-row.ts';

const VIA = 'Via: @v p';
const H2_VIA = 'via: @v p';
const LENGTH = 'content-length: 5';
const CHUNKED = 'transfer-encoding: chunked';
const NONE = 'content-length: 0';

/** What comes of requests that are broken off, and of answers that come early. */
export const brokenRequestRows: readonly TranslationRow[] = [
  stepsRow(
    'a client that gives up is told to the origin: by RST_STREAM, or by the end of the connection (RFC 9113 section 8.1)',
    {
      'h1-h1': {
        steps: [...begun('h1', 'h1'), { by: 'client', ending: 'reset' }],
        ended: { client: 'reset', origin: 'reset' },
      },
      'h1-h2': {
        steps: [...begun('h1', 'h2'), { by: 'client', ending: 'reset', origin: ['RST_STREAM CANCEL'] }],
        ended: { client: 'reset' },
      },
      'h2-h1': {
        steps: [...begun('h2', 'h1'), { by: 'client', sends: ['RST_STREAM CANCEL'] }],
        ended: { origin: 'reset' },
      },
      'h2-h2': {
        steps: [...begun('h2', 'h2'), { by: 'client', sends: ['RST_STREAM CANCEL'], origin: ['RST_STREAM CANCEL'] }],
      },
    },
  ),
  stepsRow('an upload that is broken off never looks whole to the origin (RFC 9112 section 8, RFC 9113 section 8.1)', {
    'h1-h1': {
      steps: [
        {
          by: 'client',
          sends: `${h1Request('PUT /', CHUNKED)}2\r\nhe\r\n`,
          origin: `${h1Request('PUT /', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
        },
        { by: 'client', ending: 'reset' },
      ],
      ended: { client: 'reset', origin: 'reset' },
    },
    'h1-h2': {
      steps: [
        {
          by: 'client',
          sends: `${h1Request('PUT /', CHUNKED)}2\r\nhe\r\n`,
          origin: [...h2Request('PUT /', H2_VIA), 'DATA "he"'],
        },
        { by: 'client', ending: 'reset', origin: ['RST_STREAM CANCEL'] },
      ],
      ended: { client: 'reset' },
    },
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /'), 'DATA "he"'],
          origin: `${h1Request('PUT /', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
        },
        { by: 'client', sends: ['RST_STREAM CANCEL'] },
      ],
      ended: { origin: 'reset' },
    },
    'h2-h2': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /'), 'DATA "he"'],
          origin: [...h2Request('PUT /', H2_VIA), 'DATA "he"'],
        },
        { by: 'client', sends: ['RST_STREAM CANCEL'], origin: ['RST_STREAM CANCEL'] },
      ],
    },
  }),
  stepsRow('an upload that ends short of its length never looks whole to the origin (RFC 9113 section 8.1.1)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: `${h1Request('PUT /', LENGTH)}he`, origin: `${h1Request('PUT /', LENGTH, VIA)}he` },
        { by: 'client', ending: 'end', client: h1Refusal('400 Bad Request') },
      ],
      ended: { client: 'ended', origin: 'reset' },
    },
    'h1-h2': {
      steps: [
        {
          by: 'client',
          sends: `${h1Request('PUT /', LENGTH)}he`,
          origin: [...h2Request('PUT /', H2_VIA, LENGTH), 'DATA "he"'],
        },
        { by: 'client', ending: 'end', client: h1Refusal('400 Bad Request'), origin: ['RST_STREAM CANCEL'] },
      ],
      ended: { client: 'ended' },
    },
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /', LENGTH), 'DATA "he"'],
          origin: `${h1Request('PUT /', LENGTH, VIA)}he`,
        },
        { by: 'client', sends: ['DATA "l" END'], client: ['RST_STREAM PROTOCOL_ERROR'] },
      ],
      ended: { origin: 'reset' },
    },
    'h2-h2': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /', LENGTH), 'DATA "he"'],
          origin: [...h2Request('PUT /', H2_VIA, LENGTH), 'DATA "he"'],
        },
        { by: 'client', sends: ['DATA "l" END'], client: ['RST_STREAM PROTOCOL_ERROR'], origin: ['RST_STREAM CANCEL'] },
      ],
    },
  }),
  ...[
    ['a pseudo-header field', ':path: /admin', 'RFC 9113 section 8.1'],
    ['a line end in a value', 'x-sum: 1\r\nhost: evil.test', 'RFC 9113 section 8.2.1'],
    ['Transfer-Encoding', 'transfer-encoding: chunked', 'RFC 9113 section 8.2.2'],
    ['a name in capitals', 'X-Sum: 1', 'RFC 9113 section 8.2.1'],
  ].map(([what = '', field = '', section = '']) =>
    stepsRow(`trailers with ${what} break an upload off (${section})`, {
      'h2-h1': {
        steps: [
          {
            by: 'client',
            sends: [...h2Request('PUT /'), 'DATA "he"'],
            origin: `${h1Request('PUT /', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
          },
          { by: 'client', sends: ['HEADERS END', field], client: ['RST_STREAM PROTOCOL_ERROR'] },
        ],
        ended: { origin: 'reset' },
      },
      'h2-h2': {
        steps: [
          {
            by: 'client',
            sends: [...h2Request('PUT /'), 'DATA "he"'],
            origin: [...h2Request('PUT /', H2_VIA), 'DATA "he"'],
          },
          {
            by: 'client',
            sends: ['HEADERS END', field],
            client: ['RST_STREAM PROTOCOL_ERROR'],
            origin: ['RST_STREAM CANCEL'],
          },
        ],
      },
    }),
  ),
  stepsRow('trailers that do not end the stream break an upload off (RFC 9113 section 8.1)', {
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /'), 'DATA "he"'],
          origin: `${h1Request('PUT /', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
        },
        { by: 'client', sends: ['HEADERS', 'x-sum: 1'], client: ['RST_STREAM PROTOCOL_ERROR'] },
      ],
      ended: { origin: 'reset' },
    },
  }),
  stepsRow('more content than announced breaks an upload off, and no byte too many goes on (RFC 9113 section 8.1.1)', {
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /', LENGTH), 'DATA "he"'],
          origin: `${h1Request('PUT /', LENGTH, VIA)}he`,
        },
        { by: 'client', sends: ['DATA "lloGET /admin HTTP/1.1"'], client: ['RST_STREAM PROTOCOL_ERROR'] },
      ],
      ended: { origin: 'reset' },
    },
    'h2-h2': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('PUT /', LENGTH), 'DATA "he"'],
          origin: [...h2Request('PUT /', H2_VIA, LENGTH), 'DATA "he"'],
        },
        {
          by: 'client',
          sends: ['DATA "lloGET /admin HTTP/1.1"'],
          client: ['RST_STREAM PROTOCOL_ERROR'],
          origin: ['RST_STREAM CANCEL'],
        },
      ],
    },
  }),
  // ---- early answers
  stepsRow(
    'an answer that comes before the upload is over is the answer, and the upload stops (RFC 9113 section 8.1)',
    {
      'h1-h1': {
        steps: [
          {
            by: 'client',
            sends: `${h1Request('PUT /', CHUNKED)}2\r\nhe\r\n`,
            origin: `${h1Request('PUT /', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
          },
          {
            by: 'origin',
            sends: h1Response('401 Unauthorized', NONE),
            client: h1Response('401 Unauthorized', NONE, VIA),
          },
        ],
        ended: { origin: 'ended' },
      },
      'h1-h2': {
        steps: [
          {
            by: 'client',
            sends: `${h1Request('PUT /', CHUNKED)}2\r\nhe\r\n`,
            origin: [...h2Request('PUT /', H2_VIA), 'DATA "he"'],
          },
          {
            by: 'origin',
            sends: [...endStream(h2Response(401, NONE)), 'RST_STREAM NO_ERROR'],
            client: h1Response('401 Unauthorized', NONE, VIA),
          },
        ],
      },
      'h2-h1': {
        steps: [
          {
            by: 'client',
            sends: [...h2Request('PUT /'), 'DATA "he"'],
            origin: `${h1Request('PUT /', VIA, 'Transfer-Encoding: chunked')}2\r\nhe\r\n`,
          },
          {
            by: 'origin',
            sends: h1Response('401 Unauthorized', NONE),
            client: [...endStream(h2Response(401, H2_VIA, NONE)), 'RST_STREAM NO_ERROR'],
          },
        ],
        ended: { origin: 'ended' },
      },
      'h2-h2': {
        steps: [
          {
            by: 'client',
            sends: [...h2Request('PUT /'), 'DATA "he"'],
            origin: [...h2Request('PUT /', H2_VIA), 'DATA "he"'],
          },
          {
            by: 'origin',
            sends: [...endStream(h2Response(401, NONE)), 'RST_STREAM NO_ERROR'],
            client: [...endStream(h2Response(401, H2_VIA, NONE)), 'RST_STREAM NO_ERROR'],
          },
        ],
      },
    },
  ),
  stepsRow('content may go both ways at once (RFC 9113 section 8.1)', {
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('POST /'), 'DATA "a"'],
          origin: `${h1Request('POST /', VIA, 'Transfer-Encoding: chunked')}1\r\na\r\n`,
        },
        {
          by: 'origin',
          sends: `${h1Response('200 OK', CHUNKED)}1\r\nb\r\n`,
          client: [...h2Response(200, H2_VIA), 'DATA "b"'],
        },
        { by: 'client', sends: ['DATA "c" END'], origin: '1\r\nc\r\n0\r\n\r\n' },
        { by: 'origin', sends: '0\r\n\r\n', client: ['DATA "" END'] },
      ],
    },
    'h2-h2': {
      steps: [
        {
          by: 'client',
          sends: [...h2Request('POST /'), 'DATA "a"'],
          origin: [...h2Request('POST /', H2_VIA), 'DATA "a"'],
        },
        { by: 'origin', sends: [...h2Response(200), 'DATA "b"'], client: [...h2Response(200, H2_VIA), 'DATA "b"'] },
        { by: 'client', sends: ['DATA "c" END'], origin: ['DATA "c"', 'DATA "" END'] },
        { by: 'origin', sends: ['DATA "" END'], client: ['DATA "" END'] },
      ],
    },
  }),
];

/** A response of which the first content has come. */
function begun(client: 'h1' | 'h2', origin: 'h1' | 'h2'): Step[] {
  return [
    {
      by: 'client',
      sends: client === 'h1' ? h1Request('GET /') : endStream(h2Request('GET /')),
      origin: origin === 'h1' ? h1Request('GET /', VIA) : endStream(h2Request('GET /', H2_VIA)),
    },
    {
      by: 'origin',
      sends: origin === 'h1' ? `${h1Response('200 OK', LENGTH)}he` : [...h2Response(200, LENGTH), 'DATA "he"'],
      client:
        client === 'h1' ? `${h1Response('200 OK', LENGTH, VIA)}he` : [...h2Response(200, H2_VIA, LENGTH), 'DATA "he"'],
    },
  ];
}
