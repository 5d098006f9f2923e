import type { ForwardedFields, HttpRequest, HttpResponse } from '@lamella/http';
import { isForwardedField, requestScheme, writeForwarded } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { forwardRequest } from '../forwarding/forward-request.ts';
import type { ForwardingOptions } from '../forwarding/forwarding-options.ts';
import { fullForwarding } from '../forwarding/forwarding-options.ts';
import { answerLastHop } from '../forwarding/max-forwards.ts';
import { refused } from '../forwarding/refused.ts';
import { setHost } from '../forwarding/set-host.ts';
import { hasDotSegment } from './dot-segment.ts';
import type { ReverseRoute } from './route.ts';
import { RouteTable } from './route-table.ts';

/** Which fields tell the upstream who asked. */
export type ForwardedStyle = ForwardedFields;

/** Options of {@link reverseProxyService}. */
export interface ReverseProxyOptions extends ForwardingOptions {
  /** Where requests go, at least one; the most specific route that matches is taken. See {@link ReverseRoute}. */
  readonly routes: readonly ReverseRoute[];
  /** Which fields tell the upstream who asked. Default `'x-forwarded'`. */
  readonly forwarded?: ForwardedStyle;
  /** Whether clients are proxies of yours, whose own forwarded fields are true. Default false: theirs are thrown away. */
  readonly trustsForwarded?: boolean;
  /** Whether the upstream gets the Host that the client asked for; else its own. Default true. */
  readonly keepsHost?: boolean;
}

/**
 * A reverse proxy: sends requests on to upstreams by host and path. Upgrades, such as WebSocket, go through.
 *
 * @remarks
 * Source: RFC 9110 section 7.6. A path with dot segments, encoded or not, is refused with 400: it could match one route and mean
 * another one upstream. A host or a scheme that is not served: 421, a path: 404. A broken upstream: 502, a slow one: 504.
 *
 * @throws UsageError if a route or another option makes no sense.
 */
export function reverseProxyService(options: ReverseProxyOptions): Service<HttpRequest, HttpResponse> {
  const { forwarded = 'x-forwarded', trustsForwarded = false, keepsHost = true } = options;
  const routes = new RouteTable(options.routes);
  const forwarding = fullForwarding(options, false);

  return {
    async serve(request) {
      if (request.method === 'CONNECT') return notAllowed('this is no forward proxy');
      if (request.method === 'TRACE') return notAllowed('TRACE is not passed on');
      const lastHop = answerLastHop(request, ALLOWED);
      if (lastHop !== undefined) return lastHop;

      const { query, scheme } = request.parsedTarget;
      // RFC 9110 section 7.4: who asks for https here and is no gateway of ours has been misled about the way.
      if (scheme !== undefined && scheme !== requestScheme(request) && !trustsForwarded) {
        return refused(421, `the scheme ${scheme} is not served here`);
      }
      const path = pathOf(request);
      if (hasDotSegment(path)) return refused(400, 'a path must not have dot segments');
      if (path.includes('\\')) return refused(400, 'a path must not have backslashes'); // slashes to parsers of browsers
      const route = routes.find(request.authority, path === '*' ? '/' : path);
      if (route === 'no-host') return refused(421, 'this host is not served here');
      if (route === 'no-path') return refused(404, 'no upstream serves this');

      const headers = request.headers.clone();
      writeForwarded(headers, request, { fields: forwarded, trustsClient: trustsForwarded });
      setHost(headers, keepsHost ? (request.authority ?? route.authority) : route.authority, route.authority);
      const isSamePath = path === '*' || (route.keepsPath && path === request.path);
      const target = isSamePath ? route.origin : route.rewrite(path, query);
      return forwardRequest(
        request,
        { target, headers, isClaim: isForwardedField }, // not even those of yours write such a field behind the content
        forwarding,
        route.upstream,
      );
    },
  };
}

/** The path; `*` for the server as a whole, which OPTIONS may ask for by a URL without a path as well. RFC 9112 section 3.2.4. */
function pathOf({ method, path, query }: HttpRequest): string {
  if (path !== '') return path;
  return method === 'OPTIONS' && query === undefined ? '*' : '/';
}

/** RFC 9110 section 15.5.6: such an answer says what is allowed. */
function notAllowed(why: string): HttpResponse {
  return refused(405, why, [['Allow', ALLOWED]]);
}

const ALLOWED = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
