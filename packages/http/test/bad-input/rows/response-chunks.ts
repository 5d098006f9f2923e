import type { BadResponse, ShortCode } from '../support/bad-input.ts';
import { misanswered } from '../support/bad-input.ts';

const SIZE = 'RFC 9112 section 7.1: the size of a chunk of a response';

/** Chunks and trailers of responses that hide where a body ends. */
export const responseChunks: readonly BadResponse[] = [
  bad('without a size', `${SIZE} is there`, 'BAD_CHUNK_SIZE', '\r\nhello\r\n'),
  bad('whose size is no number', `${SIZE} is a number`, 'BAD_CHUNK_SIZE', 'x\r\nhello\r\n'),
  bad('whose size has a sign', `${SIZE} has no sign`, 'BAD_CHUNK_SIZE', '-5\r\nhello\r\n'),
  bad('whose size has a blank behind it', `${SIZE} has no padding`, 'BAD_CHUNK_SIZE', '5   \r\nhello\r\n'),
  bad('whose size overflows', `${SIZE} does not overflow`, 'BAD_CHUNK_SIZE', 'fffffffffffffffff\r\nhello\r\n'),
  bad('whose size ends in LF alone', `${SIZE} ends in CRLF`, 'BAD_LINE_END', '5\nhello\r\n'),
  bad('whose extension holds a NUL', `${SIZE} has no NUL behind it`, 'BAD_CHUNK_SIZE', '5;\0\r\nhello\r\n'),
  bad(
    'whose extension has no end',
    'RFC 9112 section 7.1.1: a client limits extensions',
    'CHUNK_LINE_TOO_LONG',
    `5;${'a'.repeat(2_000)}`,
  ),
  bad(
    'that are longer than they say',
    'RFC 9112 section 7.1: a chunk of a response ends where its size says',
    'BAD_CHUNK_END',
    '4\r\nhello\r\n',
    'hell',
  ),
  bad(
    'whose data ends in LF alone',
    'RFC 9112 section 7.1: data of a response ends in CRLF',
    'BAD_CHUNK_END',
    '5\r\nhello\n',
    'hello',
  ),
  bad(
    'whose trailers state a length',
    'RFC 9110 section 6.5.1: trailers of a response state no length',
    'BAD_TRAILER',
    '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n',
    'hello',
  ),
  bad(
    'whose trailers state a coding',
    'RFC 9110 section 6.5.1: trailers of a response state no coding',
    'BAD_TRAILER',
    '0\r\nTransfer-Encoding: chunked\r\n\r\n',
  ),
  bad(
    'whose trailers are folded',
    'RFC 9112 section 7.1.2: trailers of a response are not folded',
    'OBS_FOLD',
    '0\r\nX: a\r\n b\r\n\r\n',
  ),
  bad(
    'whose trailers hold a NUL',
    'RFC 9110 section 5.5: trailers of a response hold no NUL',
    'BAD_FIELD_VALUE',
    '0\r\nX: \0\r\n\r\n',
  ),
  bad(
    'whose trailers are too many',
    'RFC 9110 section 5.4: a client limits the number of trailers',
    'TRAILERS_TOO_LARGE',
    `0\r\n${'X: 1\r\n'.repeat(65)}\r\n`,
  ),
  bad(
    'whose trailers have no end',
    'RFC 9110 section 5.4: a client limits the size of trailers',
    'TRAILERS_TOO_LARGE',
    `0\r\nX: ${'a'.repeat(9_000)}`,
  ),
];

function bad(name: string, rule: string, code: ShortCode, chunks: string, body = ''): BadResponse {
  return {
    ...misanswered(name, rule, code, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`),
    body,
  };
}
