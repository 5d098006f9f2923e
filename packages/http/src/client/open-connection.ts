import type { Address, Connection, Connector } from '@lamella/net-core';
import { AlpnSelected, ConnectError, connectRequest, formatAddress, TlsSession } from '@lamella/net-core';
import type { AbortScope, Clock } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { HttpConnection, HttpProtocol } from './http-connection.ts';

/** Whom to connect to, and how. */
export interface ConnectionPlan {
  /** Who it is, and the way there, for people. */
  readonly name: string;
  readonly target: Address;
  /** Whose protocols these are, for errors. */
  readonly peer: Address;
  /** Whether it is spoken to by TLS, which the connector does then. */
  readonly secure: boolean;
  readonly connector: Connector;
  /** What may be spoken, made by {@link offeredProtocols}. */
  readonly offered: readonly HttpProtocol[];
  /** Whether requests go to a proxy rather than to their origin. */
  readonly isToProxy: boolean;
  /** The proxies on the way, for people. */
  readonly via: readonly string[];
  readonly clock: Clock;
}

/**
 * The protocols, of those that are wanted, that may come of a connection: in clear nothing can be agreed on, and HTTP/1.1 is what every
 * server speaks, unless only something else is asked for.
 */
export function offeredProtocols(protocols: readonly HttpProtocol[], secure: boolean): readonly HttpProtocol[] {
  if (secure) return protocols;
  const http1 = protocols.find(({ name }) => name === HTTP1);
  return http1 === undefined ? protocols.slice(0, 1) : [http1];
}

/** Requests that one connection can be expected to take at once: `Infinity` as long as it may be one of HTTP/2. */
export function expectedOf(offered: readonly HttpProtocol[]): number {
  return offered.some(({ isMultiplexed = false }) => isMultiplexed) ? Number.POSITIVE_INFINITY : 1;
}

/**
 * Opens a connection for whoever waits: it belongs to no request, and carries nothing of one.
 *
 * @param expectedConcurrent - Requests that earlier ones have taken at once.
 */
export async function openConnection(
  plan: ConnectionPlan,
  scope: AbortScope,
  expectedConcurrent: number,
): Promise<HttpConnection> {
  const { target, secure, offered, isToProxy, via, clock } = plan;
  const alpnOffer = secure ? offered.map(({ name }) => name) : [];
  const connection = await plan.connector.serve(connectRequest({ target, secure, scope, alpnOffer, via }));
  try {
    return chooseProtocol(plan, connection).open(connection, { isToProxy, expectedConcurrent, clock });
  } catch (error) {
    connection.stream.destroy(error);
    throw error;
  }
}

function chooseProtocol({ name, peer, secure, offered }: ConnectionPlan, { extensions }: Connection): HttpProtocol {
  if (secure && extensions.get(TlsSession) === undefined) {
    throw new UsageError(`${name} needs TLS: give a layer for it, such as tlsConnectLayer of @lamella/tls`);
  }
  // RFC 7301: a server that knows nothing of ALPN speaks what everybody spoke before it.
  const selected = extensions.get(AlpnSelected) ?? (secure ? HTTP1 : offered[0]?.name);
  const protocol = offered.find((each) => each.name === selected);
  if (protocol !== undefined) return protocol;
  const names = offered.map((each) => each.name).join(', ');
  throw new ConnectError('LML_ERR_TLS_NO_ALPN_OVERLAP', `the server speaks ${selected}, but not ${names}`, {
    phase: 'handshake',
    facts: { layer: 'http-pool', peer: formatAddress(peer) },
  });
}

const HTTP1 = 'http/1.1';
