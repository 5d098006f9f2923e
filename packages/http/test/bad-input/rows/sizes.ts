import type { BadRequest } from '../support/bad-input.ts';
import { message, OK, refused } from '../support/bad-input.ts';

const HOST = 'Host: a.test';
const START = 'GET / HTTP/1.1';
/** What a head has besides the value of its one long field: `X: `, line ends, and everything else. */
const REST = message(START, [HOST, 'X: ']).length;

/** Heads that are too long, by one byte where there is a limit, and that are just not. */
export const sizes: readonly BadRequest[] = [
  refused(
    'whose target is too long',
    'RFC 9112 section 3: a target that is longer than a server takes is answered with 414',
    'START_LINE_TOO_LONG',
    message(`GET /${'a'.repeat(16_385 - 16)} HTTP/1.1`, [HOST]),
    414,
  ),
  refused(
    'whose target has no end',
    'RFC 9112 section 3: a target is refused before it ends',
    'START_LINE_TOO_LONG',
    `GET /${'a'.repeat(20_000)}`,
    414,
  ),
  refused(
    'whose method has no end',
    'RFC 9112 section 3: a method that is longer than any known one is refused before it ends',
    'START_LINE_TOO_LONG',
    'G'.repeat(17_000),
    414,
  ),
  refused(
    'whose one field is too long',
    'RFC 9110 section 5.4: a limit on one field (RFC 6585 section 5: 431)',
    'HEADERS_TOO_LARGE',
    message(START, [HOST, `X: ${'a'.repeat(65_537 - REST)}`]),
    431,
  ),
  refused(
    'whose fields are too long together',
    'RFC 9110 section 5.4: a limit on all fields',
    'HEADERS_TOO_LARGE',
    message(START, [HOST, ...Array.from({ length: 67 }, () => `X: ${'a'.repeat(995)}`)]),
    431,
  ),
  refused(
    'whose name has no end',
    'RFC 9110 section 5.4: a limit on a name that does not end',
    'HEADERS_TOO_LARGE',
    `${START}\r\n${'X'.repeat(66_000)}`,
    431,
  ),
  refused(
    'whose value has no end',
    'RFC 9110 section 5.4: a limit on a value that does not end',
    'HEADERS_TOO_LARGE',
    `${START}\r\n${HOST}\r\nX: ${' '.repeat(66_000)}`,
    431,
  ),
  refused(
    'with too many fields',
    'RFC 6585 section 5: too many fields are answered with 431',
    'TOO_MANY_HEADERS',
    message(START, [HOST, ...Array.from({ length: 128 }, (_, index) => `X${index}: 1`)]),
    431,
  ),
  refused(
    'with too many empty fields of one name',
    'RFC 9110 section 5.3: lines count, not names',
    'TOO_MANY_HEADERS',
    message(START, [HOST, ...Array.from({ length: 128 }, () => 'X:')]),
    431,
  ),
  fits('whose target is as long as may be', message(`GET /${'a'.repeat(16_384 - 16)} HTTP/1.1`, [HOST])),
  fits('whose fields are as long as may be', message(START, [HOST, `X: ${'a'.repeat(65_536 - REST)}`])),
  fits('with as many fields as may be', message(START, [HOST, ...Array.from({ length: 127 }, () => 'X: 1')])),
];

/** The other side of a limit. */
function fits(name: string, input: string): BadRequest {
  const target = input.split(' ', 2)[1] ?? '';
  const rule = `the limit that the request ${name} just keeps (RFC 9112 section 3, RFC 9110 section 5.4)`;
  return { name, rule, input, answers: OK, end: 'kept', code: undefined, serves: [`GET a.test ${target} ""`] };
}
