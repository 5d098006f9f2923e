/** A kind of proxy. */
export type ProxyKind = 'forward' | 'reverse';

/** A request that reached the origin, as a foreign parser understands it. */
export interface SeenRequest {
  /** Method and target. */
  readonly line: string;
  /** Field lines in order and case, without those that frame the content. */
  readonly fields: readonly string[];
  readonly content: string;
  readonly trailers?: readonly string[];
}

/** What a client sends to a proxy, and what comes of it on both sides. Text has one character a byte. */
export interface ProxyCase {
  readonly name: string;
  /** The requirement that is broken, or stretched. */
  readonly rule: string;
  /** ` @/` in front of a path becomes the target that the kind of proxy wants. */
  readonly input: string;
  /** The proxies that it is sent to. Default: both. */
  readonly via?: ProxyKind;
  /** What the client does when it has sent everything. Default: it waits. */
  readonly ending?: 'end' | 'reset';
  /** Every byte that the client gets. */
  readonly answers: string;
  /** What becomes of the connection. Default `'closed'`: the proxy ends it in good order. */
  readonly end?: 'closed' | 'kept';
  /** Requests that the origin gets whole, at most one for each that the client sends. Default: none. */
  readonly forwards?: readonly SeenRequest[];
  /** The bytes that the origin gets where the client sends all at once. Default: not looked at, or none if there is no request. */
  readonly emits?: string;
}

/** What a broken origin sends to a proxy, and what the client gets. */
export interface BadOrigin {
  readonly name: string;
  /** The requirement that is broken. */
  readonly rule: string;
  readonly method?: 'GET' | 'HEAD';
  readonly input: string;
  readonly ending?: 'end' | 'reset';
  /** Kind of failure, by its name of RFC 9209; `undefined` if the response is passed on. */
  readonly type: string | undefined;
  /** The response that is passed on, where there is one. */
  readonly answers?: string;
}

/** The date of the test clock, as a field line. */
const DATE = 'Date: Wed, 01 Jan 2020 00:00:00 GMT\r\n';
const TEXT = 'Content-Type: text/plain; charset=utf-8\r\n';

/** The answer of the origin, as the proxy passes it on. */
export const OK: string = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 test-proxy\r\n${DATE}\r\nok`;

/** The same, where it is the last one of its connection. */
export const LAST_OK: string = OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

/** The answer to a request that breaks HTTP, after which the connection ends. */
export function refusal(status: number, reason: string): string {
  return `HTTP/1.1 ${status} ${reason}\r\n${TEXT}Content-Length: ${reason.length + 1}\r\n${DATE}Connection: close\r\n\r\n${reason}\n`;
}

/** 400 (Bad Request). */
export const BAD_REQUEST: string = refusal(400, 'Bad Request');

/** An answer of the proxy itself to a request that is well-formed; the connection goes on. */
export function ownAnswer(status: string, why: string, fields = '', lastField = ''): string {
  const content = `${status.slice(0, 3)}: ${why}\n`;
  return `HTTP/1.1 ${status}\r\n${fields}${TEXT}Content-Length: ${content.length}\r\n${DATE}${lastField}\r\n${content}`;
}

/** The answer of a reverse proxy whose origin broke off or broke a rule. */
export function badGateway(type: string): string {
  const content = `502 Bad Gateway: ${type.replaceAll('_', ' ')}\n`;
  return (
    `HTTP/1.1 502 Bad Gateway\r\nProxy-Status: test-proxy; error=${type}\r\n${TEXT}` +
    `Content-Length: ${content.length}\r\n${DATE}\r\n${content}`
  );
}

/** A case that is refused, and nothing of it reaches the origin. */
export function refused(name: string, rule: string, input: string): ProxyCase {
  return { name, rule, input, answers: BAD_REQUEST };
}

/** A request as the origin sees it, besides Host in front and Via at the end. */
export function seen(line: string, content = '', ...fields: readonly string[]): SeenRequest {
  return { line, fields: ['Host: origin.test', ...fields, 'Via: 1.1 test-proxy'], content };
}

/** A POST with these field lines, each without its CRLF. */
export function post(...lines: readonly string[]): string {
  return message('POST @/ HTTP/1.1', ...lines);
}

/** A GET with these field lines, each without its CRLF. */
export function get(...lines: readonly string[]): string {
  return message('GET @/ HTTP/1.1', ...lines);
}

/** A head for `origin.test`. */
export function message(startLine: string, ...lines: readonly string[]): string {
  return `${[startLine, 'Host: origin.test', ...lines].join('\r\n')}\r\n\r\n`;
}
