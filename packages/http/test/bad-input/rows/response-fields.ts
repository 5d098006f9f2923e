import type { BadResponse, ShortCode } from '../support/bad-input.ts';
import { misanswered, withLength } from '../support/bad-input.ts';

/** Field lines of responses that are none. */
export const responseFields: readonly BadResponse[] = [
  bad(
    'with a blank in front of the colon',
    'RFC 9112 section 5.1: a response has no whitespace in front of the colon either',
    'BAD_FIELD_NAME',
    'Set-Cookie : a',
  ),
  bad('without a colon', 'RFC 9112 section 5: every field line has a colon', 'BAD_FIELD_NAME', 'Set-Cookie'),
  bad('without a name', 'RFC 9110 section 5.1: every field has a name', 'BAD_FIELD_NAME', ': a'),
  bad('whose name holds a blank', 'RFC 9110 section 5.1: a name has no blank', 'BAD_FIELD_NAME', 'Set Cookie: a'),
  bad('whose name is not ASCII', 'RFC 9110 section 5.1: names are ASCII', 'BAD_FIELD_NAME', 'Set\xadCookie: a'),
  bad('whose name holds a NUL', 'RFC 9110 section 5.1: names hold no NUL', 'BAD_FIELD_NAME', 'Set\0Cookie: a'),
  bad('that are folded', 'RFC 9112 section 5.2: no obs-fold in a response', 'OBS_FOLD', 'Set-Cookie: a\r\n b'),
  bad(
    'that start with a tab',
    'RFC 9112 section 2.2: no whitespace behind the status line',
    'OBS_FOLD',
    '\tSet-Cookie: a',
  ),
  bad('whose value holds a NUL', 'RFC 9110 section 5.5: values hold no NUL', 'BAD_FIELD_VALUE', 'Set-Cookie: a\0'),
  bad(
    'whose value holds an escape',
    'RFC 9110 section 5.5: values hold no control characters',
    'BAD_FIELD_VALUE',
    'Set-Cookie: \x1b[2J',
  ),
  bad(
    'whose value hides another behind a bare CR (response splitting)',
    'RFC 9110 section 5.5: values hold no CR',
    'BAD_LINE_END',
    'Location: /\rSet-Cookie: a',
  ),
  bad(
    'whose value hides another behind a bare LF (response splitting)',
    'RFC 9110 section 5.5: values hold no LF',
    'BAD_LINE_END',
    'Location: /\nSet-Cookie: a',
  ),
  bad(
    'that are too many',
    'RFC 9110 section 5.4: a client limits the number of fields',
    'TOO_MANY_HEADERS',
    Array.from({ length: 128 }, (_, index) => `X${index}: 1`).join('\r\n'),
  ),
  bad(
    'that are too long',
    'RFC 9110 section 5.4: a client limits the size of a head',
    'HEADERS_TOO_LARGE',
    `Set-Cookie: ${'a'.repeat(66_000)}`,
  ),
];

function bad(name: string, rule: string, code: ShortCode, line: string): BadResponse {
  return misanswered(name, rule, code, withLength(`HTTP/1.1 200 OK\r\n${line}`, 'ok'));
}
