import { METHODS } from 'node:http';
import type { ExplainedDifference } from '../difference.ts';
import { theyRefused, weRefused } from '../difference.ts';
import type { Subject } from '../reading.ts';

/** Differences about first lines, and what stands in front of them. */
export const START_LINE_DIFFERENCES: readonly ExplainedDifference[] = [
  {
    name: 'empty lines before a request',
    rule: 'RFC 9112 section 2.2',
    lamella: 'skips one empty line, CR LF, and refuses more',
    llhttp: 'skips any number of CR and LF, in any mixture',
    example: request('\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    explains: (difference) => {
      const { subject, theirs } = difference;
      if (!weRefused(difference, 'LML_ERR_HTTP1_BAD_METHOD', 'LML_ERR_HTTP1_BAD_LINE_END')) return false;
      if (theirs === undefined) return /[\r\n]$/.test(subject.input);
      return subject.input.includes(`\r${theirs.start[0]} `) || subject.input.includes(`\n${theirs.start[0]} `);
    },
  },
  {
    name: 'empty lines before a response',
    rule: 'RFC 9112 section 2.2',
    lamella: 'refuses them: the section speaks of requests alone',
    llhttp: 'skips any number of CR and LF, in any mixture',
    example: response('\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    explains: (difference) => {
      if (!weRefused(difference, 'LML_ERR_HTTP1_BAD_STATUS_LINE')) return false;
      const { subject, theirs } = difference;
      if (theirs === undefined) return /[\r\n]$/.test(subject.input);
      // The line itself is one that we would have read.
      const line = `HTTP/${theirs.version} ${theirs.start[0].padStart(3, '0')}`;
      return subject.input.includes(`\r${line}`) || subject.input.includes(`\n${line}`);
    },
  },
  {
    name: 'unknown methods',
    rule: 'RFC 9110 section 9.1',
    lamella: 'takes every token; whether a method is implemented is for the service to say (501)',
    llhttp: 'refuses a method that is not on its list',
    example: request('BREW / HTTP/1.1\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      theyRefused(difference) &&
      difference.subject.side === 'request' &&
      !METHODS.includes(difference.ours?.start[0] ?? ''),
  },
  {
    name: 'blanks between the parts of a request line',
    rule: 'RFC 9112 section 3',
    lamella: 'wants a single SP, as the grammar does',
    llhttp: 'takes more than one',
    example: request('GET  / HTTP/1.1\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_TARGET', 'LML_ERR_HTTP1_BAD_VERSION') &&
      /[!-~] {2}/.test(difference.subject.input),
  },
  {
    name: 'a request line without a version',
    rule: 'RFC 9112 section 3',
    lamella: 'refuses it',
    llhttp: 'takes it for HTTP/0.9, and reads fields behind it',
    example: request('GET /\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_VERSION') &&
      difference.theirs?.version === '0.9' &&
      ['\r', '\n'].some((end) => difference.subject.input.includes(`${difference.theirs?.start.join(' ')}${end}`)),
  },
  {
    name: 'versions other than 1.0 and 1.1',
    rule: 'RFC 9112 section 2.3',
    lamella: 'refuses them (505)',
    llhttp: 'reads HTTP/0.9 and HTTP/2.0 in the format of HTTP/1.1',
    example: request('GET / HTTP/2.0\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_UNSUPPORTED_VERSION') &&
      ['0.9', '2.0'].includes(difference.theirs?.version ?? ''),
  },
  {
    name: 'protocols other than HTTP',
    rule: 'RFC 9112 section 2.3',
    lamella: 'refuses them',
    llhttp: 'reads RTSP and ICE too',
    example: request('GET / RTSP/1.0\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_VERSION', 'LML_ERR_HTTP1_BAD_STATUS_LINE') &&
      /(?:RTSP|ICE)\/[0-9]\.[0-9]/.test(difference.subject.input),
  },
  {
    name: 'control characters in a reason phrase',
    rule: 'RFC 9112 section 4',
    lamella: 'refuses them: a reason is HTAB, SP, visible characters and obs-text',
    llhttp: 'takes every byte but CR and LF',
    example: response('HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_STATUS_LINE') &&
      /[\0-\x08\x0b-\x1f\x7f]/.test(difference.theirs?.start[1] ?? ''),
  },
  {
    name: 'status codes below 100',
    rule: 'RFC 9110 section 15',
    lamella: 'refuses them: the first digit is the class, and there is no class 0',
    llhttp: 'takes any three digits',
    example: response('HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_STATUS_LINE') && Number(difference.theirs?.start[0]) < 100,
  },
];

function request(input: string): Subject {
  return { side: 'request', input };
}

function response(input: string): Subject {
  return { side: 'response', input };
}
