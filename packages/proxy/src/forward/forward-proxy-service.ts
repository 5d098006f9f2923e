import type { HttpRequest, HttpResponse, RequestTarget } from '@lamella/http';
import { parseRequestTarget, requestScheme } from '@lamella/http';
import type { Connector } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { forwardRequest } from '../forwarding/forward-request.ts';
import type { Forwarding, ForwardingOptions } from '../forwarding/forwarding-options.ts';
import { fullForwarding } from '../forwarding/forwarding-options.ts';
import { answerLastHop } from '../forwarding/max-forwards.ts';
import { refused } from '../forwarding/refused.ts';
import { setHost } from '../forwarding/set-host.ts';
import { openTunnel } from './open-tunnel.ts';
import type { ProxyAuth } from './proxy-auth.ts';

/** Options of {@link forwardProxyService}. */
export interface ForwardProxyOptions extends ForwardingOptions {
  /** Opens the far end of tunnels. */
  readonly connector: Connector;
  /** Who may use the proxy. Default: everybody who can reach it. */
  readonly auth?: ProxyAuth;
  /** Ports that CONNECT may reach, each 1 to 65535, or `'any'`. None: no tunnels. Default 80 and 443. */
  readonly connectPorts?: readonly number[] | 'any';
}

/**
 * A forward proxy: sends absolute-form requests on, and opens tunnels for CONNECT.
 *
 * @remarks
 * Source: RFC 9110 sections 7.6 and 9.3.6. CONNECT is answered with 200 only when the far end stands; else with 502 or 504 and the
 * reason, and then the connection ends: what a client has already sent for the tunnel is no request (RFC 9931 section 8). A
 * request for the proxy itself (a plain path) is answered with 400: this is a proxy, not a site.
 *
 * @throws UsageError if an option is out of its range.
 */
export function forwardProxyService(options: ForwardProxyOptions): Service<HttpRequest, HttpResponse> {
  const { connector, auth } = options;
  const connectPorts = validPorts(options.connectPorts ?? [80, 443]);
  const forwarding = fullForwarding(options, true);
  return {
    async serve(request) {
      const refusal = auth?.check(request);
      if (refusal !== undefined) return refusal;
      if (request.method === 'CONNECT') return openTunnel(request, connector, connectPorts, forwarding);
      return forwardPlain(request, forwarding);
    },
  };
}

async function forwardPlain(request: HttpRequest, forwarding: Forwarding): Promise<HttpResponse> {
  // RFC 9110 section 9.3.8: what TRACE reflects shall not be long, nor chosen by a script.
  if (request.method === 'TRACE' && !request.body.isEmpty) return refused(400, 'a TRACE request must not have content');
  const lastHop = answerLastHop(request, ALLOWED);
  if (lastHop !== undefined) return lastHop;

  const { form, scheme, authority, target } = wholeTarget(request);
  if (form !== 'absolute' || authority === undefined) {
    return refused(400, 'this is a proxy: ask it for a whole URL, or for a tunnel by CONNECT');
  }
  if (scheme !== 'http') return refused(501, `the scheme ${scheme} is not supported; use CONNECT for https`);

  const headers = request.headers.clone();
  // RFC 9112 section 3.2.2: the target decides; a Host that says something else is not passed on.
  setHost(headers, authority, authority);
  return forwardRequest(request, { target, headers }, forwarding);
}

/** HTTP/2 says scheme, host and path apart; where the scheme is that of the connection, our server shows a path alone. */
function wholeTarget(request: HttpRequest): RequestTarget & { readonly target: string } {
  const { parsedTarget, authority, target } = request;
  const isInClear = requestScheme(request) === 'http';
  if (request.version !== '2' || parsedTarget.form !== 'origin' || authority === undefined || !isInClear) {
    return { ...parsedTarget, target };
  }
  const whole = `http://${authority}${target}`;
  return { ...parseRequestTarget(request.method, whole), target: whole };
}

function validPorts(ports: readonly number[] | 'any'): readonly number[] | 'any' {
  const isValid = ports === 'any' || ports.every((port) => Number.isInteger(port) && port >= 1 && port <= 65_535);
  if (isValid) return ports;
  throw new UsageError(`connectPorts must be numbers from 1 to 65535, or 'any'; got ${ports}`);
}

const ALLOWED = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, CONNECT';
