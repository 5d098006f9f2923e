import type { ConnectRequest } from '@lamella/net-core';
import { formatAddress, tryParseDomain, tryParseIp } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/** Who the server has to be, and what it is asked for. */
export interface ServerIdentity {
  /** Name or IP address that the certificate has to be for. */
  readonly host: string;
  /** Name to send in the handshake (SNI); `undefined`: none, as it is for IP addresses. */
  readonly serverName: string | undefined;
  /** The target, for messages. */
  readonly peer: string;
}

/** Options of {@link serverIdentity}. */
export interface ServerIdentityOptions {
  /** Who the server has to be, if not the host of the target. */
  readonly identity?: ((request: ConnectRequest) => string | undefined) | undefined;
  /** Whether a name is sent. */
  readonly sendServerName: boolean;
}

/**
 * Says who the server has to be: what `identity` says, else the host of the target.
 *
 * @remarks
 * The name sent in the handshake decides nothing: it is what we ask for, while the target is whom we want. Only a Unix socket has no host,
 * and then the name that the caller asks for is all there is.
 *
 * @throws UsageError if nobody says who it has to be, or says it in a way that is neither a name nor an IP address.
 */
export function serverIdentity(request: ConnectRequest, options: ServerIdentityOptions): ServerIdentity {
  const { target, serverName } = request;
  const peer = formatAddress(target);
  const host = options.identity?.(request) ?? (target.type === 'tcp' ? target.host.toString() : serverName);
  if (host === undefined) {
    throw new UsageError(`who is the server at ${peer}? set serverName in the request, or the option identity`);
  }
  const parsed = tryParseDomain(host) ?? tryParseIp(host);
  if (parsed === undefined) throw new UsageError(`${JSON.stringify(host)} is neither a host name nor an IP address`);
  const name = tryParseDomain(serverName ?? (target.type === 'tcp' ? target.host.toString() : host));
  return { host: parsed.toString(), serverName: options.sendServerName ? name?.toString() : undefined, peer };
}
