import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import type { ProxyProtocolFactsValue } from '../codec/proxy-protocol/proxy-protocol-facts.ts';

/** The proxy that has connected to us, where `PeerAddress` is the client that it speaks for. */
export const ProxyPeerAddress: ExtensionKey<Address, 'connection'> = extensionKey('net/proxy-peer-address', {
  scope: 'connection',
});

/** What a trusted proxy has said of the connection in its PROXY protocol header. */
export const ProxyProtocolFacts: ExtensionKey<ProxyProtocolFactsValue, 'connection'> = extensionKey(
  'net/proxy-protocol-facts',
  { scope: 'connection' },
);
