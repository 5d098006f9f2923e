import type { BadRequest } from '../support/bad-input.ts';
import { message, refused } from '../support/bad-input.ts';

const HOST = ['Host: a.test'];
const PARTS = 'RFC 9112 section 3: method, target and version, one SP between them';

/** First lines that are none. */
export const startLines: readonly BadRequest[] = [
  refused('without a method', PARTS, 'BAD_METHOD', message(' / HTTP/1.1', HOST)),
  refused(
    'whose method holds a delimiter',
    'RFC 9110 section 9.1: a method is a token',
    'BAD_METHOD',
    message('GE(T / HTTP/1.1', HOST),
  ),
  refused(
    'whose method holds a NUL',
    'RFC 9110 section 5.6.2: no control characters in a token',
    'BAD_METHOD',
    message('GE\0T / HTTP/1.1', HOST),
  ),
  refused(
    'whose method is not ASCII',
    'RFC 9110 section 5.6.2: a token is ASCII',
    'BAD_METHOD',
    message('G\xcbT / HTTP/1.1', HOST),
  ),
  refused(
    'with a tab behind the method',
    'RFC 9112 section 3: the blank behind the method is SP',
    'BAD_METHOD',
    message('GET\t/ HTTP/1.1', HOST),
  ),
  refused(
    'with two blanks behind the method',
    'RFC 9112 section 3: a single SP behind the method',
    'BAD_TARGET',
    message('GET  / HTTP/1.1', HOST),
  ),
  refused(
    'with two blanks in front of the version',
    'RFC 9112 section 3: a single SP in front of the version',
    'BAD_VERSION',
    message('GET /  HTTP/1.1', HOST),
  ),
  refused(
    'with a tab in front of the version',
    'RFC 9112 section 3: the blank in front of the version is SP',
    'BAD_TARGET',
    message('GET /\tHTTP/1.1', HOST),
  ),
  refused(
    'with a blank behind the version',
    'RFC 9112 section 3: CRLF right behind the version',
    'BAD_LINE_END',
    message('GET / HTTP/1.1 ', HOST),
  ),
  refused(
    'with a fourth word',
    'RFC 9112 section 3: three parts, no more',
    'BAD_LINE_END',
    message('GET / HTTP/1.1 HTTP/1.1', HOST),
  ),
  refused(
    'without a target',
    'RFC 9112 section 3: the target is not optional',
    'BAD_VERSION',
    message('GET HTTP/1.1', HOST),
  ),
  refused(
    'of HTTP/0.9, without a version',
    'RFC 9112 section 3: the version is not optional',
    'BAD_VERSION',
    message('GET /', HOST),
  ),
  refused(
    'whose protocol name is in lower case',
    'RFC 9112 section 2.3: the name of the protocol is case-sensitive',
    'BAD_VERSION',
    message('GET / http/1.1', HOST),
  ),
  refused(
    'of another protocol',
    'RFC 9112 section 2.3: the name of the protocol is HTTP',
    'BAD_VERSION',
    message('GET / RTSP/1.0', HOST),
  ),
  refused(
    'whose version has no minor number',
    'RFC 9112 section 2.3: major, dot and minor number',
    'BAD_VERSION',
    message('GET / HTTP/1', HOST),
  ),
  refused(
    'whose version has a comma',
    'RFC 9112 section 2.3: a dot between the numbers',
    'BAD_VERSION',
    message('GET / HTTP/1,1', HOST),
  ),
  refused(
    'whose minor number has two digits',
    'RFC 9112 section 2.3: the minor number is one digit',
    'BAD_LINE_END',
    message('GET / HTTP/1.10', HOST),
  ),
  refused(
    'whose major number has two digits',
    'RFC 9112 section 2.3: the major number is one digit',
    'BAD_VERSION',
    message('GET / HTTP/11.1', HOST),
  ),
  refused(
    'whose version has a sign',
    'RFC 9112 section 2.3: numbers are digits',
    'BAD_VERSION',
    message('GET / HTTP/+1.1', HOST),
  ),
  refused(
    'with a blank within the version',
    'RFC 9112 section 2.3: no whitespace in the version',
    'BAD_VERSION',
    message('GET / HTTP/ 1.1', HOST),
  ),
  refused(
    'of HTTP/2 spoken as text',
    'RFC 9110 section 15.6.6: another major version is answered with 505',
    'UNSUPPORTED_VERSION',
    message('GET / HTTP/2.0', HOST),
    505,
  ),
  refused(
    'of a version below 1',
    'RFC 9110 section 2.5: HTTP/0 is not what this server speaks',
    'UNSUPPORTED_VERSION',
    message('GET / HTTP/0.9', HOST),
    505,
  ),
  refused(
    'of a minor version that does not exist',
    'RFC 9110 section 2.5: nobody has defined more than HTTP/1.1',
    'UNSUPPORTED_VERSION',
    message('GET / HTTP/1.2', HOST),
    505,
  ),
  refused(
    'that are the preface of HTTP/2',
    'RFC 9113 section 3.4: the preface is for those who expect it',
    'UNSUPPORTED_VERSION',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    505,
  ),
  refused(
    'that end in LF alone',
    'RFC 9112 section 2.2: a line ends in CRLF (recognising LF alone is optional, and a risk)',
    'BAD_LINE_END',
    'GET / HTTP/1.1\nHost: a.test\r\n\r\n',
  ),
  refused(
    'that end in CR alone',
    'RFC 9112 section 2.2: a bare CR is invalid',
    'BAD_LINE_END',
    'GET / HTTP/1.1\rHost: a.test\r\n\r\n',
  ),
  refused(
    'that end in CR CR LF',
    'RFC 9112 section 2.2: one CR in front of LF',
    'BAD_LINE_END',
    'GET / HTTP/1.1\r\r\nHost: a.test\r\n\r\n',
  ),
  refused(
    'behind two empty lines',
    'RFC 9112 section 2.2: one empty line in front of a request is ignored, no more',
    'BAD_METHOD',
    '\r\n\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  ),
  refused(
    'behind a bare LF',
    'RFC 9112 section 2.2: the empty line that is ignored is CRLF',
    'BAD_METHOD',
    '\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  ),
  refused(
    'behind a bare CR',
    'RFC 9112 section 2.2: the empty line that is ignored has an LF',
    'BAD_LINE_END',
    '\rGET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  ),
  refused(
    'behind a byte order mark',
    'RFC 9112 section 2.2: a message is a sequence of octets in a superset of ASCII, not UTF-8 text',
    'BAD_METHOD',
    '\xef\xbb\xbfGET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  ),
  refused(
    'that are a TLS handshake',
    'RFC 9110 section 4.2.1: http is not secured',
    'BAD_METHOD',
    '\x16\x03\x01\0\x05\x01\0\0\x01\x03\r\n\r\n',
  ),
  refused(
    'that are a header of the PROXY protocol',
    'RFC 9112 section 2.1: a message begins with its start line',
    'BAD_VERSION',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  ),
  refused(
    'that are a status line',
    'RFC 9112 section 2.1: a server expects requests',
    'BAD_METHOD',
    message('HTTP/1.1 200 OK', HOST),
  ),
  refused(
    'that are a field line',
    'RFC 9112 section 2.1: field lines stand behind the start line',
    'BAD_METHOD',
    message('Host: a.test', ['X: 1']),
  ),
];
