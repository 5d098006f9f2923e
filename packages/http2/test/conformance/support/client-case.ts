import type { HttpBodyInit } from '@lamella/http';
import type { Http2Limits } from '../../../src/protocol/http2-limits.ts';
import type { Http2Timeouts } from '../../../src/protocol/http2-timeouts.ts';

/** What a client asks for. */
export interface ClientRequest {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBodyInit;
}

/** What happens next, and all frames that the client sends because of it. */
export interface ClientTurn {
  readonly requests?: readonly ClientRequest[];
  readonly send?: readonly Uint8Array[];
  /** Time that passes behind it, in milliseconds. */
  readonly waitMs?: number;
  readonly answers: readonly string[];
}

/** One rule that a client must keep to, and how to see whether it does. */
export interface ClientCase {
  /** RFC and section. */
  readonly section: string;
  readonly name: string;
  /** The rule, in our own words. */
  readonly rule: string;
  /** Requests under way, on streams 1, 3 and so on. Default: the small one. */
  readonly requests?: readonly ClientRequest[];
  readonly send?: readonly Uint8Array[];
  readonly waitMs?: number;
  readonly answers?: readonly string[];
  /** In place of `send` and `answers`: several turns. */
  readonly turns?: readonly ClientTurn[];
  /** How each request ends: status, body and trailers, or the code of its error, or `pending`. */
  readonly results: readonly string[];
  /** Whether the client ends the connection. Default: it goes on, and takes other requests. */
  readonly end?: 'closed';
  /** Whether whether it goes on is not tried. */
  readonly isLast?: boolean;
  readonly limits?: Partial<Http2Limits>;
  readonly timeouts?: Partial<Http2Timeouts>;
  /** What the server says first. Default: empty SETTINGS, acknowledgement. */
  readonly greeting?: readonly Uint8Array[];
}

/** What {@link clientCasesOf} does not fill in. */
export type ClientCaseRest = Omit<ClientCase, 'section' | 'name' | 'rule'>;

/** Makes cases of one section of an RFC. */
export function clientCasesOf(section: string): (name: string, rule: string, rest: ClientCaseRest) => ClientCase {
  return (name, rule, rest) => ({ section, name, rule, ...rest });
}

/** The connection ends: GOAWAY with this code, and the request fails by it. */
export function connectionError(errorCode: string, code: string): ClientCaseRest {
  return { answers: [`GOAWAY 0 ${errorCode}`], end: 'closed', results: [`LML_ERR_HTTP2_${code}`] };
}

/** The stream ends with this code, and the request fails by it. */
export function streamError(errorCode: string, code: string): ClientCaseRest {
  return { answers: [`RST_STREAM 1 ${errorCode}`], results: [`LML_ERR_HTTP2_${code}`] };
}
