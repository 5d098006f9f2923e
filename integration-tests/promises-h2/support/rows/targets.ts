import { endStream, exchangeRow, gatewayAnswer, h1Request, h2Request, ownAnswer } from '../exchange-rows.ts';
import type { TranslationRow } from '../translation-row.ts';

/** What becomes of method, scheme, host and path. */
export const targetRows: readonly TranslationRow[] = [
  ...[
    ['path and query go on as they are (RFC 9113 section 8.3.1)', 'GET /a/b;c?d=e&f'],
    ['an empty query is not the same as none (RFC 3986 section 3.4)', 'GET /a?'],
    ['nothing is decoded or encoded on the way (RFC 9110 section 4.2.3)', 'GET /%41%2f%zz~?%20+%2B'],
    ['slashes are not put together (RFC 3986 section 6)', 'GET //a///b/'],
    ['what a URI should have encoded is left as it came (RFC 9112 section 3.2)', 'GET /"<>^`{|}?[\\]'],
    ['a method that nobody knows goes on (RFC 9110 section 9.1)', 'M-SEARCH /a'],
    ['a method is never put into capitals (RFC 9110 section 9.1)', 'get /a'],
  ].map(([rule = '', line = '']) =>
    exchangeRow({
      rule,
      sends: { h1: h1Request(line), h2: endStream(h2Request(line)) },
      reaches: { h1: h1Request(line, 'Via: @v p'), h2: endStream(h2Request(line, 'via: @v p')) },
    }),
  ),
  // ---- the absolute form
  ...[
    ['GET http://origin.test/a?b', 'GET /a?b', 'a whole URL is taken apart (RFC 9112 section 3.2.2)'],
    ['GET http://origin.test', 'GET /', 'a whole URL without a path is one for / (RFC 9110 section 4.2.3)'],
    ['GET http://origin.test?a', 'GET /?a', 'a query without a path is one of / (RFC 9112 section 3.2.1)'],
    ['GET HTTP://origin.test/a', 'GET /a', 'the scheme may be in capitals (RFC 3986 section 3.1)'],
    [
      'OPTIONS http://origin.test',
      'OPTIONS *',
      'OPTIONS for a URL without a path is one for * (RFC 9112 section 3.2.4)',
    ],
    ['OPTIONS http://origin.test/', 'OPTIONS /', 'OPTIONS for / is not one for * (RFC 9112 section 3.2.4)'],
  ].map(([sent = '', got = '', rule = '']) =>
    exchangeRow({
      rule,
      sends: { h1: h1Request(sent) },
      reaches: { h1: h1Request(got, 'Via: @v p'), h2: endStream(h2Request(got, 'via: @v p')) },
    }),
  ),
  exchangeRow({
    rule: 'the host of a whole URL counts, and not what Host says (RFC 9112 section 3.2.2)',
    sends: { h1: 'GET http://origin.test/ HTTP/1.1\r\nhost: evil.test\r\n\r\n' },
    reaches: { h1: h1Request('GET /', 'Via: @v p'), h2: endStream(h2Request('GET /', 'via: @v p')) },
  }),
  exchangeRow({
    rule: 'OPTIONS * stays that (RFC 9113 section 8.3.1)',
    sends: { h1: h1Request('OPTIONS *'), h2: endStream(h2Request('OPTIONS *')) },
    reaches: { h1: h1Request('OPTIONS *', 'Via: @v p'), h2: endStream(h2Request('OPTIONS *', 'via: @v p')) },
  }),
  // ---- the host
  ...[
    ['site.test:8080', 'Host and :authority carry the port (RFC 9113 section 8.3.1)'],
    ['site.test:80', 'not even the usual port is taken away (RFC 9110 section 4.2.3)'],
    ['[2001:db8::1]:8080', 'brackets of an IPv6 address stay (RFC 3986 section 3.2.2)'],
    ['192.0.2.1', 'an address is a host (RFC 3986 section 3.2.2)'],
    ['SiTe.test', 'a host stays as it was written (RFC 9110 section 4.2.3)'],
    ['other.test', 'the host that the client asked for is told to the origin, wherever that is (RFC 9110 section 7.2)'],
  ].map(([host = '', rule = '']) =>
    exchangeRow({
      rule,
      sends: { h1: withHost(h1Request('GET /'), host), h2: authority(endStream(h2Request('GET /')), host) },
      reaches: {
        h1: withHost(h1Request('GET /', 'Via: @v p'), host),
        h2: authority(endStream(h2Request('GET /', 'via: @v p')), host),
      },
    }),
  ),
  exchangeRow({
    rule: 'Host takes the place of an :authority that is not there (RFC 9113 section 8.3.1)',
    sends: { h2: ['HEADERS END', ':method: GET', ':scheme: http', ':path: /', 'a: 1', 'host: site.test'] },
    reaches: {
      h1: withHost(h1Request('GET /', 'a: 1', 'Via: @v p'), 'site.test'),
      h2: authority(endStream(h2Request('GET /', 'a: 1', 'via: @v p')), 'site.test'),
    },
  }),
  exchangeRow({
    rule: 'pseudo-header fields may come in any order, and go in ours (RFC 9113 section 8.3)',
    sends: { h2: ['HEADERS END', ':path: /', ':authority: origin.test', ':scheme: HTTP', ':method: GET'] },
    reaches: { h1: h1Request('GET /', 'Via: @v p'), h2: endStream(h2Request('GET /', 'via: @v p')) },
  }),
  exchangeRow({
    rule: 'a request of HTTP/1.0 without Host gets the one that it goes to (RFC 9112 section 3.2)',
    sends: { h1: 'GET / HTTP/1.0\r\na: 1\r\n\r\n' },
    reaches: {
      h1: 'GET / HTTP/1.1\r\nHost: origin.test\r\na: 1\r\nVia: 1.0 p\r\n\r\n',
      h2: endStream(h2Request('GET /', 'a: 1', 'via: 1.0 p')),
    },
  }),
  exchangeRow({
    rule: 'a proxy that does not keep the host says that of the origin (RFC 9110 section 7.2)',
    proxy: { type: 'reverse', keepsHost: false },
    sends: { h1: withHost(h1Request('GET /'), 'site.test'), h2: authority(endStream(h2Request('GET /')), 'site.test') },
    reaches: { h1: h1Request('GET /', 'Via: @v p'), h2: endStream(h2Request('GET /', 'via: @v p')) },
  }),
  exchangeRow({
    rule: 'a route puts its path in front, the query stays (RFC 9110 section 7.6)',
    proxy: { type: 'reverse', routes: [{ path: '/api', to: 'http://origin.test/v1' }] },
    sends: { h1: h1Request('GET /api/a?b'), h2: endStream(h2Request('GET /api/a?b')) },
    reaches: { h1: h1Request('GET /v1/a?b', 'Via: @v p'), h2: endStream(h2Request('GET /v1/a?b', 'via: @v p')) },
  }),
  // ---- what a proxy decides by itself
  exchangeRow({
    rule: 'a host that is not served is answered with 421 (RFC 9110 section 15.5.20)',
    proxy: { type: 'reverse', routes: [{ host: 'site.test', to: 'http://origin.test' }] },
    sends: { h1: h1Request('GET /'), h2: endStream(h2Request('GET /')) },
    refused: ownAnswer('421 Misdirected Request', 'this host is not served here'),
  }),
  exchangeRow({
    rule: 'a scheme that is not served is answered with 421 (RFC 9110 section 7.4)',
    sends: {
      h1: h1Request('GET https://origin.test/'),
      h2: ['HEADERS END', ':method: GET', ':scheme: https', ':authority: origin.test', ':path: /'],
    },
    refused: ownAnswer('421 Misdirected Request', 'the scheme https is not served here'),
  }),
  exchangeRow({
    rule: 'a gateway that is believed may ask for https in clear (RFC 9110 section 7.4)',
    proxy: { type: 'reverse', trustsForwarded: true },
    sends: {
      h1: h1Request('GET https://origin.test/a'),
      h2: ['HEADERS END', ':method: GET', ':scheme: https', ':authority: origin.test', ':path: /a'],
    },
    reaches: { h1: h1Request('GET /a', 'Via: @v p'), h2: endStream(h2Request('GET /a', 'via: @v p')) },
  }),
  exchangeRow({
    rule: 'TRACE is not passed on by a gateway (RFC 9110 section 9.3.8)',
    sends: { h1: h1Request('TRACE /'), h2: endStream(h2Request('TRACE /')) },
    refused: ownAnswer('405 Method Not Allowed', 'TRACE is not passed on', allowed()),
  }),
  exchangeRow({
    rule: 'dot segments are refused, in clear and encoded (RFC 3986 section 5.2.4)',
    sends: { h1: h1Request('GET /a/%2e./b'), h2: endStream(h2Request('GET /a/%2e./b')) },
    refused: ownAnswer('400 Bad Request', 'a path must not have dot segments'),
  }),
  exchangeRow({
    rule: 'a backslash in a path is refused, for browsers read a slash (URL Standard, path state)',
    sends: { h1: h1Request('GET /a\\b'), h2: endStream(h2Request('GET /a\\b')) },
    refused: ownAnswer('400 Bad Request', 'a path must not have backslashes'),
  }),
  exchangeRow({
    rule: 'Max-Forwards of OPTIONS is one less on the next hop (RFC 9110 section 7.6.2)',
    sends: { h1: h1Request('OPTIONS /', 'max-forwards: 2'), h2: endStream(h2Request('OPTIONS /', 'max-forwards: 2')) },
    reaches: {
      h1: h1Request('OPTIONS /', 'max-forwards: 1', 'Via: @v p'),
      h2: endStream(h2Request('OPTIONS /', 'max-forwards: 1', 'via: @v p')),
    },
  }),
  exchangeRow({
    rule: 'the last hop that Max-Forwards allows answers by itself (RFC 9110 section 7.6.2)',
    sends: { h1: h1Request('OPTIONS /', 'max-forwards: 0'), h2: endStream(h2Request('OPTIONS /', 'max-forwards: 0')) },
    refused: {
      h1: `HTTP/1.1 204 No Content\r\n${allowed()}\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\r\n`,
      h2: ['HEADERS END', ':status: 204', allowed().replace('A', 'a'), 'date: Wed, 01 Jan 2020 00:00:00 GMT'],
    },
  }),
  exchangeRow({
    rule: 'a request that has been here before is answered with 508, before it goes round for ever (RFC 9110 section 7.6.3)',
    sends: { h1: h1Request('GET /', 'via: 2 a, 1.1 p'), h2: endStream(h2Request('GET /', 'via: 2 a, 1.1 p')) },
    refused: gatewayAnswer(
      '508 Loop Detected',
      'proxy_loop_detected',
      'the request has come through this proxy before',
    ),
  }),
  // ---- by TLS
  ...[
    exchangeRow({
      rule: 'by TLS, https is the scheme of the connection; the origin gets that of its own (RFC 9113 section 8.3.1)',
      proxy: { type: 'reverse', forwarded: 'forwarded' },
      sends: { h1: h1Request('GET /'), h2: withScheme('https', endStream(h2Request('GET /'))) },
      reaches: {
        h1: h1Request('GET /', 'Forwarded: for=unknown;host="origin.test";proto=https', 'Via: @v p'),
        h2: endStream(h2Request('GET /', 'forwarded: for=unknown;host="origin.test";proto=https', 'via: @v p')),
      },
    }),
    exchangeRow({
      rule: 'by TLS, http is a scheme that is not served (RFC 9110 section 7.4)',
      sends: { h1: h1Request('GET http://origin.test/'), h2: endStream(h2Request('GET /')) },
      refused: ownAnswer('421 Misdirected Request', 'the scheme http is not served here'),
    }),
    exchangeRow({
      rule: 'by TLS, a forward proxy is asked for http all the same (RFC 9110 section 7.6)',
      proxy: { type: 'forward' },
      sends: { h1: h1Request('GET http://origin.test/a'), h2: endStream(h2Request('GET /a')) },
      reaches: { h1: h1Request('GET /a', 'Via: @v p'), h2: endStream(h2Request('GET /a', 'via: @v p')) },
    }),
    exchangeRow({
      rule: 'a scheme that is neither http nor https is no scheme of a forward proxy, by TLS either (RFC 9113 section 8.3.1)',
      proxy: { type: 'forward' },
      sends: { h1: h1Request('GET ftp://origin.test/'), h2: withScheme('ftp', endStream(h2Request('GET /'))) },
      refused: ownAnswer('501 Not Implemented', 'the scheme ftp is not supported; use CONNECT for https'),
    }),
  ].map((row) => ({ ...row, isOverTls: true })),
  // ---- forward proxies
  exchangeRow({
    rule: 'a forward proxy gets a whole URL, by HTTP/2 in pieces (RFC 9112 section 3.2.2, RFC 9113 section 8.3.1)',
    proxy: { type: 'forward' },
    sends: { h1: h1Request('GET http://origin.test/a?b'), h2: endStream(h2Request('GET /a?b')) },
    reaches: { h1: h1Request('GET /a?b', 'Via: @v p'), h2: endStream(h2Request('GET /a?b', 'via: @v p')) },
  }),
  exchangeRow({
    rule: 'a forward proxy believes its target, and no Host that says something else (RFC 9112 section 3.2.2)',
    proxy: { type: 'forward' },
    sends: { h1: 'GET http://origin.test/ HTTP/1.1\r\nhost: evil.test\r\n\r\n' },
    reaches: { h1: h1Request('GET /', 'Via: @v p'), h2: endStream(h2Request('GET /', 'via: @v p')) },
  }),
  exchangeRow({
    rule: 'a forward proxy gets to https by CONNECT alone (RFC 9110 section 9.3.6)',
    proxy: { type: 'forward' },
    sends: {
      h1: h1Request('GET https://origin.test/'),
      h2: ['HEADERS END', ':method: GET', ':scheme: https', ':authority: origin.test', ':path: /'],
    },
    refused: ownAnswer('501 Not Implemented', 'the scheme https is not supported; use CONNECT for https'),
  }),
];

function withHost(head: string, host: string): string {
  return head.replace('host: origin.test', `host: ${host}`);
}

function withScheme(scheme: string, lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(':scheme: http', `:scheme: ${scheme}`));
}

function authority(lines: readonly string[], host: string): string[] {
  return lines.map((line) => line.replace(':authority: origin.test', `:authority: ${host}`));
}

function allowed(): string {
  return 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
}
