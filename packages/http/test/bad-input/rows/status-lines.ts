import type { BadResponse, ShortCode } from '../support/bad-input.ts';
import { misanswered, withLength } from '../support/bad-input.ts';

const CODE = 'RFC 9112 section 4: a status code is three digits';

/** First lines of responses that are none. */
export const statusLines: readonly BadResponse[] = [
  bad('without a code', CODE, 'HTTP/1.1  OK'),
  bad('with a code of two digits', `${CODE}, not two`, 'HTTP/1.1 20 OK'),
  bad('with a code of four digits', `${CODE}, not four`, 'HTTP/1.1 2000 OK'),
  bad('with a code that is a word', `${CODE}, no letters`, 'HTTP/1.1 abc OK'),
  bad('with a code that has a sign', `${CODE}, no sign`, 'HTTP/1.1 +20 OK'),
  bad('with a code below 100', 'RFC 9110 section 15: codes start at 100', 'HTTP/1.1 099 OK'),
  bad('with a tab in front of the code', 'RFC 9112 section 4: SP in front of the code', 'HTTP/1.1\t200 OK'),
  bad('with two blanks in front of the code', 'RFC 9112 section 4: one SP in front of the code', 'HTTP/1.1  200 OK'),
  bad('with a tab behind the code', 'RFC 9112 section 4: SP behind the code', 'HTTP/1.1 200\tOK'),
  bad('without a blank behind the version', 'RFC 9112 section 4: version and code are two words', 'HTTP/1.1200 OK'),
  bad('of another protocol', 'RFC 9112 section 2.3: a response names HTTP', 'ICY 200 OK'),
  bad('in lower case', 'RFC 9112 section 2.3: in upper case', 'http/1.1 200 OK'),
  bad('without a version', 'RFC 9112 section 4: a status line has a version', 'HTTP 200 OK'),
  bad('that are a page of HTTP/0.9', 'RFC 9112 section 4: a response has a status line', '<html>hello, world</html>'),
  bad('that are a request', 'RFC 9112 section 2.1: a client expects responses', 'GET / HTTP/1.1'),
  bad(
    'behind an empty line',
    'RFC 9112 section 2.2: empty lines are ignored in front of requests',
    '\r\nHTTP/1.1 200 OK',
  ),
  bad('that are a field line', 'RFC 9112 section 2.1: a response begins with its status line', 'Content-Length: 0000'),
  bad('whose reason holds a NUL', 'RFC 9112 section 4: no NUL in a reason', 'HTTP/1.1 200 O\0K'),
  bad('whose reason holds a control character', 'RFC 9112 section 4: no control characters', 'HTTP/1.1 200 O\x1bK'),
  bad('whose reason holds a DEL', 'RFC 9112 section 4: no DEL in a reason', 'HTTP/1.1 200 O\x7fK'),
  bad(
    'whose minor version is missing',
    'RFC 9112 section 2.3: a response has a minor version',
    'HTTP/2 200 OK',
    'BAD_VERSION',
  ),
  bad(
    'of HTTP/2 spoken as text',
    'RFC 9110 section 2.5: a major version that was not asked for',
    'HTTP/2.0 200 OK',
    'UNSUPPORTED_VERSION',
  ),
  bad(
    'of a minor version that does not exist',
    'RFC 9110 section 2.5: HTTP/1.1 is the last of its kind',
    'HTTP/1.9 200 OK',
    'UNSUPPORTED_VERSION',
  ),
  bad('that end in CR CR LF', 'RFC 9112 section 2.2: one CR ends a status line', 'HTTP/1.1 200 OK\r', 'BAD_LINE_END'),
  bad(
    'that hide a field behind a bare LF',
    'RFC 9112 section 2.2: no bare LF in a status line',
    'HTTP/1.1 200 OK\nContent-Length: 5',
    'BAD_LINE_END',
  ),
  bad(
    'that hide a field behind a bare CR',
    'RFC 9112 section 2.2: no bare CR in a status line',
    'HTTP/1.1 200 OK\rContent-Length: 5',
    'BAD_LINE_END',
  ),
  bad(
    'whose reason has no end',
    'RFC 9112 section 4: a limit on the status line',
    `HTTP/1.1 200 ${'O'.repeat(17_000)}`,
    'START_LINE_TOO_LONG',
  ),
];

function bad(name: string, rule: string, line: string, code: ShortCode = 'BAD_STATUS_LINE'): BadResponse {
  return misanswered(name, rule, code, withLength(line, 'ok'));
}
