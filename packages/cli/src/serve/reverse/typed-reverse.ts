import type { HttpRequest, HttpResponse } from '@lamella/http';
import { tcpConnector } from '@lamella/net-tcp';
import type { ReverseRoute } from '@lamella/proxy';
import { reverseProxyService } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { rereadUpstreamTls } from '../../tls/reread-upstream-tls.ts';
import type { UpstreamTlsSettings } from '../../tls/upstream-tls.ts';
import type { ServerParts } from '../run-server.ts';
import { toHttpUrl, UpstreamClients } from './upstream-clients.ts';

/** What options say of a reverse proxy. */
export interface TypedReverseSettings {
  readonly routes: readonly ReverseRoute[];
  readonly upstreamTls: UpstreamTlsSettings;
  /** Longest time to connect, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly keepsHost: boolean;
  readonly trustsForwarded: boolean;
}

/**
 * A reverse proxy as options describe it. When SIGHUP comes, the certificates for upstreams are read anew: the next request gets
 * connections by these, and those under way finish on the ones that they have.
 */
export function typedReverse(
  settings: TypedReverseSettings,
  parts: Pick<ServerParts, 'lifecycle' | 'note' | 'onRelayEnd' | 'telemetry'>,
  signals: { on(signal: 'SIGHUP', listener: () => void): unknown },
): Service<HttpRequest, HttpResponse> {
  const { routes, connectTimeoutMs, keepsHost, trustsForwarded } = settings;
  const { lifecycle, note, onRelayEnd, telemetry } = parts;
  const connector = tcpConnector({ connectTimeoutMs });
  const tls = rereadUpstreamTls(settings.upstreamTls, {
    note,
    signals,
    onChange() {
      const old = current;
      current = make();
      lifecycle.spawn('closing connections by certificates of before', () => old.clients.close());
    },
  });
  const make = () => {
    const clients = new UpstreamClients({ connector, tls, lifecycle, connectTimeoutMs, telemetry });
    const service = reverseProxyService({
      onRelayEnd,
      client: clients.usual,
      routes: routes.map((route) => routeBy(route, clients)),
      keepsHost,
      trustsForwarded,
      relay: { lifecycle },
    });
    return { clients, service };
  };
  let current = make();
  return { serve: (request) => current.service.serve(request) };
}

/** A route whose requests go by the client for its upstream. */
function routeBy(route: ReverseRoute, clients: UpstreamClients): ReverseRoute {
  const { to = '' } = route;
  return { ...route, to: toHttpUrl(to), upstream: clients.for([to]) };
}
