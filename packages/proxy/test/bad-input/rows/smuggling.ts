import type { ProxyCase } from '../support/proxy-case.ts';
import { BAD_REQUEST, get, message, OK, post, refused, seen } from '../support/proxy-case.ts';

const HIDDEN = 'GET @/hidden HTTP/1.1\r\nHost: origin.test\r\n\r\n';

/** Ways to make a proxy and an origin disagree about where a request ends. */
export const smuggling: readonly ProxyCase[] = [
  refused(
    'a length, then chunks (CL.TE)',
    'RFC 9112 section 6.3: an intermediary never passes both on',
    `${post('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`,
  ),
  refused(
    'chunks, then a length (TE.CL)',
    'RFC 9112 section 6.3: whichever comes first',
    `${post('Transfer-Encoding: chunked', 'Content-Length: 4')}2e\r\n${HIDDEN}\r\n0\r\n\r\n`,
  ),
  refused(
    'a length of 0 beside chunks (TE.0)',
    'RFC 9112 section 6.3: a length of 0 is a length',
    `${get('Content-Length: 0', 'Transfer-Encoding: chunked')}${HIDDEN}`,
  ),
  refused(
    'two codings of which one is hidden (TE.TE)',
    'RFC 9112 section 6.1: a coding that one recipient knows and another does not',
    `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: x')}0\r\n\r\n${HIDDEN}`,
  ),
  refused(
    'two lengths (CL.CL)',
    'RFC 9112 section 6.3: lengths are never merged on the way',
    `${post('Content-Length: 0', 'Content-Length: 44')}${HIDDEN}`,
  ),
  refused(
    'a coding with a blank in front of its colon',
    'RFC 9112 section 5.1: whitespace in front of a colon has made proxies blind',
    `${post('Content-Length: 4', 'Transfer-Encoding : chunked')}0\r\n\r\n`,
  ),
  refused(
    'a coding on a folded line',
    'RFC 9112 section 5.2: a folded line is not forwarded',
    `${post('X: y', ' Transfer-Encoding: chunked', 'Content-Length: 4')}0\r\n\r\n`,
  ),
  refused(
    'a coding whose value is folded',
    'RFC 9112 section 5.2: a folded coding is not forwarded',
    `${post('Transfer-Encoding:', ' chunked')}0\r\n\r\n`,
  ),
  refused(
    'a coding behind a bare CR',
    'RFC 9112 section 2.2: a bare CR is not forwarded',
    `${post('X: y\rTransfer-Encoding: chunked', 'Content-Length: 4')}0\r\n\r\n`,
  ),
  refused(
    'a coding behind a bare LF',
    'RFC 9112 section 2.2: a bare LF is not forwarded',
    `${post('X: y\nTransfer-Encoding: chunked', 'Content-Length: 4')}0\r\n\r\n`,
  ),
  refused(
    'a coding behind a NUL',
    'RFC 9110 section 5.5: a NUL is not forwarded',
    `${post('X: y\0Transfer-Encoding: chunked')}0\r\n\r\n`,
  ),
  refused(
    'a coding with a vertical tab',
    'RFC 9110 section 5.5: a vertical tab is not forwarded',
    `${post('Transfer-Encoding:\x0bchunked', 'Content-Length: 4')}0\r\n\r\n`,
  ),
  refused(
    'a coding in quotes',
    'RFC 9112 section 7: a quoted coding is not forwarded',
    `${post("Transfer-Encoding: 'chunked'")}0\r\n\r\n`,
  ),
  refused(
    'a name with a suffix of control characters',
    'RFC 9110 section 5.1: a name that some would trim is not forwarded',
    `${post('Transfer-Encoding\x08: chunked', 'Content-Length: 4')}0\r\n\r\n`,
  ),
  refused(
    'a line without a colon between fields',
    'RFC 9112 section 5: a line that some would skip is not forwarded',
    `${post('garbage', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ),
  refused(
    'chunks in HTTP/1.0',
    'RFC 9112 section 6.1: a coding that HTTP/1.0 does not know is not forwarded',
    `${message('POST @/ HTTP/1.0', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ),
  refused(
    'a chunk size that overflows to 0',
    'RFC 9112 section 7.1: a size that wraps is not forwarded',
    `${post('Transfer-Encoding: chunked')}10000000000000000\r\n${HIDDEN}`,
  ),
  refused(
    'a chunk size that others read as 0',
    'RFC 9112 section 7.1: a prefix of a size is no size',
    `${post('Transfer-Encoding: chunked')}0x2e\r\n${HIDDEN}\r\n0\r\n\r\n`,
  ),
  refused(
    'a chunk extension that ends in LF (TERM.EXT)',
    'RFC 9112 section 7.1.1: an extension that others end elsewhere is not forwarded',
    `${post('Transfer-Encoding: chunked')}2;\nxx\r\n4c\r\n0\r\n\r\n${HIDDEN}`,
  ),
  refused(
    'a chunk size that ends in LF',
    'RFC 9112 section 7.1: CRLF behind every size that is forwarded',
    `${post('Transfer-Encoding: chunked')}1\nx\r\n0\r\n\r\n`,
  ),
  refused(
    'chunk data that ends in two other bytes (TERM.SPILL)',
    'RFC 9112 section 7.1: data that spills is not forwarded',
    `${post('Transfer-Encoding: chunked')}5\r\nAAAAAXX2e\r\n${HIDDEN}\r\n0\r\n\r\n`,
  ),
  refused(
    'a request where a trailer should be',
    'RFC 9112 section 7.1.2: what is no trailer is not forwarded as one',
    `${post('Transfer-Encoding: chunked')}0\r\n${HIDDEN}`,
  ),
  refused(
    'a length in the trailers',
    'RFC 9110 section 6.5.1: trailers that frame are not forwarded',
    `${post('Transfer-Encoding: chunked')}0\r\nContent-Length: 44\r\n\r\n${HIDDEN}`,
  ),
  refused(
    'extensions without end',
    'RFC 9112 section 7.1.1: a flood of extensions ends at the proxy',
    `${post('Transfer-Encoding: chunked')}5;${'a=b;'.repeat(300)}`,
  ),
  refused(
    'two Host fields',
    'RFC 9112 section 3.2: two hosts are not forwarded',
    message('GET @/ HTTP/1.1', 'Host: other.test'),
  ),
  refused(
    'an upgrade with two framings',
    'RFC 9110 section 7.8: an upgrade is framed like any request',
    `${post('Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  ),
  {
    name: 'a request in the content of another',
    rule: 'RFC 9112 section 6.2: content stays content',
    input: `${post('Content-Length: 44')}GET /hidden HTTP/1.1\r\nHost: origin.test\r\n\r\nX`,
    answers: OK,
    end: 'kept',
    forwards: [seen('POST /', 'GET /hidden HTTP/1.1\r\nHost: origin.test\r\n\r\nX')],
    emits:
      'POST / HTTP/1.1\r\nHost: origin.test\r\nContent-Length: 44\r\nVia: 1.1 test-proxy\r\n\r\n' +
      'GET /hidden HTTP/1.1\r\nHost: origin.test\r\n\r\nX',
  },
  {
    name: 'an upgrade with content that looks like a request',
    rule: 'RFC 9110 section 7.8: content of an upgrade is content on the next hop too',
    input: `${post('Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 43')}GET /hidden HTTP/1.1\r\nHost: origin.test\r\n\r\n`,
    answers: OK,
    end: 'kept',
    forwards: [
      seen('POST /', 'GET /hidden HTTP/1.1\r\nHost: origin.test\r\n\r\n', 'Upgrade: websocket', 'Connection: Upgrade'),
    ],
  },
  {
    name: 'an upgrade to another HTTP, and a request behind it',
    rule: 'RFC 9110 section 7.8: an upgrade for one hop ends at that hop',
    input: get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk') + get(),
    answers: OK + OK,
    end: 'kept',
    forwards: [seen('GET /'), seen('GET /')],
  },
  {
    name: 'an upgrade that its Connection does not name',
    rule: 'RFC 9110 section 7.8: Upgrade counts only beside Connection',
    input: get('Upgrade: websocket'),
    answers: OK,
    end: 'kept',
    forwards: [seen('GET /')],
    emits: 'GET / HTTP/1.1\r\nHost: origin.test\r\nVia: 1.1 test-proxy\r\n\r\n',
  },
  {
    name: 'an upgrade in HTTP/1.0',
    rule: 'RFC 9110 section 7.8: Upgrade is ignored in HTTP/1.0',
    input: message('GET @/ HTTP/1.0', 'Connection: Upgrade, keep-alive', 'Upgrade: websocket'),
    answers: OK.replace('\r\n\r\n', '\r\nConnection: keep-alive\r\n\r\n'),
    end: 'kept',
    forwards: [{ line: 'GET /', fields: ['Host: origin.test', 'Via: 1.0 test-proxy'], content: '' }],
  },
  {
    name: 'content that nobody announced',
    rule: 'RFC 9112 section 6.3: without framing there is no content to forward',
    input: `${get()}name=value\r\n\r\n`,
    answers: OK + BAD_REQUEST,
    forwards: [seen('GET /')],
  },
  {
    name: 'a request behind one whose chunks fail',
    rule: 'RFC 9112 section 6.3: behind a failure of framing nothing is forwarded',
    input: `${post('Transfer-Encoding: chunked')}z\r\n${HIDDEN}`,
    answers: BAD_REQUEST,
  },
  {
    name: 'a request behind one that says close',
    rule: 'RFC 9112 section 9.6: behind close nothing is forwarded',
    input: `${get('Connection: close')}${HIDDEN}`,
    answers: OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    forwards: [seen('GET /')],
  },
];
