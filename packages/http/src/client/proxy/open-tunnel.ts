import type { Connection } from '@lamella/net-core';
import { ConnectError } from '@lamella/net-core';
import type { ErrorFacts } from '@lamella/service-core';
import { AbortScope } from '@lamella/service-core';
import { Http1ClientConnection } from '../../connection/http1-client-connection.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { RequestContext } from '../../message/request-context.ts';
import { fullLimits } from '../../protocol/http1-limits.ts';
import { proxyAuthorizationOf } from './proxy-server.ts';
import type { TunnelOptions } from './tunnel-options.ts';

/**
 * Asks the proxy at the other end of a connection for a tunnel, once.
 *
 * @param authority - Host and port that the tunnel shall lead to.
 * @param outer - Scope of whoever wants it: gives up when that aborts.
 * @returns What the connection became. On failure it is closed.
 */
export async function openTunnel(
  connection: Connection,
  authority: string,
  outer: AbortScope,
  options: TunnelOptions,
): Promise<Connection> {
  const { clock, handshakeTimeoutMs, server } = options;
  const facts: ErrorFacts = { layer: 'http-proxy', peer: authority, via: [server.name] };
  const proxy = new Http1ClientConnection(connection, connectionOptions(options));
  const scope = new AbortScope(outer);
  let isTooLate = false;
  const timer = clock.startTimer(handshakeTimeoutMs, () => {
    isTooLate = true;
    scope.abort(timedOut(server.name, handshakeTimeoutMs, facts));
  });
  let tunnel: Connection | undefined;
  try {
    const response = await proxy.serve(connectHead(authority, proxyAuthorizationOf(server), scope));
    tunnel = response.upgraded;
    if (tunnel === undefined) throw refusal(server.name, response, facts);
    return tunnel;
  } catch (error) {
    if (isTooLate) throw scope.reason;
    outer.throwIfAborted();
    throw error instanceof ConnectError ? error : failure(server.name, error, facts);
  } finally {
    timer.cancel();
    scope.close();
    if (tunnel === undefined) proxy.destroy();
  }
}

function connectHead(authority: string, authorization: string | undefined, parent: AbortScope): HttpRequest {
  return new HttpRequest({
    method: 'CONNECT',
    target: authority,
    version: '1.1',
    headers: HttpHeaders.from(authorization === undefined ? [] : [['Proxy-Authorization', authorization]]),
    body: HttpBody.empty,
    onInformational: undefined,
    context: new RequestContext({ parent }),
  });
}

/** Bounds for what a proxy may answer; how long it may take is for the handshake deadline alone. */
function connectionOptions({ maxHeadBytes, clock }: TunnelOptions) {
  return {
    limits: fullLimits({ maxHeadBytes, maxStartLineBytes: Math.min(maxHeadBytes, 4_096) }),
    timeouts: {
      responseHeadTimeoutMs: Number.POSITIVE_INFINITY,
      bodyTimeoutMs: Number.POSITIVE_INFINITY,
      writeTimeoutMs: Number.POSITIVE_INFINITY,
      expectContinueTimeoutMs: Number.POSITIVE_INFINITY,
    },
    maxInformational: MAX_INFORMATIONAL,
    bodyIdleTimeoutMs: Number.POSITIVE_INFINITY,
    isToProxy: true,
    clock,
  };
}

function refusal(proxy: string, { status }: HttpResponse, facts: ErrorFacts): ConnectError {
  const isAuth = status === 407;
  const reason = isAuth ? 'wants other credentials' : 'refused the tunnel';
  return new ConnectError(
    isAuth ? 'LML_ERR_CONNECT_PROXY_AUTH' : 'LML_ERR_CONNECT_PROXY_REFUSED',
    `the proxy ${proxy} ${reason} to ${facts.peer}: ${status}`,
    {
      phase: 'proxy',
      domain: 'application',
      // A proxy that could not reach the target may do so next time; one that does not want to won't change its mind.
      facts: { ...facts, protocolCode: status, retryable: status >= 500 },
    },
  );
}

function failure(proxy: string, cause: unknown, facts: ErrorFacts): ConnectError {
  const message = `the proxy ${proxy} gave no valid answer to CONNECT ${facts.peer}`;
  return new ConnectError('LML_ERR_CONNECT_PROXY_FAILED', message, { phase: 'proxy', cause, facts });
}

function timedOut(proxy: string, timeoutMs: number, facts: ErrorFacts): ConnectError {
  const message = `the proxy ${proxy} opened no tunnel to ${facts.peer} within ${timeoutMs} ms`;
  return new ConnectError('LML_ERR_CONNECT_TIMEOUT', message, { phase: 'proxy', facts });
}

const MAX_INFORMATIONAL = 8;
