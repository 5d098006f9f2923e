import type { Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { ClientHello } from '../codec/client-hello/client-hello.ts';
import { TlsError } from '../errors.ts';
import { ReceivedClientHello } from '../keys.ts';
import type { ClientHelloLayerOptions } from './client-hello-layer.ts';
import { clientHelloLayer } from './client-hello-layer.ts';
import { sendAlert } from './send-alert.ts';
import type { TlsRoute } from './tls-route-table.ts';
import { TlsRouteTable } from './tls-route-table.ts';

/** Options of {@link tlsRouter}. */
export interface TlsRouterOptions extends ClientHelloLayerOptions {
  /** Where connections go. Exact names come before wildcards, and these before routes without names; else the first that fits. */
  readonly routes: readonly TlsRoute[];
  /** Serves clients that name no host and fit no route. Default: `fallback`. */
  readonly withoutName?: Service<Connection, void>;
  /** Serves whoever fits nothing else. Default: they are refused with the alert `unrecognized_name` or `no_application_protocol`. */
  readonly fallback?: Service<Connection, void>;
}

/**
 * Sends each TLS connection where its ClientHello says, by server name and ALPN, without decrypting it.
 *
 * @remarks
 * A route's service gets the connection with all of its bytes: it may speak TLS itself (`tlsAcceptLayer`), or pass them on to another
 * server, which then sees the client's hello byte for byte. What the hello says stands in the store of the connection; see
 * `clientHelloLayer`. With Encrypted ClientHello the name is the public one that the client shows.
 *
 * @throws UsageError at construction if an option is out of its range, or a name is none. The service rejects with what
 * `clientHelloLayer` rejects with, and with {@link TlsError} (`LML_ERR_TLS_UNKNOWN_NAME`, `LML_ERR_TLS_NO_ALPN_OVERLAP`) for a client that
 * fits no route; the connection is closed then.
 *
 * @example
 * import type { Connection } from '@lamella/net-core';
 * import { relay } from '@lamella/net-core';
 * import { serviceFn } from '@lamella/service-core';
 *
 * declare function dial(port: number): Promise<Connection>;
 *
 * const upstream = (port: number) =>
 *   serviceFn(async ({ stream }: Connection) => {
 *     await relay(stream, (await dial(port)).stream);
 *   });
 * const router = tlsRouter({
 *   routes: [
 *     { names: ['www.example.com', '*.shop.example.com'], service: upstream(8443) },
 *     { names: ['mail.example.com'], alpn: ['imap'], service: upstream(9993) },
 *   ],
 * });
 */
export function tlsRouter(options: TlsRouterOptions): Service<Connection, void> {
  const { routes, withoutName, fallback } = options;
  if (!Array.isArray(routes)) throw new UsageError('routes must be a list');
  const table = new TlsRouteTable(routes);
  return clientHelloLayer(options)({
    async serve(connection) {
      const hello = connection.extensions.get(ReceivedClientHello);
      if (hello === undefined) throw new UsageError('the connection has no ClientHello'); // the layer around has put it there
      const { serverName } = hello;
      const candidates = table.routesFor(serverName);
      const route = candidates.find(({ alpn }) => offersOneOf(hello, alpn));
      const service = route?.service ?? (serverName === undefined ? withoutName : undefined) ?? fallback;
      if (service !== undefined) return service.serve(connection);
      const refusal = refusalOf(hello, candidates.length > 0);
      sendAlert(connection.stream, refusal.alert);
      throw refusal.error;
    },
  });
}

function offersOneOf(hello: ClientHello, alpn: readonly string[] | undefined): boolean {
  if (alpn === undefined) return true;
  const offered = hello.alpnProtocols;
  return alpn.some((protocol) => offered.includes(protocol));
}

function refusalOf({ serverName, alpnProtocols }: ClientHello, isNameKnown: boolean): Refusal {
  const name = serverName ?? 'no name';
  if (!isNameKnown) {
    return { alert: UNRECOGNIZED_NAME, error: new TlsError('LML_ERR_TLS_UNKNOWN_NAME', `no route for ${name}`) };
  }
  const offered = alpnProtocols.length === 0 ? 'none' : JSON.stringify(alpnProtocols);
  const message = `no route for ${name} takes a protocol that the client offers: ${offered}`;
  return { alert: NO_APPLICATION_PROTOCOL, error: new TlsError('LML_ERR_TLS_NO_ALPN_OVERLAP', message) };
}

interface Refusal {
  readonly alert: number;
  readonly error: TlsError;
}

const UNRECOGNIZED_NAME = 112;
const NO_APPLICATION_PROTOCOL = 120;
