import type { BadResponse } from '../support/bad-input.ts';
import { misanswered } from '../support/bad-input.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n';

/** Interim responses and switches of protocol that are out of place. */
export const interimResponses: readonly BadResponse[] = [
  misanswered(
    'with a switch that nobody asked for',
    'RFC 9110 section 7.8: no switch without a request for it',
    'BAD_SWITCH',
    SWITCH,
  ),
  {
    ...misanswered(
      'with a switch in answer to CONNECT',
      'RFC 9110 section 9.3.6: CONNECT is answered with 2xx, never 101',
      'BAD_SWITCH',
      SWITCH,
    ),
    method: 'CONNECT',
  },
  misanswered(
    'with a switch behind an interim response',
    'RFC 9110 section 15.2: an interim response makes nothing allowed',
    'BAD_SWITCH',
    `HTTP/1.1 100 Continue\r\n\r\n${SWITCH}`,
  ),
  misanswered(
    'with too many interim responses',
    'RFC 9110 section 15.2: a client reads one or more of them, but not without end',
    'TOO_MANY_INFORMATIONAL',
    'HTTP/1.1 102 Processing\r\n\r\n'.repeat(33),
  ),
  misanswered(
    'with content in an interim response',
    'RFC 9110 section 15.2: an interim response ends with its head',
    'BAD_STATUS_LINE',
    `HTTP/1.1 103 Early Hints\r\nContent-Length: 17\r\n\r\nHTTP/1.0 nothing.${OK}`,
  ),
  misanswered(
    'with chunks in an interim response',
    'RFC 9112 section 6.1: no Transfer-Encoding in 1xx',
    'BAD_STATUS_LINE',
    `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${OK}          `,
  ),
  {
    name: 'with nothing behind an interim response',
    rule: 'RFC 9110 section 15.2: a final response follows',
    input: 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n',
    ending: 'end',
    code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
  },
  {
    name: 'with framing in an answer that opens a tunnel: it means nothing',
    rule: 'RFC 9110 section 9.3.6: Content-Length and Transfer-Encoding in a 2xx to CONNECT are ignored',
    method: 'CONNECT',
    input: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nhello',
    ending: 'end',
    code: undefined,
    body: 'hello',
  },
  {
    name: 'with framing in a switch that was asked for: it means nothing',
    rule: 'RFC 9110 section 15.2.2: behind 101 the other protocol begins at once',
    method: 'upgrade',
    input: SWITCH.replace('\r\n\r\n', '\r\nContent-Length: 1\r\n\r\nhello'),
    ending: 'end',
    code: undefined,
    body: 'hello',
  },
];
