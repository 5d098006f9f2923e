import type { BadOrigin } from '../support/proxy-case.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const VIA = 'Via: 1.1 test-proxy\r\n';
const DATE = 'Date: Wed, 01 Jan 2020 00:00:00 GMT\r\n';

/** What an origin sends although it must not: the client gets 502, or what is left of a response that was on its way. */
export const badOrigins: readonly BadOrigin[] = [
  bad(
    'no status line',
    'RFC 9112 section 4: what is no response is not passed on',
    '<html>hello, world</html>\r\n\r\n',
  ),
  bad('a code of two digits', 'RFC 9112 section 4: a code that is none is not passed on', 'HTTP/1.1 20 OK\r\n\r\n'),
  bad('another major version', 'RFC 9110 section 2.5: HTTP/2 as text is not passed on', 'HTTP/2.0 200 OK\r\n\r\n'),
  bad('a NUL in the reason', 'RFC 9112 section 4: a reason with a NUL is not passed on', 'HTTP/1.1 200 \0\r\n\r\n'),
  field('a blank in front of a colon', 'RFC 9112 section 5.1: such a field of a response is not passed on', 'X : 1'),
  field('a folded field', 'RFC 9112 section 5.2: obs-fold of a response is not passed on', 'X: 1\r\n 2'),
  field('a field behind a bare CR', 'RFC 9112 section 2.2: a bare CR of a response is not passed on', 'X: 1\rY: 2'),
  field('a field behind a bare LF', 'RFC 9112 section 2.2: a bare LF of a response is not passed on', 'X: 1\nY: 2'),
  field('a NUL in a field', 'RFC 9110 section 5.5: a NUL of a response is not passed on', 'X: \0'),
  field('a field without a colon', 'RFC 9112 section 5: a line that is no field is not passed on', 'garbage'),
  field('two framings', 'RFC 9112 section 6.3: two framings of a response', 'Transfer-Encoding: chunked'),
  field('two lengths', 'RFC 9112 section 6.3: two lengths of a response are 502', 'Content-Length: 2'),
  field('too many fields', 'RFC 9110 section 5.4: too many fields of a response', 'X: 1\r\n'.repeat(130).trimEnd()),
  field('a head without end', 'RFC 9110 section 5.4: a head of a response without end', `X: ${'a'.repeat(66_000)}`),
  bad(
    'a negative length',
    'RFC 9112 section 6.3: an invalid length of a response is 502',
    `${OK}Content-Length: -2\r\n\r\nok`,
  ),
  bad(
    'a coding that was not asked for',
    'RFC 9110 section 10.1.4: a coding that the proxy has not named in TE',
    `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`,
  ),
  bad(
    'chunks in HTTP/1.0',
    'RFC 9112 section 6.1: chunks of HTTP/1.0 are not passed on',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ),
  bad('a chunk size that is none', 'RFC 9112 section 7.1: a size of a response', `${CHUNKED}x\r\nok\r\n`),
  bad(
    'a chunk size that overflows',
    'RFC 9112 section 7.1: a size that wraps',
    `${CHUNKED}10000000000000002\r\nok\r\n`,
  ),
  bad(
    'chunk data that spills',
    'RFC 9112 section 7.1: data of a response that spills',
    `${CHUNKED}1\r\nok\r\n0\r\n\r\n`,
  ),
  bad(
    'a size that ends in LF',
    'RFC 9112 section 7.1: a size of a response ends in CRLF',
    `${CHUNKED}2\nok\r\n0\r\n\r\n`,
  ),
  bad(
    'a length in the trailers',
    'RFC 9110 section 6.5.1: trailers of a response do not frame it',
    `${CHUNKED}2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n`,
  ),
  bad(
    'extensions without end',
    'RFC 9112 section 7.1.1: a flood of extensions of a response',
    `${CHUNKED}2;${'a'.repeat(1_100)}`,
  ),
  bad(
    'a switch that nobody asked for',
    'RFC 9110 section 7.8: a switch that the client has not asked for is not passed on',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
  ),
  {
    name: 'nothing, and ends',
    rule: 'RFC 9112 section 8: no response is 502',
    input: '',
    ending: 'end',
    type: 'connection_terminated',
  },
  {
    name: 'nothing, and breaks off',
    rule: 'RFC 9112 section 9.5: a reset instead of a response is 502',
    input: '',
    ending: 'reset',
    type: 'connection_terminated',
  },
  {
    name: 'half a head',
    rule: 'RFC 9112 section 8: half a head is 502',
    input: `${OK}Content-Len`,
    ending: 'end',
    type: 'connection_terminated',
  },
  {
    name: 'interim responses, and ends',
    rule: 'RFC 9110 section 15.2: an interim response is no answer',
    input: 'HTTP/1.1 102 Processing\r\n\r\n',
    ending: 'end',
    type: 'connection_terminated',
  },
  {
    name: 'less content than its length',
    rule: 'RFC 9112 section 8: an incomplete length is never passed on as a whole',
    input: `${OK}Content-Length: 5\r\n\r\nok`,
    ending: 'end',
    type: 'http_response_incomplete',
  },
  {
    name: 'chunks without the last one',
    rule: 'RFC 9112 section 8: incomplete chunks are never ended by the proxy',
    input: `${CHUNKED}2\r\nok\r\n`,
    ending: 'end',
    type: 'http_response_incomplete',
  },
  {
    name: 'chunks without the end of the trailers',
    rule: 'RFC 9112 section 8: incomplete trailers are never ended by the proxy',
    input: `${CHUNKED}2\r\nok\r\n0\r\nX: 1\r\n`,
    ending: 'end',
    type: 'http_response_incomplete',
  },
  {
    name: 'half its content, and breaks off',
    rule: 'RFC 9112 section 9.5: a reset in the content reaches the client as one',
    input: `${OK}Content-Length: 5\r\n\r\nok`,
    ending: 'reset',
    type: 'http_response_incomplete',
  },
  {
    name: 'content up to a reset, where only an end would end it',
    rule: 'RFC 9112 section 6.3: content up to the end of a connection needs an end in good order',
    input: `${OK}\r\nok`,
    ending: 'reset',
    type: 'http_response_incomplete',
  },
];

/** What is odd but valid: it passes, framed anew. */
export const oddOrigins: readonly BadOrigin[] = [
  good(
    'content up to the end of the connection',
    'RFC 9112 section 6.3: a client that stays gets chunks instead',
    'HTTP/1.0 200 OK\r\n\r\nok',
    `HTTP/1.1 200 OK\r\nVia: 1.0 test-proxy\r\nTransfer-Encoding: chunked\r\n${DATE}\r\n2\r\nok\r\n0\r\n\r\n`,
    'end',
  ),
  good(
    'extensions and leading zeros',
    'RFC 9112 section 7.1.1: extensions of a response go no further',
    `${CHUNKED}0002;a="b;c"\r\nok\r\n0;d\r\n\r\n`,
    `HTTP/1.1 200 OK\r\n${VIA}Content-Length: 2\r\n${DATE}\r\nok`,
  ),
  good(
    'trailers of which some are for one hop',
    'RFC 9110 section 7.6.1: a named trailer of a response goes no further',
    `${OK}Connection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Hop: 1\r\nX-Sum: 2\r\nKeep-Alive: 3\r\n\r\n`,
    `HTTP/1.1 200 OK\r\n${VIA}Transfer-Encoding: chunked\r\n${DATE}\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n`,
  ),
  good(
    'fields that are for one hop',
    'RFC 9110 section 7.6.1: what a response says to its next hop goes no further',
    `${OK}Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\nUpgrade: h2c\r\nProxy-Connection: x\r\nContent-Length: 2\r\n\r\nok`,
    `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${VIA}${DATE}\r\nok`,
  ),
  good(
    'a Connection that names what frames the response',
    'RFC 9110 section 7.6.1: an origin can not unframe its response',
    `${OK}Connection: Content-Length, Set-Cookie\r\nSet-Cookie: a\r\nContent-Length: 2\r\n\r\nok`,
    `HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nContent-Length: 2\r\n${VIA}${DATE}\r\nok`,
  ),
  good(
    'a status and a reason that nobody knows',
    'RFC 9110 section 15: a code that is not understood is passed on',
    'HTTP/1.1 299 \xe4 very  odd\treason\r\nContent-Length: 2\r\n\r\nok',
    `HTTP/1.1 299 \xe4 very  odd\treason\r\nContent-Length: 2\r\n${VIA}${DATE}\r\nok`,
  ),
  good(
    'a status line without a blank behind its code',
    'RFC 9112 section 4: the blank that old servers forget is put back',
    'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok',
    `HTTP/1.1 200 \r\nContent-Length: 2\r\n${VIA}${DATE}\r\nok`,
  ),
];

function bad(name: string, rule: string, input: string): BadOrigin {
  return { name, rule, input, type: 'http_protocol_error' };
}

function field(name: string, rule: string, line: string): BadOrigin {
  return bad(name, rule, `${OK}Content-Length: 2\r\n${line}\r\n\r\nok`);
}

function good(name: string, rule: string, input: string, answers: string, ending?: 'end'): BadOrigin {
  return { name, rule, input, answers, type: undefined, ...(ending === undefined ? {} : { ending }) };
}
