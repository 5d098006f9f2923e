import type { BadRequest, ShortCode } from '../support/bad-input.ts';
import { chunked, refused } from '../support/bad-input.ts';

const SIZE = 'RFC 9112 section 7.1: a size';

/** Chunks that hide where a body ends. */
export const chunks: readonly BadRequest[] = [
  size('without a size', `${SIZE} is not empty`, '\r\nhello'),
  size('whose size is no hexadecimal number', `${SIZE} is hexadecimal digits`, 'g\r\nhello'),
  size('whose size has a plus sign', `${SIZE} has no plus sign`, '+5\r\nhello'),
  size('whose size has a minus sign', `${SIZE} is not negative`, '-1\r\nhello'),
  size('whose size has a prefix', `${SIZE} has no 0x in front`, '0x5\r\nhello'),
  size('whose size has a suffix', `${SIZE} has no h behind it`, '5h\r\nhello'),
  size('whose size has a separator', `${SIZE} has no underscore`, '0_5\r\nhello'),
  size('whose size has a fraction', `${SIZE} is whole`, '5.0\r\nhello'),
  size('whose size is in quotes', `${SIZE} is not quoted`, '"5"\r\nhello'),
  size('with a blank in front of the size', `${SIZE} has no blank in front`, ' 5\r\nhello'),
  size('with a blank behind the size', `${SIZE} has no blank behind it, but before an extension`, '5 \r\nhello'),
  size('with a tab behind the size', `${SIZE} has no tab behind it`, '5\t\r\nhello'),
  size('with two sizes', `${SIZE}, and no second one`, '5 5\r\nhello'),
  size('with a NUL behind the size', `${SIZE} ends in CRLF or a semicolon`, '5\0\r\nhello'),
  size('whose size is beyond exact numbers', `${SIZE} does not overflow`, '20000000000000\r\nhello'),
  size('whose size wraps 64 bits', `${SIZE} does not wrap`, '10000000000000005\r\nhello'),
  size(
    'whose size has zeros without end',
    `${SIZE} is bounded in length, zeros included`,
    `${'0'.repeat(14)}5\r\nhello`,
  ),
  bad('whose size ends in LF alone', 'RFC 9112 section 7.1: CRLF behind a size, not LF', 'BAD_LINE_END', '5\nhello'),
  bad(
    'whose size ends in CR alone',
    'RFC 9112 section 7.1: CRLF behind a size, not CR',
    'BAD_LINE_END',
    '5\rhello\r\n',
  ),
  bad('whose size ends in CR CR LF', 'RFC 9112 section 7.1: one CR behind a size', 'BAD_LINE_END', '5\r\r\nhello'),
  size('whose extension holds a NUL', 'RFC 9112 section 7.1.1: no NUL in an extension', '5;a=\0\r\nhello'),
  size(
    'whose extension holds a control character',
    'RFC 9112 section 7.1.1: no control characters in an extension',
    '5;a=\x1b\r\nhello',
  ),
  bad(
    'whose extension holds a bare LF',
    'RFC 9112 section 7.1.1: an extension ends in CRLF, not LF (the terminator others see)',
    'BAD_LINE_END',
    '2;\nxx\r\n4c\r\n0\r\n\r\n',
  ),
  bad(
    'whose extension holds a bare CR',
    'RFC 9112 section 7.1.1: an extension ends in CRLF, not CR',
    'BAD_LINE_END',
    '5;a\rb\r\nhello\r\n0\r\n\r\n',
  ),
  bad(
    'whose quoted extension holds a line break',
    'RFC 9110 section 5.6.4: a quoted string holds no line break: the line ends there',
    'BAD_CHUNK_END',
    '5;a="\r\n0\r\n\r\n"\r\nhello',
  ),
  bad(
    'whose extension is too long',
    'RFC 9112 section 7.1.1: a recipient limits the extensions of a chunk',
    'CHUNK_LINE_TOO_LONG',
    `5;${'a'.repeat(1_021)}\r\nhello`,
  ),
  bad(
    'whose extensions are too long together',
    'RFC 9112 section 7.1.1: a recipient limits all extensions of a body',
    'CHUNK_LINE_TOO_LONG',
    `${`1;${'a'.repeat(899)}\r\nx\r\n`.repeat(18)}1;${'a'.repeat(184)}\r\nx\r\n`,
  ),
  bad(
    'whose blanks are too many',
    'RFC 9110 section 5.6.3: blanks count as what they are',
    'CHUNK_LINE_TOO_LONG',
    `5${' '.repeat(1_024)};a\r\nhello`,
  ),
  bad(
    'that are longer than they say',
    'RFC 9112 section 7.1: CRLF right behind the data',
    'BAD_CHUNK_END',
    '4\r\nhello',
  ),
  bad(
    'that are shorter than they say',
    'RFC 9112 section 7.1: as many bytes as the size says',
    'BAD_CHUNK_END',
    '6\r\nhello\r\n0\r\n\r\n',
  ),
  bad('whose data ends in LF alone', 'RFC 9112 section 7.1: CRLF behind data, not LF', 'BAD_CHUNK_END', '5\r\nhello\n'),
  bad(
    'whose data ends in CR alone',
    'RFC 9112 section 7.1: CRLF behind data, not CR',
    'BAD_CHUNK_END',
    '5\r\nhello\r0\r\n',
  ),
  bad(
    'behind which there is no line end',
    'RFC 9112 section 7.1: data does not end by itself',
    'BAD_CHUNK_END',
    '5\r\nhello0\r\n\r\n',
  ),
  bad(
    'of which the last has data',
    'RFC 9112 section 7.1.2: trailers behind the last chunk, no data',
    'BAD_FIELD_NAME',
    '0\r\nhello\r\n\r\n',
  ),
  bad(
    'of which the last is followed by a request at once',
    'RFC 9112 section 7.1: an empty line behind the last chunk',
    'BAD_FIELD_NAME',
    '0\r\nGET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n',
  ),
  bad(
    'of which the last ends in LF alone',
    'RFC 9112 section 7.1: CRLF behind the last size',
    'BAD_LINE_END',
    '0\n\r\n',
  ),
  bad(
    'behind which the empty line is LF alone',
    'RFC 9112 section 7.1: the empty line behind the trailers is CRLF',
    'BAD_LINE_END',
    '0\r\n\n',
  ),
];

function size(name: string, rule: string, input: string): BadRequest {
  return bad(name, rule, 'BAD_CHUNK_SIZE', `${input}\r\n0\r\n\r\n`);
}

function bad(name: string, rule: string, code: ShortCode, input: string): BadRequest {
  return refused(name, rule, code, chunked(input));
}
