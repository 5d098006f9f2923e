import type { BadRequest } from '../support/bad-input.ts';
import { message, OK, refused } from '../support/bad-input.ts';

const GET = 'GET / HTTP/1.1';

/** Host fields that name no host, or too many. */
export const hosts: readonly BadRequest[] = [
  refused('that are missing', 'RFC 9112 section 3.2: HTTP/1.1 needs Host', 'BAD_HOST', message(GET, ['X: 1'])),
  refused(
    'that are missing beside a whole URL',
    'RFC 9112 section 3.2.2: Host is sent with the absolute form too',
    'BAD_HOST',
    message('GET http://a.test/ HTTP/1.1', ['X: 1']),
  ),
  refused(
    'that are two, equal ones',
    'RFC 9112 section 3.2: more than one Host is refused',
    'BAD_HOST',
    message(GET, ['Host: a.test', 'Host: a.test']),
  ),
  refused(
    'that are two, different ones',
    'RFC 9112 section 3.2: two servers must not choose one Host each',
    'BAD_HOST',
    message(GET, ['Host: a.test', 'host: b.test']),
  ),
  refused(
    'that are two, of HTTP/1.0',
    'RFC 9112 section 3.2: more than one Host is refused in any version',
    'BAD_HOST',
    message('GET / HTTP/1.0', ['Host: a.test', 'Host: b.test']),
  ),
  refused(
    'that are invalid beside a whole URL',
    'RFC 9112 section 3.2: an invalid Host is refused even where it does not decide',
    'BAD_HOST',
    message('GET http://a.test/ HTTP/1.1', ['Host: b test']),
  ),
  bad('that are empty', 'RFC 9110 section 4.2.1: an http URI with an empty host is invalid', ''),
  bad('with user information', 'RFC 9110 section 7.2: Host is host and port', 'u@a.test'),
  bad('with a path', 'RFC 9110 section 7.2: no path in Host', 'a.test/x'),
  bad('with a query', 'RFC 9110 section 7.2: no query in Host', 'a.test?x'),
  bad('with a fragment', 'RFC 9110 section 7.2: no fragment in Host', 'a.test#x'),
  bad('with a scheme', 'RFC 9110 section 7.2: no scheme in Host', 'http://a.test'),
  bad('that are a list', 'RFC 9110 section 7.2: Host is one value, no list', 'a.test, b.test'),
  bad('that are two words', 'RFC 3986 section 3.2.2: no blank in a host', 'a.test b.test'),
  bad('with a semicolon', 'RFC 9110 section 7.2: Host has no parameters', 'a.test;b'),
  bad('in quotes', 'RFC 9110 section 7.2: Host is no quoted string', '"a.test"'),
  bad('with a percent-encoded dot', 'RFC 9110 section 4.2.3: a name has no second spelling', 'a%2etest'),
  bad('in UTF-8', 'RFC 5890 section 2.3.2.1: a name on the wire is ASCII', '\xc3\xa4.test'),
  bad('with an A-label that decodes to nothing', 'RFC 5891 section 5.4: an A-label is valid Punycode', 'xn--a.test'),
  bad('with an empty label', 'RFC 1035 section 2.3.1: no label is empty', 'a..test'),
  bad('with a label that is too long', 'RFC 1035 section 2.3.4: a label has up to 63 octets', `${'a'.repeat(64)}.test`),
  bad(
    'with a name that is too long',
    'RFC 1035 section 2.3.4: a name has up to 255 octets',
    `${'abcdefg.'.repeat(32)}test`,
  ),
  bad('with an IPv6 address without brackets', 'RFC 3986 section 3.2.2: brackets tell address from port', '::1'),
  bad('with a bracket that is not closed', 'RFC 3986 section 3.2.2: a bracket has two sides', '[::1'),
  bad('with something behind the bracket', 'RFC 3986 section 3.2.2: only a port stands behind a bracket', '[::1]a'),
  bad('with an IPv4 address in brackets', 'RFC 3986 section 3.2.2: brackets are for IPv6', '[127.0.0.1]'),
  bad('with an address of a future version', 'RFC 3986 section 3.2.2: no IPvFuture is known', '[v1.a]'),
  bad('with an IPv4 address in hexadecimal', 'RFC 3986 section 7.4: one spelling of an IPv4 address', '0x7f.0.0.1'),
  bad('with an IPv4 address of three parts', 'RFC 3986 section 7.4: four octets', '127.0.1'),
  bad('with a port that is no number', 'RFC 9110 section 7.2: the port is a number', 'a.test:x'),
  bad('with a port that is too great', 'RFC 9293 section 3.1: 65535 is the last port', 'a.test:70000'),
  bad('with an empty port', 'RFC 9110 section 4.2.3: an empty port is left out', 'a.test:'),
  bad('with two ports', 'RFC 3986 section 3.2: one port', 'a.test:80:80'),
  {
    name: 'that contradict a whole URL: the URL decides',
    rule: 'RFC 9112 section 3.2.2: Host is ignored where the target has an authority',
    input: message('GET http://b.test/x HTTP/1.1', ['Host: a.test']),
    answers: OK,
    end: 'kept',
    code: undefined,
    serves: ['GET b.test http://b.test/x ""'],
  },
];

function bad(name: string, rule: string, host: string): BadRequest {
  return refused(name, rule, 'BAD_HOST', message(GET, [`Host: ${host}`]));
}
