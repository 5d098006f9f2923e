import { exchangeRow, h1Refusal, h1Request, h2Request } from '../exchange-rows.ts';
import type { FrameLines } from '../h2-script.ts';
import type { TranslationRow } from '../translation-row.ts';

const RESET = { h2: ['RST_STREAM PROTOCOL_ERROR'] };

/** A request of HTTP/2 that would say something else in HTTP/1.1: a stream error, and nothing reaches the origin. */
function refuses(rule: string, sends: FrameLines): TranslationRow {
  return exchangeRow({ rule, sends: { h2: sends }, refused: RESET });
}

/** The same, of a field beside a request that is fine. */
function refusesField(rule: string, ...fields: readonly string[]): TranslationRow {
  return refuses(rule, [...h2Request('POST /', ...fields), 'DATA "hello" END']);
}

/** The same, of pseudo-header fields. */
function refusesHead(
  rule: string,
  method: string,
  path: string,
  authority = 'origin.test',
  scheme = 'http',
): TranslationRow {
  const pseudo = [`:method: ${method}`, `:scheme: ${scheme}`, `:authority: ${authority}`, `:path: ${path}`];
  return refuses(rule, ['HEADERS END', ...pseudo]);
}

/** A request of HTTP/1.1 that has no meaning, or two. */
function refusesH1(rule: string, sends: string): TranslationRow {
  return exchangeRow({
    rule: `by HTTP/1.1: ${rule}`,
    sends: { h1: sends },
    refused: { h1: h1Refusal('400 Bad Request') },
    ended: { h1: { client: 'ended' } },
  });
}

/** What would smuggle something past a proxy is refused, and nothing of it reaches an origin. */
export const refusalRows: readonly TranslationRow[] = [
  // ---- fields of HTTP/2 that would end a line or a message of HTTP/1.1
  refusesField('a CR and LF in a value (RFC 9113 section 8.2.1)', 'a: 1\r\nhost: evil.test'),
  refusesField('a LF in a value (RFC 9113 section 8.2.1)', 'a: 1\nb: 2'),
  refusesField('a CR in a value (RFC 9113 section 8.2.1)', 'a: 1\rb: 2'),
  refusesField('a NUL in a value (RFC 9113 section 8.2.1)', 'a: 1\x002'),
  refusesField('another control character in a value (RFC 9110 section 5.5)', 'a: 1\x7f'),
  refusesField('a blank in front of a value (RFC 9113 section 8.2.1)', 'a:  1'),
  refusesField('a tab behind a value (RFC 9113 section 8.2.1)', 'a: 1\t'),
  refusesField('a colon in a name (RFC 9113 section 8.2.1)', 'a:b: 1'),
  refusesField('a blank in a name (RFC 9113 section 8.2.1)', 'a b: 1'),
  refusesField('a blank behind a name (RFC 9112 section 5.1)', 'transfer-encoding : chunked'),
  refusesField('a CR and LF in a name (RFC 9113 section 8.2.1)', 'a\r\nb: 1'),
  refusesField('a NUL in a name (RFC 9113 section 8.2.1)', 'a\x00: 1'),
  refusesField('a name in capitals (RFC 9113 section 8.2.1)', 'Transfer-Encoding: chunked'),
  refusesField('a byte beyond ASCII in a name (RFC 9113 section 8.2.1)', 'a\xe4: 1'),
  refusesField(
    'a CR and LF in a crumb of a cookie (RFC 9113 sections 8.2.1 and 8.2.3)',
    'cookie: a=1',
    'cookie: b\r\nc: d',
  ),
  // ---- fields that frame a message, or belong to a connection
  refusesField('Transfer-Encoding (RFC 9113 section 8.2.2)', 'transfer-encoding: chunked'),
  refusesField(
    'Transfer-Encoding beside a length (RFC 9113 section 8.2.2)',
    'transfer-encoding: chunked',
    'content-length: 5',
  ),
  refusesField('Connection (RFC 9113 section 8.2.2)', 'connection: x-secret', 'x-secret: 1'),
  refusesField('Keep-Alive (RFC 9113 section 8.2.2)', 'keep-alive: timeout=5'),
  refusesField('Proxy-Connection (RFC 9113 section 8.2.2)', 'proxy-connection: close'),
  refusesField('Upgrade (RFC 9113 section 8.2.2)', 'upgrade: websocket'),
  refusesField('TE that says more than trailers (RFC 9113 section 8.2.2)', 'te: trailers, gzip'),
  refusesField('two lengths (RFC 9110 section 8.6)', 'content-length: 5', 'content-length: 6'),
  refusesField('a list of lengths (RFC 9110 section 8.6)', 'content-length: 5, 5'),
  refusesField('a length with a sign (RFC 9110 section 8.6)', 'content-length: +5'),
  refusesField('a length in hexadecimal digits (RFC 9110 section 8.6)', 'content-length: 0x5'),
  refusesField('an empty length (RFC 9110 section 8.6)', 'content-length: '),
  refusesField('a length beyond all numbers (RFC 9110 section 8.6)', 'content-length: 18446744073709551621'),
  refuses('a length where the stream has ended with the head (RFC 9113 section 8.1.1)', [
    'HEADERS END',
    ...h2Request('POST /', 'content-length: 5').slice(1),
  ]),
  // ---- the line of a request
  refusesHead(
    'a method with a whole request in it (RFC 9110 section 9.1)',
    'GET / HTTP/1.1\r\nhost: evil.test\r\n\r\nGET',
    '/',
  ),
  refusesHead('a method with a blank (RFC 9110 section 9.1)', 'GET /admin', '/'),
  refusesHead('an empty method (RFC 9113 section 8.3.1)', '', '/'),
  refusesHead(
    'a path with a whole request in it (RFC 9113 section 8.3.1)',
    'GET',
    '/ HTTP/1.1\r\nhost: evil.test\r\n\r\n',
  ),
  refusesHead('a path with a blank (RFC 9112 section 3.2)', 'GET', '/a b'),
  refusesHead('a path with a line end (RFC 9112 section 3.2)', 'GET', '/a\nb'),
  refusesHead('a path with a NUL (RFC 9112 section 3.2)', 'GET', '/a\x00b'),
  refusesHead('a path with a fragment (RFC 9113 section 8.3.1)', 'GET', '/a#b'),
  refusesHead('a path with bytes beyond ASCII (RFC 3986 section 2)', 'GET', '/\xe4'),
  refusesHead('an empty path (RFC 9113 section 8.3.1)', 'GET', ''),
  refusesHead('a path that is a URL (RFC 9113 section 8.3.1)', 'GET', 'http://evil.test/'),
  refusesHead('a path without a slash in front (RFC 9113 section 8.3.1)', 'GET', 'a'),
  refusesHead('* for another method than OPTIONS (RFC 9113 section 8.3.1)', 'GET', '*'),
  refusesHead('an :authority with a path (RFC 9113 section 8.3.1)', 'GET', '/', 'origin.test/evil'),
  refusesHead('an :authority with a user (RFC 9113 section 8.3.1)', 'GET', '/', 'user@origin.test'),
  refusesHead('an :authority with a line end (RFC 9113 section 8.3.1)', 'GET', '/', 'origin.test\r\nx: y'),
  refusesHead('an :authority with a blank (RFC 9113 section 8.3.1)', 'GET', '/', 'origin.test evil'),
  refusesHead('two hosts in an :authority (RFC 9113 section 8.3.1)', 'GET', '/', 'origin.test,evil.test'),
  refusesHead('a port that is none (RFC 9113 section 8.3.1)', 'GET', '/', 'origin.test:http'),
  refusesHead(
    'a scheme with what is none in it (RFC 9113 section 8.3.1)',
    'GET',
    '/',
    'origin.test',
    'http://evil.test/?',
  ),
  refuses('a Host that contradicts :authority (RFC 9113 section 8.3.1)', [
    'HEADERS END',
    ...h2Request('GET /', 'host: evil.test').slice(1),
  ]),
  refuses('two Hosts (RFC 9112 section 3.2)', [
    'HEADERS END',
    ':method: GET',
    ':scheme: http',
    ':path: /',
    'host: a.test',
    'host: b.test',
  ]),
  refuses('no host at all (RFC 9113 section 8.3.1)', ['HEADERS END', ':method: GET', ':scheme: http', ':path: /']),
  refuses('a pseudo-header field twice (RFC 9113 section 8.3)', [
    'HEADERS END',
    ...h2Request('GET /').slice(1),
    ':path: /b',
  ]),
  refuses('a pseudo-header field behind others (RFC 9113 section 8.3)', [
    'HEADERS END',
    ':method: GET',
    ':scheme: http',
    ':authority: a.test',
    'a: 1',
    ':path: /',
  ]),
  refuses('a pseudo-header field of responses (RFC 9113 section 8.3)', [
    'HEADERS END',
    ...h2Request('GET /', ':status: 200').slice(1),
  ]),
  refuses('a pseudo-header field that nobody knows (RFC 9113 section 8.3)', [
    'HEADERS END',
    ...h2Request('GET /', ':x: 1').slice(1),
  ]),
  refuses('no :path (RFC 9113 section 8.3.1)', ['HEADERS END', ':method: GET', ':scheme: http', ':authority: a.test']),
  refuses('CONNECT with a path (RFC 9113 section 8.5)', ['HEADERS END', ...h2Request('CONNECT /').slice(1)]),
  // ---- the same by HTTP/1.1
  refusesH1(
    'a length and chunks (RFC 9112 section 6.3)',
    `${h1Request('POST /', 'content-length: 5', 'transfer-encoding: chunked')}0\r\n\r\n`,
  ),
  refusesH1(
    'two lengths (RFC 9112 section 6.3)',
    `${h1Request('POST /', 'content-length: 5', 'content-length: 6')}hello`,
  ),
  refusesH1('a blank behind a name (RFC 9112 section 5.1)', `${h1Request('POST /', 'content-length : 5')}hello`),
  refusesH1('a NUL in a value (RFC 9110 section 5.5)', h1Request('GET /', 'a: 1\x00')),
  refusesH1('a CR in a value (RFC 9112 section 2.2)', h1Request('GET /', 'a: 1\rb: 2')),
  refusesH1('a folded line (RFC 9112 section 5.2)', h1Request('GET /', 'a: 1', ' b: 2')),
  refusesH1('a pseudo-header field (RFC 9113 section 8.3)', h1Request('GET /', ':path: /admin')),
  refusesH1('a blank in the target (RFC 9112 section 3.2)', h1Request('GET /a b')),
  refusesH1('a user in the target (RFC 9110 section 4.2.4)', h1Request('GET http://user@origin.test/')),
  refusesH1('no Host (RFC 9112 section 3.2)', 'GET / HTTP/1.1\r\n\r\n'),
  refusesH1('two Hosts (RFC 9112 section 3.2)', h1Request('GET /', 'host: evil.test')),
  refusesH1('a Host with a path (RFC 9112 section 3.2)', 'GET / HTTP/1.1\r\nhost: origin.test/evil\r\n\r\n'),
];
