import type { Address } from '@lamella/net-core';
import { formatAddress, ipScope } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import type { ProxyAuth } from './proxy-auth.ts';

/** Options of {@link requireSafeListen}. */
export interface SafeListenOptions {
  /** Who may use the proxy. */
  readonly auth?: ProxyAuth | undefined;
  /** Allows an open proxy. Default false. */
  readonly dangerouslyOpenToAll?: boolean;
}

/**
 * Refuses an address on which a forward proxy would be open to strangers: any but loopback and Unix sockets, without auth.
 *
 * @throws UsageError that says what to do.
 */
export function requireSafeListen(address: Address, options: SafeListenOptions): void {
  if (options.auth !== undefined || options.dangerouslyOpenToAll === true || isLocal(address)) return;
  const where = formatAddress(address);
  throw new UsageError(
    `a proxy on ${where} without authentication could be used by strangers: listen on 127.0.0.1, set auth, or allow it explicitly`,
  );
}

function isLocal(address: Address): boolean {
  if (address.type === 'unix') return true;
  const { host } = address;
  return host.type === 'ip' ? ipScope(host) === 'loopback' : host.name === 'localhost';
}
