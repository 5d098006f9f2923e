import type { BadRequest, ShortCode } from '../support/bad-input.ts';
import { refused } from '../support/bad-input.ts';

/** Field lines that are none. */
export const fieldLines: readonly BadRequest[] = [
  bad(
    'with a blank in front of the colon',
    'RFC 9112 section 5.1: no whitespace between name and colon',
    'BAD_FIELD_NAME',
    'Content-Length : 5',
  ),
  bad(
    'with a tab in front of the colon',
    'RFC 9112 section 5.1: no tab either',
    'BAD_FIELD_NAME',
    'Transfer-Encoding\t: chunked',
  ),
  bad('without a name', 'RFC 9112 section 5: a name is not empty', 'BAD_FIELD_NAME', ': x'),
  bad('without a colon', 'RFC 9112 section 5: a colon behind the name', 'BAD_FIELD_NAME', 'X-Header'),
  bad('whose name holds a blank', 'RFC 9110 section 5.1: a name is one token', 'BAD_FIELD_NAME', 'X Y: 1'),
  bad('whose name holds a NUL', 'RFC 9110 section 5.1: no NUL in a name', 'BAD_FIELD_NAME', 'X\0: 1'),
  bad(
    'whose name holds a vertical tab',
    'RFC 9110 section 5.1: no control characters in a name',
    'BAD_FIELD_NAME',
    'Transfer-Encoding\x0b: chunked',
  ),
  bad('whose name is not ASCII', 'RFC 9110 section 5.1: a name is ASCII', 'BAD_FIELD_NAME', 'X\xe4: 1'),
  bad(
    'whose name is in brackets',
    'RFC 9110 section 5.6.2: no delimiters in a name',
    'BAD_FIELD_NAME',
    '[Content-Length]: 5',
  ),
  bad('whose name is in quotes', 'RFC 9110 section 5.6.2: a name is not quoted', 'BAD_FIELD_NAME', '"Host": b.test'),
  bad(
    'whose name holds a bare CR',
    'RFC 9112 section 2.2: a bare CR is invalid in a name',
    'BAD_FIELD_NAME',
    'Transfer\r-Encoding: chunked',
  ),
  bad(
    'that start with a bare CR',
    'RFC 9112 section 2.2: a CR starts a line end or nothing',
    'BAD_LINE_END',
    '\rContent-Length: 5',
  ),
  bad('that are folded by a blank', 'RFC 9112 section 5.2: no obs-fold', 'OBS_FOLD', 'X: a\r\n b'),
  bad('that are folded by a tab', 'RFC 9112 section 5.2: no obs-fold by a tab', 'OBS_FOLD', 'X: a\r\n\tb'),
  bad(
    'that fold a transfer coding',
    'RFC 9112 section 5.2: framing is not folded',
    'BAD_TRANSFER_ENCODING',
    'Transfer-Encoding:\r\n chunked',
  ),
  bad('of which only a blank is left', 'RFC 9112 section 5.2: a blank line is no empty line', 'OBS_FOLD', 'X: a\r\n '),
  refused(
    'that start with a blank right behind the start line',
    'RFC 9112 section 2.2: no whitespace between start line and first field',
    'OBS_FOLD',
    'GET / HTTP/1.1\r\n Host: a.test\r\n\r\n',
  ),
  bad('whose value holds a NUL', 'RFC 9110 section 5.5: no NUL in a value', 'BAD_FIELD_VALUE', 'X: a\0b'),
  bad(
    'whose value holds a control character',
    'RFC 9110 section 5.5: no control characters in a value',
    'BAD_FIELD_VALUE',
    'X: a\x01b',
  ),
  bad('whose value holds a DEL', 'RFC 9110 section 5.5: no DEL in a value', 'BAD_FIELD_VALUE', 'X: a\x7fb'),
  bad(
    'whose value starts with a vertical tab',
    'RFC 9110 section 5.6.3: optional whitespace is SP and HTAB',
    'BAD_FIELD_VALUE',
    'Transfer-Encoding: \x0bchunked',
  ),
  bad(
    'whose value ends with a form feed',
    'RFC 9110 section 5.6.3: no form feed around a value',
    'BAD_FIELD_VALUE',
    'Content-Length: 5\x0c',
  ),
  bad(
    'whose value hides a field behind a bare CR',
    'RFC 9110 section 5.5: no CR in a value',
    'BAD_LINE_END',
    'X: a\rContent-Length: 5',
  ),
  bad(
    'whose value hides a field behind a bare LF',
    'RFC 9110 section 5.5: no LF in a value',
    'BAD_LINE_END',
    'X: a\nContent-Length: 5',
  ),
  bad('that end in CR CR LF', 'RFC 9112 section 2.2: two CR end no line', 'BAD_LINE_END', 'X: a\r'),
  refused(
    'behind which the empty line is LF alone',
    'RFC 9112 section 2.1: the empty line is CRLF',
    'BAD_LINE_END',
    'GET / HTTP/1.1\r\nHost: a.test\r\n\n',
  ),
  refused(
    'that all end in LF alone',
    'RFC 9112 section 2.2: LF alone ends neither line nor section',
    'BAD_LINE_END',
    'GET / HTTP/1.1\r\nHost: a.test\n\n',
  ),
  refused(
    'behind which the empty line is CR CR LF',
    'RFC 9112 section 2.1: the empty line is empty',
    'BAD_LINE_END',
    'GET / HTTP/1.1\r\nHost: a.test\r\n\r\r\n',
  ),
];

function bad(name: string, rule: string, code: ShortCode, line: string): BadRequest {
  return refused(name, rule, code, `POST / HTTP/1.1\r\nHost: a.test\r\n${line}\r\n\r\n`);
}
