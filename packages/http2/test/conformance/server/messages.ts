import { continuation, data, headers, literalBlock } from '../../support/frames.ts';
import type { ServerCase } from '../support/server-case.ts';
import { casesOf, ECHO, echoed, GET, ok, request, streamError } from '../support/server-case.ts';

const framing = casesOf('RFC 9113 8.1');
const lengths = casesOf('RFC 9113 8.1.1');
const fields = casesOf('RFC 9113 8.2.1');
const specific = casesOf('RFC 9113 8.2.2');
const cookies = casesOf('RFC 9113 8.2.3');
const pseudo = casesOf('RFC 9113 8.3');
const target = casesOf('RFC 9113 8.3.1');

const SECOND_HEAD = 'HEADERS behind the head of a request are trailers, and end it.';
const TRAILERS = 'Trailers have no pseudo-header fields.';
const LENGTH = 'A request has as much content as its content-length says.';
const NAMES = 'A name has no capitals, no blanks, no control characters and nothing beyond ASCII.';
const COLON = 'Only the name of a pseudo-header field has a colon, in front.';
const VALUES = 'A value has no NUL, CR or LF, and no blank at its ends.';
const HOP_BY_HOP = 'What belongs to a connection of HTTP/1.1 has no place in a message.';
const KNOWN = 'There are no other pseudo-header fields than those of requests.';
const ORDER = 'Pseudo-header fields stand in front of all others.';
const ONCE = 'No pseudo-header field stands there twice.';
const NEEDED = 'A request has one :method, :scheme and :path each.';
const PATH = 'A :path begins with a slash, or is * for OPTIONS.';
const AUTHORITY = 'An :authority is a host and maybe a port, and no user.';

/** A malformed request, whose stream ends. */
function malformed(section: readonly string[]): { send: Uint8Array[]; answers: readonly string[] } {
  return { send: [headers(1, section, { end: true })], ...streamError(1, 'PROTOCOL_ERROR') };
}

/** A request that comes through, and how its headers look. */
function arrives(section: readonly string[], seen: string): { send: Uint8Array[]; answers: readonly string[] } {
  return { send: [headers(1, section, { end: true })], answers: echoed(1, seen) };
}

const SEEN = request('GET', '/headers');

/** The small request with another value of a field. */
function changed(name: string, value: string): string[] {
  return GET.map((text, index) => (index % 2 === 1 && GET[index - 1] === name ? value : text));
}

/** The small request without a field. */
function without(name: string): string[] {
  const at = GET.indexOf(name);
  return GET.filter((_, index) => index !== at && index !== at + 1);
}

/** Requests. RFC 9113 sections 8.1 to 8.3. */
export const messages: readonly ServerCase[] = [
  framing('a request without a body', 'A request may be HEADERS alone.', {
    send: [headers(1, GET, { end: true })],
    answers: ok(1),
  }),
  framing('HEAD', 'The response to HEAD has no content.', {
    send: [headers(1, request('HEAD', '/'), { end: true })],
    answers: ['HEADERS 1 :status=200 content-length=2 END'],
  }),
  framing('a body in several frames', 'A body is the content of all DATA frames.', {
    send: [headers(1, ECHO), data(1, 'ab'), data(1, ''), data(1, 'c'), data(1, '', { end: true })],
    answers: echoed(1, 'abc'),
  }),
  framing('trailers', 'A request may end with trailers.', {
    send: [headers(1, request('POST', '/trailers')), data(1, 'abc'), headers(1, ['a', 'b', 'c', 'd'], { end: true })],
    answers: echoed(1, 'a,b,c,d'),
  }),
  framing('trailers without a body', 'A request may end with trailers.', {
    send: [headers(1, request('POST', '/trailers')), headers(1, ['a', 'b'], { end: true })],
    answers: echoed(1, 'a,b'),
  }),
  framing('trailers in several frames', 'Trailers may go on in CONTINUATION.', {
    send: [
      headers(1, request('POST', '/trailers')),
      headers(1, ['a', 'b'], { end: true, endHeaders: false }),
      continuation(1, literalBlock(['c', 'd']), true),
    ],
    answers: echoed(1, 'a,b,c,d'),
  }),
  framing('HEADERS without an end', SECOND_HEAD, {
    send: [headers(1, ECHO), headers(1, ['a', 'b'])],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  framing('HEADERS without an end, behind DATA', SECOND_HEAD, {
    send: [headers(1, ECHO), data(1, 'abc'), headers(1, GET), data(1, 'd', { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  framing('a pseudo-header field in trailers', TRAILERS, {
    send: [headers(1, ECHO), data(1, 'abc'), headers(1, [':path', '/'], { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  framing('a pseudo-header field behind others in trailers', TRAILERS, {
    send: [headers(1, ECHO), headers(1, ['a', 'b', ':status', '200'], { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  framing('an answer before the request has ended', 'A server that needs no more of a request says so by NO_ERROR.', {
    send: [headers(1, request('POST', '/'))],
    answers: [...ok(1), 'RST_STREAM 1 NO_ERROR'],
  }),
  lengths('as much content as announced', LENGTH, {
    send: [headers(1, [...ECHO, 'content-length', '5']), data(1, 'ab'), data(1, 'cde', { end: true, pad: 3 })],
    answers: echoed(1, 'abcde'),
  }),
  lengths('less content than announced', LENGTH, {
    send: [headers(1, [...ECHO, 'content-length', '5']), data(1, 'abcd', { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  lengths('less content than announced, with trailers', LENGTH, {
    send: [headers(1, [...ECHO, 'content-length', '5']), data(1, 'abcd'), headers(1, ['a', 'b'], { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  lengths('no content, though announced', LENGTH, malformed([...ECHO, 'content-length', '5'])),
  lengths('more content than announced', LENGTH, {
    send: [headers(1, [...ECHO, 'content-length', '5']), data(1, 'abcdef', { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  lengths('more content than announced, in several frames', LENGTH, {
    send: [headers(1, [...ECHO, 'content-length', '5']), data(1, 'abc'), data(1, 'de'), data(1, 'f')],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  lengths('two lengths', LENGTH, malformed([...GET, 'content-length', '0', 'content-length', '1'])),
  lengths('a length that is none', LENGTH, malformed([...GET, 'content-length', 'none'])),
  fields('capitals in a name', NAMES, malformed([...GET, 'Accept', '*/*'])),
  fields('a blank in a name', NAMES, malformed([...GET, 'a b', 'x'])),
  fields('a control character in a name', NAMES, malformed([...GET, 'a\x1f', 'x'])),
  fields('NUL in a name', NAMES, malformed([...GET, 'a\0', 'x'])),
  fields('DEL in a name', NAMES, malformed([...GET, 'a\x7f', 'x'])),
  fields('a byte beyond ASCII in a name', NAMES, malformed([...GET, 'a\xff', 'x'])),
  fields('an empty name', NAMES, malformed([...GET, '', 'x'])),
  fields('a colon within a name', COLON, malformed([...GET, 'a:b', 'x'])),
  fields('a colon behind a name', COLON, malformed([...GET, 'a:', 'x'])),
  fields('NUL in a value', VALUES, malformed([...GET, 'a', 'x\0'])),
  fields('CR in a value', VALUES, malformed([...GET, 'a', 'x\ry'])),
  fields('LF in a value', VALUES, malformed([...GET, 'a', 'x\ny'])),
  fields('a blank in front of a value', VALUES, malformed([...GET, 'a', ' x'])),
  fields('a blank behind a value', VALUES, malformed([...GET, 'a', 'x '])),
  fields('a tab in front of a value', VALUES, malformed([...GET, 'a', '\tx'])),
  fields('a tab behind a value', VALUES, malformed([...GET, 'a', 'x\t'])),
  fields(
    'blanks within a value, and bytes beyond ASCII',
    'A value may have them.',
    arrives([...SEEN, 'a', 'x \t\xe9'], 'host|a.test|a|x \t\xc3\xa9'),
  ),
  fields('an empty value', 'A value may be empty.', arrives([...SEEN, 'a', ''], 'host|a.test|a|')),
  fields('a line end in a trailer', VALUES, {
    send: [headers(1, ECHO), headers(1, ['a', 'x\r\ny'], { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  fields('capitals in the name of a trailer', NAMES, {
    send: [headers(1, ECHO), headers(1, ['A', 'x'], { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].map((name) =>
    specific(name, HOP_BY_HOP, malformed([...GET, name, 'x'])),
  ),
  specific('te: gzip', 'TE is nothing but "trailers".', malformed([...GET, 'te', 'gzip'])),
  specific('te: trailers, gzip', 'TE is nothing but "trailers".', malformed([...GET, 'te', 'trailers, gzip'])),
  specific('te: trailers', 'TE may be "trailers".', arrives([...SEEN, 'te', 'trailers'], 'host|a.test|te|trailers')),
  specific('connection in trailers', HOP_BY_HOP, {
    send: [headers(1, ECHO), headers(1, ['connection', 'close'], { end: true })],
    ...streamError(1, 'PROTOCOL_ERROR'),
  }),
  specific('what a response must not have', 'No message that is sent has fields of a connection of HTTP/1.1.', {
    send: [headers(1, request('GET', '/hop-by-hop'), { end: true })],
    answers: ['HEADERS 1 :status=200 x-kept=Value content-length=2', 'DATA 1 "ok" END'],
  }),
  casesOf('RFC 9113 8.2')('names that are sent', 'Names are sent in lower case.', {
    send: [headers(1, request('GET', '/hop-by-hop'), { end: true })],
    answers: ['HEADERS 1 :status=200 x-kept=Value content-length=2', 'DATA 1 "ok" END'],
  }),
  cookies(
    'crumbs',
    'Cookie fields are put together by "; ".',
    arrives([...SEEN, 'cookie', 'a=1', 'b', 'c', 'cookie', 'd=2'], 'host|a.test|cookie|a=1; d=2|b|c'),
  ),
  pseudo('one that nobody knows', KNOWN, malformed([...GET, ':x', 'y'])),
  pseudo('one of responses', KNOWN, malformed([...GET, ':status', '200'])),
  pseudo('one in capitals', KNOWN, malformed(changed(':method', 'GET').map((text) => text.replace(':path', ':Path')))),
  pseudo('one behind others', ORDER, malformed([...without(':authority'), 'host', 'a.test', ':authority', 'a.test'])),
  pseudo('in any order', 'Pseudo-header fields stand in any order.', {
    send: [headers(1, [...GET.slice(6), ...GET.slice(0, 6)], { end: true })],
    answers: ok(1),
  }),
  ...[':method', ':scheme', ':authority', ':path'].map((name) =>
    pseudo(`${name} twice`, ONCE, malformed([...GET, name, GET[GET.indexOf(name) + 1] ?? ''])),
  ),
  ...[':method', ':scheme', ':path'].map((name) => target(`no ${name}`, NEEDED, malformed(without(name)))),
  ...[':method', ':scheme', ':path'].map((name) => target(`an empty ${name}`, NEEDED, malformed(changed(name, '')))),
  target('a method that is no token', NEEDED, malformed(changed(':method', 'GE T'))),
  target('a :path that begins elsewhere', PATH, malformed(changed(':path', 'a/b'))),
  target('a :path with a blank', PATH, malformed(changed(':path', '/ HTTP/1.1'))),
  target('* for GET', PATH, malformed(changed(':path', '*'))),
  target('* for OPTIONS', PATH, { send: [headers(1, request('OPTIONS', '*'), { end: true })], answers: ok(1) }),
  target('a user in :authority', AUTHORITY, malformed(changed(':authority', 'me@a.test'))),
  target('an empty :authority', AUTHORITY, malformed(changed(':authority', ''))),
  target('neither :authority nor Host', 'A request says which host it is for.', malformed(without(':authority'))),
  target(
    'Host like :authority',
    'Host and :authority say the same.',
    arrives([...SEEN, 'host', 'a.test'], 'host|a.test'),
  ),
  target('another Host than :authority', 'Host and :authority say the same.', malformed([...GET, 'host', 'b.test'])),
  target(
    'Host in place of :authority',
    'A request that came from HTTP/1.1 may have Host instead.',
    arrives([':method', 'GET', ':scheme', 'http', ':path', '/headers', 'host', 'b.test'], 'host|b.test'),
  ),
  target('two Hosts', 'There is one host.', malformed([...without(':authority'), 'host', 'a.test', 'host', 'b.test'])),
];
