import type { ExplainedDifference } from '../difference.ts';
import { theyRefused, valuesOf, weRefused } from '../difference.ts';
import type { Subject } from '../reading.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

/** Differences about where a message ends. */
export const FRAMING_DIFFERENCES: readonly ExplainedDifference[] = [
  {
    name: 'a Content-Length of more than 15 digits',
    rule: 'RFC 9110 section 8.6',
    lamella: 'refuses it: beyond 2^53 - 1 numbers are not exact, and leading zeros have no use',
    llhttp: 'counts in 64 bits',
    example: request(`${POST}Content-Length: 0000000000000003\r\n\r\nabc`),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_CONTENT_LENGTH') &&
      valuesOf(difference.theirs, 'content-length').some((value) => /^[0-9]{16,}$/.test(value)),
  },
  {
    name: 'content of CONNECT',
    rule: 'RFC 9110 section 9.3.6',
    lamella: 'refuses Transfer-Encoding, and a Content-Length other than 0: what follows is the tunnel',
    llhttp: 'ignores both fields',
    example: request('CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_FORBIDDEN_FIELD') &&
      difference.theirs?.start[0] === 'CONNECT' &&
      [...valuesOf(difference.theirs, 'content-length'), ...valuesOf(difference.theirs, 'transfer-encoding')].length >
        0,
  },
  {
    name: 'both lengths in a head that leaves HTTP',
    rule: 'RFC 9110 section 9.3.6',
    lamella: 'ignores both: such a head frames nothing',
    llhttp: 'refuses Content-Length beside Transfer-Encoding in every head',
    example: {
      side: 'response',
      asked: 'CONNECT',
      input: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc',
    },
    explains: (difference) =>
      theyRefused(difference) &&
      difference.ourEnd === 'switched' &&
      valuesOf(difference.ours, 'content-length').length > 0 &&
      valuesOf(difference.ours, 'transfer-encoding').length > 0,
  },
  {
    name: 'transfer codings besides chunked',
    rule: 'RFC 9112 section 6.1',
    lamella: 'refuses what is not exactly one `chunked` (501 for codings that are known but not supported)',
    llhttp: 'looks whether `chunked` is the last word, and reads a response without it to the end',
    example: request(`${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING', 'LML_ERR_HTTP1_BAD_TRANSFER_ENCODING') &&
      valuesOf(difference.theirs, 'transfer-encoding').join().toLowerCase() !== 'chunked',
  },
  {
    name: 'a tab behind chunked',
    rule: 'RFC 9110 section 5.6.3',
    lamella: 'takes it for the blank that it is',
    llhttp: 'does not know the coding then: refuses a request, and reads a response to the end',
    example: request(`${POST}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`),
    explains: ({ subject, ours, theirs, theirEnd }) =>
      /transfer-encoding:[^\r]*chunked *\t[ \t]*\r/i.test(subject.input) &&
      valuesOf(ours ?? theirs, 'transfer-encoding')
        .join()
        .toLowerCase() === 'chunked' &&
      (theirs === undefined ? theirEnd === 'refused' : theirs.keepsAlive === false),
  },
  {
    name: 'Transfer-Encoding in HTTP/1.0',
    rule: 'RFC 9112 section 6.1',
    lamella: 'refuses it: the framing of such a message is to be treated as faulty',
    llhttp: 'reads it as in HTTP/1.1',
    example: request('POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_TRANSFER_ENCODING') &&
      difference.theirs?.version === '1.0' &&
      valuesOf(difference.theirs, 'transfer-encoding').length > 0,
  },
  {
    name: 'Transfer-Encoding in 204',
    rule: 'RFC 9112 section 6.1',
    lamella: 'refuses it: no server may send it, and who does may send chunks too',
    llhttp: 'ignores it, and reads chunks that follow as the next response',
    example: { side: 'response', input: 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n' },
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_TRANSFER_ENCODING') &&
      difference.theirs?.start[0] === '204' &&
      valuesOf(difference.theirs, 'transfer-encoding').length > 0,
  },
  {
    name: 'the grammar of chunk extensions',
    rule: 'RFC 9112 section 7.1.1',
    lamella: 'ignores extensions, whatever visible characters and blanks they hold, up to a limit',
    llhttp: 'refuses an extension that breaks the grammar, or has blanks in it that the grammar allows',
    example: request(`${CHUNKED}1; a\r\nx\r\n0\r\n\r\n`),
    explains: (difference) =>
      theyRefused(difference) && chunkLines(difference.subject).some((line) => !isStrictChunkLine(line)),
  },
  {
    name: 'the digits of a chunk size',
    rule: 'RFC 9112 section 7.1',
    lamella: 'takes 13 of them, which are 52 bits, leading zeros among them',
    llhttp: 'counts in 64 bits, and leading zeros not at all',
    example: request(`${CHUNKED}00000000000000\r\n\r\n`),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_CHUNK_SIZE') &&
      /\n[0-9a-f]{14,}[\r; \t]/i.test(difference.subject.input),
  },
  {
    name: 'fields that must not be trailers',
    rule: 'RFC 9110 section 6.5.1',
    lamella: 'refuses Host, Content-Length and Transfer-Encoding there',
    llhttp: 'refuses the latter two in some cases, and Host never',
    example: request(`${CHUNKED}0\r\nHost: b\r\n\r\n`),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_TRAILER', ...BAD_FRAMING_FIELD) &&
      (difference.theirs?.trailers ?? []).some(([name]) => NOT_IN_TRAILERS.has(name.toLowerCase())),
  },
];

function request(input: string): Subject {
  return { side: 'request', input };
}

/** Lines that might stand in front of a chunk, and have something behind the size. */
function chunkLines({ input }: Subject): string[] {
  return input.split('\r\n').filter((line) => /^[0-9a-f]+[ \t]*;/i.test(line));
}

/** Without blanks, and with quoted strings where the grammar has them. */
function isStrictChunkLine(line: string): boolean {
  return /^[0-9a-f]+(?:;[!#$%&'*+.^_`|~0-9a-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9a-z-]+|"(?:[^"\\]|\\.)*")?)?)*$/i.test(line);
}

const NOT_IN_TRAILERS: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);
/** What is wrong with a framing field by itself is found before what is wrong with its place. */
const BAD_FRAMING_FIELD: readonly string[] = [
  'LML_ERR_HTTP1_BAD_TRANSFER_ENCODING',
  'LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING',
  'LML_ERR_HTTP1_BAD_CONTENT_LENGTH',
  'LML_ERR_HTTP1_DUPLICATE_CONTENT_LENGTH',
];
