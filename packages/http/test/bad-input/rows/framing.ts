import type { BadRequest, ShortCode } from '../support/bad-input.ts';
import { message, post, refused } from '../support/bad-input.ts';

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n';
const BOTH = 'RFC 9112 section 6.3: Content-Length beside Transfer-Encoding';

/** Lengths and codings that two recipients could read in two ways. */
export const framing: readonly BadRequest[] = [
  refused(
    'by length and then by chunks (CL.TE)',
    `${BOTH}, the length first`,
    'LENGTH_AND_TRANSFER_ENCODING',
    `${post('Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\nG`,
  ),
  refused(
    'by chunks and then by length (TE.CL)',
    `${BOTH}, the coding first`,
    'LENGTH_AND_TRANSFER_ENCODING',
    `${post('Transfer-Encoding: chunked', 'Content-Length: 4')}2d\r\n${HIDDEN}\r\n0\r\n\r\n`,
  ),
  refused(
    'by chunks and a length of 0',
    `${BOTH}, even if it is 0 (TE.0)`,
    'LENGTH_AND_TRANSFER_ENCODING',
    `${post('Content-Length: 0', 'Transfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`,
  ),
  te('by two codings, both chunked (TE.TE)', 'RFC 9112 section 6.1: chunked once', 'chunked', 'chunked'),
  te('by chunked and then another line', 'RFC 9112 section 6.1: chunked is the last coding', 'chunked', 'identity'),
  te('by another line and then chunked', 'RFC 9112 section 6.1: no unknown coding', 'x', 'chunked'),
  te('by identity', 'RFC 9112 section 7: identity was taken out of HTTP', 'identity'),
  te('by chunked in a list with itself', 'RFC 9112 section 7.1: chunked is not applied twice', 'chunked, chunked'),
  te('by chunked that is not the last', 'RFC 9112 section 6.3: a request without final chunked', 'chunked, gzip'),
  te('by gzip without chunked', 'RFC 9112 section 6.1: a coded request ends in chunked', 'gzip'),
  te('by an unknown word', 'RFC 9112 section 7.3: codings are registered', 'xchunked'),
  te('by half a word', 'RFC 9112 section 7: a coding is a whole token', 'chunke'),
  te('by chunked in quotes', 'RFC 9112 section 7: a coding is not quoted', '"chunked"'),
  te('by chunked with a parameter', 'RFC 9112 section 7.1: chunked has no parameters', 'chunked;q=1'),
  te('by an empty coding', 'RFC 9112 section 6.1: a list of at least one', ''),
  te('by a comma and chunked', 'RFC 9110 section 5.6.1: a sender makes no empty elements', ',chunked'),
  te('by chunked and a comma', 'RFC 9110 section 5.6.1: nothing behind the last element', 'chunked,'),
  te('by chunked behind a colon', 'RFC 9112 section 5: one colon', ': chunked'),
  te('by chunked beside a comment', 'RFC 9110 section 5.6.5: comments only where the grammar says so', 'chunked (x)'),
  refused(
    'by gzip within chunked',
    'RFC 9112 section 6.1: a coding that is not understood is answered with 501',
    'UNSUPPORTED_TRANSFER_ENCODING',
    post('Transfer-Encoding: gzip, chunked'),
    501,
  ),
  refused(
    'by chunks in HTTP/1.0',
    'RFC 9112 section 6.1: no Transfer-Encoding in HTTP/1.0',
    'BAD_TRANSFER_ENCODING',
    `${message('POST / HTTP/1.0', ['Host: a.test', 'Transfer-Encoding: chunked'])}0\r\n\r\n`,
  ),
  refused(
    'by chunks and by length in HTTP/1.0',
    `${BOTH}, in HTTP/1.0`,
    'LENGTH_AND_TRANSFER_ENCODING',
    `${message('POST / HTTP/1.0', ['Content-Length: 5', 'Transfer-Encoding: chunked'])}0\r\n\r\n`,
  ),
  refused(
    'by two lengths, equal ones',
    'RFC 9112 section 6.3: repeated lengths are refused rather than merged',
    'DUPLICATE_CONTENT_LENGTH',
    `${post('Content-Length: 5', 'Content-Length: 5')}hello`,
  ),
  refused(
    'by two lengths, different ones (CL.CL)',
    'RFC 9112 section 6.3: lengths that differ are an unrecoverable error',
    'DUPLICATE_CONTENT_LENGTH',
    `${post('Content-Length: 5', 'content-length: 0')}hello`,
  ),
  refused(
    'by two lengths of which one is 0',
    'RFC 9110 section 8.6: one Content-Length',
    'DUPLICATE_CONTENT_LENGTH',
    `${post('Content-Length: 0', 'Content-Length: 45')}${HIDDEN}`,
  ),
  cl('by a list of equal lengths', 'RFC 9110 section 8.6: a list of lengths is refused', '5, 5'),
  cl('by a length with a plus sign', 'RFC 9110 section 8.6: digits alone, no plus sign', '+5'),
  cl('by a length with a minus sign', 'RFC 9110 section 8.6: no negative length', '-5'),
  cl('by a length of minus 0', 'RFC 9110 section 8.6: 0 has no sign either', '-0'),
  cl('by a length in hexadecimal', 'RFC 9110 section 8.6: decimal digits', '0x5'),
  cl('by a length with letters', 'RFC 9110 section 8.6: no letters', '5a'),
  cl('by a length with a fraction', 'RFC 9110 section 8.6: a whole number', '5.0'),
  cl('by a length with an exponent', 'RFC 9110 section 8.6: no exponent', '5e0'),
  cl('by a length with a separator', 'RFC 9110 section 8.6: no digit separators', '1_0'),
  cl('by a length with a blank in it', 'RFC 9110 section 8.6: one number', '5 5'),
  cl('by a length in quotes', 'RFC 9110 section 8.6: no quotes', '"5"'),
  cl('by a length with a parameter', 'RFC 9110 section 8.6: no parameters', '5;a=b'),
  cl('by an empty length', 'RFC 9110 section 8.6: at least one digit', ''),
  cl('by a length beyond exact numbers', 'RFC 9110 section 8.6: no integer overflow', '9007199254740993'),
  cl('by a length that wraps 64 bits', 'RFC 9110 section 17.5: no wrap around', '18446744073709551621'),
  cl('by a length in digits beyond ASCII', 'RFC 5234 appendix B.1: DIGIT is ASCII', '\xd9\xa5'),
];

function te(name: string, rule: string, ...values: readonly string[]): BadRequest {
  const lines = values.map((value) => `Transfer-Encoding: ${value}`);
  return bad(name, rule, 'BAD_TRANSFER_ENCODING', `${post(...lines)}0\r\n\r\n`);
}

function cl(name: string, rule: string, value: string): BadRequest {
  return bad(name, rule, 'BAD_CONTENT_LENGTH', `${post(`Content-Length: ${value}`)}hello`);
}

function bad(name: string, rule: string, code: ShortCode, input: string): BadRequest {
  return refused(name, rule, code, input);
}
