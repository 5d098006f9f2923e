import type { Address } from '@lamella/net-core';
import { PeerAddress } from '@lamella/net-core';
import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** Pattern of the route, as the router of `@lamella/web` writes it. Keys agree by their names, so this is that very key. */
export const MatchedRoute: ExtensionKey<string, 'request'> = extensionKey('web/matched-route', { scope: 'request' });

/** Number of the attempt, as the layers of `@lamella/layers` write it. */
export const AttemptNumber: ExtensionKey<number, 'request'> = extensionKey('layers/attempt-number', {
  scope: 'request',
});

/** The other end of the connection that a request went out by, also where it came in by another one. */
export const EgressPeerAddress: ExtensionKey<Address, 'connection'> = { ...PeerAddress, prefer: 'egress' };
