import type { Connection } from '@lamella/net-core';
import { ConnectError } from '@lamella/net-core';
import type { ErrorFacts, Timer } from '@lamella/service-core';
import { AbortScope } from '@lamella/service-core';
import { HttpConnectionError } from '../../errors.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { RequestContext } from '../../message/request-context.ts';
import { proxyAuthorizationOf } from './proxy-server.ts';
import type { TunnelOptions } from './tunnel-options.ts';

/** Sends the CONNECT. @param onAsk - To be called when it leaves, since from then on it is the proxy's time that passes. */
export type SendConnect = (request: HttpRequest, onAsk: () => void) => Promise<HttpResponse>;

/**
 * Asks a proxy for a tunnel.
 *
 * @param authority - Host and port that the tunnel shall lead to.
 * @param outer - Scope of whoever wants it: gives up when that aborts.
 * @returns What the connection to the proxy, or a stream of it, became.
 * @throws ConnectError with `phase: 'proxy'`; or what {@link SendConnect} failed with before the proxy was asked.
 */
export async function askForTunnel(
  authority: string,
  outer: AbortScope,
  options: TunnelOptions,
  send: SendConnect,
): Promise<Connection> {
  const { clock, handshakeTimeoutMs, server } = options;
  const facts: ErrorFacts = { layer: 'http-proxy', peer: authority, via: [server.name] };
  const scope = new AbortScope(outer);
  let timer: Timer | undefined;
  let isTooLate = false;
  const onAsk = (): void => {
    timer ??= clock.startTimer(handshakeTimeoutMs, () => {
      isTooLate = true;
      scope.abort(timedOut(server.name, handshakeTimeoutMs, facts));
    });
  };
  try {
    const response = await send(connectHead(authority, proxyAuthorizationOf(server), scope), onAsk);
    if (response.upgraded !== undefined) return response.upgraded;
    response.body.cancel();
    throw refusal(server.name, response, facts);
  } catch (error) {
    if (isTooLate) throw scope.reason;
    outer.throwIfAborted();
    const isFromProxy = timer !== undefined || error instanceof HttpConnectionError;
    throw error instanceof ConnectError || !isFromProxy ? error : failure(server.name, error, facts);
  } finally {
    timer?.cancel();
    scope.close();
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
