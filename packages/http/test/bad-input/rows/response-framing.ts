import type { BadResponse, ShortCode } from '../support/bad-input.ts';
import { misanswered } from '../support/bad-input.ts';

const OK = 'HTTP/1.1 200 OK';
const CHUNKED = 'Transfer-Encoding: chunked';
const BOTH = 'RFC 9112 section 6.3: a response by length and by chunks';
const CODING = 'RFC 9112 section 6.1: a response';

/** Lengths and codings of responses that two recipients could read in two ways. */
export const responseFraming: readonly BadResponse[] = [
  bad('by length and then by chunks', BOTH, 'LENGTH_AND_TRANSFER_ENCODING', 'Content-Length: 5', CHUNKED),
  bad(
    'by chunks and then by length',
    `${BOTH}, in that order`,
    'LENGTH_AND_TRANSFER_ENCODING',
    CHUNKED,
    'Content-Length: 5',
  ),
  head(
    'by length and by chunks, in answer to HEAD',
    `${BOTH}, even if neither counts`,
    'LENGTH_AND_TRANSFER_ENCODING',
    OK,
  ),
  bad('by two codings, both chunked', `${CODING} is chunked once`, 'BAD_TRANSFER_ENCODING', CHUNKED, CHUNKED),
  bad('by identity', `${CODING} has no identity`, 'BAD_TRANSFER_ENCODING', 'Transfer-Encoding: identity'),
  bad('by gzip without chunked', `${CODING} coded without chunks`, 'BAD_TRANSFER_ENCODING', 'Transfer-Encoding: gzip'),
  bad(
    'by chunked that is not the last',
    `${CODING} whose last coding is not chunked`,
    'BAD_TRANSFER_ENCODING',
    'Transfer-Encoding: chunked, gzip',
  ),
  bad(
    'by gzip within chunked, which was not asked for',
    'RFC 9110 section 10.1.4: codings that TE has not named',
    'UNSUPPORTED_TRANSFER_ENCODING',
    'Transfer-Encoding: gzip, chunked',
  ),
  bad(
    'by chunked behind a vertical tab',
    'RFC 9110 section 5.6.3: no vertical tab around a coding',
    'BAD_FIELD_VALUE',
    'Transfer-Encoding: \x0bchunked',
  ),
  misanswered(
    'by chunks in HTTP/1.0',
    'RFC 9112 section 6.1: a response of HTTP/1.0 has no Transfer-Encoding',
    'BAD_TRANSFER_ENCODING',
    `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`,
  ),
  misanswered(
    'by chunks where there is no content',
    'RFC 9112 section 6.1: no Transfer-Encoding in a 204',
    'BAD_TRANSFER_ENCODING',
    `HTTP/1.1 204 No Content\r\n${CHUNKED}\r\n\r\n0\r\n\r\n`,
  ),
  bad(
    'by two lengths, equal ones',
    'RFC 9112 section 6.3: repeated lengths of a response',
    'DUPLICATE_CONTENT_LENGTH',
    'Content-Length: 5',
    'Content-Length: 5',
  ),
  bad(
    'by two lengths, different ones',
    'RFC 9112 section 6.3: lengths of a response that differ',
    'DUPLICATE_CONTENT_LENGTH',
    'Content-Length: 5',
    'Content-Length: 2',
  ),
  cl('by a list of lengths', 'RFC 9110 section 8.6: a response has no list of lengths', '5, 5'),
  cl('by a length with a sign', 'RFC 9110 section 8.6: lengths of responses have no sign', '+5'),
  cl('by a negative length', 'RFC 9110 section 8.6: lengths of responses are not negative', '-1'),
  cl('by a length that is no number', 'RFC 9110 section 8.6: lengths of responses are digits', 'five'),
  cl('by an empty length', 'RFC 9110 section 8.6: lengths of responses are not empty', ''),
  cl('by a length that overflows', 'RFC 9110 section 17.5: lengths of responses do not overflow', '9'.repeat(20)),
];

/** Content where there may be none, and messages that nobody has asked for. */
export const unaskedBytes: readonly BadResponse[] = [
  {
    ...misanswered(
      'behind content of a stated length',
      'RFC 9112 section 6.3: what follows a response is no part of it',
      'UNEXPECTED_BYTES',
      `${OK}\r\nContent-Length: 2\r\n\r\nok, and more`,
    ),
    isRace: true,
    body: 'ok',
  },
  {
    ...misanswered(
      'behind the last chunk',
      'RFC 9112 section 7.1: a chunked body is over when it is over',
      'UNEXPECTED_BYTES',
      `${OK}\r\n${CHUNKED}\r\n\r\n2\r\nok\r\n0\r\n\r\n\r\n`,
    ),
    isRace: true,
    body: 'ok',
  },
  {
    ...misanswered(
      'that are a second response',
      'RFC 9112 section 9.2: one response to one request',
      'UNEXPECTED_BYTES',
      `${OK}\r\nContent-Length: 2\r\n\r\nok${OK}\r\nContent-Length: 6\r\n\r\nhidden`,
    ),
    isRace: true,
    body: 'ok',
  },
  {
    ...misanswered(
      'that are content of an answer to HEAD',
      'RFC 9110 section 9.3.2: no content in answer to HEAD',
      'UNEXPECTED_BYTES',
      `${OK}\r\nContent-Length: 5\r\n\r\nhello`,
    ),
    method: 'HEAD',
    isRace: true,
    body: '',
  },
  {
    ...misanswered(
      'that are content of a 204',
      'RFC 9110 section 15.3.5: no content in a 204',
      'UNEXPECTED_BYTES',
      'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
    ),
    isRace: true,
    body: '',
  },
  {
    ...misanswered(
      'that are content of a 304',
      'RFC 9110 section 15.4.5: no content in a 304',
      'UNEXPECTED_BYTES',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello',
    ),
    isRace: true,
    body: '',
  },
];

function head(name: string, rule: string, code: ShortCode, line: string): BadResponse {
  return {
    ...misanswered(name, rule, code, `${line}\r\nContent-Length: 5\r\n${CHUNKED}\r\n\r\n`),
    method: 'HEAD',
  };
}

function cl(name: string, rule: string, value: string): BadResponse {
  return bad(name, rule, 'BAD_CONTENT_LENGTH', `Content-Length: ${value}`);
}

function bad(name: string, rule: string, code: ShortCode, ...lines: readonly string[]): BadResponse {
  return misanswered(name, rule, code, `${[OK, ...lines].join('\r\n')}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
}
