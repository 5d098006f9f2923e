import type { ProxyCase } from '../support/proxy-case.ts';
import { get, LAST_OK, message, OK, post, seen } from '../support/proxy-case.ts';

/** Requests that are odd but valid: they pass, and go on in the one form that nobody can misread. */
export const oddRequests: readonly ProxyCase[] = [
  odd('blanks around a length', 'RFC 9110 section 5.5: blanks around a value are not part of it', {
    input: `${post('Content-Length: \t 5 \t')}hello`,
    forwards: [seen('POST /', 'hello')],
    emits: 'POST / HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 5\r\nVia: 1.1 test-proxy\r\n\r\nhello',
  }),
  odd('a length with leading zeros', 'RFC 9110 section 8.6: digits, however many zeros in front', {
    input: `${post('Content-Length: 005')}hello`,
    forwards: [seen('POST /', 'hello')],
  }),
  odd('a coding in upper case', 'RFC 9112 section 7: codings have no case', {
    input: `${post('TRANSFER-encoding: CHUNKED')}5\r\nhello\r\n0\r\n\r\n`,
    forwards: [seen('POST /', 'hello')],
    emits: 'POST / HTTP/1.1\r\nHost: origin.test\r\nVia: 1.1 test-proxy\r\nContent-Length: 5\r\n\r\nhello',
  }),
  odd('a coding behind a tab', 'RFC 9110 section 5.6.3: a tab is a blank', {
    input: `${post('Transfer-Encoding:\tchunked')}5\r\nhello\r\n0\r\n\r\n`,
    forwards: [seen('POST /', 'hello')],
  }),
  odd('chunk sizes with zeros in front', 'RFC 9112 section 7.1: a size may have zeros in front', {
    input: `${post('Transfer-Encoding: chunked')}0005\r\nhello\r\n000\r\n\r\n`,
    forwards: [seen('POST /', 'hello')],
  }),
  odd('chunk sizes in either case', 'RFC 9112 section 7.1: hexadecimal digits have no case', {
    input: `${post('Transfer-Encoding: chunked')}a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n`,
    forwards: [seen('POST /', '01234567890123456789a')],
  }),
  odd('extensions of every kind', 'RFC 9112 section 7.1.1: extensions are ignored, and not forwarded', {
    input: `${post('Transfer-Encoding: chunked')}5;a\r\nhello\r\n2 ; b="c;d" ;e=f\r\n, \r\n5;\r\nworld\r\n0;last\r\n\r\n`,
    forwards: [seen('POST /', 'hello, world')],
    emits: 'POST / HTTP/1.1\r\nHost: origin.test\r\nVia: 1.1 test-proxy\r\nContent-Length: 12\r\n\r\nhello, world',
  }),
  odd('a quoted extension with an escaped quote', 'RFC 9110 section 5.6.4: a quote may be escaped', {
    input: `${post('Transfer-Encoding: chunked')}5;a="\\"0\\""\r\nhello\r\n0\r\n\r\n`,
    forwards: [seen('POST /', 'hello')],
  }),
  odd('trailers', 'RFC 9112 section 7.1.2: trailers may be forwarded', {
    input: `${post('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`,
    forwards: [{ ...seen('POST /', 'hello'), trailers: ['X-Sum: 1'] }],
  }),
  odd('trailers that are for one hop', 'RFC 9110 section 7.6.1: a named trailer is removed too', {
    input: `${post('Connection: X-Hop', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nX-Sum: 1\r\nx-hop: 2\r\nConnection: x\r\nTE: y\r\n\r\n`,
    forwards: [{ ...seen('POST /', 'hello'), trailers: ['X-Sum: 1'] }],
  }),
  odd(
    'trailers that have no place behind the content',
    'RFC 9110 section 6.5.1: what routes or authenticates is no trailer',
    {
      input: `${post('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\nAuthorization: x\r\nX-Sum: 1\r\nX-Forwarded-For: 127.0.0.1\r\nCookie: a\r\n\r\n`,
      forwards: [{ ...seen('POST /', 'hello'), trailers: ['X-Sum: 1'] }],
    },
  ),
  odd('chunks in a GET', 'RFC 9110 section 9.3.1: content in a GET means nothing, but is framed', {
    input: `${get('Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
    forwards: [seen('GET /', 'hello')],
  }),
  odd('a length in a GET', 'RFC 9110 section 9.3.1: so is content of a stated length', {
    input: `${get('Content-Length: 5')}hello`,
    forwards: [seen('GET /', 'hello')],
  }),
  odd('no content in chunks', 'RFC 9112 section 7.1: a body of the last chunk alone', {
    input: `${post('Transfer-Encoding: chunked')}0\r\n\r\n`,
    forwards: [seen('POST /')],
  }),
  odd('an empty line in front', 'RFC 9112 section 2.2: an empty line in front is ignored', {
    input: `\r\n${get()}`,
    forwards: [seen('GET /')],
    emits: 'GET / HTTP/1.1\r\nHost: origin.test\r\nVia: 1.1 test-proxy\r\n\r\n',
  }),
  odd('an empty line between two requests', 'RFC 9112 section 2.2: and between two requests', {
    input: `${post('Content-Length: 5')}hello\r\n${get()}`,
    answers: OK + OK,
    forwards: [seen('POST /', 'hello'), seen('GET /')],
  }),
  odd('three requests at once', 'RFC 9112 section 9.3.2: pipelined requests are forwarded one by one', {
    input: get('A: 1') + get('A: 2') + get('A: 3'),
    answers: OK + OK + OK,
    forwards: [seen('GET /', '', 'A: 1'), seen('GET /', '', 'A: 2'), seen('GET /', '', 'A: 3')],
  }),
  odd('requests of each framing at once', 'RFC 9112 section 6: each request ends by its own framing', {
    input: `${post('Content-Length: 2')}ab${post('Transfer-Encoding: chunked')}2\r\ncd\r\n0\r\n\r\n${get()}`,
    answers: OK + OK + OK,
    forwards: [seen('POST /', 'ab'), seen('POST /', 'cd'), seen('GET /')],
  }),
  odd('a Connection that names what frames the message', 'RFC 9110 section 7.6.1: a client can not unframe a message', {
    input: `${post('Connection: Content-Length, Host, Transfer-Encoding', 'Content-Length: 5')}hello`,
    forwards: [seen('POST /', 'hello')],
    emits: 'POST / HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 5\r\nVia: 1.1 test-proxy\r\n\r\nhello',
  }),
  odd('a Connection that names a field of another', 'RFC 9110 section 7.6.1: named fields are removed', {
    input: get('X-A: 1', 'Connection: x-a, , "x-b"', 'X-B: 2', 'X-C: 3'),
    forwards: [seen('GET /', '', 'X-B: 2', 'X-C: 3')],
  }),
  odd('fields that older proxies speak', 'RFC 9110 section 7.6.1: what is known to be for one hop is removed', {
    input: get('Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'TE: gzip', 'X: 1'),
    forwards: [seen('GET /', '', 'X: 1')],
  }),
  odd('an empty field', 'RFC 9110 section 5.5: a value may be empty', {
    input: get('X:', 'Y: \t '),
    forwards: [seen('GET /', '', 'X: ', 'Y: ')],
  }),
  odd('a field in octets beyond ASCII', 'RFC 9110 section 5.5: obs-text is opaque', {
    input: get('X: \xff\x80\xe4'),
    forwards: [seen('GET /', '', 'X: \xff\x80\xe4')],
  }),
  odd('a field of every strange character', 'RFC 9110 section 5.6.2: every character of a token', {
    input: get("!#$%&'*+-.^_`|~09azAZ: 1"),
    forwards: [seen('GET /', '', "!#$%&'*+-.^_`|~09azAZ: 1")],
  }),
  odd('a method that nobody knows', 'RFC 9110 section 9.1: unknown methods are forwarded', {
    input: message('PROPFIND @/ HTTP/1.1'),
    forwards: [seen('PROPFIND /')],
  }),
  odd('a path of escapes and double slashes', 'RFC 9110 section 4.2.3: a path is forwarded as it came', {
    input: message('GET @//a%2f%41//b;c=d?e=%20&f HTTP/1.1'),
    forwards: [seen('GET //a%2f%41//b;c=d?e=%20&f')],
  }),
  odd('HTTP/1.0', 'RFC 9110 section 2.5: the next hop is spoken to in the version of the proxy', {
    input: message('GET @/ HTTP/1.0'),
    answers: LAST_OK,
    end: 'closed',
    forwards: [{ line: 'GET /', fields: ['Host: origin.test', 'Via: 1.0 test-proxy'], content: '' }],
    emits: 'GET / HTTP/1.1\r\nHost: origin.test\r\nVia: 1.0 test-proxy\r\n\r\n',
  }),
  odd('HTTP/1.0 that keeps its connection and has content', 'RFC 9112 section 9.3: a length keeps HTTP/1.0 in step', {
    input: `${message('POST @/ HTTP/1.0', 'Connection: Keep-Alive', 'Content-Length: 5')}hello`,
    answers: OK.replace('\r\n\r\n', '\r\nConnection: keep-alive\r\n\r\n'),
    forwards: [{ line: 'POST /', fields: ['Host: origin.test', 'Via: 1.0 test-proxy'], content: 'hello' }],
  }),
];

type Parts = Pick<ProxyCase, 'input'> & Partial<ProxyCase>;

function odd(name: string, rule: string, parts: Parts): ProxyCase {
  return { name, rule, answers: OK, end: 'kept', ...parts };
}
