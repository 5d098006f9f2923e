import type { BadRequest } from '../support/bad-input.ts';
import { chunked, get, LAST_OK, message, OK, post, refusal } from '../support/bad-input.ts';

const GET = get();
const SERVED = 'GET a.test / ""';

/** What stands behind a message that is over, good or bad. */
export const pipelines: readonly BadRequest[] = [
  {
    name: 'with a bad request behind a good one: the good one is answered',
    rule: 'RFC 9112 section 9.3.2: answers come in order, up to the first error',
    input: `${GET}GE(T / HTTP/1.1\r\n\r\n`,
    answers: OK + refusal(400),
    code: 'LML_ERR_HTTP1_BAD_METHOD',
    serves: [SERVED],
  },
  {
    name: 'with a good request behind a bad head: it is not looked at',
    rule: 'RFC 9112 section 9.6: a server that closes reads no further requests',
    input: `${post('Content-Length: x')}${GET}`,
    answers: refusal(400),
    code: 'LML_ERR_HTTP1_BAD_CONTENT_LENGTH',
  },
  {
    name: 'with a good request behind a bad chunk',
    rule: 'RFC 9112 section 6.3: where framing fails, nothing behind it can be found',
    input: chunked(`5\r\nhello\r\nx\r\n${GET}`),
    answers: refusal(400),
    code: 'LML_ERR_HTTP1_BAD_CHUNK_SIZE',
  },
  {
    name: 'with a good request behind one that is not understood',
    rule: 'RFC 9110 section 15.6.2: 501 ends the connection if the framing is unknown',
    input: `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n${GET}`,
    answers: refusal(501),
    code: 'LML_ERR_HTTP1_UNSUPPORTED_TRANSFER_ENCODING',
  },
  {
    name: 'with a request behind one that says close: it is not served',
    rule: 'RFC 9112 section 9.6: no request behind close is processed',
    input: `${get('Connection: close')}GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n`,
    answers: LAST_OK,
    code: undefined,
    serves: [SERVED],
  },
  {
    name: 'with a request behind one whose close stands among other options',
    rule: 'RFC 9110 section 7.6.1: connection options are a list, in any case',
    input: `${get('Connection: x,, Keep-Alive , CLOSE')}${GET}`,
    answers: LAST_OK,
    code: undefined,
    serves: [SERVED],
  },
  {
    name: 'with a request behind one of HTTP/1.0',
    rule: 'RFC 9112 section 9.3: HTTP/1.0 keeps a connection only if it says so',
    input: `${message('GET / HTTP/1.0', ['Host: a.test'])}${GET}`,
    answers: LAST_OK,
    code: undefined,
    serves: [SERVED],
  },
  {
    name: 'with content that nobody announced: it is the next request, and none',
    rule: 'RFC 9112 section 6.3: without length and coding a request has no content',
    input: `${GET}name=value\r\n\r\n`,
    answers: OK + refusal(400),
    code: 'LML_ERR_HTTP1_BAD_METHOD',
    serves: [SERVED],
  },
  {
    name: 'with more content than the length says',
    rule: 'RFC 9112 section 6.3: content ends where its length says',
    input: `${post('Content-Length: 5')}hello, world\r\n\r\n`,
    answers: OK + refusal(400),
    code: 'LML_ERR_HTTP1_BAD_METHOD',
    serves: ['POST a.test / "hello"'],
  },
  {
    name: 'with a request in the content: it is content',
    rule: 'RFC 9112 section 6.2: what the length covers is content, whatever it says',
    input: `${post(`Content-Length: ${GET.length}`)}${GET}`,
    answers: OK,
    end: 'kept',
    code: undefined,
    serves: [`POST a.test / ${JSON.stringify(GET)}`],
  },
  {
    name: 'with a request in a chunk: it is content',
    rule: 'RFC 9112 section 7.1: what a chunk covers is content',
    input: chunked(`${GET.length.toString(16)}\r\n${GET}\r\n0\r\n\r\n`),
    answers: OK,
    end: 'kept',
    code: undefined,
    serves: [`POST a.test / ${JSON.stringify(GET)}`],
  },
  {
    name: 'with a bad request behind two good ones of which the first has chunks and trailers',
    rule: 'RFC 9112 section 9.3.2: each answer to its own request',
    input: `${chunked('1;a\r\nx\r\n0\r\nSum: 1\r\n\r\n')}\r\n${GET}${post('Content-Length: -1')}`,
    answers: OK + OK + refusal(400),
    code: 'LML_ERR_HTTP1_BAD_CONTENT_LENGTH',
    serves: ['POST a.test / "x" [["Sum","1"]]', SERVED],
  },
  {
    name: 'behind a CONNECT that was refused: what was meant for the tunnel is no request',
    rule: 'RFC 9931 section 8: a server that rejects CONNECT closes, and reads no further',
    input: `${message('CONNECT a.test:443 HTTP/1.1', ['Host: a.test:443'])}GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n`,
    answers: LAST_OK.replace('200 OK', '405 Method Not Allowed').replace(/ok$/, 'no'),
    code: undefined,
    serves: ['CONNECT a.test:443 a.test:443 ""'],
  },
];
