import type { Http2Limits } from '../../../src/protocol/http2-limits.ts';
import type { Http2Timeouts } from '../../../src/protocol/http2-timeouts.ts';

/** What a client does next, and all frames that the server sends because of it. */
export interface ServerTurn {
  readonly send?: readonly Uint8Array[];
  /** Time that passes behind it, in milliseconds. */
  readonly waitMs?: number;
  readonly answers: readonly string[];
  /** Whether the answers show WINDOW_UPDATE frames, too. */
  readonly showsUpdates?: boolean;
}

/** One rule that a server must keep to, and how to see whether it does. */
export interface ServerCase extends Partial<ServerTurn> {
  /** RFC and section. */
  readonly section: string;
  readonly name: string;
  /** The rule, in our own words. */
  readonly rule: string;
  /** In place of one turn: several. */
  readonly turns?: readonly ServerTurn[];
  /** Whether the server ends the connection. Default: it goes on, and serves other streams. */
  readonly end?: 'closed';
  /** `code` of the error that the server's `onError` hears. */
  readonly code?: string;
  readonly limits?: Partial<Http2Limits>;
  readonly timeouts?: Partial<Http2Timeouts>;
  /** Whether it matters in which order frames of different streams are sent; input is not cut then. */
  readonly keepsOrder?: boolean;
  /** Whether no stream can be opened behind it, so that whether the connection goes on is not tried. */
  readonly isLast?: boolean;
  /** What the client says first. Default: preface, empty SETTINGS, acknowledgement. */
  readonly greeting?: readonly Uint8Array[];
}

/** Makes cases of one section of an RFC. */
export function casesOf(section: string): (name: string, rule: string, rest: CaseRest) => ServerCase {
  return (name, rule, rest) => ({ section, name, rule, ...rest });
}

/** What {@link casesOf} does not fill in. */
export type CaseRest = Omit<ServerCase, 'section' | 'name' | 'rule'>;

/** The connection ends: GOAWAY with this code, and nothing more. */
export function connectionError(
  errorCode: string,
  code: string,
  lastStreamId = 0,
): { readonly answers: readonly string[]; readonly end: 'closed'; readonly code: string } {
  return { answers: [`GOAWAY ${lastStreamId} ${errorCode}`], end: 'closed', code: `LML_ERR_HTTP2_${code}` };
}

/** The stream ends with this code, and nothing else happens. */
export function streamError(streamId: number, errorCode: string): { readonly answers: readonly string[] } {
  return { answers: [`RST_STREAM ${streamId} ${errorCode}`] };
}

/** Fields of a request. */
export function request(method: string, path: string, ...more: readonly string[]): string[] {
  return [':method', method, ':scheme', 'https', ':authority', 'a.test', ':path', path, ...more];
}

/** The request for the small response. */
export const GET: readonly string[] = request('GET', '/');

/** The request for a response that never comes. */
export const HOLD: readonly string[] = request('GET', '/hold');

/** The request whose response is its body. */
export const ECHO: readonly string[] = request('POST', '/echo');

/** The small response, on a stream. */
export function ok(streamId: number): string[] {
  return echoed(streamId, 'ok');
}

/** A response with a body of one frame. */
export function echoed(streamId: number, body: string): string[] {
  return [
    `HEADERS ${streamId} :status=200 content-length=${body.length}`,
    `DATA ${streamId} ${JSON.stringify(body)} END`,
  ];
}
