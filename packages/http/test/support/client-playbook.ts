import { HttpHeaders } from '../../src/message/http-headers.ts';
import { fullClientTimeouts } from '../../src/protocol/http1-client-deadlines.ts';
import type { Http1ClientProtocolOptions, RequestCommand } from '../../src/protocol/http1-client-protocol.ts';
import { Http1ClientProtocol } from '../../src/protocol/http1-client-protocol.ts';
import { fullLimits } from '../../src/protocol/http1-limits.ts';
import type { Step } from './playbook.ts';
import { command, play } from './playbook.ts';

/** Timeouts that are easy to tell apart. */
export const CLIENT_TIMEOUTS = {
  responseHeadTimeoutMs: 120_000,
  bodyTimeoutMs: 40_000,
  writeTimeoutMs: 60_000,
  expectContinueTimeoutMs: 1_000,
};

/** Plays a client protocol. */
export function playClient(
  steps: readonly Step<Http1ClientProtocol>[],
  options: Partial<Http1ClientProtocolOptions> = {},
): void {
  play(() => newClient(options), steps);
}

/** A client protocol with timeouts that are easy to tell apart. */
export function newClient(options: Partial<Http1ClientProtocolOptions> = {}): Http1ClientProtocol {
  const timeouts = fullClientTimeouts(CLIENT_TIMEOUTS);
  return new Http1ClientProtocol({ limits: fullLimits(), timeouts, maxInformational: 8, ...options });
}

/** A request of a test: like a {@link RequestCommand}, with defaults, and its content. */
export interface TestRequest {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Content. Default: none. */
  readonly body?: string;
  /** Number of bytes, `undefined` for not known. Default: the length of the body. */
  readonly size?: number | undefined;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** The command for the head of a request to `a.test`. */
export function requestHeadOf(request: TestRequest): RequestCommand {
  const { method = 'GET', target = '/', headers = {}, body = '' } = request;
  const size = 'size' in request ? request.size : body.length;
  return { method, target, headers: HttpHeaders.from(headers), authority: 'a.test', size };
}

/** Sends a whole request. */
export function ask(request: TestRequest = {}): Step<Http1ClientProtocol> {
  const { body = '', trailers } = request;
  return (stage) => {
    stage.note(() => `! ask ${JSON.stringify(request)}`);
    stage.protocol.sendHead(requestHeadOf(request), stage.nowMs);
    stage.protocol.sendData(body, stage.nowMs);
    stage.protocol.sendEnd(trailers === undefined ? undefined : HttpHeaders.from(trailers));
    stage.drain();
  };
}

/** Sends the head of a request, and nothing else. */
export function startRequest(request: TestRequest = {}): Step<Http1ClientProtocol> {
  return (stage) => {
    stage.note(() => `! start ${JSON.stringify(request)}`);
    stage.protocol.sendHead(requestHeadOf(request), stage.nowMs);
    stage.drain();
  };
}

/** Sends a piece of a request body. */
export function sendContent(text: string): Step<Http1ClientProtocol> {
  return command((protocol, nowMs) => protocol.sendData(text, nowMs));
}

/** Somebody waits for the response body, or nobody does. */
export function wantContent(isWanted: boolean): Step<Http1ClientProtocol> {
  return command((protocol, nowMs) => protocol.wantBody(isWanted, nowMs));
}

/** Sends the rest of a request. */
export const endRequest: Step<Http1ClientProtocol> = command((protocol) => protocol.sendEnd(undefined));
