import { addErrorFacts } from '@lamella/service-core';
import { HttpConnectionError, HttpStreamResetError } from '../errors.ts';
import type { HttpBody } from '../message/http-body.ts';
import type { HttpRequest } from '../message/http-request.ts';
import type { HttpResponse } from '../message/http-response.ts';
import { isIdempotent } from '../message/method.ts';
import type { CallStartFacts, Dial } from '../timings/call-start.ts';
import { CallStart } from '../timings/call-start.ts';
import type { HttpConnection } from './http-connection.ts';
import type { OriginPool } from './origin-pool.ts';

/** What {@link serveWithResend} is told beside the request. */
export interface ResendOptions {
  /** Called with the connection of each attempt, right before the attempt is sent; and with its connect if it is the first there. */
  readonly onSend?: (connection: HttpConnection, dial: Dial | undefined) => void;
  /** Whether sending it twice does no harm. Default: what its method says. */
  readonly isHarmless?: boolean;
  /** Sends the request by HTTP/1.1, where that can be spoken too. `refusing`: where no request is taken by anything else; `undefined` for an upgrade. */
  readonly byHttp1?: (request: HttpRequest, refusing: OriginPool | undefined) => Promise<HttpResponse>;
}

/**
 * Sends a request; if the connection ended under it before anything came back, sends it again where that is safe.
 *
 * @remarks
 * RFC 9110 section 9.2.2: a client must not send a request again by itself unless it knows that this does no harm. It knows that
 * of idempotent methods on a connection that it had used before, which the server may just have closed for being idle; and of
 * requests of which nothing has left this machine. The body must be at hand a second time. A second try takes any other
 * connection, the last one a fresh one.
 */
export function serveWithResend(
  pool: OriginPool,
  request: HttpRequest,
  options: ResendOptions = BY_METHOD,
): Promise<HttpResponse> {
  const isSpare = request.body.canClone;
  const startMs = pool.nowMs;
  pool.hold();
  let first: Promise<HttpResponse>;
  try {
    first = sendAttempt(pool, request, false, startMs, options);
  } catch (error) {
    pool.release();
    throw error;
  }
  return first.then(
    (response) => {
      pool.release();
      return response;
    },
    (error: unknown) => {
      // Held until the end: who waits for all requests waits for this one too.
      return resend(pool, request, isSpare, error, startMs, options).finally(() => pool.release());
    },
  );
}

/** @param isSpare - Whether its content is at hand a second time. */
async function resend(
  pool: OriginPool,
  request: HttpRequest,
  isSpare: boolean,
  first: unknown,
  startMs: number,
  options: ResendOptions,
): Promise<HttpResponse> {
  let reason = addErrorFacts(first, { attempt: 1 });
  for (let attempt = 2; ; attempt++) {
    if (options.byHttp1 !== undefined && !request.scope.aborted) {
      if (isUnsupportedUpgrade(reason)) return await options.byHttp1(request, undefined);
      if (isSpare && wantsHttp1(reason)) return await options.byHttp1(request, pool);
    }
    if (!isSpare || attempt > MAX_ATTEMPTS || !maySendAgain(request, reason, options)) throw reason;
    try {
      // A server that has refused a request by its stream is well: there is no need for a connection of its own.
      const wantsFresh = attempt === MAX_ATTEMPTS && !(reason instanceof HttpStreamResetError);
      return await sendAttempt(pool, request, wantsFresh, startMs, options);
    } catch (error) {
      reason = addErrorFacts(error, { attempt });
    }
  }
}

/** Every attempt has a store of its own, and a body of its own where the content is at hand. */
function sendAttempt(
  pool: OriginPool,
  request: HttpRequest,
  wantsFresh: boolean,
  startMs: number,
  { onSend }: ResendOptions,
): Promise<HttpResponse> {
  const extensions = request.extensions.fork('attempt');
  const start: CallStartFacts = { startMs, dial: undefined };
  extensions.insert(CallStart, start);
  const body: HttpBody = request.body.tryClone() ?? request.body;
  const attempt = request.fork({ extensions, body });
  pool.adaptFields?.(attempt.headers); // its own copy
  return pool.serve(request.scope, wantsFresh, (connection, dial) => {
    start.dial = dial;
    extensions.link('egress', connection.extensions);
    onSend?.(connection, dial);
    try {
      request.context.changeFields?.(attempt.headers);
    } catch (error) {
      return Promise.reject(error);
    }
    return connection.serve(attempt);
  });
}

function maySendAgain(request: HttpRequest, error: unknown, options: ResendOptions): boolean {
  const { isHarmless = isIdempotent(request.method) } = options;
  if (request.scope.aborted) return false;
  if (error instanceof HttpStreamResetError) return error.processed === 'no';
  if (!(error instanceof HttpConnectionError) || isUnsupportedUpgrade(error)) return false;
  if (error.processed === 'no') return true;
  return error.code === 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED' && isHarmless;
}

/** RFC 9113 section 7: the server does not want it by HTTP/2, such as one that has to ask for a certificate of the client. */
function wantsHttp1(error: unknown): boolean {
  if (!(error instanceof HttpStreamResetError)) return false;
  return error.origin === 'remote' && error.resetCode === 'HTTP_1_1_REQUIRED';
}

/** Nothing of it was sent. */
function isUnsupportedUpgrade(error: unknown): boolean {
  return error instanceof HttpConnectionError && error.code === 'LML_ERR_HTTP_UPGRADE_UNSUPPORTED';
}

const MAX_ATTEMPTS = 3;
const BY_METHOD: ResendOptions = {};
