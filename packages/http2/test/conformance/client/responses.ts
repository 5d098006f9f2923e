import { data, headers, settings } from '../../support/frames.ts';
import type { ClientCase, ClientCaseRest } from '../support/client-case.ts';
import { clientCasesOf, streamError } from '../support/client-case.ts';

const framing = clientCasesOf('RFC 9113 8.1');
const lengths = clientCasesOf('RFC 9113 8.1.1');
const names = clientCasesOf('RFC 9113 8.2');
const fields = clientCasesOf('RFC 9113 8.2.1');
const specific = clientCasesOf('RFC 9113 8.2.2');
const pseudo = clientCasesOf('RFC 9113 8.3');
const target = clientCasesOf('RFC 9113 8.3.1');
const status = clientCasesOf('RFC 9113 8.3.2');
const connects = clientCasesOf('RFC 9113 8.5');
const switching = clientCasesOf('RFC 9113 8.6');
const extended = clientCasesOf('RFC 8441 4');

const STATUS = [':status', '200'];
const OK = [headers(1, STATUS), data(1, 'ok', { end: true })];
const malformed: ClientCaseRest = streamError('PROTOCOL_ERROR', 'MALFORMED_MESSAGE');
const wrongLength: ClientCaseRest = streamError('PROTOCOL_ERROR', 'CONTENT_LENGTH_MISMATCH');
const HEAD = 'HEADERS 1 :method=GET :scheme=http :authority=a.test :path=/';
const WEBSOCKET = {
  headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': '13' },
};

/** A response that is none. */
function refuses(section: readonly string[]): ClientCaseRest {
  return { send: [headers(1, section, { end: true })], ...malformed };
}

/** A request, as it is sent. */
function sends(request: object, ...answers: readonly string[]): ClientCaseRest {
  return { turns: [{ requests: [request], answers }], results: ['pending'], isLast: true };
}

/** Requests and responses. RFC 9113 section 8, RFC 8441. */
export const responses: readonly ClientCase[] = [
  framing('a response', 'A response is HEADERS, DATA and maybe trailers.', {
    send: [headers(1, STATUS), data(1, 'o'), data(1, 'k'), headers(1, ['a', 'b'], { end: true })],
    results: ['200 ok a b'],
  }),
  framing('interim responses', 'Any number of interim responses may come before the final one.', {
    send: [headers(1, [':status', '100']), headers(1, [':status', '103', 'link', 'x']), ...OK],
    results: ['200 ok'],
  }),
  framing('an interim response that ends the stream', 'An interim response ends nothing.', refuses([':status', '103'])),
  framing(
    'HEADERS without an end behind the final response',
    'HEADERS behind a final response are trailers, and end it.',
    {
      send: [headers(1, STATUS), headers(1, ['a', 'b'])],
      ...malformed,
    },
  ),
  framing('a pseudo-header field in trailers', 'Trailers have no pseudo-header fields.', {
    send: [headers(1, STATUS), headers(1, STATUS, { end: true })],
    ...malformed,
  }),
  framing('DATA before HEADERS', 'A response begins with HEADERS.', { send: [data(1, 'x')], ...malformed }),
  framing(
    'a whole response, and the rest of the request is not wanted',
    'A response is not thrown away because of RST_STREAM that follows it.',
    {
      turns: [
        { send: [settings([4, 1])], answers: ['SETTINGS ACK'] },
        {
          requests: [{ method: 'POST', body: 'abc' }],
          answers: [`${HEAD.replace('GET', 'POST')} content-length=3`, 'DATA 1 "a"'],
        },
        { send: [...OK, Buffer.from('000004030000000001 00000000'.replace(' ', ''), 'hex')], answers: [] },
      ],
      results: ['200 ok'],
    },
  ),
  lengths('as much content as announced', 'A response has as much content as its content-length says.', {
    send: [headers(1, [...STATUS, 'content-length', '2']), data(1, 'ok', { end: true })],
    results: ['200 ok'],
  }),
  lengths('less content than announced', 'A response has as much content as its content-length says.', {
    send: [headers(1, [...STATUS, 'content-length', '3']), data(1, 'ok', { end: true })],
    ...wrongLength,
  }),
  lengths('more content than announced', 'A response has as much content as its content-length says.', {
    send: [headers(1, [...STATUS, 'content-length', '1']), data(1, 'ok', { end: true })],
    ...wrongLength,
  }),
  lengths('no content, though announced', 'A response has as much content as its content-length says.', {
    send: [headers(1, [...STATUS, 'content-length', '1'], { end: true })],
    ...wrongLength,
  }),
  lengths('the response to HEAD', 'The response to HEAD may announce content, and has none.', {
    requests: [{ method: 'HEAD' }],
    send: [headers(1, [...STATUS, 'content-length', '100'], { end: true })],
    results: ['200'],
  }),
  lengths('content of the response to HEAD', 'The response to HEAD has no content.', {
    requests: [{ method: 'HEAD' }],
    send: [headers(1, STATUS), data(1, 'x', { end: true })],
    ...wrongLength,
  }),
  lengths('304', '304 may announce content, and has none.', {
    send: [headers(1, [':status', '304', 'content-length', '100'], { end: true })],
    results: ['304'],
  }),
  lengths('content of 204', '204 has no content.', {
    send: [headers(1, [':status', '204']), data(1, 'x', { end: true })],
    ...wrongLength,
  }),
  names(
    'names that are sent',
    'Names are sent in lower case.',
    sends({ headers: { Accept: '*/*', 'X-MINE': 'A' } }, `${HEAD} accept=*/* x-mine=A END`),
  ),
  fields('capitals in a name', 'A name has no capitals.', refuses([...STATUS, 'Server', 'x'])),
  fields('a blank in a name', 'A name has no blanks.', refuses([...STATUS, 'a b', 'x'])),
  fields(
    'a colon in a name',
    'Only the name of a pseudo-header field has a colon, in front.',
    refuses([...STATUS, 'a:b', 'x']),
  ),
  fields('NUL in a value', 'A value has no NUL, CR or LF.', refuses([...STATUS, 'a', 'x\0'])),
  fields('CR in a value', 'A value has no NUL, CR or LF.', refuses([...STATUS, 'a', 'x\ry'])),
  fields('LF in a value', 'A value has no NUL, CR or LF.', refuses([...STATUS, 'a', 'x\ny'])),
  fields('a blank in front of a value', 'A value has no blank at its ends.', refuses([...STATUS, 'a', ' x'])),
  fields('a tab behind a value', 'A value has no blank at its ends.', refuses([...STATUS, 'a', 'x\t'])),
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].map((name) =>
    specific(
      name,
      'What belongs to a connection of HTTP/1.1 has no place in a message.',
      refuses([...STATUS, name, 'x']),
    ),
  ),
  specific(
    'what a request must not have',
    'No message that is sent has fields of a connection of HTTP/1.1.',
    sends(
      { headers: { Connection: 'keep-alive', 'Keep-Alive': 'x', 'Proxy-Connection': 'x', TE: 'gzip', A: 'b' } },
      `${HEAD} a=b END`,
    ),
  ),
  specific(
    'te that is sent',
    'TE is nothing but "trailers".',
    sends({ headers: { TE: 'trailers' } }, `${HEAD} te=trailers END`),
  ),
  pseudo('one of requests', 'A response has no pseudo-header field but :status.', refuses([...STATUS, ':path', '/'])),
  pseudo(
    'one that nobody knows',
    'A response has no pseudo-header field but :status.',
    refuses([...STATUS, ':x', 'y']),
  ),
  pseudo('one behind others', 'Pseudo-header fields stand in front of all others.', refuses(['a', 'b', ...STATUS])),
  pseudo(':status twice', 'No pseudo-header field stands there twice.', refuses([...STATUS, ...STATUS])),
  target(
    'the host',
    'The host is told by :authority, and by no Host that says something else.',
    sends({ headers: { Host: 'a.test' } }, `${HEAD} END`),
  ),
  target(
    'another host than the place to send it to',
    'The :authority is that of the request, as a gateway has got it.',
    sends({ headers: { Host: 'site.test' } }, `${HEAD.replace('a.test', 'site.test')} END`),
  ),
  target('no path', 'A target without a path is /.', sends({ target: 'http://a.test' }, `${HEAD} END`)),
  target(
    'OPTIONS for the whole server',
    'OPTIONS without a path is *.',
    sends(
      { method: 'OPTIONS', target: 'http://a.test' },
      `${HEAD.replace('GET', 'OPTIONS').replace('path=/', 'path=*')} END`,
    ),
  ),
  status('no :status', 'A response has a :status.', refuses(['a', 'b'])),
  status('nothing', 'A response has a :status.', refuses([])),
  status('a :status that is none', 'A :status has three digits.', refuses([':status', '2xx'])),
  status('an interim response without :status', 'An interim response has a :status, too.', {
    send: [headers(1, ['link', 'x']), ...OK],
    ...malformed,
  }),
  switching('101', 'HTTP/2 knows no 101.', { send: [headers(1, [':status', '101'])], ...malformed }),
  connects(
    'what is sent',
    'CONNECT has :method and :authority, and nothing else.',
    sends({ method: 'CONNECT', target: 'b.test:443' }, 'HEADERS 1 :method=CONNECT :authority=b.test:443'),
  ),
  connects('a tunnel', 'A positive answer makes a tunnel of the stream.', {
    turns: [
      {
        requests: [{ method: 'CONNECT', target: 'b.test:443' }],
        answers: ['HEADERS 1 :method=CONNECT :authority=b.test:443'],
      },
      { send: [headers(1, [':status', '200'])], answers: ['DATA 1 "" END', 'RST_STREAM 1 NO_ERROR'] },
    ],
    results: ['200 upgraded'],
  }),
  extended('with leave of the server', 'An upgrade is sent as extended CONNECT where the server allows that.', {
    greeting: [settings([8, 1]), Buffer.from('000000040100000000', 'hex')],
    turns: [
      {
        requests: [WEBSOCKET],
        answers: [
          'HEADERS 1 :method=CONNECT :scheme=http :authority=a.test :path=/ :protocol=websocket sec-websocket-version=13',
        ],
      },
      { send: [headers(1, [':status', '200'])], answers: ['DATA 1 "" END', 'RST_STREAM 1 NO_ERROR'] },
    ],
    results: ['101 upgraded'],
  }),
  extended('without leave of the server', 'A client sends no :protocol that the server has not allowed.', {
    turns: [{ requests: [WEBSOCKET], answers: [] }],
    results: ['LML_ERR_HTTP_UPGRADE_UNSUPPORTED'],
  }),
];
