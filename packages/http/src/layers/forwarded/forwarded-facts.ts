import type { IpAddress } from '@lamella/net-core';
import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** What trusted proxies say of how the client asked. */
export interface ForwardedValues {
  /** Scheme that the client used. */
  readonly proto: 'http' | 'https' | undefined;
  /** Host, possibly with a port, that the client asked for. */
  readonly host: string | undefined;
  /** Port that the client asked, 1 to 65535. */
  readonly port: number | undefined;
  /** Path under which the client sees this service: starts with one `/`, does not end with one. */
  readonly prefix: string | undefined;
  /** The addresses that proxies vouch for, the client first, the nearest proxy last. */
  readonly chain: readonly IpAddress[];
}

/** Address of the client, as far as trusted proxies vouch for it; written by `readForwardedLayer`. */
export const ClientAddress: ExtensionKey<IpAddress, 'request'> = extensionKey('http/client-address', {
  scope: 'request',
});

/** What trusted proxies say of the request; written by `readForwardedLayer` if the peer is one. */
export const ForwardedFacts: ExtensionKey<ForwardedValues, 'request'> = extensionKey('http/forwarded-facts', {
  scope: 'request',
});
