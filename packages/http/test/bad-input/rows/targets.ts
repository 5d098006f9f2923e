import type { BadRequest } from '../support/bad-input.ts';
import { message, refused } from '../support/bad-input.ts';

const FORMS = 'RFC 9112 section 3.2: one of four forms';

/** Targets that are none. */
export const targets: readonly BadRequest[] = [
  bad('with a fragment', 'RFC 9112 section 3.2: no fragment in a target', '/a#b'),
  bad('with a tab', 'RFC 3986 section 2: no tab in a URI', '/a\tb'),
  bad('with a NUL', 'RFC 3986 section 7.3: no NUL in a URI', '/a\0b'),
  bad('with a DEL', 'RFC 3986 section 2: no DEL in a URI', '/a\x7fb'),
  bad('that is not ASCII', 'RFC 3986 section 2.5: octets beyond ASCII are percent-encoded', '/\xc3\xa4'),
  refused(
    'with a blank',
    'RFC 9112 section 3.2: no whitespace in a target',
    'BAD_VERSION',
    message('GET /a b HTTP/1.1', ['Host: a.test']),
  ),
  refused(
    'with a bare CR',
    'RFC 9112 section 2.2: a bare CR is invalid in every element',
    'BAD_VERSION',
    message('GET /a\rb HTTP/1.1', ['Host: a.test']),
  ),
  refused(
    'with a line break that would start a field',
    'RFC 9112 section 3.2: a target ends with its line',
    'BAD_VERSION',
    message('GET /a\r\nX: HTTP/1.1', ['Host: a.test']),
  ),
  bad('that is a path without a slash', 'RFC 9112 section 3.2.1: a path is absolute', 'a/b'),
  bad('that is a query alone', 'RFC 9112 section 3.2.1: a query stands behind a path', '?a=b'),
  bad('of the authority form', 'RFC 9112 section 3.2.3: the authority form is for CONNECT alone', 'a.test:80'),
  bad('of the asterisk form', 'RFC 9112 section 3.2.4: the asterisk form is for OPTIONS alone', '*'),
  refused('that starts with an asterisk', FORMS, 'BAD_TARGET', message('OPTIONS *a HTTP/1.1', ['Host: a.test'])),
  bad('that is a URL without a host', 'RFC 9110 section 4.2.1: an http URI has a host', 'http:///x'),
  bad('that is a URL with one slash', 'RFC 3986 section 3: two slashes in front of an authority', 'http:/a.test/'),
  bad('that is a URL without an authority', 'RFC 9112 section 3.2.2: the absolute form is an http URI', 'urn:a:b'),
  bad('whose scheme starts with a digit', 'RFC 3986 section 3.1: a scheme starts with a letter', '1http://a.test/'),
  bad('whose scheme is empty', 'RFC 3986 section 3.1: a scheme is not empty', '://a.test/'),
  bad('with user information', 'RFC 9110 section 4.2.4: no user information in a target', 'http://u:p@a.test/'),
  bad(
    'whose authority holds a backslash and an @',
    'RFC 3986 section 3.2: an authority ends at a slash, not a backslash',
    'http://a.test\\@b.test/',
  ),
  bad('whose authority holds a backslash', 'RFC 3986 section 3.2.2: no backslash in a host', 'http://a.test\\x/'),
  bad('whose port is no number', 'RFC 3986 section 3.2.3: a port is digits', 'http://a.test:http/'),
  bad('whose port is too great', 'RFC 9293 section 3.1: a port has 16 bits', 'http://a.test:65536/'),
  bad('whose port has a sign', 'RFC 3986 section 3.2.3: a port has no sign', 'http://a.test:+80/'),
  bad('whose port has leading zeros', 'RFC 3986 section 6.2.3: one port, one way to write it', 'http://a.test:080/'),
  bad('whose port is empty', 'RFC 3986 section 3.2.3: a colon without a port is left out', 'http://a.test:/'),
  bad('whose host is percent-encoded', 'RFC 9110 section 4.2.3: a host is not written in escapes', 'http://%61.test/'),
  bad('whose IPv6 address has no brackets', 'RFC 3986 section 3.2.2: an IPv6 address is bracketed', 'http://::1/'),
  bad('whose bracket is not closed', 'RFC 3986 section 3.2.2: a bracket is closed', 'http://[::1/'),
  bad('whose bracket holds a name', 'RFC 3986 section 3.2.2: brackets hold an IP literal', 'http://[a.test]/'),
  bad('whose IPv4 address is out of range', 'RFC 3986 section 3.2.2: each octet up to 255', 'http://256.0.0.1/'),
  connect('with a name alone', 'RFC 9112 section 3.2.3: CONNECT names a port', 'a.test'),
  connect('with a port alone', 'RFC 9112 section 3.2.3: CONNECT names a host', ':443'),
  connect('with a path', 'RFC 9112 section 3.2.3: CONNECT takes no path', '/'),
  connect('with a URL', 'RFC 9112 section 3.2.3: CONNECT takes no URL', 'http://a.test:443/'),
  connect('with user information', 'RFC 9112 section 3.2.3: CONNECT takes no user information', 'u@a.test:443'),
  connect('with an asterisk', 'RFC 9110 section 9.3.6: CONNECT is not for the server as a whole', '*'),
  connect('with a list of authorities', 'RFC 9110 section 9.3.6: one destination', 'a.test:443,b.test:443'),
];

function bad(name: string, rule: string, target: string): BadRequest {
  return refused(name, rule, 'BAD_TARGET', message(`GET ${target} HTTP/1.1`, ['Host: a.test']));
}

function connect(name: string, rule: string, target: string): BadRequest {
  return refused(`of CONNECT ${name}`, rule, 'BAD_TARGET', message(`CONNECT ${target} HTTP/1.1`, ['Host: a.test']));
}
