import type { HttpRequest } from '@lamella/http';
import { HttpResponse, isToken } from '@lamella/http';
import type { RelayOptions, RelayOutcome } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { ForwardingOptions } from '../forwarding/forward-request.ts';
import { forwardRequest } from '../forwarding/forward-request.ts';
import { answerLastHop } from '../forwarding/max-forwards.ts';
import { randomPseudonym } from '../forwarding/pseudonym.ts';
import { nameAsWritten } from '../forwarding/via.ts';
import type { ForwardedStyle } from './forwarded-headers.ts';
import { addForwarded } from './forwarded-headers.ts';
import type { ReverseRoute } from './route.ts';
import { compileRoute, hostOf } from './route.ts';

/** Options of {@link reverseProxyService}. */
export interface ReverseProxyOptions {
  /** Sends requests on, such as an `HttpClient`. */
  readonly client: Service<HttpRequest, HttpResponse>;
  /** Where requests go; the first route that matches is taken. At least one. */
  readonly routes: readonly ReverseRoute[];
  /** Which fields tell the upstream who asked. Default `'x-forwarded'`. */
  readonly forwarded?: ForwardedStyle;
  /** Whether clients are proxies of yours, whose own forwarded fields are true. Default false: theirs are thrown away. */
  readonly trustsForwarded?: boolean;
  /** Whether the upstream gets the Host that the client asked for; else its own. Default true. */
  readonly keepsHost?: boolean;
  /** Name in Via and Proxy-Status, a token, unique on the way of a request. Default: random. */
  readonly pseudonym?: string;
  /** Limits of upgraded connections. `lifecycle` makes them take part in draining. */
  readonly relay?: RelayOptions;
  /** Hears how each upgraded connection ended, for accounting. Default: nobody. */
  readonly onRelayEnd?: (outcome: RelayOutcome, request: HttpRequest) => void;
}

/**
 * A reverse proxy: sends requests on to upstreams by host and path. Upgrades, such as WebSocket, go through.
 *
 * @remarks
 * Source: RFC 9110 section 7.6. A path with dot segments, encoded or not, is refused with 400: it could match one route and mean
 * another one upstream. Without a route: 404. A broken upstream: 502, a slow one: 504.
 *
 * @throws UsageError if a route or another option makes no sense.
 */
export function reverseProxyService(options: ReverseProxyOptions): Service<HttpRequest, HttpResponse> {
  const {
    pseudonym = randomPseudonym(),
    forwarded = 'x-forwarded',
    trustsForwarded = false,
    keepsHost = true,
  } = options;
  if (!isToken(pseudonym)) throw new UsageError(`pseudonym must be a token, got ${JSON.stringify(pseudonym)}`);
  if (options.routes.length === 0) throw new UsageError('routes must name at least one route');
  const routes = options.routes.map(compileRoute);
  const forwarding: ForwardingOptions = {
    client: options.client,
    pseudonym,
    relay: options.relay ?? {},
    onRelayEnd: options.onRelayEnd ?? (() => {}),
  };

  return {
    async serve(request) {
      if (request.method === 'CONNECT') return refused(405, 'this is no forward proxy');
      if (request.method === 'TRACE') return refused(405, 'TRACE is not passed on');
      const lastHop = answerLastHop(request);
      if (lastHop !== undefined) return lastHop;

      const { path, query } = request;
      if (DOT_SEGMENT.test(path)) return refused(400, 'a path must not have dot segments');
      const host = hostOf(request);
      const route = routes.find(({ matches }) => matches(host, path === '' || path === '*' ? '/' : path));
      if (route === undefined) return refused(404, 'no upstream serves this');

      const headers = request.headers.clone();
      addForwarded(headers, request, forwarded, trustsForwarded);
      const authority = keepsHost ? (request.authority ?? route.authority) : route.authority;
      if (headers.get('host') !== authority) headers.set(nameAsWritten(headers, 'Host'), authority);
      const target = path === '*' ? `http://${route.authority}` : route.rewrite(path === '' ? '/' : path, query);
      return forwardRequest(request.with({ target, headers }), forwarding);
    },
  };
}

function refused(status: number, why: string): HttpResponse {
  return HttpResponse.text(`${status}: ${why}\n`, { status });
}

/** `.` or `..` as a whole segment, each dot plain or encoded. */
const DOT_SEGMENT = /(?:^|\/|%2f|\\|%5c)(?:\.|%2e){1,2}(?:$|\/|%2f|\\|%5c)/i;
