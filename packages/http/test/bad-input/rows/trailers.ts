import type { BadRequest, ShortCode } from '../support/bad-input.ts';
import { chunked, refused } from '../support/bad-input.ts';

const NOT = 'RFC 9110 section 6.5.1: not in trailers:';

/** Trailers that are none, or come too late to be believed. */
export const trailers: readonly BadRequest[] = [
  bad('that state a length', `${NOT} Content-Length`, 'BAD_TRAILER', 'Content-Length: 5'),
  bad('that state a coding', `${NOT} Transfer-Encoding`, 'BAD_TRAILER', 'Transfer-Encoding: chunked'),
  bad('that state a host', `${NOT} Host`, 'BAD_TRAILER', 'Host: b.test'),
  bad('that state a malformed length', `${NOT} a length that is none`, 'BAD_CONTENT_LENGTH', 'Content-Length: x'),
  bad(
    'that state two lengths',
    `${NOT} two lengths`,
    'DUPLICATE_CONTENT_LENGTH',
    'Content-Length: 5\r\nContent-Length: 5',
  ),
  bad('that state an unknown coding', `${NOT} a coding that is none`, 'BAD_TRANSFER_ENCODING', 'Transfer-Encoding: x'),
  bad('that are folded', 'RFC 9112 section 7.1.2: no obs-fold in trailers', 'OBS_FOLD', 'X: a\r\n b'),
  bad('that start with a blank', 'RFC 9112 section 7.1.2: no blank behind the last chunk', 'OBS_FOLD', ' X: a'),
  bad('with a blank in front of the colon', 'RFC 9112 section 5.1: in trailers as well', 'BAD_FIELD_NAME', 'X : a'),
  bad('without a colon', 'RFC 9112 section 7.1.2: trailers are field lines', 'BAD_FIELD_NAME', 'X'),
  bad('with a NUL', 'RFC 9110 section 5.5: no NUL in trailers', 'BAD_FIELD_VALUE', 'X: \0'),
  bad('with a bare CR', 'RFC 9112 section 2.2: no bare CR in trailers', 'BAD_LINE_END', 'X: a\rY: b'),
  bad('with a bare LF', 'RFC 9112 section 2.2: no bare LF in trailers', 'BAD_LINE_END', 'X: a\nY: b'),
  refused(
    'that are too many',
    'RFC 9110 section 5.4: a limit on the number of trailers',
    'TRAILERS_TOO_LARGE',
    chunked(`0\r\n${'X: 1\r\n'.repeat(65)}\r\n`),
    431,
  ),
  refused(
    'that are too long together',
    'RFC 9110 section 5.4: a limit on the size of trailers',
    'TRAILERS_TOO_LARGE',
    chunked(`0\r\n${`X: ${'a'.repeat(995)}\r\n`.repeat(9)}\r\n`),
    431,
  ),
  refused(
    'of which one has no end',
    'RFC 9110 section 5.4: a limit on one trailer, complete or not',
    'TRAILERS_TOO_LARGE',
    chunked(`0\r\nX: ${'a'.repeat(9_000)}`),
    431,
  ),
];

function bad(name: string, rule: string, code: ShortCode, line: string): BadRequest {
  return refused(name, rule, code, chunked(`0\r\n${line}\r\n\r\n`));
}
