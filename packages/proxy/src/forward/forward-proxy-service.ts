import type { HttpRequest } from '@lamella/http';
import { HttpResponse, isToken } from '@lamella/http';
import type { Connector, RelayOptions, RelayOutcome } from '@lamella/net-core';
import { connectRequest, parseAuthority } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { isCancellation, UsageError } from '@lamella/service-core';
import type { ForwardingOptions } from '../forwarding/forward-request.ts';
import { forwardRequest } from '../forwarding/forward-request.ts';
import { gatewayErrorResponse } from '../forwarding/gateway-error.ts';
import { answerLastHop } from '../forwarding/max-forwards.ts';
import { randomPseudonym } from '../forwarding/pseudonym.ts';
import { tunnelService } from '../forwarding/tunnel-service.ts';
import { nameAsWritten } from '../forwarding/via.ts';
import type { ProxyAuth } from './proxy-auth.ts';

/** Options of {@link forwardProxyService}. */
export interface ForwardProxyOptions {
  /** Sends plain requests on, such as an `HttpClient`. */
  readonly client: Service<HttpRequest, HttpResponse>;
  /** Opens the far end of tunnels. */
  readonly connector: Connector;
  /** Who may use the proxy. Default: everybody who can reach it. */
  readonly auth?: ProxyAuth;
  /** Ports that CONNECT may reach, or `'any'`. Default 80 and 443. */
  readonly connectPorts?: readonly number[] | 'any';
  /** Name in Via and Proxy-Status, a token, unique on the way of a request. Default: random. */
  readonly pseudonym?: string;
  /** Limits of tunnels. `lifecycle` makes tunnels take part in draining. */
  readonly relay?: RelayOptions;
  /** Hears how each tunnel ended, for accounting. Default: nobody. */
  readonly onRelayEnd?: (outcome: RelayOutcome, request: HttpRequest) => void;
}

/**
 * A forward proxy: sends absolute-form requests on, and opens tunnels for CONNECT.
 *
 * @remarks
 * Source: RFC 9110 sections 7.6 and 9.3.6. CONNECT is answered with 200 only when the far end stands; else with 502 or 504 and the
 * reason. A request for the proxy itself (a plain path) is answered with 400: this is a proxy, not a site.
 *
 * @throws UsageError if an option is out of its range.
 */
export function forwardProxyService(options: ForwardProxyOptions): Service<HttpRequest, HttpResponse> {
  const { connector, auth, connectPorts = [80, 443], pseudonym = randomPseudonym() } = options;
  if (!isToken(pseudonym)) throw new UsageError(`pseudonym must be a token, got ${JSON.stringify(pseudonym)}`);
  const forwarding: ForwardingOptions = {
    client: options.client,
    pseudonym,
    relay: options.relay ?? {},
    onRelayEnd: options.onRelayEnd ?? (() => {}),
  };
  return {
    async serve(request) {
      const refusal = auth?.check(request);
      if (refusal !== undefined) return refusal;
      if (request.method === 'CONNECT') return openTunnel(request, connector, connectPorts, forwarding);
      return answerLastHop(request) ?? forwardPlain(request, forwarding);
    },
  };
}

async function forwardPlain(request: HttpRequest, forwarding: ForwardingOptions): Promise<HttpResponse> {
  const { form, scheme, authority } = request.parsedTarget;
  if (form !== 'absolute' || authority === undefined) {
    return refused(400, 'this is a proxy: ask it for a whole URL, or for a tunnel by CONNECT');
  }
  if (scheme !== 'http') return refused(501, `the scheme ${scheme} is not supported; use CONNECT for https`);
  if (request.method === 'TRACE' && !request.body.isEmpty) return refused(400, 'a TRACE request must not have content');

  const headers = request.headers.clone();
  // RFC 9112 section 3.2.2: the target decides; a Host that says something else is not passed on.
  if (headers.get('host') !== authority) headers.set(nameAsWritten(headers, 'Host'), authority);
  return forwardRequest(request.with({ headers }), forwarding);
}

async function openTunnel(
  request: HttpRequest,
  connector: Connector,
  connectPorts: readonly number[] | 'any',
  forwarding: ForwardingOptions,
): Promise<HttpResponse> {
  const { host, port } = parseAuthority(request.target);
  if (port === undefined || (connectPorts !== 'any' && !connectPorts.includes(port))) {
    return refused(403, `CONNECT to port ${port} is not allowed; allowed: ${connectPorts}`);
  }
  const { scope, extensions } = request;
  try {
    const egress = await connector.serve(connectRequest({ target: { type: 'tcp', host, port }, scope, extensions }));
    return HttpResponse.upgrade(
      { status: 200, reason: 'Connection established' },
      tunnelService(egress, request, forwarding),
      {
        guard: egress,
      },
    );
  } catch (error) {
    if (isCancellation(request, error)) throw error;
    const answer = gatewayErrorResponse(error, forwarding.pseudonym);
    if (answer === undefined) throw error;
    return answer;
  }
}

function refused(status: number, why: string): HttpResponse {
  return HttpResponse.text(`${status}: ${why}\n`, { status });
}
