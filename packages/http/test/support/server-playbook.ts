import { HttpHeaders } from '../../src/message/http-headers.ts';
import { reasonPhrase } from '../../src/message/status.ts';
import { fullLimits } from '../../src/protocol/http1-limits.ts';
import { fullServerTimeouts } from '../../src/protocol/http1-server-deadlines.ts';
import type { Http1ServerProtocolOptions, ResponseCommand } from '../../src/protocol/http1-server-protocol.ts';
import { Http1ServerProtocol } from '../../src/protocol/http1-server-protocol.ts';
import type { Step } from './playbook.ts';
import { command, play } from './playbook.ts';

/** Timeouts that are easy to tell apart. */
export const SERVER_TIMEOUTS = {
  headerTimeoutMs: 20_000,
  idleTimeoutMs: 95_000,
  bodyProgressTimeoutMs: 30_000,
  minBodyBytesPerSecond: 50,
  writeTimeoutMs: 60_000,
  halfClosedTimeoutMs: 1_000,
};

/** Plays a server protocol. */
export function playServer(
  steps: readonly Step<Http1ServerProtocol>[],
  options: Partial<Http1ServerProtocolOptions> = {},
): void {
  play((nowMs) => newServer(nowMs, options), steps);
}

/** A server protocol with timeouts that are easy to tell apart. */
export function newServer(nowMs: number, options: Partial<Http1ServerProtocolOptions> = {}): Http1ServerProtocol {
  const limits = fullLimits();
  const timeouts = fullServerTimeouts(SERVER_TIMEOUTS);
  return new Http1ServerProtocol({ limits, timeouts, maxRequests: 100_000, ...options }, nowMs);
}

/** A response of a test: like a {@link ResponseCommand}, with defaults, and its content. */
export interface TestResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Content. Default: none. */
  readonly body?: string;
  /** Number of bytes, `undefined` for not known. Default: the length of the body. */
  readonly size?: number | undefined;
  readonly close?: boolean;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** The command for the head of a response, without a date. */
export function headOf(response: TestResponse): ResponseCommand {
  const { status = 200, headers = {}, body = '', close = false } = response;
  return {
    status,
    reason: reasonPhrase(status),
    headers: HttpHeaders.from(headers),
    size: 'size' in response ? response.size : body.length,
    close,
    dateLine: '',
  };
}

/** Sends a whole response. */
export function respond(response: TestResponse = {}): Step<Http1ServerProtocol> {
  const { body = '', trailers } = response;
  return (stage) => {
    stage.note(() => `! respond ${JSON.stringify(response)}`);
    stage.protocol.sendHead(headOf(response));
    stage.protocol.sendData(body);
    stage.protocol.sendEnd(trailers === undefined ? undefined : HttpHeaders.from(trailers), stage.nowMs);
    stage.drain();
  };
}

/** Sends the head of a response, and nothing else. */
export function startResponse(response: TestResponse = {}): Step<Http1ServerProtocol> {
  return (stage) => {
    stage.note(() => `! start ${JSON.stringify(response)}`);
    stage.protocol.sendHead(headOf(response));
    stage.drain();
  };
}

/** Somebody waits for the body, or nobody does. */
export function want(isWanted: boolean): Step<Http1ServerProtocol> {
  return (stage) => {
    stage.note(() => `! want ${isWanted}`);
    stage.protocol.wantBody(isWanted, stage.nowMs);
    stage.drain();
  };
}

/** Sends the rest of a response. */
export const endResponse: Step<Http1ServerProtocol> = command((protocol, nowMs) => protocol.sendEnd(undefined, nowMs));
