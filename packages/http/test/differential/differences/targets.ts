import { isValidAuthority } from '@lamella/net-core';
import type { ExplainedDifference } from '../difference.ts';
import { theyRefused, valuesOf, weRefused } from '../difference.ts';
import type { Subject } from '../reading.ts';

/** Differences about request targets, and the Host field that goes with them. */
export const TARGET_DIFFERENCES: readonly ExplainedDifference[] = [
  {
    name: 'a fragment in the target',
    rule: 'RFC 9112 section 3.2',
    lamella: 'refuses it: no form of a target has one',
    llhttp: 'takes it',
    example: request('GET /#top HTTP/1.1\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_TARGET') && targetOf(difference.theirs).includes('#'),
  },
  {
    name: 'an asterisk for other methods than OPTIONS',
    rule: 'RFC 9112 section 3.2.4',
    lamella: 'refuses it, and whatever only starts with an asterisk',
    llhttp: 'reads it as it reads a path',
    example: request('GET * HTTP/1.1\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_TARGET') && targetOf(difference.theirs).startsWith('*'),
  },
  {
    name: 'a URL without a valid authority',
    rule: 'RFC 9110 section 4.2',
    lamella: 'refuses an empty host, user information, and a host or port that is none',
    llhttp: 'takes what has the characters of an authority',
    example: request('GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_TARGET') &&
      difference.theirs?.start[0] !== 'CONNECT' &&
      !isValidAuthority(/^[a-z]+:\/\/([^/?]*)/i.exec(targetOf(difference.theirs))?.[1] ?? ' ') &&
      !/^[/*]/.test(targetOf(difference.theirs)),
  },
  {
    name: 'a scheme that is not all letters',
    rule: 'RFC 3986 section 3.1',
    lamella: 'takes digits and "+", "-", "." behind the first letter, as the grammar does',
    llhttp: 'knows letters only',
    example: request('GET svn+ssh://a/ HTTP/1.1\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      theyRefused(difference) && /^[a-z][a-z]*[0-9+.-][a-z0-9+.-]*:\/\//i.test(targetOf(difference.ours)),
  },
  {
    name: 'the target of CONNECT',
    rule: 'RFC 9112 section 3.2.3',
    lamella: 'wants host and port, both, and nothing else',
    llhttp: 'takes a host without a port, a path and a URL',
    example: request('CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_TARGET') &&
      difference.theirs?.start[0] === 'CONNECT' &&
      !(isValidAuthority(targetOf(difference.theirs)) && /:[0-9]+$/.test(targetOf(difference.theirs))),
  },
  {
    name: 'not exactly one valid Host',
    rule: 'RFC 9112 section 3.2',
    lamella: 'refuses a request of HTTP/1.1 without Host, and every request with two, or with one that is no host',
    llhttp: 'leaves the field to its caller',
    example: request('GET / HTTP/1.1\r\n\r\n'),
    explains: (difference) => {
      if (!weRefused(difference, 'LML_ERR_HTTP1_BAD_HOST')) return false;
      const hosts = valuesOf(difference.theirs, 'host');
      if (hosts.length === 0) return difference.theirs?.version === '1.1';
      return hosts.length > 1 || !hosts.every(isValidAuthority);
    },
  },
];

function request(input: string): Subject {
  return { side: 'request', input };
}

function targetOf(message: { readonly start: readonly [string, string] } | undefined): string {
  return message?.start[1] ?? '';
}
