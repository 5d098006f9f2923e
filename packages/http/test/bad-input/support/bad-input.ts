import type { Http1ErrorCode } from '../../../src/index.ts';
import { reasonPhrase } from '../../../src/index.ts';

/** The date of the test clock, as a field line. */
const DATE = 'Date: Wed, 01 Jan 2020 00:00:00 GMT\r\n';

/** What a client sends to a server although it must not, and what the server makes of it. Text has one character a byte. */
export interface BadRequest {
  /** What is wrong, as the end of a sentence. */
  readonly name: string;
  /** The requirement that is broken. */
  readonly rule: string;
  readonly input: string;
  /** What the client does when it has sent everything. Default: it waits. */
  readonly ending?: 'end' | 'reset';
  /** Every byte that the server sends; `''` for silence. The date is that of the test clock. */
  readonly answers: string;
  /** What becomes of the connection. Default `'closed'`: the server ends it in good order. */
  readonly end?: 'closed' | 'kept' | 'reset';
  /** The rule as the protocol names it; `undefined` where the protocol has nothing to refuse. */
  readonly code: Http1ErrorCode | undefined;
  /** What reaches the service whole: method, authority, target and content. Default: nothing. */
  readonly serves?: readonly string[];
}

/** What a server sends back although it must not, and what the client makes of it. */
export interface BadResponse {
  /** What is wrong, as the end of a sentence. */
  readonly name: string;
  /** The requirement that is broken. */
  readonly rule: string;
  /** What was asked for. Default: by GET. `upgrade` asks to leave HTTP. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'CONNECT' | 'upgrade';
  readonly input: string;
  /** What the server does when it has sent everything. Default: it waits. */
  readonly ending?: 'end' | 'reset';
  /** Code of the error that the caller gets, for the head or in the body; `undefined` if the response is good. */
  readonly code: string | undefined;
  /** What the caller has read, where it reads everything that comes. */
  readonly body?: string;
  /** Whether the caller gets its error, or the response and no error, depending on how the bytes were cut. */
  readonly isRace?: boolean;
}

/** The response by which a server refuses a request before it ends the connection. */
export function refusal(status: number): string {
  const reason = reasonPhrase(status);
  return (
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${reason.length + 1}\r\n` +
    `${DATE}Connection: close\r\n\r\n${reason}\n`
  );
}

/** The codes of the protocol, without what they all start with. */
export type ShortCode = ShortOf<Http1ErrorCode>;
type ShortOf<Code> = Code extends `LML_ERR_HTTP1_${infer Short}` ? Short : never;

/**
 * A request that is refused, and nothing of it reaches the service.
 *
 * @param status - Of the response. Default 400.
 */
export function refused(name: string, rule: string, code: ShortCode, input: string, status = 400): BadRequest {
  return { name, rule, input, answers: refusal(status), code: `LML_ERR_HTTP1_${code}` };
}

/** The response of the service, which says `ok`. */
export const OK: string = `HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n${DATE}\r\nok`;

/** The same, where it is the last one of its connection. */
export const LAST_OK: string = OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

/** The head of a GET with these field lines besides Host, each without its CRLF. */
export function get(...lines: readonly string[]): string {
  return message('GET / HTTP/1.1', ['Host: a.test', ...lines]);
}

/** The head of a POST with these field lines besides Host, each without its CRLF. */
export function post(...lines: readonly string[]): string {
  return message('POST / HTTP/1.1', ['Host: a.test', ...lines]);
}

/** A POST in chunks whose body is `chunks`. */
export function chunked(chunks: string): string {
  return `${post('Transfer-Encoding: chunked')}${chunks}`;
}

/** A head. */
export function message(startLine: string, lines: readonly string[]): string {
  return `${[startLine, ...lines].join('\r\n')}\r\n\r\n`;
}

/** A response that the client refuses. */
export function misanswered(name: string, rule: string, code: ShortCode, input: string): BadResponse {
  return { name, rule, input, code: `LML_ERR_HTTP1_${code}`, body: '' };
}

/** A response with these first lines, and this content. */
export function withLength(lines: string, content: string): string {
  return `${lines}\r\nContent-Length: ${content.length}\r\n\r\n${content}`;
}
