import {
  endStream,
  exchangeRow,
  gatewayAnswer,
  h1Request,
  h1Response,
  h2Request,
  h2Response,
  ownAnswer,
  stepsRow,
} from '../exchange-rows.ts';
import type { FrameLines } from '../h2-script.ts';
import type { ProxyOptions, Step, TranslationRow } from '../translation-row.ts';

const VIA = 'Via: @v p';
const H2_VIA = 'via: @v p';
const NONE = 'content-length: 0';
/** The key that RFC 6455 section 1.3 takes for its example, and what belongs to it. */
const KEY = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 'sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const VERSION = 'sec-websocket-version: 13';
const PROTOCOL = 'sec-websocket-protocol: chat';

const H1_ASKS = h1Request('GET /chat', 'connection: Upgrade', 'upgrade: websocket', KEY, VERSION, PROTOCOL);
const H1_ASKED = h1Request('GET /chat', 'upgrade: websocket', KEY, VERSION, PROTOCOL, 'Connection: Upgrade', VIA);
const H2_ASKS = connectFor('websocket', VERSION, PROTOCOL);
const H2_ASKED = [...connectFor('websocket', VERSION, PROTOCOL), H2_VIA];
const H1_TAKES = h1Response('101 Switching Protocols', 'connection: Upgrade', 'upgrade: websocket', ACCEPT, PROTOCOL);
const H1_TAKEN = h1Response(
  '101 Switching Protocols',
  'upgrade: websocket',
  ACCEPT,
  PROTOCOL,
  'Connection: Upgrade',
  VIA,
);
const H2_TAKES = h2Response(200, PROTOCOL);
const H2_TAKEN = h2Response(200, PROTOCOL, H2_VIA);
/** Where the client speaks HTTP/2 it has no key, and the proxy draws one: that is all which differs from run to run. */
const H1_ASKED_FOR_H2 = h1Request(
  'GET /chat',
  'upgrade: websocket',
  'sec-websocket-key: (drawn)',
  VERSION,
  PROTOCOL,
  'Connection: Upgrade',
  VIA,
);

const H1_OPEN = 'HTTP/1.1 200 Connection established\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\r\n';
const H2_OPEN = ['HEADERS', ':status: 200', 'date: Wed, 01 Jan 2020 00:00:00 GMT'];

const FORWARD: ProxyOptions = { type: 'forward', connectPorts: [443] };

const ALLOW = 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

const NOT_PASSED_ON = [
  ...ownAnswer('501 Not Implemented', 'an upgrade to this protocol is not passed on').h2,
  'RST_STREAM NO_ERROR',
];
const NOT_IMPLEMENTED = [
  ...['HEADERS END', ':status: 501', 'content-length: 0', 'date: Wed, 01 Jan 2020 00:00:00 GMT', 'RST_STREAM NO_ERROR'],
];

/** Upgrades, WebSockets and CONNECT. */
export const tunnelRows: readonly TranslationRow[] = [
  stepsRow(
    'a WebSocket goes through, as an upgrade or as an extended CONNECT (RFC 6455 section 4, RFC 8441 section 5)',
    {
      'h1-h1': { steps: opened('h1-h1') },
      'h1-h2': { steps: opened('h1-h2') },
      'h2-h1': { steps: opened('h2-h1') },
      'h2-h2': { steps: opened('h2-h2') },
    },
  ),
  stepsRow('bytes of a tunnel are DATA of HTTP/2 and nothing but bytes of HTTP/1.1 (RFC 8441 section 5)', {
    'h1-h1': { steps: [...opened('h1-h1'), ...talks('h1-h1')] },
    'h1-h2': { steps: [...opened('h1-h2'), ...talks('h1-h2')] },
    'h2-h1': { steps: [...opened('h2-h1'), ...talks('h2-h1')] },
    'h2-h2': { steps: [...opened('h2-h2'), ...talks('h2-h2')] },
  }),
  stepsRow('the end of one direction of a tunnel is END_STREAM, or the end of the connection’s (RFC 8441 section 5)', {
    'h1-h1': {
      steps: [...opened('h1-h1'), { by: 'client', ending: 'end' }, { by: 'origin', ending: 'end' }],
      ended: { client: 'ended', origin: 'ended' },
    },
    'h1-h2': {
      steps: [
        ...opened('h1-h2'),
        { by: 'client', ending: 'end', origin: ['DATA "" END'] },
        { by: 'origin', sends: ['DATA "bye" END'], client: 'bye' },
      ],
      ended: { client: 'ended' },
    },
    'h2-h1': {
      steps: [
        ...opened('h2-h1'),
        { by: 'client', sends: ['DATA "bye" END'], origin: 'bye' },
        { by: 'origin', ending: 'end', client: ['DATA "" END'] },
      ],
      ended: { origin: 'ended' },
    },
    'h2-h2': {
      steps: [
        ...opened('h2-h2'),
        { by: 'client', sends: ['DATA "bye" END'], origin: ['DATA "bye"', 'DATA "" END'] },
        { by: 'origin', sends: ['DATA "" END'], client: ['DATA "" END'] },
      ],
    },
  }),
  stepsRow('a tunnel that one side breaks off is broken off on the other (RFC 9113 section 8.5)', {
    'h1-h1': {
      steps: [...opened('h1-h1'), { by: 'origin', ending: 'reset' }],
      ended: { client: 'reset', origin: 'reset' },
    },
    'h1-h2': {
      steps: [...opened('h1-h2'), { by: 'client', ending: 'reset', origin: ['RST_STREAM CANCEL'] }],
      ended: { client: 'reset' },
    },
    'h2-h1': {
      steps: [...opened('h2-h1'), { by: 'client', sends: ['RST_STREAM CANCEL'] }],
      ended: { origin: 'reset' },
    },
    'h2-h2': {
      steps: [...opened('h2-h2'), { by: 'origin', sends: ['RST_STREAM CANCEL'], client: ['RST_STREAM CANCEL'] }],
    },
  }),
  stepsRow('an origin that refuses a WebSocket is heard, and its stream ends (RFC 6455 section 4.2.2)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: H1_ASKS, origin: H1_ASKED },
        { by: 'origin', sends: h1Response('403 Forbidden', NONE), client: h1Response('403 Forbidden', NONE, VIA) },
      ],
    },
    'h1-h2': {
      steps: [
        { by: 'client', sends: H1_ASKS, origin: H2_ASKED },
        {
          by: 'origin',
          sends: endStream(h2Response(403, NONE)),
          client: h1Response('403 Forbidden', NONE, VIA),
          origin: ['DATA "" END'],
        },
      ],
    },
    'h2-h1': {
      steps: [
        { by: 'client', sends: H2_ASKS, origin: H1_ASKED_FOR_H2 },
        {
          by: 'origin',
          sends: h1Response('403 Forbidden', NONE),
          client: [...endStream(h2Response(403, H2_VIA, NONE)), 'RST_STREAM NO_ERROR'],
        },
      ],
    },
    'h2-h2': {
      steps: [
        { by: 'client', sends: H2_ASKS, origin: H2_ASKED },
        {
          by: 'origin',
          sends: endStream(h2Response(403, NONE)),
          client: [...endStream(h2Response(403, H2_VIA, NONE)), 'RST_STREAM NO_ERROR'],
          origin: ['DATA "" END'],
        },
      ],
    },
  }),
  stepsRow('another protocol than WebSocket needs no key (RFC 9110 section 7.8, RFC 8441 section 4)', {
    'h1-h1': {
      steps: [
        {
          by: 'client',
          sends: h1Request('GET /', 'connection: upgrade', 'upgrade: foo/1'),
          origin: h1Request('GET /', 'upgrade: foo/1', 'Connection: Upgrade', VIA),
        },
        {
          by: 'origin',
          sends: h1Response('101 Sure', 'connection: upgrade', 'upgrade: foo/1'),
          client: h1Response('101 Sure', 'upgrade: foo/1', 'Connection: Upgrade', VIA),
        },
      ],
    },
    'h2-h1': {
      steps: [
        {
          by: 'client',
          sends: connectFor('foo'),
          origin: h1Request('GET /chat', 'upgrade: foo', 'Connection: Upgrade', VIA),
        },
        {
          by: 'origin',
          sends: h1Response('101 Sure', 'connection: upgrade', 'upgrade: foo'),
          client: h2Response(200, H2_VIA),
        },
      ],
    },
    'h2-h2': {
      steps: [
        { by: 'client', sends: connectFor('foo'), origin: [...connectFor('foo'), H2_VIA] },
        { by: 'origin', sends: h2Response(200), client: h2Response(200, H2_VIA) },
      ],
    },
  }),
  {
    ...exchangeRow({
      rule: 'an origin of HTTP/2 that takes no extended CONNECT can not be asked for a WebSocket (RFC 8441 section 3)',
      sends: { h1: H1_ASKS, h2: H2_ASKS },
      refused: {
        'h1-h2': gatewayAnswer('502 Bad Gateway', 'http_upgrade_failed').h1,
        'h2-h2': [...gatewayAnswer('502 Bad Gateway', 'http_upgrade_failed').h2, 'RST_STREAM NO_ERROR'],
      },
      reaches: { 'h1-h2': [], 'h2-h2': [] },
    }),
    takesConnect: false,
  },
  ...['foo/1', 'foo, bar'].map((upgrade) =>
    exchangeRow({
      rule: `an upgrade to ${upgrade}, which :protocol has no place for, needs an origin of HTTP/1.1 (RFC 8441 section 4)`,
      sends: { h1: h1Request('GET /', 'connection: upgrade', `upgrade: ${upgrade}`) },
      reaches: { 'h1-h1': h1Request('GET /', `upgrade: ${upgrade}`, 'Connection: Upgrade', VIA), 'h1-h2': [] },
      refused: { 'h1-h2': gatewayAnswer('502 Bad Gateway', 'http_upgrade_failed').h1 },
    }),
  ),
  exchangeRow({
    rule: 'content in front of an upgrade is not lost on the way: HTTP/2 has no place for it (RFC 8441 section 4)',
    sends: { h1: `${h1Request('GET /', 'connection: upgrade', 'upgrade: foo', 'content-length: 5')}hello` },
    reaches: {
      'h1-h1': `${h1Request('GET /', 'upgrade: foo', 'content-length: 5', 'Connection: Upgrade', VIA)}hello`,
      'h1-h2': [],
    },
    refused: { 'h1-h2': gatewayAnswer('502 Bad Gateway', 'http_upgrade_failed').h1 },
  }),
  exchangeRow({
    rule: 'an upgrade that says it has no content has no length as extended CONNECT (RFC 9110 section 9.3.6)',
    sends: { h1: h1Request('GET /chat', 'connection: upgrade', 'upgrade: foo', NONE) },
    reaches: { 'h1-h2': [...connectFor('foo'), H2_VIA] },
  }),
  exchangeRow({
    rule: 'extended CONNECT has no content (RFC 9110 section 9.3.6)',
    sends: { h2: [...connectFor('websocket', 'content-length: 5'), 'DATA "hello"'] },
    refused: { h2: ['RST_STREAM PROTOCOL_ERROR'] },
  }),
  exchangeRow({
    rule: 'a WebSocket by HTTP/2 has no key, and one that a client says all the same goes no further (RFC 8441 section 5)',
    sends: { h2: connectFor('websocket', 'sec-websocket-key: x', VERSION, PROTOCOL) },
    reaches: { 'h2-h1': H1_ASKED_FOR_H2, 'h2-h2': H2_ASKED },
  }),
  ...['h2c', 'tls'].map((protocol) =>
    exchangeRow({
      rule: `extended CONNECT for ${protocol} would lead past the proxy, and is no request without it (RFC 9110 section 7.8)`,
      sends: { h2: connectFor(protocol) },
      refused: { h2: NOT_PASSED_ON },
    }),
  ),
  stepsRow(
    'an origin that ignores an upgrade opens no tunnel by answering (RFC 9110 section 7.8, RFC 8441 section 4)',
    {
      'h1-h1': {
        steps: [
          { by: 'client', sends: H1_ASKS, origin: H1_ASKED },
          { by: 'origin', sends: h1Response('200 OK', NONE), client: h1Response('200 OK', NONE, VIA) },
        ],
      },
      'h2-h1': {
        steps: [
          { by: 'client', sends: H2_ASKS, origin: H1_ASKED_FOR_H2 },
          { by: 'origin', sends: h1Response('200 OK', NONE), client: NOT_IMPLEMENTED },
        ],
      },
    },
  ),
  stepsRow('what a client sends before it is answered waits for the tunnel, and is no request (RFC 9110 section 7.8)', {
    'h1-h1': {
      steps: [
        { by: 'client', sends: `${H1_ASKS}GET /`, origin: H1_ASKED },
        { by: 'origin', sends: H1_TAKES, client: H1_TAKEN, origin: 'GET /' },
      ],
    },
    'h1-h2': {
      steps: [
        { by: 'client', sends: `${H1_ASKS}GET /`, origin: H2_ASKED },
        { by: 'origin', sends: H2_TAKES, client: takenBy(false), origin: ['DATA "GET /"'] },
      ],
    },
    'h2-h1': {
      steps: [
        { by: 'client', sends: [...H2_ASKS, 'DATA "GET /"'], origin: H1_ASKED_FOR_H2 },
        { by: 'origin', sends: H1_TAKES, client: H2_TAKEN, origin: 'GET /' },
      ],
    },
    'h2-h2': {
      steps: [
        { by: 'client', sends: [...H2_ASKS, 'DATA "GET /"'], origin: H2_ASKED },
        { by: 'origin', sends: H2_TAKES, client: H2_TAKEN, origin: ['DATA "GET /"'] },
      ],
    },
  }),
  // ---- CONNECT
  exchangeRow({
    rule: 'a gateway opens no tunnels for CONNECT (RFC 9110 section 9.3.6)',
    sends: { h1: 'CONNECT origin.test:443 HTTP/1.1\r\nhost: origin.test:443\r\n\r\n', h2: plainConnect() },
    refused: {
      h1: withClose(ownAnswer('405 Method Not Allowed', 'this is no forward proxy', ALLOW).h1),
      h2: [...ownAnswer('405 Method Not Allowed', 'this is no forward proxy', ALLOW).h2, 'RST_STREAM NO_ERROR'],
    },
    ended: { h1: { client: 'ended' } },
  }),
  stepsRow(
    'CONNECT gets a tunnel, by a stream as by a connection; its answer has no length (RFC 9110 section 9.3.6, RFC 9113 section 8.5)',
    {
      'h1-h1': {
        steps: [
          {
            by: 'client',
            sends: 'CONNECT origin.test:443 HTTP/1.1\r\nhost: origin.test:443\r\n\r\nhi',
            client: H1_OPEN,
            origin: 'hi',
          },
          { by: 'origin', sends: 'ho', ending: 'end', client: 'ho' },
          { by: 'client', sends: 'bye', ending: 'end', origin: 'bye' },
        ],
        ended: { client: 'ended', origin: 'ended' },
      },
      'h2-h1': {
        steps: [
          {
            by: 'client',
            sends: [...plainConnect(), 'DATA "hi"'],
            client: H2_OPEN,
            origin: 'hi',
          },
          { by: 'origin', sends: 'ho', ending: 'end', client: ['DATA "ho"', 'DATA "" END'] },
          { by: 'client', sends: ['DATA "bye" END'], origin: 'bye' },
        ],
        ended: { origin: 'ended' },
      },
    },
    FORWARD,
  ),
  stepsRow(
    'a tunnel that its origin breaks off is a reset to the client, and never an end (RFC 9113 section 8.5)',
    {
      'h2-h1': {
        steps: [
          {
            by: 'client',
            sends: [...plainConnect(), 'DATA "hi"'],
            client: H2_OPEN,
            origin: 'hi',
          },
          { by: 'origin', ending: 'reset', client: ['RST_STREAM CANCEL'] },
        ],
        ended: { origin: 'reset' },
      },
      'h1-h1': {
        steps: [
          {
            by: 'client',
            sends: 'CONNECT origin.test:443 HTTP/1.1\r\nhost: origin.test:443\r\n\r\nhi',
            client: H1_OPEN,
            origin: 'hi',
          },
          { by: 'origin', ending: 'reset' },
        ],
        ended: { client: 'reset', origin: 'reset' },
      },
    },
    FORWARD,
  ),
  exchangeRow({
    rule: 'a port that is not allowed gets no tunnel (RFC 9110 section 9.3.6)',
    proxy: FORWARD,
    sends: { h1: 'CONNECT origin.test:25 HTTP/1.1\r\nhost: origin.test:25\r\n\r\n', h2: plainConnect('25') },
    refused: {
      h1: withClose(ownAnswer('403 Forbidden', 'CONNECT to port 25 is not allowed; allowed: 443').h1),
      h2: [...ownAnswer('403 Forbidden', 'CONNECT to port 25 is not allowed; allowed: 443').h2, 'RST_STREAM NO_ERROR'],
    },
    ended: { h1: { client: 'ended' } },
  }),
];

function opened(way: 'h1-h1' | 'h1-h2' | 'h2-h1' | 'h2-h2'): Step[] {
  const isH1 = { client: way.startsWith('h1'), origin: way.endsWith('h1') };
  const asked = isH1.client ? H1_ASKED : H1_ASKED_FOR_H2;
  return [
    { by: 'client', sends: isH1.client ? H1_ASKS : H2_ASKS, origin: isH1.origin ? asked : H2_ASKED },
    { by: 'origin', sends: isH1.origin ? H1_TAKES : H2_TAKES, client: isH1.client ? takenBy(isH1.origin) : H2_TAKEN },
  ];
}

/** What HTTP/2 says nothing of, the proxy says itself: behind the fields that have come. */
function takenBy(isH1: boolean): string {
  if (isH1) return H1_TAKEN;
  const own = ['upgrade: websocket', ACCEPT, 'Connection: Upgrade', VIA];
  return h1Response('101 Switching Protocols', PROTOCOL, ...own);
}

function talks(way: 'h1-h1' | 'h1-h2' | 'h2-h1' | 'h2-h2'): Step[] {
  const as = (isH1: boolean, text: string): string | FrameLines => (isH1 ? text : [`DATA ${JSON.stringify(text)}`]);
  const [client, origin] = [way.startsWith('h1'), way.endsWith('h1')];
  return [
    { by: 'client', sends: as(client, '\x81\x80GET /'), origin: as(origin, '\x81\x80GET /') },
    { by: 'origin', sends: as(origin, '\x88\x00\r\n\r\n'), client: as(client, '\x88\x00\r\n\r\n') },
  ];
}

function connectFor(protocol: string, ...fields: readonly string[]): string[] {
  return [...h2Request('CONNECT /chat', `:protocol: ${protocol}`), ...fields];
}

function plainConnect(port = '443'): string[] {
  return ['HEADERS', ':method: CONNECT', `:authority: origin.test:${port}`];
}

function withClose(answer: string): string {
  return answer.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
}
