import type { Connection, Connector, ConnectRequest } from '@lamella/net-core';
import { connectRequest, TlsSession } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { Http1ClientConnection } from '../../connection/http1-client-connection.ts';
import { fullLimits } from '../../protocol/http1-limits.ts';
import { askForTunnel } from './ask-for-tunnel.ts';
import type { ProxyServer } from './proxy-server.ts';
import type { OpenedTunnel } from './tunnel-connector.ts';
import type { TunnelOptions } from './tunnel-options.ts';

/**
 * Opens a tunnel on a connection of its own, by HTTP/1.1. On failure that is closed.
 *
 * @param connector - Connects to the proxy.
 * @param authority - Host and port that the tunnel shall lead to.
 */
export async function openTunnel(
  connector: Connector,
  options: TunnelOptions,
  { scope, extensions }: ConnectRequest,
  authority: string,
): Promise<OpenedTunnel> {
  const { server, clock } = options;
  const toProxy = connectRequest({ target: server.address, secure: server.secure, scope, extensions });
  const connection = await connector.serve(toProxy);
  if (server.secure && connection.extensions.get(TlsSession) === undefined) throw withoutTls(connection, server);
  const askedMs = clock.nowMs();
  const proxy = new Http1ClientConnection(connection, connectionOptions(options));
  try {
    const tunnel = await askForTunnel(authority, scope, options, (request, onAsk) => {
      onAsk();
      return proxy.serve(request);
    });
    return { tunnel, store: tunnel.extensions.fork('upgrade'), askedMs, isFirst: true };
  } catch (error) {
    proxy.destroy();
    throw error;
  }
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

function withoutTls({ stream }: Connection, { name }: ProxyServer): UsageError {
  stream.destroy();
  return new UsageError(`the proxy ${name} needs TLS: give a layer for it, such as tlsConnectLayer of @lamella/tls`);
}

const MAX_INFORMATIONAL = 8;
